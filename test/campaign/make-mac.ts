import { allocate, numeric } from '../../src/execute/tensor-access.js';
import { DEFAULT_REQUANT_BITS } from '../../src/ir/graph.js';
import type { Op } from '../../src/ir/op.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { elementCount, type IntElement, int, intRange, type TensorType } from '../../src/ir/tensor-type.js';
import { clampTo, MAX_SHIFT } from '../../src/support/fixed-point.js';
import { clampField, type MadeLayer, OUTPUT_SPAN, outputShape, runLayer, zeroPointIn } from './made-layer.js';
import type { MacSpec } from './network-spec.js';
import type { Random } from './random.js';

/** Convolutions and dense layers, with weights and scales that fit the sums of a sample. */

/** A convolution or dense layer; undefined where it does not fit its input. */
export function makeMac(
  name: string,
  op: Op,
  spec: MacSpec,
  shape: readonly number[],
  input: Tensor,
  requantBits: number,
  random: Random,
): MadeLayer | undefined {
  const weight = makeWeight(spec.weight, shape, input.type.quant?.scale[0] ?? 1, spec.logScale, random);
  const constants: [string, Tensor][] = [['weight', weight]];
  if (spec.bias !== 'none') constants.push(['bias', makeBias(spec, weight, requantBits, random)]);
  const out = outputShape(name, op, [input.type, ...constants.map(([, { type }]) => type)]);
  if (out === undefined) return undefined;
  const element = int(spec.output.bits, spec.output.signed);
  if (spec.logScale !== undefined) {
    const type: TensorType = { shape: out, element, quant: { scale: [1], zeroPoint: [zeroPointIn(element, random)] } };
    return { op: { ...op, ...clampField(spec.clamp, type) } as Op, constants, type };
  }
  const fitted = fittedQuantization({ op, constants }, out, element, input, requantBits, random);
  // Only the product of the scales counts: the weights' make up for an output range that is about -4..4 before it is stretched.
  const scale = ((spec.stretch ?? 1) * OUTPUT_SPAN) / 2 ** element.bits;
  const type: TensorType = { shape: out, element, quant: { scale: [scale], zeroPoint: [fitted.zeroPoint] } };
  const rescaled = constants.map(([role, tensor]) => [role, scaledBy(tensor, scale / fitted.scale)] as const);
  return { op: { ...op, ...clampField(spec.clamp, type) } as Op, constants: rescaled, type };
}

/** A tensor with its scales multiplied; a bias has none of its own. */
function scaledBy(tensor: Tensor, factor: number): Tensor {
  const { quant } = tensor.type;
  if (quant === undefined) return tensor;
  const scale = quant.scale.map((value) => value * factor);
  return { ...tensor, type: { ...tensor.type, quant: { ...quant, scale } } };
}

/** With `logScale` the output's scale is 1 and the weight's is what gives the wanted product. */
function makeWeight(
  spec: MacSpec['weight'],
  shape: readonly number[],
  inputScale: number,
  logScale: number | undefined,
  random: Random,
): Tensor {
  const [channels = 0] = shape;
  const count = elementCount(shape);
  const element = int(spec.bits, spec.signed);
  const { min, max } = intRange(element);
  const parts = spec.perChannel ? channels : 1;
  const zero = (): number => (spec.zeroPoint === 'random' ? random.integer(min, max) : clampTo(0, min, max));
  const zeroPoint = Array.from({ length: parts }, zero);
  const base = logScale === undefined ? 0.01 : 2 ** logScale / inputScale;
  const scale = Array.from({ length: parts }, (_, oc) => (oc === 0 ? base : base * 2 ** (-2 * random.next())));
  const data = allocate(element, count);
  const filter = count / channels;
  for (let i = 0; i < count; i++) {
    const own = zeroPoint[spec.perChannel ? Math.floor(i / filter) : 0] ?? 0;
    data[i] = weightValue(spec.fill, Math.floor(i / filter), own, min, max, random);
  }
  return { type: { shape, element, quant: { scale, zeroPoint, ...(spec.perChannel ? { axis: 0 } : {}) } }, data };
}

