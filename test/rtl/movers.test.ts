import { describe, expect, it } from 'vitest';
import { padRule, permuteRule, rowBufferRule } from '../../src/schedule/mover-rules.js';
import { type StreamRule, stream } from '../../src/schedule/token-stages.js';
import { type BenchPoint, expectCleanBench, randomIntegers, verilogString } from './bench.js';
import { expectIllegal, freeRun, pixelStream, probeNamed } from './cells.js';
import { expectTokenRules, type StampPoint } from './stamp-bench.js';

/** hd_permute, hd_pad, hd_upsample and hd_depth_to_space, which only move elements, in one simulator. */

const FRAMES = 3;

interface Mover {
  readonly name: string;
  readonly module: string;
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly bits: number;
  readonly lanes: number;
  /** Height, width, channels. */
  readonly input: readonly [number, number, number];
  readonly output: readonly [number, number, number];
  /** The output's elements by the input's, channels last. */
  readonly compute: (frame: Int32Array) => readonly number[];
  readonly rule: StreamRule;
  readonly memoryFile?: readonly [string, string];
}

const beatsOf = (lanes: number, [, , channels]: Mover['input']): number => Math.ceil(channels / lanes);
const frameBeats = (lanes: number, shape: Mover['input']): number => shape[0] * shape[1] * beatsOf(lanes, shape);

/** All positions of a map, channels last. */
function positions([height, width, channels]: Mover['input']): readonly (readonly [number, number, number])[] {
  return Array.from({ length: height * width * channels }, (_, i) => [
    Math.floor(i / (width * channels)),
    Math.floor(i / channels) % width,
    i % channels,
  ]);
}

const element = (frame: Int32Array, [, width, channels]: Mover['input'], y: number, x: number, c: number): number =>
  frame[(y * width + x) * channels + c] ?? Number.NaN;

/** A word of hd_permute's map: entries of lane, beat and "constant", lane 0 low. */
function mapWords(map: readonly (number | undefined)[], inChannels: number, lanes: number): string {
  const laneBits = Math.ceil(Math.log2(lanes));
  const beatBits = Math.max(1, Math.ceil(Math.log2(Math.ceil(inChannels / lanes))));
  const entryBits = laneBits + beatBits + 1;
  const words = Array.from({ length: Math.ceil(map.length / lanes) }, (_, beat) => {
    let word = 0n;
    for (let lane = 0; lane < lanes; lane++) {
      const channel = beat * lanes + lane < map.length ? map[beat * lanes + lane] : 0;
      const entry =
        channel === undefined ? 2 ** (entryBits - 1) : Math.floor(channel / lanes) * 2 ** laneBits + (channel % lanes);
      word |= BigInt(entry) << BigInt(lane * entryBits);
    }
    return word.toString(16);
  });
  return `${words.join('\n')}\n`;
}

function permuteMover(
  inChannels: number,
  lanes: number,
  map: readonly (number | undefined)[],
  options: { readonly bits?: number; readonly pad?: number; readonly file?: boolean } = {},
): Mover {
  const { bits = 8, pad = 0, file = true } = options;
  const name = `permute ${inChannels} to ${map.length} on ${lanes}`;
  const memoryName = `${name.replaceAll(' ', '_')}.hex`;
  const [input, output] = [[2, 5, inChannels] as const, [2, 5, map.length] as const];
  return {
    name,
    module: 'hd_permute',
    parameters: {
      LANES: lanes,
      IN_CHANNELS: inChannels,
      OUT_CHANNELS: map.length,
      BITS: bits,
      PAD_VALUE: pad,
      ...(file ? { MAP_FILE: verilogString(memoryName) } : {}),
    },
    bits,
    lanes,
    input,
    output,
    compute: (frame) =>
      positions(output).map(([y, x, c]) => {
        const from = map[c];
        return from === undefined ? pad & (2 ** bits - 1) : element(frame, input, y, x, from);
      }),
    rule: permuteRule(beatsOf(lanes, input), beatsOf(lanes, output)),
    ...(file ? { memoryFile: [memoryName, mapWords(map, inChannels, lanes)] as const } : {}),
  };
}

