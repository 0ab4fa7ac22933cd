import { describe, expect, it } from 'vitest';
import { addHolds, LATENCY } from '../../src/schedule/latency.js';
import { join } from '../../src/schedule/token-branches.js';
import { accumulatorBits, roundHalfEven } from '../../src/support/fixed-point.js';
import { type BenchPoint, expectCleanBench, randomIntegers, verilogString } from './bench.js';
import { expectIllegal, freeRun, pixelStream, probeNamed } from './cells.js';
import { packedParameter, unpackStreams } from './packed-streams.js';
import { expectTokenRules, type StampPoint } from './stamp-bench.js';

const FRAMES = 3;
const PIXELS = 24;
const TIMED_BEATS = 200;

interface Input {
  readonly bits: number;
  readonly signed: boolean;
  readonly zero: number;
  readonly multiplier: number;
}

interface Add {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly channels: number;
  readonly lanes: number;
  readonly shift: number;
  readonly outBits: number;
  readonly zero: number;
  readonly clamp: readonly [number, number];
  /** Words of the table and the largest magnitude in it. */
  readonly table?: { readonly words: 'one' | 'pixel' | 'frame'; readonly most: number };
}

const input = (bits: number, signed: boolean, zero: number, multiplier: number): Input => ({
  bits,
  signed,
  zero,
  multiplier,
});

const BASE = { channels: 1, lanes: 1, shift: 18, outBits: 8, zero: 0, clamp: [0, 255] } as const;
const SIGNED = { zero: -4, clamp: [-128, 127] } as const;
const U8 = input(8, false, 0, 2 ** 17);
const I8 = input(8, true, -7, 2 ** 17 + 12345);

const ADDS: readonly Add[] = [
  { name: 'ties', ...BASE, inputs: [U8, U8] },
  { name: 'ties, signed', ...BASE, ...SIGNED, inputs: [{ ...I8, multiplier: 2 ** 17 }, U8], channels: 3, lanes: 2 },
  { name: 'one input', ...BASE, ...SIGNED, inputs: [I8], channels: 5, lanes: 4 },
  { name: 'relu', ...BASE, zero: 10, clamp: [10, 200], inputs: [I8, input(8, false, 131, 99999)], lanes: 4 },
  {
    name: 'three of 4, 8 and 16 bits',
    ...BASE,
    ...SIGNED,
    inputs: [input(4, true, 3, 2 ** 18 - 1), I8, input(16, false, 40000, 900)],
    channels: 6,
    lanes: 4,
    shift: 19,
  },
  {
    name: 'four, one of them without weight',
    ...BASE,
    inputs: [U8, I8, input(5, false, 9, 0), input(1, false, 0, 7)],
    channels: 4,
    lanes: 2,
  },
  {
    name: 'eleven',
    ...BASE,
    ...SIGNED,
    shift: 19,
    inputs: Array.from({ length: 11 }, (_, i) => input(3 + i, i % 2 === 0, i % 2 === 0 ? -2 : 5, 150000 >> i)),
  },
  {
    name: '16 bits, 31-bit multipliers',
    ...BASE,
    inputs: [input(16, true, -32768, 2 ** 31 - 1), input(16, false, 65535, 2 ** 30 + 1)],
    outBits: 16,
    shift: 31,
    zero: -100,
    clamp: [-32768, 32767],
    lanes: 2,
    channels: 2,
  },
  { name: 'shift 47', ...BASE, inputs: [input(16, false, 0, 2 ** 31 - 1), input(16, true, 0, 3)], shift: 47 },
  {
    name: 'shift 1',
    ...BASE,
    outBits: 1,
    clamp: [0, 1],
    inputs: [input(1, false, 0, 1), input(1, true, 0, 1)],
    shift: 1,
  },
  { name: 'constant', ...BASE, inputs: [U8], table: { words: 'one', most: 2 ** 23 } },
  { name: 'constant a lane', ...BASE, ...SIGNED, inputs: [I8, U8], lanes: 4, table: { words: 'one', most: 2 ** 24 } },
  {
    name: 'constant a channel',
    ...BASE,
    ...SIGNED,
    inputs: [I8],
    channels: 7,
    lanes: 2,
    table: { words: 'pixel', most: 2 ** 25 },
  },
  {
    name: 'constant map',
    ...BASE,
    inputs: [U8, I8],
    channels: 3,
    lanes: 2,
    table: { words: 'frame', most: 2 ** 26 },
  },
];

