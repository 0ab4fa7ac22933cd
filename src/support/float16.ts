import { roundHalfEven } from './fixed-point.js';

/**
 * IEEE 754 binary16 to float32, exactly. `bytes` holds little-endian halves; the result has one element per two bytes.
 */
export function halvesToFloats(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 2 }, (_, index) =>
    halfToFloat(view.getUint16(2 * index, true)),
  );
}

function halfToFloat(half: number): number {
  const sign = half >>> 15 === 1 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

const LEAST_EXPONENT = -14;
const FRACTION_BITS = 10;
/** From here on values round to infinity: halfway between the largest one and 2^16. */
const TOO_LARGE = 65520;

/** The IEEE 754 binary16 value nearest to a number, ties to even. */
export function roundToHalf(x: number): number {
  if (!(Math.abs(x) < TOO_LARGE)) return x * Number.POSITIVE_INFINITY;
  const step = 2 ** (halfExponent(x) - FRACTION_BITS);
  return roundHalfEven(x / step) * step;
}

/** The exponent that binary16 stores a number of its range with: that of subnormal ones is the least. */
export function halfExponent(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 2 ** LEAST_EXPONENT) return LEAST_EXPONENT;
  const exponent = Math.floor(Math.log2(magnitude));
  return 2 ** (exponent + 1) <= magnitude ? exponent + 1 : 2 ** exponent > magnitude ? exponent - 1 : exponent;
}
