import { activationOf } from '../../execute/tensor-access.js';
import type { GraphNode } from '../../ir/graph.js';
import type { Op, OpOf } from '../../ir/op.js';
import { elementCount, type TensorType } from '../../ir/tensor-type.js';
import { sameNumbers } from '../../ir/type-equality.js';
import type { Diagnostic } from '../../support/diagnostics.js';
import { quantiseValue } from '../../support/fixed-point.js';
import { valueBetweenSteps } from '../messages.js';
import { carriedInput, quantisedOutput } from './ends.js';
import { emitLayer, withIntegerClamp } from './layer.js';
import {
  addConstant,
  type Carrier,
  emit,
  emitBetween,
  type Folding,
  type Output,
  outputOf,
  refuse,
  typeIn,
} from './state.js';
import { wantedBy } from './wanted.js';

/** Operators that keep their input's quantisation: those that move, choose or clamp elements, and averages. */

/** The same operator on integers; its output may be quantised behind it, or used as it is. */
export function foldMover(folding: Folding, node: GraphNode): void {
  const tensor = outputOf(node);
  const problems: Diagnostic[] = [];
  const x = carriedInput(folding, node, node.inputs[0] ?? '', problems);
  if (x === undefined) {
    refuse(folding, tensor, problems);
    return;
  }
  const wanted = wantedBy(folding, tensor);
  const { shape } = typeIn(folding.graph, tensor);
  const isSame = 'numbers' in wanted && sameNumbers({ shape, ...wanted.numbers }, { ...x.type, shape });
  const name = isSame ? (wanted.name ?? tensor) : tensor;
  const bounds = boundsOf(node.op);
  // Bounds are rounded as the quantise behind them does, so it comes first; without one they have to be exact.
  if ('numbers' in wanted && !isSame && bounds.length > 0) {
    const type = { shape: x.type.shape, ...wanted.numbers };
    const requantised = emitBetween(
      folding,
      `${node.name}.requantise`,
      { op: { kind: 'requantise' }, inputs: [x.name] },
      type,
    );
    moved(folding, node, requantised, { stands: tensor, name: wanted.name ?? tensor, type: { ...type, shape } });
    return;
  }
  if ('reason' in wanted) problems.push(...bounds.flatMap((bound) => betweenSteps(node, bound, x.type)));
  if (problems.length > 0) refuse(folding, tensor, problems);
  else moved(folding, node, x, { stands: tensor, name, type: { ...x.type, shape } });
}

function moved(folding: Folding, node: GraphNode, x: Carrier, output: Output): void {
  emit(folding, { name: node.name, op: integerMover(node.op, x.type), inputs: [x.name] }, output);
}

/** The operator with real values as integers of its tensor. */
function integerMover(op: Op, type: TensorType): Op {
  if (op.kind !== 'pad') return withIntegerClamp(op, type);
  const { scale, zeroPoint, min, max } = activationOf(type, 'a padded tensor');
  return { ...op, value: quantiseValue(op.value, scale, zeroPoint, min, max) };
}

interface Bound {
  readonly what: string;
  readonly value: number;
}

/** The real values that an operator's output may take besides those of its input; 0 is in every quantisation. */
function boundsOf(op: Op): readonly Bound[] {
  const ends = (lo: number | undefined, hi: number | undefined): readonly Bound[] => [
    ...(lo === undefined ? [] : [{ what: 'its lower bound', value: lo }]),
    ...(hi === undefined ? [] : [{ what: 'its upper bound', value: hi }]),
  ];
  if (op.kind === 'relu') return ends(0, undefined);
  if (op.kind === 'clip') return ends(op.lo, op.hi);
  if (op.kind === 'pad') return op.mode === 'constant' ? [{ what: 'its padding', value: op.value }] : [];
  return 'clamp' in op ? ends(op.clamp?.lo, op.clamp?.hi) : [];
}

/** A scale in float32 is no nearer to what was meant. */
const SAME_VALUE = 1e-5;

