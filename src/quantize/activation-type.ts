import { perChannel } from '../execute/tensor-access.js';
import type { Preprocessing } from '../ir/graph.js';
import { int, intRange, type TensorType } from '../ir/tensor-type.js';
import { clampTo, roundHalfEven } from '../support/fixed-point.js';
import type { Range } from './observer.js';

function quantised(
  shape: readonly number[],
  bits: number,
  signed: boolean,
  scale: number,
  zeroPoint: number,
): TensorType {
  return { shape, element: int(bits, signed), quant: { scale: [scale], zeroPoint: [zeroPoint] } };
}

/** Type of a tensor with values in the range: unsigned with zero point 0 where none is negative, else signed. */
export function activationType(shape: readonly number[], range: Range, bits: number): TensorType {
  return range.min < 0 ? asymmetric(shape, range, bits, true) : quantised(shape, bits, false, stepOf(range, bits), 0);
}

/** The step of a range that is cut into 2^bits values; 1 for a tensor that is always zero. */
function stepOf({ min, max }: Range, bits: number): number {
  const step = (Math.max(max, 0) - Math.min(min, 0)) / (2 ** bits - 1);
  return step > 0 ? step : 1;
}

/** The zero point is the integer nearest to where 0 lies between min and max. */
function asymmetric(shape: readonly number[], range: Range, bits: number, signed: boolean): TensorType {
  const scale = stepOf(range, bits);
  const { min, max } = intRange(int(bits, signed));
  return quantised(shape, bits, signed, scale, clampTo(roundHalfEven(min - Math.min(range.min, 0) / scale), min, max));
}

/**
 * uint8 type of an input whose real values are (pixel - mean) / std. With one std and one whole mean the scale is
 * 1/std and the zero point the mean, so that the quantised input *is* the pixel.
 */
export function pixelType(shape: readonly number[], { mean, std }: Preprocessing): TensorType {
  const channels = shape.at(-1) ?? 1;
  const means = Array.from({ length: channels }, (_, c) => perChannel(mean, c));
  const stds = Array.from({ length: channels }, (_, c) => perChannel(std, c));
  const [m = 0] = means;
  const [s = 1] = stds;
  const isUniform = means.every((value) => value === m) && stds.every((value) => value === s);
  if (isUniform && Number.isInteger(m) && m >= 0 && m <= 255) return quantised(shape, 8, false, 1 / s, m);
  const ends = means.flatMap((value, c) => [0, 255].map((pixel) => (pixel - value) / (stds[c] ?? 1)));
  return asymmetric(shape, { min: Math.min(...ends), max: Math.max(...ends) }, 8, false);
}

/** Outputs of a sigmoid lie below 1, those of tanh in -1..1: their types need no calibration. */
export function sigmoidType(shape: readonly number[], bits: number): TensorType {
  return quantised(shape, bits, false, 2 ** -bits, 0);
}

/** A hard sigmoid reaches 0 and 1. */
export function hardSigmoidType(shape: readonly number[], bits: number): TensorType {
  return quantised(shape, bits, false, 1 / (2 ** bits - 1), 0);
}

export function tanhType(shape: readonly number[], bits: number): TensorType {
  return quantised(shape, bits, true, 2 ** (1 - bits), 0);
}
