import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, pixelStream, probeNamed } from './cells.js';

const FRAMES = 3;

interface Pool {
  readonly average: boolean;
  readonly inH: number;
  readonly inW: number;
  readonly channels: number;
  readonly lanes: number;
  readonly bits: number;
  readonly signed: boolean;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  /** top, left, bottom, right */
  readonly pad: readonly [number, number, number, number];
  readonly countIncludePad: boolean;
  readonly zeroPoint: number;
  readonly clamp: readonly [number, number];
}

const BASE: Pool = {
  average: false,
  inH: 4,
  inW: 4,
  channels: 1,
  lanes: 1,
  bits: 8,
  signed: false,
  kernel: [2, 2],
  stride: [2, 2],
  pad: [0, 0, 0, 0],
  countIncludePad: false,
  zeroPoint: 0,
  clamp: [0, 255],
};

const SIGNED = { signed: true, clamp: [-128, 127] } as const;

/** Geometries and types; each is run as a maximum and as an average. */
const VARIANTS: readonly Partial<Pool>[] = [
  {},
  { inH: 1, inW: 1, kernel: [1, 1], stride: [1, 1] },
  { inH: 3, inW: 5, kernel: [1, 1], stride: [1, 1], channels: 3, lanes: 2, ...SIGNED, zeroPoint: -4 },
  { inH: 5, inW: 7, channels: 3, lanes: 2, zeroPoint: 77 },
  { inH: 6, inW: 6, channels: 8, lanes: 4, ...SIGNED, zeroPoint: 3 },
  { inH: 7, inW: 8, kernel: [2, 3], stride: [3, 3], channels: 2, lanes: 1 },
  { inH: 9, inW: 11, kernel: [2, 2], stride: [4, 5], channels: 5, lanes: 8, clamp: [20, 200] },
  { inH: 6, inW: 7, kernel: [3, 3], stride: [3, 3], pad: [1, 1, 1, 1], zeroPoint: 50 },
  { inH: 6, inW: 7, kernel: [3, 3], stride: [3, 3], pad: [1, 1, 1, 1], zeroPoint: 50, countIncludePad: true },
  {
    inH: 5,
    inW: 4,
    kernel: [3, 2],
    stride: [3, 4],
    pad: [2, 1, 2, 0],
    channels: 3,
    lanes: 2,
    ...SIGNED,
    zeroPoint: -9,
  },
  { inH: 8, inW: 9, kernel: [2, 2], stride: [4, 4], pad: [1, 1, 0, 1], channels: 6, lanes: 4 },
  { inH: 2, inW: 1, kernel: [4, 3], stride: [4, 3], pad: [1, 1, 1, 1], ...SIGNED },
  { inH: 7, inW: 7, kernel: [7, 7], stride: [7, 7], channels: 6, lanes: 4, zeroPoint: 100 },
  { inH: 3, inW: 3, kernel: [3, 3], stride: [3, 3], channels: 1, lanes: 4, ...SIGNED, zeroPoint: -128 },
  { inH: 1, inW: 9, kernel: [1, 3], stride: [1, 3], ...SIGNED },
  { inH: 12, inW: 1, kernel: [3, 1], stride: [3, 1] },
  { inH: 4, inW: 6, bits: 4, signed: true, clamp: [-8, 6], zeroPoint: -2, channels: 3, lanes: 4 },
  { inH: 4, inW: 4, bits: 12, clamp: [5, 4000], zeroPoint: 1000, channels: 2, lanes: 2 },
  { inH: 4, inW: 4, bits: 1, clamp: [0, 1] },
];

const outExtent = (extent: number, pads: number, kernel: number, stride: number): number =>
  Math.floor((extent + pads - kernel) / stride) + 1;

const outSize = ({ inH, inW, kernel, stride, pad }: Pool): readonly [number, number] => [
  outExtent(inH, pad[0] + pad[2], kernel[0], stride[0]),
  outExtent(inW, pad[1] + pad[3], kernel[1], stride[1]),
];

function roundedQuotient(sum: number, count: number): number {
  const low = Math.floor(sum / count);
  const twiceRest = 2 * (sum - low * count);
  if (twiceRest === count) return low + (low & 1);
  return twiceRest > count ? low + 1 : low;
}

