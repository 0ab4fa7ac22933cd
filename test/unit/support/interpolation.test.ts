import { describe, expect, it } from 'vitest';
import { type TriangularKernel, triangularKernel } from '../../../src/support/interpolation.js';
import { defined } from '../../../src/support/invariant.js';
import { makeRandom } from '../../../src/support/random.js';

/** The values at places between pixels; outside of the map it is as at its edge. */
function interpolated(pixels: readonly number[], places: readonly number[]): readonly number[] {
  const at = (i: number): number => pixels[Math.min(Math.max(i, 0), pixels.length - 1)] ?? 0;
  return places.map((place) => {
    const left = Math.floor(place);
    return at(left) * (1 - (place - left)) + at(left + 1) * (place - left);
  });
}

/** The transposed convolution of the pixels behind and in front of repeated edges, without its pads. */
function convolved(pixels: readonly number[], kernel: TriangularKernel): readonly number[] {
  const { stride, taps, denominator, edges, pads } = kernel;
  const first = new Array<number>(edges[0]).fill(pixels[0] ?? 0);
  const last = new Array<number>(edges[1]).fill(pixels.at(-1) ?? 0);
  const wide = [...first, ...pixels, ...last];
  const sums = new Array<number>(stride * (wide.length - 1) + taps.length).fill(0);
  wide.forEach((pixel, i) => {
    taps.forEach((tap, t) => {
      sums[stride * i + t] = (sums[stride * i + t] ?? 0) + (pixel * tap) / denominator;
    });
  });
  return sums.slice(pads[0], sums.length - pads[1]);
}

const numbers = (count: number, of: (o: number) => number): readonly number[] =>
  Array.from({ length: count }, (_, o) => of(o));

const PLACES: Readonly<Record<string, (extent: number, factor: number) => readonly number[]>> = {
  'at centres of pixels': (extent, factor) => numbers(extent * factor, (o) => (o + 0.5) / factor - 0.5),
  'at corners': (extent, factor) => numbers(extent * factor, (o) => o / factor),
  'from corner to corner': (extent, factor) => numbers(1 + (extent - 1) * factor, (o) => o / factor),
  'half a pixel further': (extent, factor) => numbers(extent * factor, (o) => (o + 0.5) / factor),
};

describe('interpolation as a transposed convolution', () => {
  it.each(Object.entries(PLACES))('%s gives the values between the pixels', (_, placesOf) => {
    const random = makeRandom(7);
    for (let factor = 1; factor <= 9; factor++) {
      for (let extent = 1; extent <= 7; extent++) {
        const places = placesOf(extent, factor);
        const pixels = numbers(extent, () => 200 * random() - 100);
        const kernel = defined(triangularKernel({ extent, places }), `a kernel for ${extent} times ${factor}`);
        for (const pad of kernel.pads) expect(pad).toBeGreaterThanOrEqual(0);
        const sums = convolved(pixels, kernel);
        expect(sums).toHaveLength(places.length);
        interpolated(pixels, places).forEach((value, o) => {
          expect(sums[o], `${extent} times ${factor}, output ${o}`).toBeCloseTo(value, 9);
        });
      }
    }
  });

  it.each([
    ['that are uneven', 4, numbers(6, (o) => ((o + 0.5) * 4) / 6 - 0.5)],
    ['that leave pixels out', 4, numbers(2, (o) => (o + 0.5) * 2 - 0.5)],
    ['that begin anywhere', 3, numbers(6, (o) => (o + 0.3) / 2)],
  ])('has none for places %s', (_, extent, places) => {
    expect(triangularKernel({ extent, places })).toBeUndefined();
  });
});
