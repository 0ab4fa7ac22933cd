import type { Op } from '../../ir/op.js';
import type { TensorData } from '../../ir/tensor.js';
import { elementCount, isInt, type Quantization, type TensorType } from '../../ir/tensor-type.js';
import { sameExtents } from '../../ir/type-equality.js';
import { type Diagnostic, HeddleError } from '../../support/diagnostics.js';
import { defined } from '../../support/invariant.js';
import { type ConstantData, type DType, elementOf, isFloat } from './dtypes.js';
import { type NodeSpot, notSupported } from './messages.js';
import type { NodeProto } from './model-proto.js';
import {
  ABSENT,
  type Constant,
  type Flowing,
  graphShape,
  type PastEnd,
  type QuantisedConstant,
  type Value,
} from './values.js';
import type { Workspace } from './workspace.js';

/** One node of the file while it is imported. */
export interface Call<A = unknown> {
  readonly node: NodeProto;
  readonly spot: NodeSpot;
  /** Version of the operator set that the node's domain has. */
  readonly opset: number;
  readonly attributes: A;
  /** Optional inputs that are left out are ABSENT; none is Unknown: such nodes are not called. */
  readonly inputs: readonly Value[];
  readonly work: Workspace;
  /** Nobody reads more of its result than its order: what follows up to the outputs only reshapes or rescales it. */
  readonly isTail: boolean;
}

/** Ends the import of one node; the others go on. */
export function refuse(...problems: readonly Diagnostic[]): never {
  throw new HeddleError(problems);
}

/** Ends it with the translator's own words. */
export function refuseNode(call: Call, reason: string, hint: string): never {
  return refuse(notSupported(call.spot, reason, hint));
}

export function inputOf(call: Call, index: number): Value {
  return call.inputs[index] ?? ABSENT;
}

export function outputName(call: Call, index = 0): string {
  return defined(call.node.output[index], `output ${index} of ${call.node.opType}, which has been counted`);
}

/** Refuses the node where somebody reads its output `index`, which has no place in a network; `role` names it: `mask`. */
export function refuseIfRead(call: Call, index: number, role: string): void {
  const name = call.node.output[index] ?? '';
  if (name === '' || !call.work.read.has(name)) return;
  refuseNode(
    call,
    `its output ${index} (${role}) is used, but only its first one is supported`,
    'export the model without it',
  );
}

/** An input that has a shape: all but absent ones. */
export function operandOf(call: Call, index: number): Constant | QuantisedConstant | Flowing {
  const value = inputOf(call, index);
  if (value.kind === 'absent' || value.kind === 'unknown')
    return refuseNode(call, `its input ${index} is left out`, 'export the model again');
  return value;
}

/** An input that must be known when the hardware is built. `role` names it: `weight`. */
export function constantOf(call: Call, index: number, role: string): Constant {
  const value = operandOf(call, index);
  if (value.kind === 'constant') return value;
  const text = `its ${role} is computed while the model runs, but hardware is built for a constant one`;
  return refuseNode(call, text, 'export the model with constant folding, for inputs of a fixed size');
}

/** The numbers of a constant input of an integer type. */
export function integersOf(call: Call, index: number, role: string): readonly number[] {
  const { data } = constantOf(call, index, role);
  call.work.spendCopy(8 * data.length);
  return Array.from(data as ArrayLike<number | bigint>, Number);
}

/** The one number of a constant input. */
export function scalarOf(call: Call, index: number, role: string): number {
  const { data, shape } = constantOf(call, index, role);
  if (data.length !== 1)
    refuseNode(call, `its ${role} has the shape [${shape.join(', ')}], not one value`, 'export it again');
  return Number(data[0]);
}

/** An axis as the file counts it, from the end where it is negative, as one from 0 on. */
export function normalAxis(call: Call, axis: number, rank: number, role = 'axis'): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (Number.isInteger(normal) && normal >= 0 && normal < rank) return normal;
  return refuseNode(call, `its ${role} ${axis} is none of a tensor with ${rank} axes`, 'export the model again');
}

/** The data of a constant in a form that graphs hold: real values as float32, integers as they are. */
export function graphData(dtype: DType, data: ConstantData): TensorData | undefined {
  if (isFloat(dtype)) return data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>);
  if (data instanceof Uint32Array || data instanceof BigUint64Array || data instanceof Float64Array) return undefined;
  return data;
}

/** The type of a constant in the graph; undefined where graphs have no such element. */
function constantType(value: Constant | QuantisedConstant): TensorType | undefined {
  const element = elementOf(isFloat(value.dtype) ? 'float32' : value.dtype);
  if (element === undefined) return undefined;
  const shape = graphShape(value.shape);
  const dropped = value.shape.length - shape.length;
  if (value.kind === 'quantised') {
    const { axis } = value.quant;
    return { shape, element, quant: axis === undefined ? value.quant : { ...value.quant, axis: axis - dropped } };
  }
  return isInt(element) ? { shape, element, quant: { scale: [1], zeroPoint: [0] } } : { shape, element };
}

/**
 * The graph's tensor for a value, whose shape is `graphShape` of the file's. A constant becomes one of the graph's; a
 * quantised one is read through a dequantise node.
 */
export function tensorOf(call: Call, value: Constant | QuantisedConstant | Flowing): string {
  if (value.kind === 'flowing') return value.tensor;
  const type = constantType(value);
  const data = graphData(value.dtype, value.data);
  if (type === undefined || data === undefined)
    return refuseNode(call, `it computes with constants of ${value.dtype}`, 'export the model in float32 or quantised');
  const name = call.work.constant(value.name, { type, data });
  return value.kind === 'quantised' ? dequantised(call, name, type.shape) : name;
}

