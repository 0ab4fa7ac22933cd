import type { Op } from '../../ir/op.js';
import { isInt, type Quantization, type TensorType } from '../../ir/tensor-type.js';
import { sameExtents } from '../../ir/type-equality.js';
import { type Diagnostic, HeddleError } from '../../support/diagnostics.js';
import { defined } from '../../support/invariant.js';
import { CONTRADICTION, notConstant, operandsDoNotFit, outputShape, type Spot, unsupportedType } from './messages.js';
import type { FileOperator, FileTensor } from './model.js';
import { readNumbers } from './tensors.js';
import { dropsBatch, graphShape, graphType, type Numbers, type Value } from './value.js';
import type { Workspace } from './workspace.js';

/** One operator of the file while it is imported. */
export interface Call<O = unknown> {
  readonly operator: FileOperator;
  readonly spot: Spot;
  readonly options: O;
  /** undefined: an optional operand that is left out. */
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly FileTensor[];
  readonly work: Workspace;
}

/** Ends the import of one operator; the others go on. */
export function refuse(...problems: readonly Diagnostic[]): never {
  throw new HeddleError(problems);
}

/** Ends it without a message of its own where another one has been given for the cause. */
export function refuseUnlessKnown(values: readonly (Value | undefined)[], problem: () => Diagnostic): never {
  return values.some((value) => value?.isUnknown === true) ? refuse() : refuse(problem());
}

export function inputOf(call: Call, index: number): Value {
  return defined(call.inputs[index], `input ${index} of ${call.operator.kind}, which has been counted`);
}

export function outputOf(call: Call, index = 0): FileTensor {
  return defined(call.outputs[index], `output ${index} of ${call.operator.kind}, which has been counted`);
}

/** Numbers that a network computes with: float32, or integers of up to 16 bits with one scale and zero point. */
export interface Activation {
  readonly element: TensorType['element'];
  readonly quant: Quantization | undefined;
  readonly isInteger: boolean;
}

const COMPUTED = 'float32 and, with a scale and a zero point, int8, uint8 and int16 are computed with';

/** Checks that a tensor can be computed with. `keeps`: an integer tensor without quantisation takes this one. */
export function activationOf(call: Call, numbers: Numbers, role: string, keeps?: Quantization): Activation {
  const { element, name } = numbers;
  const fix = 'convert the model to float32 or to full-integer quantisation, and cut off what prepares its inputs';
  if (element === undefined || (isInt(element) && (element.bits > 16 || name === 'UINT16')))
    return refuse(unsupportedType(call.spot, `its ${role} is ${name}, but only ${COMPUTED}`, fix));
  if (!isInt(element)) return { element, quant: undefined, isInteger: false };
  const quant = numbers.quant ?? keeps;
  if (quant === undefined)
    return refuse(unsupportedType(call.spot, `its ${role} is ${name} without a scale, but only ${COMPUTED}`, fix));
  if (quant.axis !== undefined)
    return refuse(
      unsupportedType(call.spot, `its ${role} has a scale for each index of an axis`, 'convert it per tensor'),
    );
  return { element, quant, isInteger: true };
}

/** The numbers of an operand. */
export function inputActivation(call: Call, index: number): Activation {
  const value = inputOf(call, index);
  // What is wrong with a tensor is said where it comes from.
  const { element, quant } = value.numbers;
  const isPlain = element !== undefined && (!isInt(element) || quant !== undefined);
  if (value.isUnknown === true && !isPlain) refuse();
  return activationOf(call, value.numbers, call.inputs.length > 1 ? `input ${index}` : 'input');
}

/** The output's numbers, float like `like` or an integer like it. */
export function outputActivation(call: Call, like: Activation, index = 0, keeps?: Quantization): Activation {
  const numbers = numbersOf(call, outputOf(call, index));
  const y = activationOf(call, numbers, 'output', keeps);
  if (y.isInteger !== like.isInteger) {
    const text = `it mixes float32 and integers: its output is ${numbers.name}`;
    refuse(unsupportedType(call.spot, text, 'convert the model with one kind of numbers'));
  }
  return y;
}

/** The declared numbers of an output. */
export function numbersOf(call: Call, tensor: FileTensor): Numbers {
  return readNumbers(tensor, call.work.spotOf(tensor));
}

/** The name in the graph; a constant becomes one of the graph's. */
export function tensorOf(call: Call, value: Value): string {
  if (value.tensor !== undefined) return value.tensor;
  const { data, numbers } = value;
  if (data === undefined || numbers.element === undefined) return refuse();
  const type = graphType(numbers.element, numbers.quant, graphShape(value.shape));
  return call.work.constant(value.file, 'data', () => ({ type, data: data() }));
}

