import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import type { SimResult } from '../../src/simulate/result.js';
import { greatestCommonDivisor } from '../../src/support/whole-numbers.js';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, pixelStream, probeNamed } from './cells.js';

/** hd_pool with hd_pool_array and hd_pool_average inside: values, latency and interval over one grid. */

const FRAMES = 3;

type Pair = readonly [number, number];

interface Geometry {
  readonly size: Pair;
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly dilation?: Pair;
  /** top, left, bottom, right */
  readonly pad?: readonly [number, number, number, number];
}

interface Folding {
  readonly channels: number;
  readonly ch: number;
  readonly lanesIn: number;
  readonly lanesOut: number;
  readonly r: number;
}

interface Numbers {
  readonly bits: number;
  readonly signed: boolean;
  readonly zeroPoint: number;
  readonly clamp: Pair;
}

/** Positions in one step: one, a kernel column, the whole kernel. */
type Taps = 'one' | 'column' | 'kernel';

interface Pool extends Required<Geometry>, Folding, Numbers {
  readonly average: boolean;
  readonly countIncludePad: boolean;
  readonly taps: Taps;
  /** Two frames of window memory and a deep output FIFO; else the least of both that can work. */
  readonly ample: boolean;
}

const GEOMETRIES: readonly Geometry[] = [
  { size: [4, 5], kernel: [3, 3], pad: [1, 1, 1, 1] },
  { size: [6, 7], kernel: [2, 2] },
  { size: [7, 6], kernel: [3, 3], stride: [2, 2], pad: [0, 0, 1, 1] },
  { size: [9, 8], kernel: [5, 5], pad: [2, 2, 2, 2] },
  { size: [8, 9], kernel: [3, 2], stride: [2, 1], pad: [1, 0, 0, 1] },
  { size: [9, 9], kernel: [3, 3], dilation: [2, 2], pad: [2, 2, 2, 2] },
  { size: [7, 8], kernel: [2, 2], stride: [1, 3], dilation: [2, 1], pad: [1, 0, 1, 0] },
  { size: [1, 1], kernel: [1, 1] },
  { size: [1, 1], kernel: [3, 3], pad: [1, 1, 1, 1] },
  { size: [10, 7], kernel: [3, 3], stride: [3, 3], pad: [1, 2, 2, 0] },
  { size: [5, 5], kernel: [5, 5] },
  { size: [11, 4], kernel: [5, 2], stride: [2, 3], dilation: [1, 2], pad: [3, 1, 2, 2] },
  { size: [2, 9], kernel: [2, 3], stride: [1, 2], pad: [1, 0, 0, 2] },
];

const FOLDINGS: readonly Folding[] = [
  { channels: 1, ch: 1, lanesIn: 1, lanesOut: 1, r: 1 },
  { channels: 3, ch: 2, lanesIn: 1, lanesOut: 1, r: 1 },
  { channels: 5, ch: 2, lanesIn: 2, lanesOut: 4, r: 2 },
  { channels: 3, ch: 3, lanesIn: 1, lanesOut: 2, r: 2 },
  { channels: 7, ch: 3, lanesIn: 1, lanesOut: 2, r: 1 },
  { channels: 5, ch: 5, lanesIn: 1, lanesOut: 4, r: 4 },
  { channels: 8, ch: 4, lanesIn: 4, lanesOut: 2, r: 2 },
  { channels: 6, ch: 1, lanesIn: 4, lanesOut: 4, r: 1 },
  { channels: 9, ch: 2, lanesIn: 4, lanesOut: 1, r: 1 },
  { channels: 7, ch: 5, lanesIn: 1, lanesOut: 1, r: 1 },
  { channels: 2, ch: 2, lanesIn: 2, lanesOut: 4, r: 2 },
];

const NUMBERS: readonly Numbers[] = [
  { bits: 8, signed: false, zeroPoint: 0, clamp: [0, 255] },
  { bits: 8, signed: true, zeroPoint: -3, clamp: [-128, 127] },
  { bits: 8, signed: false, zeroPoint: 77, clamp: [20, 200] },
  { bits: 4, signed: true, zeroPoint: 5, clamp: [-8, 6] },
  { bits: 12, signed: false, zeroPoint: 4095, clamp: [5, 4000] },
  { bits: 8, signed: true, zeroPoint: -128, clamp: [-100, 90] },
  { bits: 1, signed: false, zeroPoint: 1, clamp: [0, 1] },
];

