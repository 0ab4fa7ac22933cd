import type { Clamp, Op } from '../../ir/op.js';
import { sameExtents, sameNumbers } from '../../ir/type-equality.js';
import { clampAttribute, clampOf, type RealRange } from './activation.js';
import {
  type Activation,
  type Call,
  emitSteps,
  inputActivation,
  inputOf,
  numbersOf,
  outputActivation,
  outputOf,
  reshapeOp,
  type Step,
  tensorOf,
} from './call.js';
import { graphShape, graphType, type Numbers } from './value.js';

/** Operators whose result has the scale and zero point of their input. */

export interface Kept {
  /** Which operand holds the data. */
  readonly input?: number;
  readonly output?: number;
  /** The graph's tensor that the operator reads, where it is not the operand's own. */
  readonly from?: string;
  /** Left out where nothing is to be done but to change the numbers. */
  readonly op?: (clamp: Clamp) => Op;
  /** The graph's shape of what the operator makes. */
  readonly made: readonly number[];
  /** The file's shape of the output. */
  readonly shape: readonly number[];
  readonly range?: RealRange;
}

/**
 * Emits an operator that keeps its input's numbers, and behind it a requantise where the file gives the output others.
 * The clamp is computed from the output's numbers and stands where they come about.
 */
export function emitKept(call: Call, { input = 0, output = 0, from, op, made, shape, range = {} }: Kept): void {
  const value = inputOf(call, input);
  const x = inputActivation(call, input);
  const isStandIn = value.standIn !== undefined;
  const y = isStandIn ? x : outputActivation(call, x, output, x.quant);
  const clamp = clampOf(range, y);
  const keeps = sameNumbers(graphType(x.element, x.quant, made), graphType(y.element, y.quant, made));
  const steps: readonly Step[] = [
    ...(op === undefined ? [] : [{ op: op(keeps ? clamp : {}), type: graphType(x.element, x.quant, made) }]),
    ...(keeps ? [] : [requantiseStep(y, made, clamp)]),
  ];
  const numbers = numbersAs(isStandIn ? value.numbers : numbersOf(call, outputOf(call, output)), y);
  const standIn = value.standIn === undefined ? {} : { standIn: value.standIn };
  emitSteps(call, [from ?? tensorOf(call, value)], steps, { shape, numbers, ...standIn }, output);
}

/** The elements in their order under another shape; nothing where the graph's shape is the same. */
export function emitReshape(
  call: Call,
  shape: readonly number[],
  { input = 0, output = 0 }: Pick<Kept, 'input' | 'output'> = {},
): void {
  const made = graphShape(shape);
  const isSame = sameExtents(made, graphShape(inputOf(call, input).shape));
  emitKept(call, { input, output, made, shape, ...(isSame ? {} : { op: () => reshapeOp(made) }) });
}

/**
 * A clamp to a range of real values, as an operator of its own; where the file gives the output other numbers, it is
 * part of the requantise.
 */
export function emitClamp(call: Call, range: RealRange, input = 0): void {
  const value = inputOf(call, input);
  const x = inputActivation(call, input);
  const y = outputActivation(call, x, 0, x.quant);
  const shape = graphShape(value.shape);
  const type = graphType(y.element, y.quant, shape);
  const isRelu = range.lo === 0 && range.hi === undefined;
  const step: Step = sameNumbers(graphType(x.element, x.quant, shape), type)
    ? { op: isRelu ? { kind: 'relu' } : { kind: 'clip', ...range }, type }
    : requantiseStep(y, shape, clampOf(range, y));
  const numbers = numbersAs(numbersOf(call, outputOf(call)), y);
  emitSteps(call, [tensorOf(call, value)], [step], { shape: value.shape, numbers });
}

export function requantiseStep(y: Activation, shape: readonly number[], clamp: Clamp): Step {
  return { op: { kind: 'requantise', ...clampAttribute(clamp) }, type: graphType(y.element, y.quant, shape) };
}

/** The file's numbers with the quantisation that is in fact used. */
export function numbersAs({ name }: Numbers, { element, quant }: Activation): Numbers {
  return { name, element, quant };
}
