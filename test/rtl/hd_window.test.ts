import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import { padToLanes } from '../../src/simulate/elements.js';
import { greatestCommonDivisor } from '../../src/support/whole-numbers.js';
import { type BenchPoint, expectCleanBench, randomIntegers, type StallPattern, verilogString } from './bench.js';
import { expectIllegal, freeRun, innerStream, probeNamed } from './cells.js';
import { cycled, GEOMETRIES, type Geometry, outputSize, type Taps, tapsOf, windowOf } from './engine-cases.js';

/** hd_window with hd_window_seq or hd_window_banked inside, and hd_window_ctrl alone: one build. */

const FRAMES = 3;

/** Channels of a pixel and how the steps take them. */
interface Slicing {
  readonly channels: number;
  readonly groups: number;
  /** Depthwise engines and pools: each slice is a group of its own. */
  readonly packed: boolean;
  readonly simd: number;
  readonly lanes: number;
  readonly folds: number;
  readonly bits: number;
  readonly padValue: number;
}

const SLICINGS: readonly Slicing[] = [
  { channels: 1, groups: 1, packed: false, simd: 1, lanes: 1, folds: 1, bits: 8, padValue: 0 },
  { channels: 3, groups: 1, packed: false, simd: 2, lanes: 1, folds: 2, bits: 8, padValue: 200 },
  { channels: 5, groups: 1, packed: false, simd: 2, lanes: 4, folds: 1, bits: 2, padValue: 3 },
  { channels: 6, groups: 2, packed: false, simd: 2, lanes: 1, folds: 3, bits: 5, padValue: 9 },
  { channels: 7, groups: 1, packed: true, simd: 3, lanes: 1, folds: 1, bits: 8, padValue: 128 },
  { channels: 9, groups: 1, packed: false, simd: 9, lanes: 1, folds: 1, bits: 16, padValue: 40000 },
  { channels: 5, groups: 1, packed: true, simd: 1, lanes: 4, folds: 1, bits: 4, padValue: 8 },
  { channels: 8, groups: 4, packed: false, simd: 1, lanes: 2, folds: 2, bits: 8, padValue: 255 },
  { channels: 6, groups: 1, packed: true, simd: 4, lanes: 2, folds: 1, bits: 3, padValue: 5 },
  { channels: 12, groups: 2, packed: false, simd: 5, lanes: 1, folds: 1, bits: 8, padValue: 17 },
  { channels: 4, groups: 1, packed: false, simd: 4, lanes: 4, folds: 4, bits: 8, padValue: 1 },
];

interface Case extends Slicing {
  readonly name: string;
  readonly index: number;
  readonly geometry: Geometry;
  readonly taps: Taps;
  /** Memory beyond the least that works. */
  readonly ample: boolean;
}

const CASES: readonly Case[] = GEOMETRIES.flatMap((geometry) =>
  tapsOf(geometry.kernel).map((taps) => ({ geometry, taps })),
)
  .map(({ geometry, taps }, index) => ({ ...cycled(SLICINGS, index), geometry, taps, index, ample: index % 2 === 0 }))
  .map((test) => ({
    ...test,
    name: `${test.index} ${test.geometry.size.join('x')} k${test.geometry.kernel.join('x')} ${test.taps}`,
  }));

// ---- naive model ----

const clampTo = (value: number, hi: number): number => Math.min(hi, Math.max(0, value));

/** First row and column of the window at each output position, in raster order. */
function origins({ geometry }: Case): readonly (readonly [number, number])[] {
  const [outH, outW] = outputSize(geometry);
  const { strideH, strideW, padTop, padLeft } = windowOf(geometry);
  return Array.from({ length: outH * outW }, (_, i) => [
    Math.floor(i / outW) * strideH - padTop,
    (i % outW) * strideW - padLeft,
  ]);
}

/** Pixels that the window at an origin touches, those in the padding moved to the picture's edge. */
function touched({ geometry }: Case, [row, column]: readonly [number, number]): readonly number[] {
  const { kernelH, kernelW, dilationH, dilationW } = windowOf(geometry);
  const [height, width] = geometry.size;
  return Array.from({ length: kernelH * kernelW }, (_, tap) => {
    const y = clampTo(row + Math.floor(tap / kernelW) * dilationH, height - 1);
    return y * width + clampTo(column + (tap % kernelW) * dilationW, width - 1);
  });
}

/** By position: pixels of the frame that it needs, and pixels that nothing after it touches. */
function demand(test: Case): { readonly need: readonly number[]; readonly freed: readonly number[] } {
  const windows = origins(test).map((origin) => touched(test, origin));
  const all = test.geometry.size[0] * test.geometry.size[1];
  return {
    need: windows.map((pixels) => Math.max(...pixels) + 1),
    freed: windows.map((_, i) => Math.min(all, ...windows.slice(i + 1).flat())),
  };
}

