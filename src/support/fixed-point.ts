/**
 * The one definition of Heddle's integer arithmetic: the golden model, the hardware's constants and the test stimuli
 * all take their numbers from here. Everything is exact; a rounding, where there is one, is half to even.
 */

/** `real` is approximated by `multiplier / 2^shift`. */
export interface Multiplier {
  /** Normalised: 2^(bits-1) <= multiplier < 2^bits; smaller where the shift is MAX_SHIFT, 0 for a dead channel. */
  readonly multiplier: number;
  /** MIN_SHIFT..MAX_SHIFT. */
  readonly shift: number;
}

export const MIN_SHIFT = 1;
export const MAX_SHIFT = 47;

/** Integers of a smaller magnitude are exact in a double, and so are their quotients by powers of two. */
const EXACT = 2 ** 53;

const POWERS_OF_TWO = Float64Array.from({ length: MAX_SHIFT + 1 }, (_, exponent) => 2 ** exponent);

/** A double of 2^52 to 2^53 has no bits behind the point: what is added to it is rounded, half to even. */
const NO_FRACTION = 1.5 * 2 ** 52;

/** The integer nearest to `x`, ties to the even one. Exact for every finite double; never -0. */
export function roundHalfEven(x: number): number {
  if (x > -(2 ** 51) && x < 2 ** 51) return x + NO_FRACTION - NO_FRACTION;
  const floor = Math.floor(x);
  const isTie = x - floor === 0.5;
  return isTie && floor % 2 !== 0 ? floor + 1 : floor;
}

/**
 * The multiplier for a scale too small to be normalised, with MAX_SHIFT and fewer significant bits. Sums of up to `largest`
 * in magnitude then come out wrong by at most largest / 2^(MAX_SHIFT + 1) steps of the output; undefined where that is
 * more than FINEST_ERROR, which is also what 18 normalised bits leave of an 8-bit output.
 */
export function smallMultiplier(realScale: number, largest: number): Multiplier | undefined {
  if (!(realScale > 0 && largest / 2 ** (MAX_SHIFT + 1) <= FINEST_ERROR)) return undefined;
  return { multiplier: roundHalfEven(realScale * 2 ** MAX_SHIFT), shift: MAX_SHIFT };
}

const FINEST_ERROR = 2 ** -10;

/** `value` limited to lo..hi. */
export function clampTo(value: number, lo: number, hi: number): number {
  return Math.max(lo, Math.min(hi, value));
}

/**
 * The integer nearest to `numerator / denominator`, ties to even; integers below 2^53, denominator above 0.
 * A quotient that is no tie differs from every tie by 1 / (2 * denominator) or more, and its double by at most
 * |quotient| / 2^53 from it, which is less where |numerator| < 2^52; a tie is exact in a double.
 */
export function divideHalfEven(numerator: number, denominator: number): number {
  if (numerator > -(2 ** 52) && numerator < 2 ** 52) return roundHalfEven(numerator / denominator);
  const remainder = ((numerator % denominator) + denominator) % denominator;
  const floor = (numerator - remainder) / denominator;
  const twice = 2 * remainder - denominator;
  return twice > 0 || (twice === 0 && floor % 2 !== 0) ? floor + 1 : floor + 0;
}

/**
 * The multiplier and shift for a real scale: `requantBits` significant bits, rounded half to even.
 * A scale of 0 gives multiplier 0. Undefined where no shift of MIN_SHIFT..MAX_SHIFT does, or the scale is negative or
 * not finite; the caller refuses it with the names of its node and channel.
 */
export function normaliseMultiplier(realScale: number, requantBits: number): Multiplier | undefined {
  if (realScale === 0) return { multiplier: 0, shift: MIN_SHIFT };
  if (!(realScale > 0) || !Number.isFinite(realScale)) return undefined;
  let exponent = exponentOf(realScale);
  let multiplier = roundHalfEven(realScale * 2 ** (requantBits - exponent));
  if (multiplier === 2 ** requantBits) {
    multiplier /= 2;
    exponent += 1;
  }
  const shift = requantBits - exponent;
  return shift < MIN_SHIFT || shift > MAX_SHIFT ? undefined : { multiplier, shift };
}

/** The e with 2^(e-1) <= x < 2^e. */
function exponentOf(x: number): number {
  let exponent = Math.ceil(Math.log2(x));
  while (2 ** exponent <= x) exponent += 1;
  while (2 ** (exponent - 1) > x) exponent -= 1;
  return exponent;
}

/**
 * `p = acc * m; t = p + 2^(s-1); q = t >>> s; if the low s bits of t are 0, clear bit 0 of q`: acc * m / 2^s rounded
 * half to even. Exact for every integer |acc| <= 2^53, multiplier of up to 31 bits and shift of 1..47.
 */
export function scaleByMultiplier(acc: number, multiplier: number, shift: number): number {
  const product = acc * multiplier;
  if (product > -EXACT && product < EXACT) return roundHalfEven(product / (POWERS_OF_TWO[shift] as number));
  return scaleWide(BigInt(acc), BigInt(multiplier), BigInt(shift));
}

/** The same where the product leaves the doubles' exact range; the result may do so too, and is then clamped anyway. */
function scaleWide(acc: bigint, multiplier: bigint, shift: bigint): number {
  const sum = acc * multiplier + (1n << (shift - 1n));
  const quotient = sum >> shift;
  const isTie = (sum & ((1n << shift) - 1n)) === 0n;
  return Number(isTie ? quotient & ~1n : quotient);
}

/** `clamp(zeroPoint + rne(acc * multiplier / 2^shift), lo, hi)`, the end of every integer layer. */
export function requantise(
  acc: number,
  multiplier: number,
  shift: number,
  zeroPoint: number,
  lo: number,
  hi: number,
): number {
  return clampTo(zeroPoint + scaleByMultiplier(acc, multiplier, shift), lo, hi);
}

/** Width in bits of the narrowest two's complement number that holds min..max; at least 1. */
export function accumulatorBits(min: number | bigint, max: number | bigint): number {
  const low = BigInt(min);
  const high = BigInt(max);
  const magnitude = (value: bigint): number => (value === 0n ? 0 : value.toString(2).length);
  return 1 + Math.max(magnitude(low < 0n ? -low - 1n : low), magnitude(high < 0n ? -high - 1n : high));
}

/** A real value as an integer: `clamp(zeroPoint + rne(real / scale), lo, hi)`. */
export function quantiseValue(real: number, scale: number, zeroPoint: number, lo: number, hi: number): number {
  return clampTo(zeroPoint + roundHalfEven(real / scale), lo, hi);
}