/** A feature map [1, H, W, C] as the graph's [H, W, C]. */
export function mapShape(call: Call, value: Value, role = 'input'): readonly [number, number, number] {
  const { shape } = value;
  const [batch = 0, height = 0, width = 0, channels = 0] = shape;
  if (shape.length === 4 && batch === 1) return [height, width, channels];
  const [text, fix] =
    shape.length === 4
      ? [`its ${role} is a batch of ${batch} frames`, 'convert the model for one frame at a time']
      : [`its ${role} has the shape [${shape.join(', ')}], but it must be [1, height, width, channels]`, CONTRADICTION];
  return refuseUnlessKnown([value], () => operandsDoNotFit(call.spot, text, fix));
}

/** The numbers of a constant operand of int32 or int64. */
export function constantInts(call: Call, value: Value, role: string): readonly number[] {
  const { data, numbers } = value;
  if (data === undefined) return refuseUnlessKnown([value], () => notConstant(call.spot, role));
  if (numbers.name !== 'INT32' && numbers.name !== 'INT64') {
    const fix = 'the file is damaged; convert the model again';
    return refuse(unsupportedType(call.spot, `its ${role} is ${numbers.name}, not INT32 or INT64`, fix));
  }
  const values = data() as ArrayLike<number | bigint>;
  call.work.spendCopy(8 * values.length);
  return Array.from(values, Number);
}

/** An axis as the file counts it, from the end where it is negative, as one from 0 on. */
export function normalAxis(call: Call, axis: number, rank: number, role: string): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (normal >= 0 && normal < rank) return normal;
  const text = `its ${role} ${axis} is not an axis of a tensor with ${rank}`;
  return refuse(operandsDoNotFit(call.spot, text, 'the file contradicts itself; export it again'));
}

/** One node of several that make an operator; its type's shape is the graph's. */
export interface Step {
  readonly op: Op;
  readonly type: TensorType;
  /** Besides what the step before has made: weights and the like. */
  readonly others?: readonly string[];
}

/** What an operator's result is, besides its elements. */
export interface Result {
  /** With the batch axis. */
  readonly shape: readonly number[];
  readonly numbers: Numbers;
  readonly standIn?: 'logits' | 'scores';
}

/**
 * Emits the steps one behind the other, each one reading the one before, and defines the operator's output by the
 * last. Where the steps' shape is not the output's in the graph, a reshape follows.
 */
export function emitSteps(
  call: Call,
  inputs: readonly string[],
  steps: readonly Step[],
  result: Result,
  index = 0,
): void {
  const { work } = call;
  const output = outputOf(call, index);
  checkShape(call, output, result);
  const all = withReshape(steps, graphShape(result.shape));
  const last = all.length - 1;
  let names = inputs;
  all.forEach(({ op, type, others = [] }, at) => {
    const base = at === last ? output.name : `${output.name}/${op.kind}`;
    names = [work.node(base, op, [...names, ...others], type, at !== last)];
  });
  defineOutput(call, index, result, defined(names[0], 'what the steps read or made'));
}

function withReshape(steps: readonly Step[], shape: readonly number[]): readonly Step[] {
  const last = steps.at(-1);
  if (last === undefined || sameExtents(last.type.shape, shape)) return steps;
  return [...steps, { op: reshapeOp(shape), type: { ...last.type, shape } }];
}

/** A vector is a flatten, which costs nothing in any engine. */
export function reshapeOp(shape: readonly number[]): Op {
  return shape.length === 1 ? { kind: 'flatten' } : { kind: 'reshape', shape };
}

/** The output is a tensor that is there already. */
export function defineOutput(call: Call, index: number, result: Result, tensor: string): void {
  const { shape, numbers, standIn } = result;
  const file = outputOf(call, index);
  call.work.values.set(file.index, { file, shape, numbers, tensor, ...(standIn === undefined ? {} : { standIn }) });
}

/** The output is a constant. */
export function defineConstant(call: Call, index: number, result: Result, data: Value['data']): void {
  const file = outputOf(call, index);
  checkShape(call, file, result);
  if (data === undefined) refuse();
  call.work.values.set(file.index, { file, shape: result.shape, numbers: result.numbers, data });
}

/** The declared shape, where the file has one, is what is computed; stand-ins have their own. */
function checkShape(call: Call, output: FileTensor, { shape, standIn }: Result): void {
  const declared = output.signature.length > 0 ? output.signature : output.shape;
  if (standIn !== undefined || (declared.length === 0 && shape.length > 0)) return;
  const fits =
    declared.length === shape.length && shape.every((extent, i) => declared[i] === -1 || declared[i] === extent);
  if (fits) return;
  refuseUnlessKnown(call.inputs, () => outputShape(call.spot, declared, shape));
}

/**
 * A value under its whole shape, the batch axis of 1 included: for operators that work along it. Returns its name.
 */
export function withBatchAxis(call: Call, value: Value): string {
  const name = tensorOf(call, value);
  const { element, quant } = value.numbers;
  if (!dropsBatch(value.shape) || element === undefined) return name;
  const type = graphType(element, quant, value.shape);
  return call.work.node(`${outputOf(call).name}/batch`, { kind: 'reshape', shape: value.shape }, [name], type, true);
}