function leastCapacity(test: Case): number {
  const { need, freed } = demand(test);
  return Math.max(...need.map((pixels, i) => pixels - (i === 0 ? 0 : (freed[i - 1] ?? 0))));
}

interface Steps {
  readonly tapsH: number;
  readonly tapsW: number;
  readonly slices: number;
  readonly groups: number;
  readonly groupChannels: number;
  readonly perFold: number;
}

function stepsOf(test: Case): Steps {
  const { channels, packed, simd, geometry, taps } = test;
  const [kernelH, kernelW] = geometry.kernel;
  const [tapsH, tapsW] = { one: [1, 1], column: [kernelH, 1], kernel: [kernelH, kernelW] }[taps] as [number, number];
  const groups = packed ? Math.ceil(channels / simd) : test.groups;
  const groupChannels = packed ? simd : channels / groups;
  const slices = Math.ceil(groupChannels / simd);
  const perFold = (kernelH / tapsH) * (kernelW / tapsW) * slices;
  return { tapsH, tapsW, slices, groups, groupChannels, perFold };
}

/** One step: where it stands in its position. */
interface Step {
  readonly group: number;
  readonly tapY: number;
  readonly tapX: number;
  readonly slice: number;
  readonly first: boolean;
  readonly last: boolean;
}

/** The steps of one output position, in order. */
function positionSteps(test: Case): readonly Step[] {
  const { tapsH, tapsW, slices, groups } = stepsOf(test);
  const [kernelH, kernelW] = test.geometry.kernel;
  const steps: Step[] = [];
  for (let group = 0; group < groups; group++) {
    for (let fold = 0; fold < test.folds; fold++) {
      for (let tapY = 0; tapY < kernelH; tapY += tapsH) {
        for (let tapX = 0; tapX < kernelW; tapX += tapsW) {
          for (let slice = 0; slice < slices; slice++) {
            const first = tapY === 0 && tapX === 0 && slice === 0;
            const last = tapY + tapsH === kernelH && tapX + tapsW === kernelW && slice === slices - 1;
            steps.push({ group, tapY, tapX, slice, first, last });
          }
        }
      }
    }
  }
  return steps;
}

/** The elements of one step at an origin, position-major. */
function stepValues(test: Case, frame: Int32Array, origin: readonly [number, number], step: Step): readonly number[] {
  const { channels, simd, packed, padValue, geometry } = test;
  const { tapsH, tapsW, groupChannels } = stepsOf(test);
  const { dilationH, dilationW } = windowOf(geometry);
  const [height, width] = geometry.size;
  return Array.from({ length: tapsH * tapsW * simd }, (_, i) => {
    const tap = Math.floor(i / simd);
    const inGroup = step.slice * simd + (i % simd);
    const channel = step.group * groupChannels + inGroup;
    const y = origin[0] + (step.tapY + Math.floor(tap / tapsW)) * dilationH;
    const x = origin[1] + (step.tapX + (tap % tapsW)) * dilationW;
    if (y < 0 || y >= height || x < 0 || x >= width) return packed || inGroup < groupChannels ? padValue : 0;
    return inGroup < groupChannels && channel < channels ? (frame[(y * width + x) * channels + channel] ?? 0) : 0;
  });
}

/** What follows a step: the outermost counter that moves. */
function moveAfter(test: Case, steps: readonly Step[], at: number, position: number, positions: number): number {
  const here = steps[at] as Step;
  const next = steps[at + 1];
  if (next === undefined) {
    const [, outW] = outputSize(test.geometry);
    return position === positions - 1 ? 7 : (position + 1) % outW === 0 ? 6 : 5;
  }
  if (next.first) return next.group === here.group ? 3 : 4;
  if (next.tapY !== here.tapY) return 2;
  return next.tapX === here.tapX ? 0 : 1;
}

// ---- points ----

function geometryParameters({ geometry }: Case): Record<string, number> {
  const w = windowOf(geometry);
  const [outH, outW] = outputSize(geometry);
  return {
    IN_H: geometry.size[0],
    IN_W: geometry.size[1],
    OUT_H: outH,
    OUT_W: outW,
    KERNEL_H: w.kernelH,
    KERNEL_W: w.kernelW,
    STRIDE_H: w.strideH,
    STRIDE_W: w.strideW,
    DILATION_H: w.dilationH,
    DILATION_W: w.dilationW,
    PAD_TOP: w.padTop,
    PAD_LEFT: w.padLeft,
  };
}

function banks(taps: number, dilation: number, extra: number): number {
  let count = taps + extra;
  while (count / greatestCommonDivisor(count, dilation) < taps) count++;
  return count;
}

