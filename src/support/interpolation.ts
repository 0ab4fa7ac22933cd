import { greatestCommonDivisor } from './whole-numbers.js';

/**
 * Linear interpolation to a larger size, which repeats itself from pixel to pixel: as a transposed convolution with a triangular
 * kernel over a map whose edges are repeated.
 */

/** Pixels of one axis, and the place between pixels that each output is taken at. */
export interface PlacedAxis {
  readonly extent: number;
  readonly places: readonly number[];
}

/** One axis of the transposed convolution. */
export interface TriangularKernel {
  readonly stride: number;
  /** Weights over `denominator`, whole numbers, in the order of a transposed convolution's kernel. */
  readonly taps: readonly number[];
  readonly denominator: number;
  /** Pixels that the map's edge is repeated by in front of it and behind it. */
  readonly edges: readonly [number, number];
  /** What the transposed convolution leaves out in front of its result and behind it. */
  readonly pads: readonly [number, number];
}

/** Places as files give them are quotients in single precision. */
const TOLERANCE = 1e-5;

const isNear = (a: number, b: number): boolean => Math.abs(a - b) < TOLERANCE;

/** The kernel of an axis; undefined where the places do not repeat themselves, or pixels are left out. */
export function triangularKernel({ extent, places }: PlacedAxis): TriangularKernel | undefined {
  const outputs = places.length;
  if (extent === 1) return kernelOf({ extent, places: places.map(() => 0) }, outputs);
  const stride = strideOf(extent, places);
  if (stride === undefined) return undefined;
  const repeats = places.every((place, o) => isNear(place, (places[o % stride] ?? 0) + Math.floor(o / stride)));
  return repeats ? kernelOf({ extent, places }, stride) : undefined;
}

/** Outputs a pixel: a whole number, with as many for each pixel, or with one alone for the last. */
function strideOf(extent: number, places: readonly number[]): number | undefined {
  const outputs = places.length;
  return [outputs / extent, (outputs - 1) / (extent - 1)].find(
    (stride) => Number.isInteger(stride) && stride >= 1 && isNear((places[stride] ?? 1) - (places[0] ?? 0), 1),
  );
}

/** Output `stride * i + phase` lies `i` pixels behind output `phase`, between two pixels at most. */
function kernelOf({ extent, places }: PlacedAxis, stride: number): TriangularKernel | undefined {
  const denominator = 2 * stride;
  const weights = new Map<number, number>();
  for (const [phase, place] of places.slice(0, stride).entries()) {
    const pixel = Math.floor(place + TOLERANCE);
    const right = (place - pixel) * denominator;
    const whole = Math.round(right);
    if (!isNear(right, whole)) return undefined;
    weights.set(phase - stride * pixel, denominator - whole);
    if (whole > 0) weights.set(phase - stride * (pixel + 1), whole);
  }
  const kernel = [...weights.keys()];
  const first = kernel.reduce((a, b) => Math.min(a, b));
  const length = kernel.reduce((a, b) => Math.max(a, b)) - first + 1;
  const before = Math.max(0, -Math.floor((places[0] ?? 0) + TOLERANCE));
  const behind = Math.max(0, Math.ceil((places.at(-1) ?? 0) - TOLERANCE) - (extent - 1));
  const front = stride * before - first;
  const taps = Array.from({ length }, (_, i) => weights.get(first + i) ?? 0);
  return {
    stride,
    ...reduced(taps, denominator),
    edges: [before, behind],
    pads: [front, stride * (extent + before + behind - 1) + length - front - places.length],
  };
}

/** By what all weights have in common. */
function reduced(taps: readonly number[], denominator: number): Pick<TriangularKernel, 'taps' | 'denominator'> {
  const common = taps.reduce(greatestCommonDivisor, denominator);
  return { taps: taps.map((tap) => tap / common), denominator: denominator / common };
}