const shuffle = (channels: number, groups: number): readonly number[] =>
  Array.from({ length: channels }, (_, c) => (c % groups) * (channels / groups) + Math.floor(c / groups));

const PERMUTES: readonly Mover[] = [
  permuteMover(1, 1, [0]),
  permuteMover(2, 1, [1, 0], { bits: 1 }),
  permuteMover(12, 4, shuffle(12, 3)),
  permuteMover(12, 1, shuffle(12, 2)),
  permuteMover(10, 4, shuffle(10, 5), { bits: 5 }),
  permuteMover(6, 4, [undefined, 5, 5, undefined, 0], { pad: -3, bits: 6 }),
  permuteMover(9, 2, [8]),
  permuteMover(1, 2, [0, 0, undefined, 0, 0, 0, 0], { pad: 200 }),
  permuteMover(7, 3, [6, 5, 4, 3, 2, 1, 0, 6, undefined, 1], { pad: 1 }),
  permuteMover(10, 4, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, undefined, undefined, undefined], { pad: 9, file: false }),
];

function padMover(
  input: readonly [number, number, number],
  lanes: number,
  [top, left, bottom, right]: readonly [number, number, number, number],
  { bits = 8, value = 0 } = {},
): Mover {
  const [height, width, channels] = input;
  const output = [height + top + bottom, width + left + right, channels] as const;
  return {
    name: `pad ${input.join(' ')} on ${lanes} by ${top} ${left} ${bottom} ${right}`,
    module: 'hd_pad',
    parameters: {
      IN_H: height,
      IN_W: width,
      CHANNELS: channels,
      LANES: lanes,
      BITS: bits,
      PAD_TOP: top,
      PAD_LEFT: left,
      PAD_BOTTOM: bottom,
      PAD_RIGHT: right,
      PAD_VALUE: value,
    },
    bits,
    lanes,
    input,
    output,
    compute: (frame) =>
      positions(output).map(([y, x, c]) => {
        const inside = y >= top && y < top + height && x >= left && x < left + width;
        return inside ? element(frame, input, y - top, x - left, c) : value & (2 ** bits - 1);
      }),
    rule: padRule({
      height,
      width,
      beatsPerPixel: beatsOf(lanes, input),
      padTop: top,
      padLeft: left,
      padBottom: bottom,
      padRight: right,
    }),
  };
}

const PADS: readonly Mover[] = [
  padMover([1, 1, 1], 1, [0, 0, 0, 0]),
  padMover([1, 1, 1], 1, [1, 1, 1, 1], { value: 7 }),
  padMover([3, 4, 3], 2, [0, 1, 0, 2], { value: -5, bits: 4 }),
  padMover([4, 3, 5], 4, [2, 0, 1, 0], { value: 128 }),
  padMover([2, 5, 8], 4, [1, 2, 3, 4], { value: -32768, bits: 16 }),
  padMover([3, 3, 2], 1, [0, 0, 2, 0], { value: 1, bits: 1 }),
];

interface RowShape {
  readonly input: readonly [number, number, number];
  readonly lanes: number;
  readonly capacity: number;
  readonly bits?: number;
}

function upsampleMover({ input, lanes, capacity, bits = 8 }: RowShape, factorH: number, factorW: number): Mover {
  const [height, width, channels] = input;
  const output = [height * factorH, width * factorW, channels] as const;
  const inBeats = beatsOf(lanes, input);
  return {
    name: `upsample ${input.join(' ')} on ${lanes} by ${factorH} ${factorW} in ${capacity}`,
    module: 'hd_upsample',
    parameters: {
      IN_W: width,
      CHANNELS: channels,
      LANES: lanes,
      BITS: bits,
      FACTOR_H: factorH,
      FACTOR_W: factorW,
      CAPACITY: capacity,
    },
    bits,
    lanes,
    input,
    output,
    compute: (frame) =>
      positions(output).map(([y, x, c]) => element(frame, input, Math.floor(y / factorH), Math.floor(x / factorW), c)),
    rule: rowBufferRule({ width, inBeats, passes: factorH, outBeats: factorW * inBeats, capacity }),
  };
}

