import type { Graph, GraphNode } from '../../src/ir/graph.js';
import type { Tensor, TensorData } from '../../src/ir/tensor.js';
import { elementCount, isInt, type Quantization, type TensorType } from '../../src/ir/tensor-type.js';
import { defined } from '../../src/support/invariant.js';
import { fileDims, toFile } from './layout.js';
import type { OnnxBuilder, OnnxData, OnnxDType } from './onnx-builder.js';

/** Writes a graph's tensors into a file; the operators are in other files. */
export interface Emitter {
  readonly graph: Graph;
  readonly file: OnnxBuilder;
  /** The name of a tensor's real values in the file: of an integer tensor, behind its dequantise. */
  real(tensor: string): string;
}

export function typeOf(graph: Graph, tensor: string): TensorType {
  return defined(graph.types.get(tensor), `the type of '${tensor}'`);
}

export function inputOf(graph: Graph, node: GraphNode, i = 0): TensorType {
  return typeOf(graph, defined(node.inputs[i], `input ${i} of '${node.name}'`));
}

export function outputOf(graph: Graph, node: GraphNode): TensorType {
  return typeOf(graph, defined(node.outputs[0], `the output of '${node.name}'`));
}

/** The file's element type: integers of other widths stand in the next wider type. */
export function dtypeOf(type: TensorType): OnnxDType {
  if (!isInt(type.element)) return 'float32';
  const { bits, signed } = type.element;
  if (bits <= 8) return signed ? 'int8' : 'uint8';
  if (bits <= 16) return signed ? 'int16' : 'uint16';
  return 'int32';
}

const ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
} as const;

/** Integers of a scale's or zero point's type. */
export function integers(dtype: OnnxDType, values: readonly number[]): OnnxData {
  return ARRAYS[dtype as keyof typeof ARRAYS].from(values);
}

/** A list of int64, as operators take shapes and axes. */
export function int64s(file: OnnxBuilder, name: string, values: readonly number[]): string {
  return file.constant(file.fresh(name), 'int64', [values.length], BigInt64Array.from(values, BigInt));
}

export function floats(file: OnnxBuilder, name: string, values: readonly number[], dims = [values.length]): string {
  return file.constant(file.fresh(name), 'float32', dims, Float32Array.from(values));
}

/** One value, or the list of a per-axis quantisation, as the scale or zero point of a Quantize- or DequantizeLinear. */
export function quantConstants(
  file: OnnxBuilder,
  name: string,
  dtype: OnnxDType,
  { scale, zeroPoint, axis }: Quantization,
): readonly [string, string] {
  const dims = axis === undefined ? [] : [scale.length];
  const zeros = zeroPoint.length === scale.length ? zeroPoint : scale.map(() => zeroPoint[0] ?? 0);
  return [
    file.constant(file.fresh(`${name}/scale`), 'float32', dims, Float32Array.from(scale)),
    file.constant(file.fresh(`${name}/zero`), dtype, dims, integers(dtype, zeros)),
  ];
}

/** real = scale * (q - zero point) of a constant, element by element along its axis. */
export function realConstant({ type, data }: Tensor): Float32Array {
  if (data instanceof Float32Array) return data;
  const { scale = [1], zeroPoint = [0], axis } = type.quant ?? {};
  const run = axis === undefined ? data.length : elementCount(type.shape.slice(axis + 1));
  const entry = (list: readonly number[], i: number): number =>
    list[list.length === 1 ? 0 : Math.floor(i / run) % list.length] ?? 0;
  return Float32Array.from(data as Iterable<number>, (q, i) => entry(scale, i) * (Number(q) - entry(zeroPoint, i)));
}

/** How a constant lies in the file. */
export interface Arrangement {
  readonly arrange: <D extends TensorData>(data: D) => D;
  readonly dims: readonly number[];
  /** Where the axis of a per-axis quantisation stands; undefined where the file's order has none. */
  readonly axis?: number;
}