const beatsOfPixel = ({ channels, lanes }: Add): number => Math.ceil(channels / lanes);

function tableWords(add: Add): number {
  if (add.table === undefined) return 0;
  return { one: 1, pixel: beatsOfPixel(add), frame: PIXELS * beatsOfPixel(add) }[add.table.words];
}

/** lanes values a word; the padding lanes have values too, which must not show. */
function tableValues(add: Add, index: number): Int32Array {
  const most = add.table?.most ?? 0;
  return randomIntegers(tableWords(add) * add.lanes, -most, most - 1, 900 + index);
}

const kBits = (add: Add): number => accumulatorBits(-(add.table?.most ?? 0), (add.table?.most ?? 0) - 1);

const tableName = (index: number): string => `add_${index}.hex`;

function tableText(add: Add, index: number): string {
  const values = tableValues(add, index);
  const bits = BigInt(kBits(add));
  const words = Array.from({ length: tableWords(add) }, (_, word) => {
    let packed = 0n;
    for (let lane = add.lanes - 1; lane >= 0; lane--) {
      packed = (packed << bits) | BigInt.asUintN(Number(bits), BigInt(values[word * add.lanes + lane] ?? 0));
    }
    return packed.toString(16);
  });
  return `${words.join('\n')}\n`;
}

const range = ({ bits, signed }: Input): readonly [number, number] =>
  signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];

function sumBits({ inputs, shift, table }: Add): number {
  const most = table?.most ?? 0;
  const bound = (which: 0 | 1): number =>
    inputs.reduce((sum, x) => sum + x.multiplier * (range(x)[which] - x.zero), 0) + (which === 0 ? -most : most);
  const product = (x: Input): number => x.bits + accumulatorBits(0, x.multiplier);
  const half = 2 ** (shift - 1);
  return Math.max(accumulatorBits(bound(0), bound(1) + half), ...inputs.map(product));
}

function expectedValues(add: Add, index: number, inputs: readonly Int32Array[]): Int32Array {
  const { channels, lanes } = add;
  const constants = tableValues(add, index);
  const words = tableWords(add);
  return Int32Array.from({ length: FRAMES * PIXELS * channels }, (_, i) => {
    const channel = i % channels;
    const beat = Math.floor(i / channels) * beatsOfPixel(add) + Math.floor(channel / lanes);
    const k = words === 0 ? 0 : (constants[(beat % words) * lanes + (channel % lanes)] ?? 0);
    const sum = add.inputs.reduce((total, x, n) => total + x.multiplier * ((inputs[n]?.[i] ?? 0) - x.zero), k);
    return Math.min(add.clamp[1], Math.max(add.clamp[0], add.zero + roundHalfEven(sum / 2 ** add.shift)));
  });
}

/** Random values with every type's extremes among them. */
function inputValues(x: Input, count: number, seed: number): Int32Array {
  const [lo, hi] = range(x);
  return randomIntegers(count, lo, hi, seed).map((value, i) => (i % 7 === 3 ? lo : i % 11 === 5 ? hi : value));
}

function parametersOf(add: Add, index: number): Record<string, number | string> {
  return {
    INPUTS: add.inputs.length,
    LANES: add.lanes,
    CHANNELS: add.channels,
    IN_BITS: packedParameter(add.inputs.map((x) => x.bits)),
    IN_SIGNED: packedParameter(add.inputs.map((x) => (x.signed ? 1 : 0))),
    ZERO_POINTS: packedParameter(add.inputs.map((x) => x.zero)),
    MULTIPLIERS: packedParameter(add.inputs.map((x) => x.multiplier)),
    DATA_BITS: add.inputs.reduce((sum, x) => sum + x.bits, 0),
    SUM_BITS: sumBits(add),
    SHIFT: add.shift,
    OUT_BITS: add.outBits,
    ZERO_POINT: add.zero,
    CLAMP_LO: add.clamp[0],
    CLAMP_HI: add.clamp[1],
    K_WORDS: tableWords(add),
    K_BITS: kBits(add),
    K_FILE: verilogString(add.table === undefined ? '' : tableName(index)),
  };
}

