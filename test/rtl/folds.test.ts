import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import { type BenchPoint, type BenchStream, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, innerStream, probeNamed, readFixtures } from './cells.js';

/** The small cells around an array: hd_gather, hd_slice_counter, hd_fold_credit, hd_serialise, hd_pack. */

const FRAMES = 2;

// ---- hd_gather ----

/** [bits, lanes, word lanes, beats a unit] */
const GATHERS: readonly (readonly [number, number, number, number])[] = [
  [8, 1, 1, 1],
  [8, 1, 4, 5],
  [5, 2, 2, 3],
  [8, 3, 6, 7],
  [1, 1, 7, 7],
  [8, 2, 10, 1],
  [16, 1, 3, 11],
];

function gatherPoint(shape: (typeof GATHERS)[number]): BenchPoint {
  const [bits, lanes, wordLanes, unitBeats] = shape;
  const units = 30;
  const values = randomIntegers(FRAMES * units * unitBeats * lanes, 0, 2 ** bits - 1, wordLanes);
  const words = Math.ceil((unitBeats * lanes) / wordLanes);
  const expected: number[] = [];
  for (let unit = 0; unit < FRAMES * units; unit++) {
    const own = values.subarray(unit * unitBeats * lanes, (unit + 1) * unitBeats * lanes);
    for (let i = 0; i < words * wordLanes; i++) expected.push(own[i] ?? 0);
  }
  return {
    name: `gather ${shape.join(' ')}`,
    module: 'fixture_gather',
    parameters: { BITS: bits, LANES: lanes, WORD_LANES: wordLanes, UNIT_BEATS: unitBeats },
    inputs: [innerStream('s_axis', lanes, bits, units * unitBeats, values)],
    outputs: [innerStream('m_axis', wordLanes, bits, units * words, expected)],
  };
}

// ---- hd_slice_counter ----

interface Walk {
  readonly wordSlices: number;
  readonly groups: number;
  readonly groupSlices: number;
  readonly packed: boolean;
}

const WALKS: readonly Walk[] = [
  { wordSlices: 1, groups: 1, groupSlices: 1, packed: false },
  { wordSlices: 2, groups: 1, groupSlices: 5, packed: false },
  { wordSlices: 3, groups: 3, groupSlices: 4, packed: false },
  { wordSlices: 1, groups: 7, groupSlices: 1, packed: true },
  { wordSlices: 4, groups: 6, groupSlices: 1, packed: true },
  { wordSlices: 3, groups: 2, groupSlices: 2, packed: false },
];

/** Positions of `taps` taps and `folds` folds; in each, every slice's place in the pixel is known from its numbers. */
function walkPoint(walk: Walk): BenchPoint {
  const { wordSlices, groups, groupSlices, packed } = walk;
  const [positions, folds, taps] = [4, 2, 3];
  const groupWords = Math.ceil(groupSlices / wordSlices);
  const moves: number[] = [];
  const expected: number[] = [];
  for (let position = 0; position < positions; position++) {
    for (let group = 0; group < groups; group++) {
      for (let at = 0; at < folds * taps * groupSlices; at++) {
        const slice = at % groupSlices;
        const place = packed ? group : slice;
        expected.push((packed ? 0 : group * groupWords) + Math.floor(place / wordSlices), place % wordSlices);
        const tap = Math.floor(at / groupSlices) % taps;
        const ends = slice === groupSlices - 1;
        const foldEnds = ends && tap === taps - 1;
        const groupEnds = foldEnds && at === folds * taps * groupSlices - 1;
        const outer = group === groups - 1 ? 5 + (position % 3) : 4;
        moves.push(groupEnds ? outer : foldEnds ? 3 : ends ? 1 + (tap % 2) : 0);
      }
    }
  }
  const pixelWords = packed ? Math.ceil(groups / wordSlices) : groups * groupWords;
  return {
    name: `slices ${Object.values(walk).join(' ')}`,
    module: 'fixture_slice_counter',
    parameters: {
      WORD_SLICES: wordSlices,
      PIXEL_WORDS: pixelWords,
      GROUPS_PACKED: packed ? 1 : 0,
      WORD_W: bitsOf(pixelWords - 1),
      SLICE_W: bitsOf(wordSlices - 1),
    },
    inputs: [innerStream('s_axis', 1, 8, moves.length, [...moves, ...moves])],
    outputs: [innerStream('m_axis', 2, 8, moves.length, [...expected, ...expected])],
  };
}

const bitsOf = (most: number): number => Math.max(1, Math.ceil(Math.log2(most + 1)));

// ---- folds of results ----

interface Folds {
  readonly results: number;
  readonly last: number;
  readonly folds: number;
  readonly groups: number;
  readonly r: number;
  readonly lanesOut: number;
  readonly depth: number;
}

