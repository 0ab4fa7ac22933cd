import { halfExponent } from '../../src/support/float16.js';

const LEAST_EXPONENT = -14;
const FRACTION_BITS = 10;
/** The 16 bits of a number that binary16 holds. */
export function halfBits(half: number): number {
  const magnitude = Math.abs(half);
  const sign = half < 0 ? 0x8000 : 0;
  const exponent = halfExponent(half);
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