function makePoint(add: Add, index: number): BenchPoint {
  const { channels, lanes, outBits } = add;
  const shape = { pixels: PIXELS, channels, lanes };
  const values = add.inputs.map((x, n) => inputValues(x, FRAMES * PIXELS * channels, index * 50 + n));
  return {
    name: add.name,
    module: 'hd_add',
    parameters: parametersOf(add, index),
    inputs: add.inputs.map((x, n) => pixelStream('', { ...shape, bits: x.bits }, values[n] ?? [])),
    outputs: [pixelStream('', { ...shape, bits: outBits }, expectedValues(add, index, values))],
  };
}

function timingPoint(count: number): StampPoint {
  const add: Add = { name: `${count} inputs`, ...BASE, inputs: Array.from({ length: count }, () => U8), shift: 20 };
  return {
    name: add.name,
    module: 'hd_add',
    parameters: parametersOf(add, 0),
    inputs: add.inputs.map((_, i) => ({
      prefix: count === 1 ? 's_axis' : `s${i}_axis`,
      lanes: 1,
      bits: 8,
      beats: TIMED_BEATS,
    })),
    output: { prefix: 'm_axis', lanes: 1, bits: 8, beats: TIMED_BEATS },
    process: (inputs, output) =>
      join('add', inputs, output, { latency: LATENCY.addBeyondInputs + count, holds: addHolds(count) }),
  };
}

const memoryFiles = new Map(
  ADDS.flatMap((add, index) => (add.table === undefined ? [] : [[tableName(index), tableText(add, index)] as const])),
);

describe('hd_add', () => {
  it('is bit exact over the grid, without a stall of its own, at its documented latency', async () => {
    const { points, extraFiles } = unpackStreams(ADDS.map(makePoint));
    const runs = await expectCleanBench({ points, extraFiles, memoryFiles, frames: FRAMES, resetAfterCycles: 37 });
    for (const { name = '', inputs } of points) {
      const sink = probeNamed(freeRun(runs), `${name}/m0_axis`);
      inputs.forEach((_, n) => {
        const source = probeNamed(freeRun(runs), `${name}/s${n}_axis`);
        expect(source.stalls, name).toBe(0);
        for (const cycles of ['frameFirstCycles', 'frameLastCycles'] as const) {
          const latency = (sink[cycles][FRAMES - 1] ?? 0) - (source[cycles][FRAMES - 1] ?? 0);
          expect(latency, name).toBe(LATENCY.addBeyondInputs + inputs.length);
        }
      });
    }
  });

  it('takes and gives every beat in the clock that the token-level model says', () =>
    expectTokenRules([1, 2, 3, 12].map(timingPoint)));

  it('refuses illegal parameters by name', async () => {
    const module = 'hd_add';
    await expectIllegal(module, { LANES: 0 }, 'INPUTS_LANES_and_CHANNELS_must_be_at_least_1');
    await expectIllegal(module, { INPUTS: 1, IN_BITS: 17, DATA_BITS: 17 }, 'IN_BITS_must_be_1_to_16');
    await expectIllegal(module, { DATA_BITS: 17 }, 'DATA_BITS_must_be_the_sum_of_IN_BITS');
    await expectIllegal(module, { SHIFT: 28 }, 'SHIFT_must_be_1_to_47_and_less_than_SUM_BITS');
    await expectIllegal(module, { K_WORDS: 1, K_BITS: 29 }, 'K_WORDS_must_not_be_negative_and_K_BITS_1_to_SUM_BITS');
    await expectIllegal(module, { SUM_BITS: 26 }, 'SUM_BITS_must_hold_the_product_of_each_input');
    await expectIllegal(module, { ZERO_POINT: 256 }, 'ZERO_POINT_and_CLAMP_must_fit_OUT_BITS', 'hd_round');
    await expectIllegal(
      'hd_round',
      { T_BITS: 20 },
      'needs_LANES_and_SHIFT_MIN_of_1_or_more_and_T_BITS_above_the_largest_shift',
    );
    await expectIllegal('hd_round', { OUT_BITS: 17 }, 'needs_OUT_BITS_of_1_to_16_and_CLAMP_LO_within_CLAMP_HI');
  });
});
