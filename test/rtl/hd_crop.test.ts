import { describe, expect, it } from 'vitest';
import { HOLDS, LATENCY } from '../../src/schedule/latency.js';
import { realignedBeats } from '../../src/schedule/realign.js';
import type { Channel, Process } from '../../src/schedule/token-network.js';
import { stream } from '../../src/schedule/token-stages.js';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, pixelStream, probeNamed } from './cells.js';
import { expectTokenRules, type StampPoint } from './stamp-bench.js';

const FRAMES = 6;

/** From and to (not kept) of the rows, columns and channels. */
interface Crop {
  readonly map: readonly [number, number, number];
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
  readonly channels: readonly [number, number];
  readonly lanes: number;
  readonly bits: number;
}

const crop = (
  map: Crop['map'],
  [rows, columns, channels]: readonly (readonly [number, number])[],
  lanes = 1,
  bits = 8,
): Crop => ({
  map,
  rows: rows ?? [0, map[0]],
  columns: columns ?? [0, map[1]],
  channels: channels ?? [0, map[2]],
  lanes,
  bits,
});

const CROPS: readonly Crop[] = [
  crop([1, 1, 1], []),
  crop([4, 5, 3], [], 2),
  crop(
    [4, 5, 3],
    [
      [1, 3],
      [2, 5],
    ],
    2,
    5,
  ),
  crop(
    [3, 4, 2],
    [
      [2, 3],
      [0, 1],
    ],
    4,
  ),
  crop(
    [5, 3, 4],
    [
      [0, 5],
      [1, 2],
      [1, 3],
    ],
  ),
  crop(
    [3, 3, 9],
    [
      [0, 3],
      [0, 3],
      [4, 9],
    ],
    4,
  ),
  crop(
    [3, 3, 9],
    [
      [0, 3],
      [0, 3],
      [4, 6],
    ],
    4,
    16,
  ),
  crop(
    [3, 3, 9],
    [
      [1, 3],
      [0, 2],
      [5, 7],
    ],
    4,
  ),
  crop(
    [2, 3, 17],
    [
      [0, 2],
      [0, 3],
      [5, 16],
    ],
    4,
  ),
  crop(
    [2, 3, 17],
    [
      [0, 2],
      [1, 3],
      [7, 17],
    ],
    4,
    3,
  ),
  crop(
    [2, 3, 17],
    [
      [0, 2],
      [0, 3],
      [1, 16],
    ],
    4,
  ),
  crop(
    [2, 4, 12],
    [
      [0, 2],
      [1, 4],
      [3, 5],
    ],
    4,
  ),
  crop(
    [2, 2, 40],
    [
      [0, 2],
      [0, 2],
      [13, 39],
    ],
    8,
  ),
  crop(
    [3, 2, 8],
    [
      [0, 3],
      [0, 2],
      [1, 8],
    ],
    2,
  ),
];

const titleOf = ({ map, rows, columns, channels, lanes }: Crop): string =>
  `${map.join('x')} ${rows.join('-')} ${columns.join('-')} ${channels.join('-')} by ${lanes}`;

const inside = (place: number, [from, to]: readonly [number, number]): boolean => place >= from && place < to;

function cropValues({ map: [height, width, depth], rows, columns, channels }: Crop, values: Int32Array): Int32Array {
  return values.filter((_, i) => {
    const pixel = Math.floor(i / depth);
    const row = Math.floor(pixel / width) % height;
    return inside(row, rows) && inside(pixel % width, columns) && inside(i % depth, channels);
  });
}

/** Output beats of each input beat of a frame. */
function frameOutputs({ map: [height, width, depth], rows, columns, channels, lanes }: Crop): readonly number[] {
  const counts = Array.from({ length: Math.ceil(depth / lanes) }, (_, beat) =>
    Math.max(0, Math.min((beat + 1) * lanes, channels[1]) - Math.max(beat * lanes, channels[0])),
  );
  const made = realignedBeats(counts, lanes);
  return Array.from({ length: height * width }, (_, pixel) =>
    inside(Math.floor(pixel / width), rows) && inside(pixel % width, columns) ? made : made.map(() => 0),
  ).flat();
}

const outPixels = ({ rows, columns }: Crop): number => (rows[1] - rows[0]) * (columns[1] - columns[0]);

function cropParameters({ map, rows, columns, channels, lanes, bits }: Crop): Record<string, number> {
  return {
    BITS: bits,
    LANES: lanes,
    IN_H: map[0],
    IN_W: map[1],
    IN_CHANNELS: map[2],
    ROW_FROM: rows[0],
    COLUMN_FROM: columns[0],
    CHANNEL_FROM: channels[0],
    OUT_H: rows[1] - rows[0],
    OUT_W: columns[1] - columns[0],
    OUT_CHANNELS: channels[1] - channels[0],
  };
}

function makePoint(shape: Crop, index: number): BenchPoint {
  const { map, channels, lanes, bits } = shape;
  const [height, width, depth] = map;
  const values = randomIntegers(FRAMES * height * width * depth, 0, 2 ** bits - 1, 300 + index);
  const output = { pixels: outPixels(shape), channels: channels[1] - channels[0], lanes, bits };
  return {
    name: titleOf(shape),
    module: 'hd_crop',
    parameters: cropParameters(shape),
    inputs: [pixelStream('s_axis', { pixels: height * width, channels: depth, lanes, bits }, values)],
    outputs: [pixelStream('m_axis', output, cropValues(shape, values))],
  };
}

function timingPoint(shape: Crop): StampPoint {
  const { lanes, bits } = shape;
  const made = frameOutputs(shape);
  const outBeats = made.reduce((sum, beats) => sum + beats, 0);
  return {
    name: titleOf(shape),
    module: 'hd_crop',
    parameters: cropParameters(shape),
    inputs: [{ prefix: 's_axis', lanes, bits, beats: FRAMES * made.length }],
    output: { prefix: 'm_axis', lanes, bits, beats: FRAMES * outBeats },
    process: ([input], output): Process =>
      stream('crop', input as Channel, output, {
        latency: LATENCY.crop,
        holds: [HOLDS.crop],
        outputs: made,
      }),
  };
}

describe('hd_crop', () => {
  it('keeps the box, an input beat a cycle', async () => {
    const points = CROPS.map(makePoint);
    const runs = await expectCleanBench({ points, frames: FRAMES, resetAfterCycles: 37 });
    for (const { name = '' } of points) {
      expect(probeNamed(freeRun(runs), `${name}/s_axis`).stalls, name).toBe(0);
    }
  });

  it('takes and gives every beat in the clock that the token-level model says', () =>
    expectTokenRules(CROPS.map(timingPoint)));

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_crop', { IN_H: 0 }, 'BITS_LANES_IN_H_IN_W_and_IN_CHANNELS_must_be_at_least_1');
    await expectIllegal('hd_crop', { ROW_FROM: 1 }, 'the_box_that_is_kept_must_lie_inside_the_map');
    await expectIllegal('hd_crop', { OUT_CHANNELS: 2 }, 'the_box_that_is_kept_must_lie_inside_the_map');
  });
});