/** Writes a constant as real values: behind a DequantizeLinear where the opset has a fitting one, else as floats. */
export function writeConstant({ graph, file }: Emitter, name: string, { arrange, dims, axis }: Arrangement): string {
  const tensor = defined(graph.constants.get(name), `the constant '${name}'`);
  const { quant } = tensor.type;
  const isPerAxis = quant !== undefined && quant.scale.length > 1;
  const dtype = dtypeOf(tensor.type);
  const isKept = quant !== undefined && (isPerAxis ? axis !== undefined && file.opset >= 13 : file.opset >= 10);
  if (!isKept || (dtype.endsWith('16') && file.opset < 21)) {
    return file.constant(file.fresh(name), 'float32', dims, arrange(realConstant(tensor)));
  }
  const stored = file.constant(file.fresh(name), dtype, dims, arrange(tensor.data) as OnnxData);
  const { scale, zeroPoint } = quant;
  const own: Quantization = isPerAxis ? { scale, zeroPoint, axis: axis ?? 0 } : { scale: scale.slice(0, 1), zeroPoint };
  return file.node({
    op: 'DequantizeLinear',
    inputs: [stored, ...quantConstants(file, name, dtype, own)],
    outputs: [file.fresh(`${name}/real`)],
    ...(isPerAxis ? { attributes: { axis: BigInt(axis ?? 0) } } : {}),
  });
}

/** An operand of an elementwise operator: given the result's rank, so that its axes stand where they belong. */
export function writeOperand(emitter: Emitter, tensor: string, rank: number): string {
  const { graph, file } = emitter;
  const { shape } = typeOf(graph, tensor);
  const whole = [...new Array<number>(rank - shape.length).fill(1), ...shape];
  if (graph.constants.has(tensor)) {
    return writeConstant(emitter, tensor, { arrange: (data) => toFile(data, whole), dims: fileDims(whole) });
  }
  const name = emitter.real(tensor);
  if (whole.length === shape.length) return name;
  const dims = int64s(file, `${tensor}/dims`, fileDims(whole));
  return file.node({ op: 'Reshape', inputs: [name, dims], outputs: [file.fresh(`${tensor}/whole`)] });
}

/** Real values of a bias: as 32-bit integers behind a DequantizeLinear where the opset has one, else as floats. */
export function writeBias(emitter: Emitter, node: GraphNode): string | undefined {
  const name = node.inputs[2];
  if (name === undefined) return undefined;
  const { graph, file } = emitter;
  const { type, data } = defined(graph.constants.get(name), `the bias '${name}'`);
  const dims = [...type.shape];
  if (data instanceof Float32Array) return file.constant(file.fresh(name), 'float32', dims, data);
  const scale = biasScales(graph, node);
  const values = Array.from(data as Iterable<number | bigint>, Number);
  const fits = values.every((value) => value === (value | 0));
  if (!fits || file.opset < 13)
    return floats(
      file,
      name,
      values.map((value, i) => value * (scale[i] ?? 0)),
    );
  const stored = file.constant(file.fresh(name), 'int32', dims, Int32Array.from(values));
  const quant = quantConstants(file, name, 'int32', { scale, zeroPoint: [0], axis: 0 });
  const outputs = [file.fresh(`${name}/real`)];
  return file.node({ op: 'DequantizeLinear', inputs: [stored, ...quant], outputs, attributes: { axis: 0n } });
}

/** What one step of each channel's bias is: the input's scale times the weight's. */
function biasScales(graph: Graph, node: GraphNode): readonly number[] {
  const x = inputOf(graph, node).quant?.scale[0] ?? Number.NaN;
  const weight = inputOf(graph, node, 1);
  const scale = weight.quant?.scale ?? [];
  return Array.from({ length: weight.shape[0] ?? 0 }, (_, oc) => x * (scale[scale.length === 1 ? 0 : oc] ?? 0));
}