function memoryParameters(test: Case): Record<string, number> {
  const { dilationH, dilationW } = windowOf(test.geometry);
  const { tapsH, tapsW } = stepsOf(test);
  const [height, width] = test.geometry.size;
  const pixels = leastCapacity(test) + (test.ample ? height * width : 0);
  if (test.taps === 'one') return { CAPACITY: pixels };
  const extra = test.index % 3 === 0 ? 1 : 0;
  const rowBanks = banks(tapsH, dilationH, extra);
  const colBanks = tapsW === 1 ? 1 : banks(tapsW, dilationW, extra);
  const bankRows = Math.ceil(pixels / (rowBanks * width));
  return {
    ROW_BANKS: rowBanks,
    COL_BANKS: colBanks,
    BANK_ROWS: bankRows,
    CAPACITY: rowBanks * bankRows * width,
    TAPS_H: tapsH,
    TAPS_W: tapsW,
  };
}

function windowPoint(test: Case): BenchPoint {
  const { channels, packed, simd, lanes, folds, bits, padValue, geometry, index } = test;
  const { tapsH, tapsW, slices, groups, groupChannels, perFold } = stepsOf(test);
  const wordLanes = Math.max(simd, lanes);
  const unitBeats = Math.ceil((packed ? channels : groupChannels) / lanes);
  const pixelWords = (packed ? 1 : groups) * Math.ceil((unitBeats * lanes) / wordLanes);
  const pixels = geometry.size[0] * geometry.size[1];
  const values = randomIntegers(FRAMES * pixels * channels, 0, 2 ** bits - 1, 300 + index);
  const steps = positionSteps(test);
  const expected: number[] = [];
  for (let f = 0; f < FRAMES; f++) {
    const frame = values.subarray(f * pixels * channels, (f + 1) * pixels * channels);
    for (const origin of origins(test)) {
      for (const step of steps) {
        expected.push(...stepValues(test, frame, origin, step), (step.first ? 1 : 0) + (step.last ? 2 : 0));
      }
    }
  }
  const positions = origins(test).length;
  return {
    name: `window ${test.name}`,
    module: 'fixture_window',
    parameters: {
      BITS: bits,
      LANES_IN: lanes,
      SIMD: simd,
      UNIT_BEATS: unitBeats,
      PIXEL_WORDS: pixelWords,
      SLICES: slices,
      LAST_LANES: packed ? simd : groupChannels - (slices - 1) * simd,
      FOLDS: folds,
      GROUPS: groups,
      GROUPS_PACKED: packed ? 1 : 0,
      PAD_VALUE: padValue,
      STEPS: perFold,
      ...geometryParameters(test),
      ...memoryParameters(test),
    },
    inputs: [
      innerStream('s_axis', lanes, bits, pixels * groupsOfStream(test) * unitBeats, laneValues(test, values)),
      foldStream(positions * groups * folds),
    ],
    outputs: [innerStream('m_axis', tapsH * tapsW * simd + 1, bits, positions * steps.length, expected)],
    activities: [{ name: 'active', path: 'status_active' }],
    tieOffs: { status_active: '' },
  };
}

/** A pixel's channels come group by group, each group in beats of its own. */
const groupsOfStream = ({ packed, groups }: Case): number => (packed ? 1 : groups);

function laneValues(test: Case, values: Int32Array): Int32Array {
  return padToLanes(values, test.channels / groupsOfStream(test), test.lanes);
}

function foldStream(folds: number): BenchPoint['inputs'][0] {
  return innerStream('s_axis_fold', 1, 8, folds, new Int32Array(FRAMES * folds));
}

const needFile = (test: Case): string => `need_${test.index}.mem`;
const freedFile = (test: Case): string => `freed_${test.index}.mem`;
const hexLines = (values: readonly number[]): string => values.map((value) => `${value.toString(16)}\n`).join('');

function controlPoint(test: Case): BenchPoint {
  const { tapsH, tapsW, slices, groups } = stepsOf(test);
  const [kernelH, kernelW] = test.geometry.kernel;
  const steps = positionSteps(test);
  const positions = origins(test).length;
  const pixels = test.geometry.size[0] * test.geometry.size[1];
  const frame = Array.from({ length: positions }, (_, position) =>
    steps.map(({ first, last, slice }, at) => {
      const flags = (first ? 1 : 0) + (last ? 2 : 0) + (slice === slices - 1 ? 4 : 0);
      return flags + 8 * moveAfter(test, steps, at, position, positions);
    }),
  ).flat();
  return {
    name: `control ${test.name}`,
    module: 'fixture_window_ctrl',
    parameters: {
      ...geometryParameters(test),
      TAP_STEPS_Y: kernelH / tapsH,
      TAP_STEPS_X: kernelW / tapsW,
      SLICES: slices,
      FOLDS: test.folds,
      GROUPS: groups,
      CAPACITY: leastCapacity(test) + (test.ample ? pixels : 0),
      NEED_FILE: verilogString(needFile(test)),
      FREED_FILE: verilogString(freedFile(test)),
    },
    inputs: [
      innerStream('s_axis', 1, 8, pixels, new Int32Array(FRAMES * pixels)),
      foldStream(positions * groups * test.folds),
    ],
    outputs: [innerStream('m_axis', 1, 8, frame.length, [...frame, ...frame, ...frame])],
  };
}

