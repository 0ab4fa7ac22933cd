import type { TensorData } from '../../../ir/tensor.js';
import { elementCount, F32, isInt, type Quantization, type TensorType } from '../../../ir/tensor-type.js';
import { keepsOrder, permuted } from '../../moved-data.js';
import { type Call, dequantised, graphData, operandOf, refuseNode, tensorOf } from '../call.js';
import { elementOf, isFloat } from '../dtypes.js';
import type { Known } from '../fold.js';

/** Weights and biases: constants in the graph's order of axes, real or quantised. */

/** How a constant of the file becomes one of the graph. */
export interface WeightForm {
  /** The file's shape, where some axes are split in two; it must hold as many elements. */
  readonly split: readonly number[];
  /** Axes of `split` in the graph's order. */
  readonly order: readonly number[];
  /** The shape in the graph: axes of the permuted one, some of them joined. */
  readonly shape: readonly number[];
  /** The graph's entries of a quantisation along an axis of the file. Left out: the axis that `order` moves it to. */
  readonly quant?: (quant: Quantization) => Quantization | undefined;
}

/** A constant input, real or quantised; refused where it is computed while the model runs. */
export function knownInput(call: Call, index: number, role: string): Known {
  const value = operandOf(call, index);
  if (value.kind !== 'flowing') return value;
  const text = `its ${role} is computed while the model runs, but hardware is built for a constant one`;
  return refuseNode(call, text, 'export the model with constant folding, and in inference mode');
}

/** A constant of the graph in another order; a quantised one is read through a dequantise node. Returns the tensor to read. */
export function weightTensor(call: Call, value: Known, role: string, form: WeightForm): string {
  const name = placedTensor(call, value, role, form);
  return value.kind === 'constant' ? name : dequantised(call, name, form.shape);
}

/** A constant of the graph in another order, real values or the integers themselves. */
export function placedTensor(call: Call, value: Known, role: string, form: WeightForm): string {
  const data = graphData(value.dtype, value.data);
  const element = elementOf(isFloat(value.dtype) ? 'float32' : value.dtype);
  const isPlainInteger = value.kind === 'constant' && !isFloat(value.dtype);
  if (data === undefined || element === undefined || isPlainInteger) {
    const fix = 'export the model in float32, or with its integers behind DequantizeLinear';
    return refuseNode(call, `its ${role} is ${value.dtype}`, fix);
  }
  const quant = value.kind === 'constant' ? {} : { quant: movedQuantization(call, value.quant, role, form) };
  const type: TensorType = { shape: form.shape, element, ...quant };
  return call.work.constant(value.name, { type, data: inOrder(call, data, value.uniform === true, form) });
}

function movedQuantization(call: Call, quant: Quantization, role: string, form: WeightForm): Quantization {
  if (quant.axis === undefined) return quant;
  const moved = form.quant === undefined ? { ...quant, axis: form.order.indexOf(quant.axis) } : form.quant(quant);
  if (moved !== undefined) return moved;
  const text = `its ${role} is quantised along axis ${quant.axis}, which has no place in the groups of its channels`;
  return refuseNode(call, text, 'quantise it per tensor, or along its output channels');
}

/** The data in the form's order; the same array where nothing moves. */
function inOrder(call: Call, data: TensorData, isUniform: boolean, { split, order }: WeightForm): TensorData {
  if (isUniform || keepsOrder(split, order)) return data;
  call.work.spendCopy(data.byteLength);
  return permuted(data, split, order);
}

/** The bias at an input, one value for each of `channels`. Returns what to append to a node's inputs. */
export function biasInput(call: Call, index: number, channels: number): readonly string[] {
  const value = call.inputs[index];
  if (value === undefined || value.kind === 'absent') return [];
  const bias = knownInput(call, index, 'bias');
  if (bias.shape.length === 1 && bias.shape[0] === channels) {
    const form = { split: bias.shape, order: [0], shape: bias.shape };
    return [weightTensor(call, bias, 'bias', form)];
  }
  const text = `its bias has the shape [${bias.shape.join(', ')}], but there are ${channels} output channels`;
  return refuseNode(call, text, 'the file contradicts itself; export the model again');
}

/** A constant's values as real numbers: quantised ones as scale * (q - zero point), in double precision. */
export function realValues(value: Known): Float64Array {
  const { data, shape } = value;
  if (value.kind === 'constant') return Float64Array.from(data as ArrayLike<number | bigint>, Number);
  const { scale, zeroPoint, axis } = value.quant;
  const inner = axis === undefined ? 1 : elementCount(shape.slice(axis + 1));
  return Float64Array.from({ length: data.length }, (_, i) => {
    const at = axis === undefined ? 0 : Math.floor(i / inner) % scale.length;
    return (scale[at] ?? 1) * (Number(data[i]) - (zeroPoint[at] ?? 0));
  });
}

/** A new float constant of the graph. */
export function floatConstant(call: Call, name: string, shape: readonly number[], data: Float32Array): string {
  return call.work.constant(name, { type: { shape, element: F32 }, data });
}

/** Refuses integers where the operator computes on real values. Returns the tensor in the graph. */
export function realInput(call: Call, index = 0): string {
  const value = operandOf(call, index);
  const tensor = tensorOf(call, value);
  if (!isInt(call.work.typeOf(tensor).element)) return tensor;
  const text = `its input ${index} is ${value.dtype}, but ${call.spot.opType} computes on real numbers`;
  return refuseNode(call, text, 'export the model with DequantizeLinear in front, or with quantised operators');
}