function depthToSpaceMover({ input, lanes, capacity, bits = 8 }: RowShape, block: number): Mover {
  const [height, width, channels] = input;
  const output = [height * block, width * block, channels / block ** 2] as const;
  return {
    name: `depth-to-space ${input.join(' ')} on ${lanes} by ${block} in ${capacity}`,
    module: 'hd_depth_to_space',
    parameters: {
      IN_W: width,
      OUT_CHANNELS: output[2],
      LANES: lanes,
      BITS: bits,
      BLOCK: block,
      CAPACITY: capacity,
    },
    bits,
    lanes,
    input,
    output,
    compute: (frame) =>
      positions(output).map(([y, x, c]) => {
        const part = (y % block) * block + (x % block);
        return element(frame, input, Math.floor(y / block), Math.floor(x / block), part * output[2] + c);
      }),
    rule: rowBufferRule({
      width,
      inBeats: beatsOf(lanes, input),
      passes: block,
      outBeats: block * beatsOf(lanes, output),
      capacity,
    }),
  };
}

const ROW_BUFFERS: readonly Mover[] = [
  upsampleMover({ input: [1, 1, 1], lanes: 1, capacity: 2 }, 1, 1),
  upsampleMover({ input: [2, 1, 1], lanes: 1, capacity: 2 }, 2, 1),
  upsampleMover({ input: [3, 4, 3], lanes: 2, capacity: 8 }, 2, 2),
  upsampleMover({ input: [3, 4, 3], lanes: 2, capacity: 5, bits: 3 }, 3, 2),
  upsampleMover({ input: [2, 3, 5], lanes: 4, capacity: 2 }, 1, 3),
  upsampleMover({ input: [3, 3, 4], lanes: 4, capacity: 6, bits: 16 }, 4, 1),
  depthToSpaceMover({ input: [2, 3, 4], lanes: 1, capacity: 6 }, 2),
  depthToSpaceMover({ input: [2, 3, 24], lanes: 2, capacity: 4 }, 2),
  depthToSpaceMover({ input: [2, 2, 18], lanes: 2, capacity: 4, bits: 4 }, 3),
  depthToSpaceMover({ input: [2, 1, 16], lanes: 4, capacity: 2 }, 2),
  depthToSpaceMover({ input: [2, 3, 3], lanes: 1, capacity: 2 }, 1),
];

const MOVERS = [...PERMUTES, ...PADS, ...ROW_BUFFERS];

function makePoint(mover: Mover, index: number): BenchPoint {
  const { name, module, parameters, bits, lanes, input, output, compute } = mover;
  const size = input[0] * input[1] * input[2];
  const values = randomIntegers(FRAMES * size, 0, 2 ** bits - 1, 500 + index);
  const expected = Array.from({ length: FRAMES }, (_, f) => compute(values.subarray(f * size, (f + 1) * size))).flat();
  const shapeOf = ([height, width, channels]: Mover['input']) => ({ pixels: height * width, channels, lanes, bits });
  return {
    name,
    module,
    parameters,
    inputs: [pixelStream('s_axis', shapeOf(input), values)],
    outputs: [pixelStream('m_axis', shapeOf(output), expected)],
  };
}

const memoryFiles = new Map(MOVERS.flatMap(({ memoryFile }) => (memoryFile === undefined ? [] : [memoryFile])));

function makeStampPoint({ name, module, parameters, bits, lanes, input, output, rule }: Mover): StampPoint {
  return {
    name,
    module,
    parameters,
    inputs: [{ prefix: 's_axis', lanes, bits, beats: FRAMES * frameBeats(lanes, input) }],
    output: { prefix: 'm_axis', lanes, bits, beats: FRAMES * frameBeats(lanes, output) },
    process: ([from], to) => stream(name, from ?? to, to, rule),
  };
}

