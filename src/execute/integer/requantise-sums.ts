import { requantise, roundHalfEven } from '../../support/fixed-point.js';
import type { NumericData } from '../tensor-access.js';
import type { RequantParams } from './requant-params.js';

/** Writes y[at + oc] for the sums of all output channels of a position, sums[from + oc] without their bias. */
export type RequantiseSums = (sums: Float64Array, from: number, y: NumericData, at: number) => void;

/** y = clamp(zy + rne((sum + bias) * m / 2^s)), by the shortest way that is exact for the layer. */
export function makeRequantiser(params: RequantParams): RequantiseSums {
  const { outChannels, bias, multiplier, shift, zeroPoint, lo, hi } = params;
  const scale = exactScales(params);
  if (scale === undefined) {
    return (sums, from, y, at) => {
      for (let oc = 0; oc < outChannels; oc++) {
        const acc = (sums[from + oc] as number) + (bias[oc] as number);
        y[at + oc] = requantise(acc, multiplier[oc] as number, shift[oc] as number, zeroPoint, lo, hi);
      }
    };
  }
  // The limits are integers, so they may be looked at before rounding.
  const [low, high] = [lo - zeroPoint, hi - zeroPoint];
  return (sums, from, y, at) => {
    for (let oc = 0; oc < outChannels; oc++) {
      const scaled = ((sums[from + oc] as number) + (bias[oc] as number)) * (scale[oc] as number);
      if (scaled <= low) y[at + oc] = lo;
      else y[at + oc] = scaled >= high ? hi : zeroPoint + roundHalfEven(scaled);
    }
  };
}

/**
 * multiplier / 2^shift of every output channel, where its products with all possible sums have at most 53 significant
 * bits: then they are exact in doubles. Undefined where some channel's are not.
 */
export function exactScales(params: RequantParams): Float64Array | undefined {
  const { multiplier, shift, accMin, accMax } = params;
  const isExact = multiplier.every((m, oc) => Math.max(-(accMin[oc] as number), accMax[oc] as number) * m < 2 ** 53);
  return isExact ? multiplier.map((m, oc) => m / 2 ** (shift[oc] as number)) : undefined;
}
