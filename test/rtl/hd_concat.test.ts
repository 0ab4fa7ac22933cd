import { describe, expect, it } from 'vitest';
import { HOLDS, LATENCY } from '../../src/schedule/latency.js';
import { realignedBeats } from '../../src/schedule/realign.js';
import { concat } from '../../src/schedule/token-branches.js';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, pixelStream, probeNamed } from './cells.js';
import { packedParameter, unpackStreams } from './packed-streams.js';
import { expectTokenRules, type StampPoint } from './stamp-bench.js';

const FRAMES = 3;
const PIXELS = 15;
const TIMED_PIXELS = 50;

/** [channels of the inputs, lanes, bits] */
const SHAPES: readonly (readonly [readonly number[], number, number])[] = [
  [[1], 1, 8],
  [[5], 2, 8],
  [[1, 1], 1, 1],
  [[4, 8], 4, 8],
  [[4, 8, 3], 4, 5],
  [[3, 2, 1], 1, 8],
  [[1, 1], 2, 8],
  [[3, 4], 2, 8],
  [[1, 2, 3, 4], 4, 8],
  [[3, 3, 3], 4, 8],
  [[6, 8, 8], 4, 16],
  [[2, 8, 8, 1], 4, 3],
  [[9, 9], 8, 8],
  [[8, 1, 8, 7], 8, 8],
  [[1, 1, 1, 1, 1, 1, 1], 4, 8],
  [[17, 5], 16, 4],
];

const titleOf = ([channels, lanes]: (typeof SHAPES)[number]): string => `${channels} by ${lanes}`;

/** Channels in each beat of a pixel, input after input. */
function beatCounts([channels, lanes]: (typeof SHAPES)[number]): readonly number[] {
  return channels.flatMap((count) =>
    Array.from({ length: Math.ceil(count / lanes) }, (_, beat) => Math.min(lanes, count - beat * lanes)),
  );
}

const parametersOf = ([channels, lanes, bits]: (typeof SHAPES)[number]): Record<string, number | string> => ({
  INPUTS: channels.length,
  BITS: bits,
  LANES: lanes,
  CHANNELS: packedParameter(channels),
});

function timingPoint(shape: (typeof SHAPES)[number]): StampPoint {
  const [channels, lanes, bits] = shape;
  const beats = channels.map((count) => Math.ceil(count / lanes));
  const order = beats.flatMap((count, input) => Array.from({ length: count }, () => input));
  const outputs = realignedBeats(beatCounts(shape), lanes);
  return {
    name: titleOf(shape),
    module: 'hd_concat',
    parameters: parametersOf(shape),
    inputs: beats.map((count, i) => ({
      prefix: channels.length === 1 ? 's_axis' : `s${i}_axis`,
      lanes,
      bits,
      beats: TIMED_PIXELS * count,
    })),
    output: { prefix: 'm_axis', lanes, bits, beats: TIMED_PIXELS * outputs.reduce((sum, made) => sum + made, 0) },
    process: (inputs, output) =>
      concat('concat', inputs, output, { latency: LATENCY.concat, holds: HOLDS.concat, order, outputs }),
  };
}

function makePoint(shape: (typeof SHAPES)[number], index: number): BenchPoint {
  const [channels, lanes, bits] = shape;
  const inputs = channels.map((count, i) => randomIntegers(FRAMES * PIXELS * count, 0, 2 ** bits - 1, index * 10 + i));
  const total = channels.reduce((sum, count) => sum + count, 0);
  const expected = Array.from({ length: FRAMES * PIXELS }, (_, pixel) =>
    inputs.map((values, i) => [...values.subarray(pixel * (channels[i] ?? 0), (pixel + 1) * (channels[i] ?? 0))]),
  ).flat(2);
  return {
    name: titleOf(shape),
    module: 'hd_concat',
    parameters: parametersOf(shape),
    inputs: inputs.map((values, i) =>
      pixelStream('', { pixels: PIXELS, channels: channels[i] ?? 0, lanes, bits }, values),
    ),
    outputs: [pixelStream('', { pixels: PIXELS, channels: total, lanes, bits }, expected)],
  };
}

describe('hd_concat', () => {
  it('puts pixels together, an input beat a cycle, whatever the channels', async () => {
    const { points, extraFiles } = unpackStreams(SHAPES.map(makePoint));
    const runs = await expectCleanBench({ points, extraFiles, frames: FRAMES, resetAfterCycles: 37 });
    for (const shape of SHAPES) {
      const name = titleOf(shape);
      const counts = beatCounts(shape);
      const last = probeNamed(freeRun(runs), `${name}/s${shape[0].length - 1}_axis`).frameLastCycles[FRAMES - 1] ?? 0;
      const first = probeNamed(freeRun(runs), `${name}/s0_axis`).frameFirstCycles[0] ?? 0;
      expect(last - first + 1, name).toBe(FRAMES * PIXELS * counts.length);
      const end = probeNamed(freeRun(runs), `${name}/m0_axis`).frameLastCycles[FRAMES - 1] ?? 0;
      expect(end - last, name).toBe(realignedBeats(counts, shape[1]).at(-1));
    }
  });

  it('takes and gives every beat in the clock that the token-level model says', () =>
    expectTokenRules(SHAPES.map(timingPoint)));

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_concat', { BITS: 0 }, 'INPUTS_BITS_and_LANES_must_be_at_least_1');
    await expectIllegal('hd_concat', { INPUTS: 1, CHANNELS: 0 }, 'CHANNELS_must_be_at_least_1');
    await expectIllegal('hd_realign', { BITS: 0 }, 'BITS_and_LANES_must_be_at_least_1');
  });
});