/** A bound that is no value of the type; one outside the type's range has no effect and is none. */
function betweenSteps(node: GraphNode, { what, value }: Bound, type: TensorType): readonly Diagnostic[] {
  const { scale, zeroPoint, min, max } = activationOf(type, 'a clamped tensor');
  const steps = value / scale;
  const nearest = Math.round(steps);
  const isOutside = node.op.kind !== 'pad' && (steps + zeroPoint <= min || steps + zeroPoint >= max);
  const isExact = Math.abs(steps - nearest) <= SAME_VALUE * Math.max(1, Math.abs(nearest));
  const fits = nearest + zeroPoint >= min && nearest + zeroPoint <= max;
  return isOutside || (isExact && fits) ? [] : [valueBetweenSteps(node.name, what, value, scale)];
}

type AveragePool = OpOf<'average-pool'> | OpOf<'global-average-pool'>;

export function isAveragePool(node: GraphNode): node is GraphNode<AveragePool> {
  return node.op.kind === 'average-pool' || node.op.kind === 'global-average-pool';
}

/**
 * An average keeps its input's quantisation. Where another one is wanted, and every window has as many elements, it is a
 * depthwise convolution of ones, which rounds once; else the average is rounded to the input's scale first.
 */
export function foldAveragePool(folding: Folding, node: GraphNode<AveragePool>): void {
  const problems: Diagnostic[] = [];
  const x = carriedInput(folding, node, node.inputs[0] ?? '', problems);
  const output = quantisedOutput(folding, node, outputOf(node), problems);
  if (x === undefined || output === undefined) {
    refuse(folding, outputOf(node), problems);
    return;
  }
  const kept = { ...x.type, shape: output.type.shape };
  if (sameNumbers(kept, output.type)) {
    emit(folding, { name: node.name, op: withIntegerClamp(node.op, output.type), inputs: [x.name] }, output);
    return;
  }
  const sum = sumOfWindow(node.op, x.type.shape);
  if (sum !== undefined) {
    emitSums(folding, node, x, sum, output);
    return;
  }
  const { clamp, ...pool } = node.op as OpOf<'average-pool'>;
  const average = emitBetween(folding, `${node.name}.average`, { op: pool, inputs: [x.name] }, kept);
  const op = withIntegerClamp({ kind: 'requantise', ...(clamp === undefined ? {} : { clamp }) }, output.type);
  emit(folding, { name: node.name, op, inputs: [average.name] }, output);
}

/** The depthwise convolution over the pool's windows, if all of them have as many elements. */
function sumOfWindow(op: AveragePool, shape: readonly number[]): OpOf<'conv'> | undefined {
  const [height = 1, width = 1, groups = 1] = shape;
  const clamp = op.clamp === undefined ? {} : { clamp: op.clamp };
  if (op.kind === 'global-average-pool') {
    const unit = {
      strideH: 1,
      strideW: 1,
      dilationH: 1,
      dilationW: 1,
      padTop: 0,
      padLeft: 0,
      padBottom: 0,
      padRight: 0,
    };
    return { kind: 'conv', kernelH: height, kernelW: width, ...unit, groups, ...clamp };
  }
  const { countIncludePad, kind: _, ...window } = op;
  const isPadded = window.padTop + window.padLeft + window.padBottom + window.padRight > 0;
  return isPadded && !countIncludePad ? undefined : { kind: 'conv', ...window, groups };
}

/** Ones with the scale 1 / count: the sum of the window is its average. */
function emitSums(folding: Folding, node: GraphNode<AveragePool>, x: Carrier, op: OpOf<'conv'>, output: Output): void {
  const channels = op.groups;
  const shape = [channels, op.kernelH, op.kernelW, 1];
  const data = new Int8Array(elementCount(shape)).fill(1);
  const quant = { scale: [1 / (op.kernelH * op.kernelW)], zeroPoint: [0] };
  const tensor = { type: { shape, element: { kind: 'int', bits: 8, signed: true } as const, quant }, data };
  const weight = { tensor, name: addConstant(folding, `${node.name}.ones`, tensor) };
  const plain = { slope: new Float64Array(channels).fill(1), offset: new Float64Array(channels) };
  emitLayer(folding, { node: { name: node.name, op }, x, weight, bias: undefined }, plain, output);
}