const TAPS: readonly Taps[] = ['one', 'column', 'kernel'];

function cycled<T>(values: readonly T[], index: number): T {
  return values[index % values.length] as T;
}

function makePool(geometry: Geometry, taps: Taps, index: number): Pool {
  return {
    stride: [1, 1],
    dilation: [1, 1],
    pad: [0, 0, 0, 0],
    ...geometry,
    ...cycled(FOLDINGS, index),
    ...cycled(NUMBERS, index),
    taps,
    average: index % 4 < 2,
    countIncludePad: index % 5 === 1,
    ample: index % 2 === 0,
  };
}

/** Two of the three forms of window memory a geometry, in turn: hd_window is tested alone with each of them. */
const POOLS: readonly Pool[] = GEOMETRIES.flatMap((geometry, g) =>
  TAPS.filter((_, t) => t !== g % TAPS.length).map((taps) => ({ geometry, taps })),
).map(({ geometry, taps }, index) => makePool(geometry, taps, index));

// ---- geometry ----

const spanOf = ({ kernel, dilation }: Pool, axis: 0 | 1): number => (kernel[axis] - 1) * dilation[axis];

function outExtent(pool: Pool, axis: 0 | 1): number {
  const padded = pool.size[axis] + pool.pad[axis] + pool.pad[axis + 2 === 2 ? 2 : 3];
  return Math.floor((padded - spanOf(pool, axis) - 1) / pool.stride[axis]) + 1;
}

/** The window's first row and column at every output position, in raster order. */
function windowOrigins(pool: Pool): readonly Pair[] {
  const [outH, outW] = [outExtent(pool, 0), outExtent(pool, 1)];
  return Array.from({ length: outH * outW }, (_, position) => [
    Math.floor(position / outW) * pool.stride[0] - pool.pad[0],
    (position % outW) * pool.stride[1] - pool.pad[1],
  ]);
}

/** Pixels of the frame that must have come before the window at an origin is complete. */
function pixelsNeeded(pool: Pool, [row, column]: Pair): number {
  const lastRow = Math.min(row + spanOf(pool, 0), pool.size[0] - 1);
  const lastColumn = Math.min(column + spanOf(pool, 1), pool.size[1] - 1);
  return lastRow * pool.size[1] + lastColumn + 1;
}

/** The least memory, in pixels, that holds each window with what later windows need. */
function leastCapacity(pool: Pool): number {
  const origins = windowOrigins(pool);
  const firstUsed = origins.map(([row, column]) => Math.max(row, 0) * pool.size[1] + Math.max(column, 0));
  const held = origins.map((origin, i) => pixelsNeeded(pool, origin) - Math.min(...firstUsed.slice(i)));
  return Math.max(...held);
}

// ---- expected values ----

function roundedQuotient(sum: number, count: number): number {
  const low = Math.floor(sum / count);
  const twiceRest = 2 * (sum - low * count);
  if (twiceRest === count) return low + (low & 1);
  return twiceRest > count ? low + 1 : low;
}

/** The values of one window and channel that lie inside the picture. */
function windowValues(pool: Pool, frame: Int32Array, [row, column]: Pair, channel: number): readonly number[] {
  const { size, channels, kernel, dilation } = pool;
  const values: number[] = [];
  for (let ky = 0; ky < kernel[0]; ky++) {
    for (let kx = 0; kx < kernel[1]; kx++) {
      const [y, x] = [row + ky * dilation[0], column + kx * dilation[1]];
      if (y < 0 || y >= size[0] || x < 0 || x >= size[1]) continue;
      values.push(frame[(y * size[1] + x) * channels + channel] ?? 0);
    }
  }
  return values;
}

function poolValue(pool: Pool, values: readonly number[]): number {
  const { average, kernel, countIncludePad, zeroPoint, clamp } = pool;
  const sum = values.reduce((total, value) => total + value - zeroPoint, 0);
  const count = countIncludePad ? kernel[0] * kernel[1] : values.length;
  const y = average ? zeroPoint + roundedQuotient(sum, count) : Math.max(...values);
  return Math.min(clamp[1], Math.max(clamp[0], y));
}

