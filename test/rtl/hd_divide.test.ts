import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, innerStream, probeNamed } from './cells.js';

const STAGES = 5;
const text = await readFile(new URL('./fixtures/fixture_divide.v', import.meta.url), 'utf8');
const extraFiles = new Map([['fixture_divide.v', text]]);

/** The nearest integer to sum / count, ties to even. */
function roundedQuotient(sum: number, count: number): number {
  const low = Math.floor(sum / count);
  const twiceRest = 2 * (sum - low * count);
  if (twiceRest === count) return low % 2 === 0 ? low : low + 1;
  return twiceRest > count ? low + 1 : low;
}

interface Shape {
  readonly sumBits: number;
  readonly countMin: number;
  readonly countMax: number;
  readonly zeroPoint: number;
  readonly lo: number;
  readonly hi: number;
}

/** Every sum with every count. */
const SHAPES: readonly Shape[] = [
  { sumBits: 3, countMin: 1, countMax: 1, zeroPoint: 1, lo: 0, hi: 255 },
  { sumBits: 9, countMin: 1, countMax: 1, zeroPoint: 0, lo: -128, hi: 127 },
  { sumBits: 11, countMin: 2, countMax: 2, zeroPoint: 3, lo: 0, hi: 255 },
  { sumBits: 10, countMin: 3, countMax: 3, zeroPoint: 5, lo: 0, hi: 255 },
  { sumBits: 12, countMin: 4, countMax: 4, zeroPoint: -3, lo: -128, hi: 127 },
  { sumBits: 13, countMin: 1, countMax: 9, zeroPoint: 0, lo: -100, hi: 90 },
  { sumBits: 12, countMin: 2, countMax: 25, zeroPoint: 7, lo: 0, hi: 255 },
  { sumBits: 15, countMin: 49, countMax: 49, zeroPoint: 100, lo: 0, hi: 255 },
  { sumBits: 16, countMin: 6, countMax: 6, zeroPoint: 128, lo: 0, hi: 255 },
  { sumBits: 16, countMin: 64, countMax: 64, zeroPoint: -1, lo: -128, hi: 127 },
];

function makePoint(shape: Shape): BenchPoint {
  const { sumBits, countMin, countMax, zeroPoint, lo, hi } = shape;
  const sums = 2 ** sumBits;
  const beats = sums * (countMax - countMin + 1);
  const input = new Int32Array(beats * 2);
  const output = new Int32Array(beats * 2);
  for (let beat = 0; beat < beats; beat++) {
    const sum = (beat % sums) - sums / 2;
    const count = countMin + Math.floor(beat / sums);
    const y = Math.min(hi, Math.max(lo, zeroPoint + roundedQuotient(sum, count)));
    input.set([sum, count], beat * 2);
    output.set([y & 255, sum], beat * 2);
  }
  return {
    name: `sum ${sumBits} count ${countMin}..${countMax}`,
    module: 'fixture_divide',
    parameters: {
      SUM_BITS: sumBits,
      COUNT_MIN: countMin,
      COUNT_MAX: countMax,
      ZERO_POINT: zeroPoint,
      CLAMP_LO: lo,
      CLAMP_HI: hi,
    },
    inputs: [innerStream('s_axis', 2, sumBits, beats, input)],
    outputs: [innerStream('m_axis', 2, sumBits, beats, output)],
  };
}

/** Three sums a beat, of a global average: 32-bit sums at random and around every kind of tie. */
function makeWidePoint(): BenchPoint {
  const [lanes, count, beats] = [3, 50176, 2000];
  const sums = randomIntegers(beats * lanes, -(2 ** 30), 2 ** 30 - 1, 9).map((value, i) => {
    if (i % 3 === 0) return value;
    return (Math.floor(value / count) * 2 + 1) * (count / 2) + (i % 5) - 2;
  });
  const input: number[] = [];
  const output: number[] = [];
  for (let beat = 0; beat < beats; beat++) {
    const inBeat = Array.from(sums.subarray(beat * lanes, beat * lanes + lanes));
    input.push(...inBeat, count);
    output.push(...inBeat.map((sum) => Math.min(32767, Math.max(-32768, 9 + roundedQuotient(sum, count))) & 65535));
    output.push(inBeat[0] ?? 0);
  }
  return {
    name: 'wide',
    module: 'fixture_divide',
    parameters: {
      LANES: lanes,
      SUM_BITS: 32,
      COUNT_MIN: count,
      COUNT_MAX: count,
      BITS: 16,
      ZERO_POINT: 9,
      CLAMP_LO: -32768,
      CLAMP_HI: 32767,
    },
    inputs: [innerStream('s_axis', lanes + 1, 32, beats, input)],
    outputs: [innerStream('m_axis', lanes + 1, 32, beats, output)],
  };
}

describe('hd_divide', () => {
  it('is exact over the whole range of the sum, for one count and for a table of them', async () => {
    const points = [...SHAPES.map(makePoint), makeWidePoint()];
    const stalls = [
      { source: 0, sink: 0 },
      { source: 0.4, sink: 0 },
    ];
    const runs = await expectCleanBench({ points, frames: 1, extraFiles, stalls, seeds: [1] });
    for (const { name = '' } of points) {
      const first = probeNamed(freeRun(runs), `${name}/s_axis`).frameFirstCycles[0] ?? 0;
      expect(probeNamed(freeRun(runs), `${name}/m_axis`).frameFirstCycles[0]).toBe(first + STAGES);
    }
  });

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_divide', { COUNT_MIN: 0 }, 'COUNT_MIN_and_COUNT_MAX_must_be_a_range_from_1');
    await expectIllegal('hd_divide', { SUM_BITS: 2 }, 'SUM_BITS_must_hold_COUNT_MAX');
    await expectIllegal('hd_divide', { SUM_BITS: 60 }, 'SUM_BITS_and_COUNT_MAX_are_too_large');
    await expectIllegal('hd_divide', { CLAMP_LO: 9, CLAMP_HI: 8 }, 'CLAMP_LO_must_not_exceed_CLAMP_HI');
    await expectIllegal('hd_divide', { ZERO_POINT: 300 }, 'ZERO_POINT_and_CLAMP_must_fit_BITS');
  });
});
