import { accumulatorBits, requantise } from '../support/fixed-point.js';
import { invariant } from '../support/invariant.js';
import type { MacNumbers } from './layer.js';

/** Widths of a layer's arithmetic in hardware; see rtl/arith/hd_mac_array.v and hd_requant.v. */
export interface MacFormat {
  /** Multiply-adds in a chain. */
  readonly chain: number;
  readonly accBits: number;
  /** Bits of the requantiser's multiplier port that takes the sum. */
  readonly mulBits: number;
  readonly shiftMin: number;
  /** Bits of the per-channel part of the shift; 0 where all channels share shiftMin. */
  readonly shiftBits: number;
  /** Bits of the weights' zero point; 0 where it is zero in all channels. */
  readonly zeroPointBits: number;
}

/** Chains are as long as the shallow shift registers that feed them; longer products are several chains. */
const LONGEST_CHAIN = 8;
/** Multiplier ports of the FPGA families in use, narrowest first: 25x18 (7 series), 27x18 (UltraScale+). */
const MULTIPLIER_PORTS = [25, 27];

/** Bits that hold 0..n. */
export function bitsFor(n: number): number {
  let bits = 1;
  while (2 ** bits <= n) bits++;
  return bits;
}

/** Signed bits that hold every value. */
function signedBits(values: Int32Array): number {
  return accumulatorBits(Math.min(...values, 0), Math.max(...values, 0));
}

/** Formats for `depth` products a result and step; `inputBits` wide activations. */
export function macFormat(numbers: MacNumbers, inputBits: number, depth: number): MacFormat {
  // Segments of equal length waste no position.
  const chain = Math.ceil(depth / Math.ceil(depth / LONGEST_CHAIN));
  const least = Math.min(...numbers.accMin, 0);
  const most = Math.max(...numbers.accMax, 0);
  const allZero = numbers.weightZeroPoint.every((zero) => zero === 0);
  const zeroPointBits = allZero ? 0 : signedBits(numbers.weightZeroPoint);
  // The final sum has to fit, and the terms that go into it one by one: x and the weights' zero point.
  const accBits = Math.max(accumulatorBits(least, most), inputBits + 2, zeroPointBits + 1);
  const live = [...numbers.shift].filter((_, oc) => numbers.multiplier[oc] !== 0);
  const shiftMin = live.length === 0 ? 1 : Math.min(...live);
  const span = live.length === 0 ? 0 : Math.max(...live) - shiftMin;
  return {
    chain,
    accBits,
    mulBits: MULTIPLIER_PORTS.find((bits) => bits < accBits && saturationIsExact(numbers, bits)) ?? accBits,
    shiftMin,
    shiftBits: span === 0 ? 0 : bitsFor(span),
    zeroPointBits,
  };
}

/**
 * Whether cutting every final sum to `bits` changes no output: requantisation is monotonic, so it is exact when, in each
 * channel whose sums reach beyond, the cut value is already clamped.
 */
export function saturationIsExact(numbers: MacNumbers, bits: number): boolean {
  const high = 2 ** (bits - 1) - 1;
  const low = -(2 ** (bits - 1));
  const { outputZeroPoint: zero, clampLo: lo, clampHi: hi } = numbers;
  return numbers.multiplier.every((m, oc) => {
    const s = numbers.shift[oc];
    invariant(s !== undefined, `no shift for output channel ${oc}`);
    const cutHigh = (numbers.accMax[oc] as number) > high;
    const cutLow = (numbers.accMin[oc] as number) < low;
    if (m === 0) return true;
    return (
      (!cutHigh || requantise(high, m, s, zero, lo, hi) === hi) &&
      (!cutLow || requantise(low, m, s, zero, lo, hi) === lo)
    );
  });
}