function weightValue(
  fill: MacSpec['weight']['fill'],
  channel: number,
  zeroPoint: number,
  min: number,
  max: number,
  random: Random,
): number {
  switch (fill) {
    case 'random':
      return random.integer(min, max);
    case 'extreme':
      return channel % 2 === 0 ? (random.chance(0.9) ? max : min) : random.chance(0.9) ? min : max;
    case 'sparse':
      return random.chance(0.2) ? random.integer(min, max) : zeroPoint;
    case 'dead':
      return channel % 3 === 0 ? zeroPoint : random.integer(min, max);
  }
}

function makeBias(spec: MacSpec, weight: Tensor, requantBits: number, random: Random): Tensor {
  const [channels = 0] = weight.type.shape;
  const wide = spec.bias === 'int64';
  // A wide bias makes results of scales that no product alone reaches.
  const reach = wide
    ? 2 ** Math.min(40, MAX_SHIFT - 4 - requantBits + spec.output.bits)
    : Math.min(24 * Math.sqrt(weight.data.length / channels) * 2 ** spec.weight.bits, 2 ** 30);
  const wanted = spec.logScale === undefined ? reach : 2 ** (spec.output.bits - spec.logScale);
  const limit = Math.min(wanted, wide ? 2 ** 46 : 2 ** 31 - 1);
  const values = Array.from({ length: channels }, (_, oc) =>
    spec.weight.fill === 'dead' && oc % 6 === 0 ? 0 : Math.round((2 * random.next() - 1) * limit),
  );
  const type: TensorType = { shape: [channels], element: int(wide ? 64 : 32, true) };
  return { type, data: wide ? BigInt64Array.from(values, BigInt) : Int32Array.from(values) };
}

/** Largest and smallest of the middle 90 %. */
function spread(values: ArrayLike<number>): { readonly low: number; readonly high: number } {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { low: at(0.05), high: at(0.95) };
}

/**
 * A scale and zero point with which most of the layer's sums over the sample land inside the output's range: the sums are
 * looked at through a 16-bit output, coarser and coarser until nothing saturates.
 */
function fittedQuantization(
  layer: { readonly op: Op; readonly constants: MadeLayer['constants'] },
  shape: readonly number[],
  element: IntElement,
  input: Tensor,
  requantBits: number,
  random: Random,
): { readonly scale: number; readonly zeroPoint: number } {
  const weightScale = Math.max(...(layer.constants[0]?.[1].type.quant?.scale ?? [1]));
  /** What one step of the sums is worth. */
  const unit = weightScale * (input.type.quant?.scale[0] ?? 1);
  let step = unit / 1024;
  let low = -1;
  let high = 1;
  for (; step <= unit * 2 ** 26; step *= 4) {
    const type: TensorType = { shape, element: int(16, true), quant: { scale: [step], zeroPoint: [0] } };
    const seen = spread(numeric(runLayer({ ...layer, type }, [input], DEFAULT_REQUANT_BITS).data));
    if (seen.low <= -32768 || seen.high >= 32767) continue;
    low = seen.low * step;
    high = seen.high * step;
    break;
  }
  const { min, max } = intRange(element);
  // From a fifth outside to twice the room.
  const room = (0.8 + 1.2 * random.next()) * (element.bits <= 2 ? 0.25 : 1);
  const span = Math.max(high - low, Math.abs(high) / 50, 2 * step) * room;
  // The shift must be one of 1..47, for channels of a quarter of the largest scale too.
  const scale = clampTo(span / (max - min), unit * 2 ** (2 - requantBits), unit * 2 ** (MAX_SHIFT - 3 - requantBits));
  const middle = (high + low) / 2;
  return { scale, zeroPoint: clampTo(Math.round((max + min) / 2 - middle / scale), min, max) };
}