describe('engines that only move elements', () => {
  it('are bit exact, also after a reset, and without a bubble', async () => {
    const runs = await expectCleanBench({
      points: MOVERS.map(makePoint),
      frames: FRAMES,
      memoryFiles,
      resetAfterCycles: 37,
      seeds: [1],
    });
    for (const { name, lanes, input, output } of MOVERS) {
      const { frameFirstCycles: first, frameLastCycles: last } = probeNamed(freeRun(runs), `${name}/m_axis`);
      const interval = Math.max(frameBeats(lanes, input), frameBeats(lanes, output));
      expect((last[2] ?? 0) - (last[1] ?? 0), name).toBe(interval);
      if (interval === frameBeats(lanes, output)) {
        expect((last[2] ?? 0) - (first[1] ?? 0) + 1, name).toBe(2 * interval);
      }
    }
  });

  it('take every beat in the clock that the token-level model says', async () => {
    await expectTokenRules(MOVERS.map(makeStampPoint), { memoryFiles });
  });

  it('refuse illegal parameters by name', async () => {
    await expectIllegal('hd_permute', { LANES: 0 }, 'LANES_must_be_at_least_1');
    await expectIllegal('hd_permute', { OUT_CHANNELS: 0 }, 'IN_CHANNELS_and_OUT_CHANNELS_must_be_at_least_1');
    await expectIllegal('hd_permute', { BITS: 17 }, 'BITS_must_be_1_to_16');
    await expectIllegal('hd_permute', { PAD_VALUE: 256 }, 'PAD_VALUE_must_fit_BITS');
    await expectIllegal('hd_pad', { CHANNELS: 0 }, 'IN_H_IN_W_CHANNELS_and_LANES_must_be_at_least_1');
    await expectIllegal('hd_pad', { BITS: 0 }, 'BITS_must_be_1_to_16');
    await expectIllegal('hd_pad', { PAD_LEFT: -1 }, 'PAD_must_be_at_least_0');
    await expectIllegal('hd_pad', { PAD_VALUE: -129 }, 'PAD_VALUE_must_fit_BITS');
    await expectIllegal('hd_row_buffer', { WIDTH: 0 }, 'BITS_WIDTH_IN_BEATS_PASSES_and_REPEATS_must_be_at_least_1');
    await expectIllegal('hd_row_buffer', { CAPACITY: 4 }, 'CAPACITY_must_exceed_a_row_or_a_pixel_where_PASSES_is_1');
    await expectIllegal('hd_row_buffer', { SPLIT: 1, IN_BEATS: 6 }, 'PASSES_times_REPEATS_must_divide_IN_BEATS');
    await expectIllegal('hd_upsample', { IN_W: 0 }, 'IN_W_CHANNELS_and_LANES_must_be_at_least_1');
    await expectIllegal('hd_upsample', { BITS: 17 }, 'BITS_must_be_1_to_16');
    await expectIllegal('hd_upsample', { FACTOR_W: 0 }, 'FACTOR_must_be_at_least_1');
    await expectIllegal('hd_upsample', { CAPACITY: 4 }, 'CAPACITY_must_exceed_a_row_or_a_pixel_where_FACTOR_H_is_1');
    await expectIllegal('hd_depth_to_space', { IN_W: 0 }, 'IN_W_OUT_CHANNELS_LANES_and_BLOCK_must_be_at_least_1');
    await expectIllegal('hd_depth_to_space', { BITS: 17 }, 'BITS_must_be_1_to_16');
    await expectIllegal('hd_depth_to_space', { LANES: 2 }, 'LANES_must_divide_OUT_CHANNELS');
    await expectIllegal('hd_depth_to_space', { CAPACITY: 4 }, 'CAPACITY_must_exceed_a_row_or_a_pixel_where_BLOCK_is_1');
  });
});