const STALLS: readonly StallPattern[] = [
  { source: 0, sink: 0 },
  { source: 0.5, sink: 0 },
  { source: 0.2, sink: 0.6 },
];

/** In the free run: a step in the clock after the last beat that it needs, its operands LATENCY later, then the queue. */
function firstOutput(test: Case): number {
  const beats = laneValues(test, new Int32Array(test.channels)).length / test.lanes;
  return (demand(test).need[0] ?? 0) * beats + LATENCY.windowToOperands + 1;
}

describe('hd_window', () => {
  it('gives every operand of every step, and steps exactly when it may', async () => {
    const names = ['fixture_window.v', 'fixture_window_ctrl.sv'];
    const texts = await Promise.all(
      names.map((name) => readFile(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')),
    );
    // The control is the same behind every form of memory.
    const controls = CASES.filter(({ taps, index }) => taps === 'one' || index % 3 === 0);
    const points = [...CASES.map(windowPoint), ...controls.map(controlPoint)];
    const memoryFiles = new Map(
      CASES.flatMap((test) => {
        const { need, freed } = demand(test);
        return [
          [needFile(test), hexLines(need)],
          [freedFile(test), hexLines(freed)],
        ] as const;
      }),
    );
    const extraFiles = new Map(names.map((name, i) => [name, texts[i] ?? '']));
    const bench = { points, frames: FRAMES, memoryFiles, extraFiles, stalls: STALLS, seeds: [1], resetAfterCycles: 97 };
    const result = freeRun(await expectCleanBench(bench));
    for (const test of CASES) {
      const name = `window ${test.name}`;
      const start = probeNamed(result, `${name}/s_axis`).frameFirstCycles[0] ?? 0;
      expect(probeNamed(result, `${name}/m_axis`).frameFirstCycles[0], name).toBe(start + firstOutput(test));
    }
  }, 300_000);

  it('refuses illegal parameters by name', async () => {
    const taps = 'TAPS_H_must_be_KERNEL_H_unless_one_position_is_taken_a_step';
    await expectIllegal('hd_window', { TAPS_H: 2 }, taps);
    const capacity = 'CAPACITY_must_be_ROW_BANKS_times_BANK_ROWS_times_IN_W';
    await expectIllegal('hd_window', { TAPS_H: 3, ROW_BANKS: 3, CAPACITY: 16 }, capacity);
    await expectIllegal('hd_window', { PAD_VALUE: 256 }, 'PAD_VALUE_must_fit_BITS');
    await expectIllegal('hd_window', { PAD_VALUE: -129 }, 'PAD_VALUE_must_fit_BITS');
    await expectIllegal('hd_window_seq', { WORD_LANES: 3 }, 'WORD_LANES_must_be_a_multiple_of_SIMD');
    await expectIllegal('hd_window_banked', { WORD_LANES: 3 }, 'WORD_LANES_must_be_a_multiple_of_SIMD');
    await expectIllegal('hd_window_banked', { TAPS_W: 2 }, 'TAPS_W_must_be_1_or_KERNEL_W');
    const rows = 'kernel_rows_must_lie_in_different_row_banks';
    await expectIllegal('hd_window_banked', { ROW_BANKS: 2 }, rows);
    await expectIllegal('hd_window_banked', { DILATION_H: 3 }, rows);
    await expectIllegal('hd_window_banked', { BANK_ROWS: 0 }, rows);
    const columns = 'kernel_columns_must_lie_in_different_column_banks';
    await expectIllegal('hd_window_banked', { COL_BANKS: 4, DILATION_W: 2 }, columns);
  });

  it('refuses windows that its control cannot walk over', async () => {
    const padding = 'padding_must_be_smaller_than_the_dilated_kernel';
    await expectIllegal('hd_window_ctrl', { PAD_TOP: 3 }, padding);
    await expectIllegal('hd_window_ctrl', { PAD_LEFT: 3 }, padding);
    await expectIllegal('hd_window_ctrl', { OUT_H: 6 }, 'last_window_must_touch_the_picture');
    await expectIllegal('hd_window_ctrl', { OUT_W: 6 }, 'last_window_must_touch_the_picture');
    await expectIllegal('hd_window_ctrl', { CAPACITY: 5 }, 'CAPACITY_must_hold_the_first_window');
    await expectIllegal('hd_window_ctrl', { SLICES: 0 }, 'step_counts_must_be_at_least_1');
  });
});
