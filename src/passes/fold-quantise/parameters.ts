import { allocate, perChannel } from '../../execute/tensor-access.js';
import type { GraphNode } from '../../ir/graph.js';
import type { Tensor } from '../../ir/tensor.js';
import { elementCount, elementName, int, intRange, isInt, type TensorType } from '../../ir/tensor-type.js';
import { WEIGHT_BITS } from '../../ir/verify-typing.js';
import type { Diagnostic } from '../../support/diagnostics.js';
import { roundHalfEven } from '../../support/fixed-point.js';
import { defined } from '../../support/invariant.js';
import { unusableParameter } from '../messages.js';
import { realValues } from './constants.js';
import type { Folding, KnownValue } from './state.js';

/** Weights and biases of integer layers, from constants that are read through dequantise. */

/** The weight of a layer, as integers along axis 0 at most; problems are told. */
export function integerWeight(folding: Folding, node: GraphNode, problems: Diagnostic[]): KnownValue | undefined {
  const name = defined(node.inputs[1], `the weight of node '${node.name}'`);
  const known = folding.values.get(name);
  const refuse = (reason: string, fix: string): undefined => {
    problems.push(unusableParameter(node.name, 'weight', name, reason, fix));
  };
  if (known === undefined)
    return refuse('is computed, not a constant', 'make it a constant when the network is exported');
  const { element, quant } = known.tensor.type;
  if (!isInt(element) || quant === undefined) {
    return refuse(
      `is ${elementName(element)}, while the network is quantised`,
      'quantise the weights of every layer when the network is exported, or export it in float32 and let Heddle quantise it',
    );
  }
  if (!(element.bits >= WEIGHT_BITS.least && element.bits <= WEIGHT_BITS.most)) {
    return refuse(`has integers of ${element.bits} bits`, 'quantise weights to 2 to 8 bits');
  }
  if (quant.axis !== undefined && quant.axis !== 0) {
    return refuse(
      `is quantised along an axis that is not the output channels'`,
      'quantise weights per tensor or per output channel',
    );
  }
  return known;
}

/** The bias of a layer, if it has one; problems are told. */
export function layerBias(folding: Folding, node: GraphNode, problems: Diagnostic[]): KnownValue | undefined {
  const name = node.inputs[2];
  const known = name === undefined ? undefined : folding.values.get(name);
  if (name !== undefined && known === undefined) {
    const fix = 'make it a constant when the network is exported';
    problems.push(unusableParameter(node.name, 'bias', name, 'is computed, not a constant', fix));
  }
  return known;
}

/** Steps of a layer's sums, for each output channel: the scale of x times that of the weights. */
export function sumSteps(x: TensorType, weight: TensorType): Float64Array {
  const [scale = 1] = x.quant?.scale ?? [];
  const weightScale = weight.quant?.scale ?? [1];
  return Float64Array.from({ length: weight.shape[0] ?? 1 }, (_, oc) => scale * perChannel(weightScale, oc));
}

/** Runtimes multiply the scales in float32 and take the integers as they are; beyond that a bias has another scale. */
const SAME_SCALE = 1e-5;

/** Whether a bias comes as integers in steps of the sums. */
export function hasSteps({ tensor: { type } }: KnownValue, steps: Float64Array): boolean {
  const { element, quant } = type;
  if (!isInt(element)) return false;
  return (
    quant === undefined || steps.every((step, oc) => Math.abs(perChannel(quant.scale, oc) / step - 1) <= SAME_SCALE)
  );
}

/** The integers of a bias that comes in steps of the sums, in double precision. */
export function biasSteps({ tensor }: KnownValue): Float64Array {
  const { quant } = tensor.type;
  const zeroPoint = quant?.zeroPoint ?? [0];
  return Float64Array.from(tensor.data as Iterable<number | bigint>, Number).map(
    (q, oc) => q - perChannel(zeroPoint, oc),
  );
}

/** Real values of a bias, whichever way it comes. */
export function biasValues(bias: KnownValue, steps: Float64Array): Float64Array {
  if (bias.tensor.type.quant !== undefined || !isInt(bias.tensor.type.element)) return realValues(bias.tensor);
  return biasSteps(bias).map((q, oc) => q * (steps[oc] as number));
}

/** Real values in steps of the sums, rounded half to even. */
export function roundedSteps(
  values: Float64Array,
  steps: Float64Array,
): { readonly steps: Float64Array; readonly isExact: boolean } {
  const exact = values.map((value, oc) => value / (steps[oc] as number));
  const rounded = exact.map(roundHalfEven);
  // What a float32 cannot tell apart is not a change.
  const isExact = exact.every(
    (value, oc) => Math.abs(value - (rounded[oc] as number)) <= 2 ** -20 * Math.max(1, Math.abs(value)),
  );
  return { steps: rounded, isExact };
}

/** Largest magnitude of a bias that the golden model takes exactly. */
const LARGEST_BIAS = 2 ** 53;

/** The steps as a bias constant; undefined where they are out of every range. */
export function biasTensor(steps: Float64Array): Tensor | undefined {
  const largest = steps.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (!(largest < LARGEST_BIAS)) return undefined;
  const shape = [steps.length];
  if (largest < 2 ** 31) return { type: { shape, element: int(32, true) }, data: Int32Array.from(steps) };
  return { type: { shape, element: int(64, true) }, data: BigInt64Array.from(steps, BigInt) };
}

/**
 * Weights times a slope for each output channel, exactly: the slope goes into the scale, a negative one turns the
 * integers around their zero point, which moves where they would leave their type; 0 makes them all 0.
 */
export function scaledWeights(weight: Tensor, slope: Float64Array): Tensor {
  const { type, data } = weight;
  const channels = type.shape[0] ?? 1;
  const length = elementCount(type.shape) / channels;
  const scale = Array.from({ length: channels }, (_, oc) => perChannel(type.quant?.scale ?? [1], oc));
  const zeroPoint = Array.from({ length: channels }, (_, oc) => perChannel(type.quant?.zeroPoint ?? [0], oc));
  const turned = allocate(type.element, data.length);
  for (let oc = 0; oc < channels; oc++) {
    const factor = slope[oc] as number;
    const row = Array.from(data.subarray(oc * length, (oc + 1) * length), Number);
    const zero = zeroPoint[oc] as number;
    const centred = row.map((q) => (q - zero) * Math.sign(factor));
    zeroPoint[oc] = zeroPointFor(centred, zero, type);
    if (factor !== 0) scale[oc] = (scale[oc] as number) * Math.abs(factor);
    centred.forEach((value, i) => {
      turned[oc * length + i] = value + (zeroPoint[oc] as number);
    });
  }
  return { type: { ...type, quant: { scale, zeroPoint, axis: 0 } }, data: turned };
}

/** The zero point nearest to `wanted` with which all values fit the type. */
function zeroPointFor(centred: readonly number[], wanted: number, { element }: TensorType): number {
  const { min, max } = isInt(element) ? intRange(element) : { min: 0, max: 0 };
  const least = centred.reduce((lowest, value) => Math.max(lowest, min - value), min);
  const most = centred.reduce((highest, value) => Math.min(highest, max - value), max);
  return Math.min(Math.max(wanted, least), most);
}
