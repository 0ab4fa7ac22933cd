import { describe, expect, it } from 'vitest';
import { makeConvolve } from '../../../src/execute/convolve.js';
import { type PackedLayer, packedDotGroup } from '../../../src/execute/integer/packed-filters.js';
import { patchGeometry } from '../../../src/execute/patch.js';
import { makeRandom, randomInteger, UNIT_WINDOW } from './make-graph.js';

const SEED = Number(process.env['HEDDLE_SEED'] ?? 20261126);

interface Case {
  readonly layer: PackedLayer;
  readonly groups: number;
  readonly groupIn: number;
  readonly pixels: number;
  readonly x: Float64Array;
}

function makeCase(
  [groups, groupIn, groupOut, pixels]: readonly [number, number, number, number],
  value: (place: 'x' | 'weight') => number,
  inputMagnitude: number,
): Case {
  const outChannels = groups * groupOut;
  const weights = Int16Array.from({ length: outChannels * groupIn }, () => value('weight'));
  const x = Float64Array.from({ length: pixels * groups * groupIn }, () => value('x'));
  const largest = Array.from({ length: outChannels }, (_, oc) =>
    weights.subarray(oc * groupIn, (oc + 1) * groupIn).reduce((sum, w) => sum + Math.abs(w), 0),
  );
  const partialBound = inputMagnitude * Math.max(...largest);
  return {
    layer: { weights, filterLength: groupIn, outChannels, partialBound, inputMagnitude },
    groups,
    groupIn,
    pixels,
    x,
  };
}

/** The sums of a layer of 1 x 1 filters, with the filters in pairs or one by one. */
function sumsOf({ layer, groups, groupIn, pixels, x }: Case, isPacked: boolean): Float64Array {
  const op = { kind: 'conv', ...UNIT_WINDOW, groups } as const;
  const geometry = patchGeometry(op, [1, pixels, groups * groupIn], [1, pixels, layer.outChannels]);
  const dotGroup = isPacked ? packedDotGroup(layer, groups) : undefined;
  expect(dotGroup !== undefined).toBe(isPacked);
  const y = new Float64Array(pixels * layer.outChannels);
  const convolve = makeConvolve(geometry, layer.weights, layer.outChannels, dotGroup);
  convolve(x, (pixel, sums, from) => {
    y.set(sums.subarray(from, from + layer.outChannels), pixel * layer.outChannels);
  });
  return y;
}

describe('filters in pairs give the sums that they give one by one', () => {
  it(`with random numbers (HEDDLE_SEED=${SEED})`, () => {
    for (let i = 0; i < 60; i++) {
      const random = makeRandom(SEED + i);
      const pick = (min: number, max: number): number => randomInteger(random, min, max);
      const sizes = [pick(1, 3), pick(2, 1500), pick(1, 5), pick(1, 6)] as const;
      const layer = makeCase(sizes, () => pick(-255, 255), 255);
      expect(sumsOf(layer, true), `HEDDLE_SEED=${SEED + i}: ${sizes}`).toEqual(sumsOf(layer, false));
    }
  });

  it.each([
    [516, 255, -255],
    [516, -255, -255],
    [517, 255, 255],
    [5000, -255, 255],
    [1027, 255, -128],
    [1029, 255, -128],
  ])('with the largest sums of %d terms %d * %d', (length, x, weight) => {
    const layer = makeCase([1, length, 3, 5], (place) => (place === 'x' ? x : weight), 255);
    expect(sumsOf(layer, true)).toEqual(sumsOf(layer, false));
  });
});

it('filters whose sums would not part are taken one by one', () => {
  const wide = makeCase([1, 100, 2, 1], (place) => (place === 'x' ? 65_535 : 127), 65_535);
  expect(packedDotGroup(wide.layer, 1)).toBeUndefined();
  const short = makeCase([1, 4, 2, 1], (place) => (place === 'x' ? 65_535 : 127), 65_535);
  expect(sumsOf(short, true)).toEqual(sumsOf(short, false));
});
