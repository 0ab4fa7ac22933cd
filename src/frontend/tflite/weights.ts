import type { NumericData } from '../../execute/tensor-access.js';
import type { Tensor, TensorData } from '../../ir/tensor.js';
import { elementCount, F32, isInt, type Quantization, type TensorType } from '../../ir/tensor-type.js';
import { defined } from '../../support/invariant.js';
import { keepsOrder, permuted } from '../moved-data.js';
import { type Activation, type Call, inputOf, numbersOf, outputOf, refuse, refuseUnlessKnown } from './call.js';
import { badQuantization, floatWeights, notConstant, operandsDoNotFit, unsupportedType } from './messages.js';
import type { Value } from './value.js';

/** Weights and biases: constants, in the graph's order of axes. */

export interface WeightForm {
  /** Axes of the file's weight in the graph's order; the output channel comes first. */
  readonly order: readonly number[];
  /** The graph's shape, which may split axes of the permuted one. */
  readonly shape: readonly number[];
}

/** The weight of an operator that computes on `x`. Returns the constant's name. */
export function weightOf(call: Call, index: number, form: WeightForm, x: Activation): string {
  const value = inputOf(call, index);
  const { data, numbers } = value;
  if (data === undefined) return refuseUnlessKnown([value], () => notConstant(call.spot, 'weight'));
  if (!x.isInteger) {
    const use = `float weight ${form.order.join()} ${form.shape.join('x')}`;
    return call.work.constant(value.file, use, () => floatTensor(call, value, form, 'weight'));
  }
  const { element, quant, name } = numbers;
  if (name !== 'INT8' && name !== 'UINT8') {
    const fix = 'convert the model with int8 or uint8 weights';
    return refuse(unsupportedType(call.spot, `its weight is ${name}, but its input is an integer`, fix));
  }
  if (quant === undefined || element === undefined)
    return refuse(unsupportedType(call.spot, `its weight is ${name} without a scale`, 'convert the model again'));
  const type: TensorType = { shape: form.shape, element, quant: channelQuantization(call, quant, form) };
  const use = `weight ${form.order.join()} ${form.shape.join('x')}`;
  return call.work.constant(value.file, use, () => ({ type, data: reordered(call, value, data(), form.order) }));
}

/** Per channel means along the file's axis of the output channel, and along axis 0 in the graph. */
function channelQuantization(call: Call, quant: Quantization, { order }: WeightForm): Quantization {
  if (quant.axis === undefined) return quant;
  if (quant.axis === order[0]) return { ...quant, axis: 0 };
  const text = `its weight is quantised along axis ${quant.axis}, but its output channels are axis ${order[0]}`;
  return refuse(badQuantization(call.spot, text, 'convert the model with scales per output channel'));
}

/** Elements in another order of axes: the same array where the order does not change. */
function reordered(call: Call, value: Value, data: TensorData, order: readonly number[]): TensorData {
  if (keepsOrder(value.shape, order)) return data;
  call.work.spendCopy(data.byteLength);
  return permuted(data, value.shape, order);
}

/** A constant's real values: floats as they are, integers by their scale and zero point. */
export function floatTensor(call: Call, value: Value, form: WeightForm, role: string): Tensor {
  const data = defined(value.data, 'the data of a constant')();
  if (!(data instanceof Float32Array) && role === 'weight') call.work.note(floatWeights(call.spot));
  const floats = realValues(call, value, role);
  return { type: { shape: form.shape, element: F32 }, data: reordered(call, value, floats, form.order) };
}

/** scale * (q - zeroPoint), rounded to float32. */
export function realValues(call: Call, value: Value, role: string): Float32Array {
  const data = defined(value.data, 'the data of a constant')();
  if (data instanceof Float32Array) return data;
  const { quant, name } = value.numbers;
  if (quant === undefined || data instanceof BigInt64Array)
    return refuse(unsupportedType(call.spot, `its ${role} is ${name} without a scale`, 'convert the model again'));
  call.work.spendCopy(data.length * 4);
  const { scale, zeroPoint, axis } = quant;
  const inner = axis === undefined ? 1 : elementCount(value.shape.slice(axis + 1));
  return Float32Array.from(data as NumericData, (q, i) => {
    const at = axis === undefined ? 0 : Math.floor(i / inner) % scale.length;
    return (scale[at] as number) * (q - (zeroPoint[at] as number));
  });
}

/** How far a bias's scale may be from its layer's, in steps of the output: TFLite's own limit. */
const BIAS_TOLERANCE = 0.02;

/** The bias, where there is one: as many values as output channels. Returns the names to append to a node's inputs. */
export function biasOf(
  call: Call,
  index: number,
  weightIndex: number,
  channels: number,
  x: Activation,
): readonly string[] {
  const value = call.inputs[index];
  if (value === undefined) return [];
  const { data, numbers, shape } = value;
  if (data === undefined) return refuseUnlessKnown([value], () => notConstant(call.spot, 'bias'));
  if (elementCount(shape) !== channels) {
    const text = `its bias has the shape [${shape.join(', ')}], but there are ${channels} output channels`;
    refuse(operandsDoNotFit(call.spot, text, 'the file contradicts itself; convert the model again'));
  }
  const form = { order: shape.map((_, axis) => axis), shape: [channels] };
  if (!x.isInteger) return [call.work.constant(value.file, 'float bias', () => floatTensor(call, value, form, 'bias'))];
  const { element, name } = numbers;
  if (element === undefined || !isInt(element) || (name !== 'INT32' && name !== 'INT64')) {
    const fix = 'convert the model with int32 biases, or int64 ones beside int16 activations';
    return refuse(unsupportedType(call.spot, `its bias is ${name}, but its input is an integer`, fix));
  }
  checkBiasScale(call, value, inputOf(call, weightIndex), x);
  return [call.work.constant(value.file, 'bias', () => ({ type: { shape: [channels], element }, data: data() }))];
}

/** A bias is added to the sums as it is: its scale is the input's times the weight's, whatever the file says. */
function checkBiasScale(call: Call, bias: Value, weight: Value, x: Activation): void {
  const { quant } = bias.numbers;
  if (quant === undefined) return;
  const product = (channel: number): number => {
    const scales = weight.numbers.quant?.scale ?? [];
    return (x.quant?.scale[0] ?? 1) * (scales[channel] ?? scales[0] ?? 1);
  };
  const output = numbersOf(call, outputOf(call)).quant?.scale[0] ?? 1;
  const channel = quant.scale.findIndex((scale, at) => !(Math.abs(scale - product(at)) / output <= BIAS_TOLERANCE));
  const fix = 'convert the model again: the two belong together';
  if (channel >= 0) {
    const text = `its bias has the scale ${quant.scale[channel]}, but input times weight have ${product(channel)}`;
    refuse(badQuantization(call.spot, text, fix));
  }
  if (quant.zeroPoint.some((zeroPoint) => zeroPoint !== 0))
    refuse(badQuantization(call.spot, 'its bias has a zero point other than 0', fix));
}