/** A dequantise node behind an integer constant of the graph. Returns its output. */
export function dequantised(call: Call, constant: string, shape: readonly number[]): string {
  const real: TensorType = { shape, element: { kind: 'f32' } };
  return call.work.node(call.work.unique(`${constant}/real`), { kind: 'dequantise' }, [constant], real);
}

/** Element and quantisation of a value's tensor in the graph, for a result of the same kind of numbers. */
export function numbersOf(call: Call, value: Flowing): Pick<TensorType, 'element' | 'quant'> {
  const { element, quant } = call.work.typeOf(value.tensor);
  return quant === undefined ? { element } : { element, quant };
}

export interface Result {
  /** The file's shape, with the batch axis. */
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** For integers; float otherwise. */
  readonly quant?: Quantization;
  readonly pastEnd?: PastEnd;
}

function resultType(call: Call, { shape, dtype, quant }: Result): TensorType {
  const element = elementOf(dtype);
  if (element === undefined)
    return refuseNode(call, `its result is ${dtype}`, 'export the model in float32, float16 or quantised');
  // Integers whose scale nobody has said yet have none; some reader further down may say it.
  return quant === undefined || !isInt(element)
    ? { shape: graphShape(shape), element }
    : { shape: graphShape(shape), element, quant };
}

/** Emits the node whose result is the file's output `index`. `op` works on the graph's shapes of inputs and result. */
export function emit(call: Call, op: Op, inputs: readonly string[], result: Result, index = 0): void {
  const output = outputName(call, index);
  call.work.node(output, op, inputs, resultType(call, result));
  define(call, result, output, index);
}

/** As emit, where the operator's own result has the shape `made` in the graph: the file's may have other axes of 1. */
export function emitAs(
  call: Call,
  op: Op,
  inputs: readonly string[],
  { made, index = 0, ...result }: Result & { readonly made: readonly number[]; readonly index?: number },
): void {
  const wanted = graphShape(result.shape);
  if (sameExtents(made, wanted)) {
    emit(call, op, inputs, result, index);
    return;
  }
  const tensor = step(call, op, inputs, { ...resultType(call, result), shape: made });
  emit(call, { kind: 'reshape', shape: wanted }, [tensor], result, index);
}

/** Emits a node on the way to the result, of any shape of the graph. Returns its output, which is named after the result. */
export function step(call: Call, op: Op, inputs: readonly string[], type: TensorType): string {
  return call.work.node(call.work.unique(`${outputName(call)}/${op.kind}`), op, inputs, type);
}

/** The file's output `index` is a tensor of the graph that is there already: what only renames emits nothing. */
export function define(call: Call, result: Result, tensor: string, index = 0): void {
  const { shape, dtype, pastEnd } = result;
  const [first] = call.inputs;
  const past = pastEnd ?? (first?.kind === 'flowing' ? first.pastEnd : undefined);
  const value: Flowing = { kind: 'flowing', tensor, shape, dtype };
  call.work.values.set(outputName(call, index), past === undefined ? value : { ...value, pastEnd: past });
}

/** The file's output `index` is a constant. */
export function defineConstant(call: Call, value: Omit<Constant, 'kind' | 'name'>, index = 0): void {
  const name = outputName(call, index);
  call.work.values.set(name, { ...value, kind: 'constant', name });
}

/** A value under its whole shape of the file, the batch axis of 1 included, for what works along it. Returns its tensor. */
export function wholeTensor(call: Call, value: Constant | QuantisedConstant | Flowing): string {
  const tensor = tensorOf(call, value);
  const type = call.work.typeOf(tensor);
  if (type.shape.length === value.shape.length) return tensor;
  return step(call, { kind: 'reshape', shape: value.shape }, [tensor], { ...type, shape: value.shape });
}

/** [1][C][H][W] of the file as the graph's feature map. */
export interface MapInput {
  /** [H][W][C] */
  readonly tensor: string;
  readonly type: TensorType;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

const TO_NHWC = { kind: 'transpose', perm: [1, 2, 0] } as const;
const TO_NCHW = { kind: 'transpose', perm: [2, 0, 1] } as const;

/** The first input as a feature map, behind a transpose. */
export function mapInput(call: Call, value: Constant | QuantisedConstant | Flowing = operandOf(call, 0)): MapInput {
  const { shape } = value;
  const [batch, channels = 0, height = 0, width = 0] = shape;
  if (shape.length !== 4) {
    const text = `its input has the shape [${shape.join(', ')}], but only pictures [1, channels, height, width] are supported`;
    return refuseNode(call, text, 'export the model with two-dimensional feature maps');
  }
  if (batch !== 1) return refuseNode(call, `its input is a batch of ${batch}`, 'export the model with batch size 1');
  const flowing = tensorOf(call, value);
  const type = { ...call.work.typeOf(flowing), shape: [height, width, channels] };
  return { tensor: step(call, TO_NHWC, [flowing], type), type, channels, height, width };
}

/** Emits a node on feature maps, [H][W][C] each, and the transpose back; the output is [1][C][H][W] in the file. */
export function emitMap(
  call: Call,
  op: Op,
  inputs: readonly string[],
  {
    shape: [height, width, channels],
    ...result
  }: Omit<Result, 'shape'> & { readonly shape: readonly [number, number, number] },
): void {
  const file = { ...result, shape: [1, channels, height, width] };
  const type = { ...resultType(call, file), shape: [height, width, channels] };
  const made = call.work.node(call.work.unique(`${outputName(call)}/nhwc`), op, inputs, type);
  emit(call, TO_NCHW, [made], file);
}

export function countOf(value: { readonly shape: readonly number[] }): number {
  return elementCount(value.shape);
}