/** The values of one window and channel that lie inside the picture. */
function windowValues(pool: Pool, frame: Int32Array, outY: number, outX: number, channel: number): readonly number[] {
  const { inH, inW, channels, kernel, stride, pad } = pool;
  const values: number[] = [];
  for (let ky = 0; ky < kernel[0]; ky++) {
    for (let kx = 0; kx < kernel[1]; kx++) {
      const [y, x] = [outY * stride[0] - pad[0] + ky, outX * stride[1] - pad[1] + kx];
      if (y < 0 || y >= inH || x < 0 || x >= inW) continue;
      values.push(frame[(y * inW + x) * channels + channel] ?? 0);
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
  const [outH, outW] = outSize(pool);
  const out: number[] = [];
  for (let y = 0; y < outH; y++) {
    for (let x = 0; x < outW; x++) {
      for (let c = 0; c < pool.channels; c++) out.push(poolValue(pool, windowValues(pool, frame, y, x, c)));
    }
  }
  return out;
}

function poolParameters(pool: Pool): Record<string, number> {
  const { kernel, stride, pad, clamp } = pool;
  return {
    MODE: pool.average ? 1 : 0,
    IN_H: pool.inH,
    IN_W: pool.inW,
    CHANNELS: pool.channels,
    LANES: pool.lanes,
    BITS: pool.bits,
    SIGNED: pool.signed ? 1 : 0,
    KERNEL_H: kernel[0],
    KERNEL_W: kernel[1],
    STRIDE_H: stride[0],
    STRIDE_W: stride[1],
    PAD_TOP: pad[0],
    PAD_LEFT: pad[1],
    PAD_BOTTOM: pad[2],
    PAD_RIGHT: pad[3],
    COUNT_INCLUDE_PAD: pool.countIncludePad ? 1 : 0,
    ZERO_POINT: pool.zeroPoint,
    CLAMP_LO: clamp[0],
    CLAMP_HI: clamp[1],
  };
}

function makePoint(pool: Pool, index: number): BenchPoint {
  const { inH, inW, channels, lanes, bits, signed } = pool;
  const frameSize = inH * inW * channels;
  const lo = signed ? -(2 ** (bits - 1)) : 0;
  const values = randomIntegers(FRAMES * frameSize, lo, lo + 2 ** bits - 1, 1000 + index);
  const expected = Array.from({ length: FRAMES }, (_, f) =>
    poolFrame(pool, values.subarray(f * frameSize, (f + 1) * frameSize)),
  ).flat();
  const [outH, outW] = outSize(pool);
  return {
    name: `${index} ${pool.average ? 'average' : 'max'}`,
    module: 'hd_pool_stream',
    parameters: poolParameters(pool),
    inputs: [pixelStream('s_axis', { pixels: inH * inW, channels, lanes, bits }, values)],
    outputs: [pixelStream('m_axis', { pixels: outH * outW, channels, lanes, bits }, expected)],
    activities: [{ name: 'active', path: 'status_active' }],
    tieOffs: { status_active: '' },
  };
}

const POOLS: readonly Pool[] = VARIANTS.flatMap((variant) => [
  { ...BASE, ...variant, average: false },
  { ...BASE, ...variant, average: true },
]);

/** Input beats up to and with the one that completes the first output beat. */
function beatsToFirstOutput({ inW, inH, channels, lanes, kernel, pad }: Pool): number {
  const y = Math.min(kernel[0] - pad[0], inH) - 1;
  const x = Math.min(kernel[1] - pad[1], inW) - 1;
  return (y * inW + x) * Math.ceil(channels / lanes) + 1;
}

/** hd_pool_walk is inside: every place of a window, with pads and gaps, is in the grid. */
describe('hd_pool_stream', () => {
  it('is bit exact over the grid, without a stall of its own, at its documented latency', async () => {
    const points = POOLS.map(makePoint);
    const runs = await expectCleanBench({ points, frames: FRAMES, resetAfterCycles: 37 });
    for (const [index, pool] of POOLS.entries()) {
      const { name = '' } = makePoint(pool, index);
      const source = probeNamed(freeRun(runs), `${name}/s_axis`);
      const sink = probeNamed(freeRun(runs), `${name}/m_axis`);
      const active = freeRun(runs).activities.find((activity) => activity.name === `${name}/active`);
      expect(source.stalls, name).toBe(0);
      expect(active?.cycles, name).toBe(source.beats);
      const completed = (source.frameFirstCycles[0] ?? 0) + beatsToFirstOutput(pool) - 1;
      expect(sink.frameFirstCycles[0], name).toBe(
        completed + (pool.average ? LATENCY.poolStreamAverage : LATENCY.poolStreamMax),
      );
    }
  });

  it('refuses illegal parameters by name', async () => {
    const module = 'hd_pool_stream';
    await expectIllegal(module, { MODE: 2 }, 'MODE_must_be_0_max_or_1_average');
    await expectIllegal(module, { STRIDE_W: 1 }, 'STRIDE_must_be_at_least_KERNEL');
    await expectIllegal(module, { PAD_TOP: 2 }, 'PAD_must_be_less_than_KERNEL');
    await expectIllegal(module, { IN_H: 1 }, 'KERNEL_must_fit_the_padded_picture');
    await expectIllegal(module, { CLAMP_HI: 256 }, 'CLAMP_must_be_a_range_of_the_type');
    await expectIllegal(module, { SIGNED: 1, CLAMP_HI: 127, ZERO_POINT: 128 }, 'ZERO_POINT_must_lie_in_the_type');
    await expectIllegal(module, { BITS: 17 }, 'BITS_must_be_1_to_16');
    await expectIllegal(module, { CHANNELS: 0 }, 'IN_H_IN_W_CHANNELS_and_LANES_must_be_at_least_1');
  });
});
