import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  accumulatorBits,
  divideHalfEven,
  normaliseMultiplier,
  quantiseValue,
  requantise,
  roundHalfEven,
  scaleByMultiplier,
} from '../../../src/support/fixed-point.js';

/** The definition in the design notes, word for word, in big integers. */
function reference(acc: number, m: number, s: number): number {
  const p = BigInt(acc) * BigInt(m);
  const t = p + 2n ** BigInt(s - 1);
  let q = t >> BigInt(s);
  if (t % 2n ** BigInt(s) === 0n && q % 2n !== 0n) q -= 1n;
  return Number(q);
}

describe('roundHalfEven', () => {
  test.each([
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [0.49999999999999994, 0],
    [0.5000000000000001, 1],
    [-0.2, 0],
    [2 ** 52 + 1, 2 ** 52 + 1],
    [4503599627370494.5, 4503599627370494],
    [4503599627370495.5, 4503599627370496],
  ])('%d -> %d', (x, wanted) => {
    expect(roundHalfEven(x)).toBe(wanted);
  });
});

describe('divideHalfEven', () => {
  test.each([
    [1, 2, 0],
    [3, 2, 2],
    [5, 2, 2],
    [-1, 2, 0],
    [-3, 2, -2],
    [-5, 2, -2],
    [10, 4, 2],
    [14, 4, 4],
    [7, 3, 2],
    [-7, 3, -2],
    [2 ** 53 - 1, 2, 2 ** 52],
    [0, 9, 0],
  ])('%d / %d -> %d', (a, b, wanted) => {
    expect(divideHalfEven(a, b)).toBe(wanted);
  });
});

describe('normaliseMultiplier', () => {
  test('powers of two are exact', () => {
    expect(normaliseMultiplier(1, 18)).toEqual({ multiplier: 2 ** 17, shift: 17 });
    expect(normaliseMultiplier(0.5, 18)).toEqual({ multiplier: 2 ** 17, shift: 18 });
    expect(normaliseMultiplier(0.75, 8)).toEqual({ multiplier: 192, shift: 8 });
  });
  test('a mantissa that rounds up to the next power of two stays normalised', () => {
    expect(normaliseMultiplier(1 - 2 ** -30, 18)).toEqual({ multiplier: 2 ** 17, shift: 17 });
  });
  test('the ends of the range of shifts', () => {
    expect(normaliseMultiplier(2 ** -30, 18)).toEqual({ multiplier: 2 ** 17, shift: 47 });
    expect(normaliseMultiplier(2 ** -31, 18)).toBeUndefined();
    expect(normaliseMultiplier(2 ** 16, 18)).toEqual({ multiplier: 2 ** 17, shift: 1 });
    expect(normaliseMultiplier(2 ** 17, 18)).toBeUndefined();
  });
  test('zero is a dead channel; nonsense is undefined', () => {
    expect(normaliseMultiplier(0, 18)).toEqual({ multiplier: 0, shift: 1 });
    for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY]) expect(normaliseMultiplier(bad, 18)).toBeUndefined();
  });
  test('normalised, and within half a unit of the scale', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 100, noNaN: true }), fc.integer({ min: 8, max: 31 }), (scale, bits) => {
        const fit = normaliseMultiplier(scale, bits);
        if (fit === undefined) return;
        expect(fit.multiplier).toBeGreaterThanOrEqual(2 ** (bits - 1));
        expect(fit.multiplier).toBeLessThan(2 ** bits);
        expect(Math.abs(fit.multiplier - scale * 2 ** fit.shift)).toBeLessThanOrEqual(0.5);
      }),
    );
  });
});

describe('requantise', () => {
  test('by hand', () => {
    expect(requantise(3, 2 ** 17, 18, 0, -128, 127)).toBe(2);
    expect(requantise(5, 2 ** 17, 18, 0, -128, 127)).toBe(2);
    expect(requantise(-3, 2 ** 17, 18, 0, -128, 127)).toBe(-2);
    expect(requantise(-1, 2 ** 17, 18, 10, -128, 127)).toBe(10);
    expect(requantise(1000, 2 ** 17, 18, 10, 0, 255)).toBe(255);
    expect(requantise(-1000, 2 ** 17, 18, 10, 3, 255)).toBe(3);
  });
  test('equals the big-integer definition', () => {
    const limits = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 }), fc.maxSafeInteger());
    fc.assert(
      fc.property(limits, fc.integer({ min: 0, max: 2 ** 31 - 1 }), fc.integer({ min: 1, max: 47 }), (acc, m, s) => {
        expect(scaleByMultiplier(acc, m, s)).toBe(reference(acc, m, s));
      }),
      { numRuns: 20_000 },
    );
  });
  test('every exact tie, and its two neighbours', () => {
    for (let s = 1; s <= 47; s++) {
      for (let odd = -9; odd <= 9; odd += 2) {
        // acc * m = odd * 2^(s-1): a tie, in all splits of the power between acc and m.
        for (let inAcc = Math.max(0, s - 31); inAcc <= Math.min(s - 1, 40); inAcc++) {
          const acc = odd * 2 ** inAcc;
          const m = 2 ** (s - 1 - inAcc);
          expect(scaleByMultiplier(acc, m, s)).toBe(reference(acc, m, s));
          expect(Math.abs(scaleByMultiplier(acc, m, s) % 2)).toBe(0);
          expect(scaleByMultiplier(acc + 1, m, s)).toBe(reference(acc + 1, m, s));
          expect(scaleByMultiplier(acc - 1, m, s)).toBe(reference(acc - 1, m, s));
        }
      }
    }
  });
});

test('accumulatorBits', () => {
  expect(accumulatorBits(0, 0)).toBe(1);
  expect(accumulatorBits(-1, 0)).toBe(1);
  expect(accumulatorBits(0, 1)).toBe(2);
  expect(accumulatorBits(-128, 127)).toBe(8);
  expect(accumulatorBits(-129, 127)).toBe(9);
  expect(accumulatorBits(0, 128)).toBe(9);
  expect(accumulatorBits(-(2n ** 40n), 3)).toBe(41);
});

test('quantiseValue rounds half to even before the zero point, then clamps', () => {
  expect(quantiseValue(0.5, 1, 3, 0, 255)).toBe(3);
  expect(quantiseValue(1.5, 1, 3, 0, 255)).toBe(5);
  expect(quantiseValue(-9, 1, 3, 0, 255)).toBe(0);
  expect(quantiseValue(1e9, 1, 3, 0, 255)).toBe(255);
});
