import { roundHalfEven } from '../../src/support/fixed-point.js';

const LEAST_EXPONENT = -14;
const FRACTION_BITS = 10;
/** From here on values round to infinity: halfway between the largest one and 2^16. */
const TOO_LARGE = 65520;

/** The IEEE 754 binary16 value nearest to a number, ties to even. */
export function roundToHalf(x: number): number {
  if (!(Math.abs(x) < TOO_LARGE)) return x * Number.POSITIVE_INFINITY;
  const step = 2 ** (exponentOf(x) - FRACTION_BITS);
  return roundHalfEven(x / step) * step;
}

/** The 16 bits of a number that binary16 holds. */
export function halfBits(half: number): number {
  const magnitude = Math.abs(half);
  const sign = half < 0 ? 0x8000 : 0;
  const exponent = exponentOf(half);
  const fraction = magnitude / 2 ** (exponent - FRACTION_BITS);
  // Below 2^10 a number is subnormal: its exponent field is 0.
  return sign + (fraction < 1024 ? fraction : (exponent - LEAST_EXPONENT + 1) * 1024 + fraction - 1024);
}

/** The number that 16 bits stand for; finite ones only. */
export function halfValue(bits: number): number {
  const sign = bits >= 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

function exponentOf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 2 ** LEAST_EXPONENT) return LEAST_EXPONENT;
  const exponent = Math.floor(Math.log2(magnitude));
  return 2 ** (exponent + 1) <= magnitude ? exponent + 1 : 2 ** exponent > magnitude ? exponent - 1 : exponent;
}