function poolFrame(pool: Pool, frame: Int32Array): readonly number[] {
  return windowOrigins(pool).flatMap((origin) =>
    Array.from({ length: pool.channels }, (_, c) => poolValue(pool, windowValues(pool, frame, origin, c))),
  );
}

// ---- the bench ----

function leastBanks(taps: number, dilation: number): number {
  let banks = taps;
  while (banks / greatestCommonDivisor(banks, dilation) < taps) banks++;
  return banks;
}

function parallelTaps({ taps, kernel }: Pool): Pair {
  if (taps === 'one') return [1, 1];
  return [kernel[0], taps === 'column' ? 1 : kernel[1]];
}

function memoryParameters(pool: Pool): Record<string, number> {
  const [tapsH, tapsW] = parallelTaps(pool);
  const pixels = pool.ample ? 2 * pool.size[0] * pool.size[1] : leastCapacity(pool);
  if (tapsH * tapsW === 1) return { TAPS_H: 1, TAPS_W: 1, CAPACITY: pixels };
  const rowBanks = leastBanks(tapsH, pool.dilation[0]);
  const bankRows = Math.ceil(pixels / (pool.size[1] * rowBanks));
  return {
    TAPS_H: tapsH,
    TAPS_W: tapsW,
    ROW_BANKS: rowBanks,
    COL_BANKS: leastBanks(tapsW, pool.dilation[1]),
    BANK_ROWS: bankRows,
    CAPACITY: rowBanks * bankRows * pool.size[1],
  };
}

function poolParameters(pool: Pool): Record<string, number> {
  const { size, kernel, stride, dilation, pad, clamp, ch, lanesOut } = pool;
  return {
    MODE: pool.average ? 1 : 0,
    IN_H: size[0],
    IN_W: size[1],
    CHANNELS: pool.channels,
    KERNEL_H: kernel[0],
    KERNEL_W: kernel[1],
    STRIDE_H: stride[0],
    STRIDE_W: stride[1],
    DILATION_H: dilation[0],
    DILATION_W: dilation[1],
    PAD_TOP: pad[0],
    PAD_LEFT: pad[1],
    PAD_BOTTOM: pad[2],
    PAD_RIGHT: pad[3],
    COUNT_INCLUDE_PAD: pool.countIncludePad ? 1 : 0,
    LANES_IN: pool.lanesIn,
    LANES_OUT: lanesOut,
    CH: ch,
    ...memoryParameters(pool),
    BITS: pool.bits,
    SIGNED: pool.signed ? 1 : 0,
    ZERO_POINT: pool.zeroPoint,
    CLAMP_LO: clamp[0],
    CLAMP_HI: clamp[1],
    R: pool.r,
    FIFO_DEPTH: pool.ample ? 32 : Math.floor((ch + 2 * lanesOut - 2) / lanesOut),
  };
}

function pointName(pool: Pool, index: number): string {
  return `${index} ${pool.average ? 'average' : 'max'} ${pool.taps}`;
}

function makePoint(pool: Pool, index: number): BenchPoint {
  const { size, channels, bits, signed } = pool;
  const pixels = size[0] * size[1];
  const lo = signed ? -(2 ** (bits - 1)) : 0;
  const values = randomIntegers(FRAMES * pixels * channels, lo, lo + 2 ** bits - 1, 2000 + index);
  const expected = Array.from({ length: FRAMES }, (_, f) =>
    poolFrame(pool, values.subarray(f * pixels * channels, (f + 1) * pixels * channels)),
  ).flat();
  const outPixels = outExtent(pool, 0) * outExtent(pool, 1);
  return {
    name: pointName(pool, index),
    module: 'hd_pool',
    parameters: poolParameters(pool),
    inputs: [pixelStream('s_axis', { pixels, channels, lanes: pool.lanesIn, bits }, values)],
    outputs: [pixelStream('m_axis', { pixels: outPixels, channels, lanes: pool.lanesOut, bits }, expected)],
    activities: [{ name: 'active', path: 'status_active' }],
    tieOffs: { status_active: '' },
  };
}

// ---- documented timing ----

function stepsOfFold(pool: Pool): number {
  const [tapsH, tapsW] = parallelTaps(pool);
  return (pool.kernel[0] / tapsH) * (pool.kernel[1] / tapsW);
}