const FOLDS: readonly Folds[] = [
  { results: 1, last: 1, folds: 1, groups: 1, r: 1, lanesOut: 1, depth: 1 },
  { results: 4, last: 2, folds: 3, groups: 1, r: 1, lanesOut: 4, depth: 8 },
  { results: 4, last: 4, folds: 2, groups: 3, r: 2, lanesOut: 2, depth: 3 },
  { results: 5, last: 5, folds: 1, groups: 1, r: 2, lanesOut: 4, depth: 2 },
  { results: 3, last: 1, folds: 4, groups: 2, r: 1, lanesOut: 8, depth: 2 },
  { results: 8, last: 8, folds: 2, groups: 1, r: 8, lanesOut: 8, depth: 5 },
  { results: 6, last: 3, folds: 2, groups: 1, r: 2, lanesOut: 1, depth: 6 },
  { results: 3, last: 3, folds: 1, groups: 1, r: 4, lanesOut: 4, depth: 2 },
  { results: 9, last: 7, folds: 3, groups: 2, r: 1, lanesOut: 16, depth: 3 },
];

const PIXELS = 20;

/** Results of each fold of a pixel, in order. */
function foldResults({ results, last, folds, groups }: Folds): readonly number[] {
  return Array.from({ length: folds * groups }, (_, fold) => (fold % folds === folds - 1 ? last : results));
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function creditPoint(shape: Folds): BenchPoint {
  const { results, last, folds, groups, r, lanesOut, depth } = shape;
  const own = foldResults(shape);
  const beats = PIXELS * Math.ceil(total(own) / lanesOut);
  return {
    name: `credit ${Object.values(shape).join(' ')}`,
    module: 'fixture_fold_credit',
    parameters: {
      FULL_RESULTS: results,
      LAST_RESULTS: last,
      FOLDS: folds,
      GROUPS: groups,
      R: r,
      LANES_OUT: lanesOut,
      DEPTH: depth,
    },
    inputs: [innerStream('s_axis', 1, 8, PIXELS * own.length, new Int32Array(FRAMES * PIXELS * own.length))],
    outputs: [
      innerStream(
        'm_axis',
        1,
        8,
        beats,
        Array.from({ length: FRAMES * beats }, (_, beat) => beat % 256),
      ),
    ],
  };
}

const SERIALISE_BITS = 9;

function serialisePoint(shape: Folds): BenchPoint {
  const { results, last, folds, groups, r } = shape;
  const own = foldResults(shape);
  const input: number[] = [];
  const output: number[] = [];
  const perPixel = total(own.map((count) => Math.ceil(count / r)));
  for (let pixel = 0; pixel < FRAMES * PIXELS; pixel++) {
    let index = 0;
    for (const [fold, count] of own.entries()) {
      const values = randomIntegers(count + 1, 0, 2 ** SERIALISE_BITS - 1, pixel * own.length + fold);
      const shared = values[count] ?? 0;
      input.push(...values.subarray(0, count), ...new Array<number>(results - count).fill(0), shared);
      for (let first = 0; first < count; first += r, index++) {
        const chunk = Array.from({ length: r }, (_, lane) => (first + lane < count ? (values[first + lane] ?? 0) : 0));
        output.push(...chunk, shared, 2 * index + (index === perPixel - 1 ? 1 : 0));
      }
    }
  }
  return {
    name: `serialise ${Object.values(shape).join(' ')}`,
    module: 'fixture_serialise',
    parameters: {
      BITS: SERIALISE_BITS,
      RESULTS: results,
      LAST_RESULTS: last,
      FOLDS: folds,
      GROUPS: groups,
      R: r,
      INDEX_W: bitsOf(perPixel - 1),
    },
    inputs: [innerStream('s_axis', results + 1, SERIALISE_BITS, PIXELS * own.length, input)],
    outputs: [innerStream('m_axis', r + 2, SERIALISE_BITS, PIXELS * perPixel, output)],
  };
}

/** [bits, r, lanes out, results of a pixel, depth] */
const PACKS: readonly (readonly [number, number, number, number, number])[] = [
  [8, 1, 1, 1, 1],
  [8, 1, 4, 5, 8],
  [4, 2, 2, 7, 3],
  [8, 2, 8, 9, 2],
  [16, 4, 8, 6, 5],
  [1, 1, 2, 3, 4],
  [8, 8, 8, 3, 2],
];

function packPoint(shape: (typeof PACKS)[number]): BenchPoint {
  const [bits, r, lanesOut, results, depth] = shape;
  const chunks = Math.ceil(results / r);
  const beats = Math.ceil(results / lanesOut);
  const noise = randomIntegers(FRAMES * PIXELS * chunks * (r + 1), 0, 2 ** bits - 1, results);
  const output: number[] = [];
  // The lanes past the last result hold noise, which must not come through; so does the flag's lane above bit 0.
  const input = noise.map((value, i) => {
    if (i % (r + 1) !== r) return value;
    const last = Math.floor(i / (r + 1)) % chunks === chunks - 1;
    return (value & ~1) | (last ? 1 : 0);
  });
  for (let pixel = 0; pixel < FRAMES * PIXELS; pixel++) {
    for (let lane = 0; lane < beats * lanesOut; lane++) {
      const at = (pixel * chunks + Math.floor(lane / r)) * (r + 1) + (lane % r);
      output.push(lane < results ? (input[at] ?? 0) : 0);
    }
  }
  return {
    name: `pack ${shape.join(' ')}`,
    module: 'fixture_pack',
    parameters: { BITS: bits, R: r, LANES_OUT: lanesOut, LAST_LANES: results - (chunks - 1) * r, DEPTH: depth },
    inputs: [innerStream('s_axis', r + 1, bits, PIXELS * chunks, input)],
    outputs: [innerStream('m_axis', lanesOut, bits, PIXELS * beats, output)],
  };
}

/** Beats of the input until the first beat of the output is complete. */
function beatsUntilFirst({ inputs, outputs }: BenchPoint, perOutput: number): number {
  const [input, output] = [inputs[0], outputs[0]] as [BenchStream, BenchStream];
  return Math.min(perOutput, input.beatsPerFrame / output.beatsPerFrame > 1 ? perOutput : 1);
}

describe('the cells around an array', () => {
  it('gather, walk, count, serialise and pack under stalls on both sides', async () => {
    const packs = PACKS.map(packPoint);
    const serialisers = FOLDS.map(serialisePoint);
    const points = [
      ...GATHERS.map(gatherPoint),
      ...WALKS.map(walkPoint),
      ...FOLDS.map(creditPoint),
      ...serialisers,
      ...packs,
    ];
    const names = ['gather', 'slice_counter', 'serialise', 'pack'].map((name) => `fixture_${name}.v`);
    const extraFiles = await readFixtures(...names, 'fixture_fold_credit.sv');
    const runs = await expectCleanBench({ points, frames: FRAMES, extraFiles, resetAfterCycles: 29 });
    for (const [index, point] of packs.entries()) {
      const { name = '' } = point;
      const [, r = 1, lanesOut = 1, results = 1] = PACKS[index] ?? [];
      const chunks = beatsUntilFirst(point, Math.ceil(Math.min(lanesOut, results) / r));
      const first = probeNamed(freeRun(runs), `${name}/s_axis`).frameFirstCycles[0] ?? 0;
      expect(probeNamed(freeRun(runs), `${name}/m_axis`).frameFirstCycles[0], name).toBe(
        first + chunks - 1 + LATENCY.pack,
      );
    }
    for (const { name = '' } of serialisers) {
      const first = probeNamed(freeRun(runs), `${name}/s_axis`).frameFirstCycles[0] ?? 0;
      // One clock more in the fixture's queue.
      expect(probeNamed(freeRun(runs), `${name}/m_axis`).frameFirstCycles[0], name).toBe(first + LATENCY.hold + 1);
    }
  });

  it('refuse illegal parameters by name', async () => {
    const gather = 'WORD_LANES_must_be_a_multiple_of_LANES_and_UNIT_BEATS_1_or_more';
    await expectIllegal('hd_gather', { LANES: 3 }, gather);
    await expectIllegal('hd_gather', { UNIT_BEATS: 0 }, gather);
    const counts = 'WORD_SLICES_and_PIXEL_WORDS_must_be_at_least_1';
    await expectIllegal('hd_slice_counter', { WORD_SLICES: 0 }, counts);
    await expectIllegal('hd_fold_credit', { LANES_OUT: 3 }, 'LANES_OUT_must_be_a_power_of_two');
    await expectIllegal('hd_fold_credit', { DEPTH: 1 }, 'DEPTH_must_hold_the_beats_of_one_fold');
    const within = 'R_must_be_below_twice_RESULTS_and_LAST_RESULTS_within_RESULTS';
    await expectIllegal('hd_serialise', { R: 8 }, within);
    await expectIllegal('hd_serialise', { LAST_RESULTS: 0 }, within);
    await expectIllegal('hd_serialise', { INDEX_W: 2 }, 'INDEX_W_must_reach_the_chunks_of_a_pixel');
    const pack = 'LANES_OUT_must_be_a_multiple_of_R_and_LAST_LANES_within_R';
    await expectIllegal('hd_pack', { R: 3 }, pack);
    await expectIllegal('hd_pack', { LAST_LANES: 2 }, pack);
  });
});