/** Clocks from each fold's last step to the next fold's: its own steps, or the chunks of the fold before. */
function foldClocks(pool: Pool): readonly number[] {
  const folds = Math.ceil(pool.channels / pool.ch);
  return Array.from({ length: folds }, (_, fold) => {
    const results = Math.min(pool.ch, pool.channels - fold * pool.ch);
    return Math.max(stepsOfFold(pool), Math.ceil(results / pool.r));
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const inputBeats = ({ size, channels, lanesIn }: Pool): number => size[0] * size[1] * Math.ceil(channels / lanesIn);

const interval = (pool: Pool): number => windowOrigins(pool).length * sum(foldClocks(pool));

/** The cycle of the first output beat, where the first input beat is taken in cycle `start`. */
function firstBeatCycle(pool: Pool, start: number): number {
  const [tapsH, tapsW] = parallelTaps(pool);
  const needed = pixelsNeeded(pool, [-pool.pad[0], -pool.pad[1]]) * Math.ceil(pool.channels / pool.lanesIn);
  const lastResult = Math.min(pool.lanesOut, pool.channels) - 1;
  const fold = Math.floor(lastResult / pool.ch);
  const chunk = Math.floor((lastResult % pool.ch) / pool.r);
  const lastStep = start + needed + stepsOfFold(pool) - 1 + sum(foldClocks(pool).slice(0, fold));
  const finish = pool.average ? LATENCY.poolAverageFinish : LATENCY.poolMaxFinish;
  const array = LATENCY.windowToOperands + Math.ceil(Math.log2(tapsH * tapsW)) + LATENCY.poolAccumulate;
  return lastStep + array + LATENCY.hold + finish + LATENCY.pack + chunk;
}

function expectTiming(result: SimResult, pool: Pool, name: string): void {
  const source = probeNamed(result, `${name}/s_axis`);
  const sink = probeNamed(result, `${name}/m_axis`);
  const active = result.activities.find((activity) => activity.name === `${name}/active`);
  const steps = windowOrigins(pool).length * Math.ceil(pool.channels / pool.ch) * stepsOfFold(pool);
  expect(active?.cycles, name).toBe(FRAMES * steps);
  expect(sink.frameFirstCycles[0], name).toBe(firstBeatCycle(pool, source.frameFirstCycles[0] ?? 0));
  const [, second = 0, third = 0] = sink.frameLastCycles;
  if (pool.ample) expect(third - second, name).toBe(Math.max(interval(pool), inputBeats(pool)));
  else expect(third - second, name).toBeGreaterThanOrEqual(Math.max(interval(pool), inputBeats(pool)));
}

describe('hd_pool', () => {
  it('is bit exact over the grid, with its documented latency and interval', async () => {
    const points = POOLS.map(makePoint);
    const runs = await expectCleanBench({ points, frames: FRAMES, resetAfterCycles: 61 });
    for (const [index, pool] of POOLS.entries()) expectTiming(freeRun(runs), pool, pointName(pool, index));
  }, 300_000);

  it('refuses illegal parameters by name', async () => {
    const module = 'hd_pool';
    await expectIllegal(module, { MODE: 2 }, 'MODE_must_be_0_max_or_1_average');
    await expectIllegal(module, { CH: 4 }, 'CH_must_not_exceed_CHANNELS');
    await expectIllegal(module, { R: 2, CH: 1 }, 'R_must_divide_CH_where_there_are_several_folds');
    await expectIllegal(module, { CLAMP_HI: 256 }, 'CLAMP_must_be_a_range_of_the_type');
    await expectIllegal(module, { SIGNED: 1, CLAMP_HI: 127, ZERO_POINT: 128 }, 'ZERO_POINT_must_lie_in_the_type');
  });

  it('refuses an average over a window without a pixel of the picture', async () => {
    const window = { IN_W: 1, OUT_W: 1, KERNEL_W: 2, DILATION_W: 2, PAD_LEFT: 1 };
    await expectIllegal('hd_pool_average', window, 'every_window_must_have_a_pixel_in_the_picture');
  });

  it('refuses an array that it cannot be', async () => {
    await expectIllegal(
      'hd_pool_array',
      { TAPS: 2 },
      'CH_and_TAPS_must_be_at_least_1_and_POSITIONS_a_multiple_of_TAPS',
    );
    await expectIllegal('hd_pool_array', { BITS: 17 }, 'BITS_must_be_1_to_16_and_RESULT_BITS_at_most_32');
  });
});
