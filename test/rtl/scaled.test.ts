import { describe, expect, it } from 'vitest';
import { executeInteger } from '../../src/execute/integer/execute-integer.js';
import { responseParams } from '../../src/execute/integer/response-params.js';
import { allocate, numeric } from '../../src/execute/tensor-access.js';
import { makeBuilder } from '../../src/ir/builder.js';
import type { GraphNode } from '../../src/ir/graph.js';
import type { LocalResponseNormOp } from '../../src/ir/op.js';
import { int, type TensorType } from '../../src/ir/tensor-type.js';
import { gateProcess } from '../../src/schedule/gate-process.js';
import { HOLDS, LATENCY } from '../../src/schedule/latency.js';
import { responseRule } from '../../src/schedule/response-rule.js';
import { join } from '../../src/schedule/token-branches.js';
import { stream } from '../../src/schedule/token-stages.js';
import { type Multiplier, requantise } from '../../src/support/fixed-point.js';
import { type BenchPoint, expectCleanBench, randomIntegers, verilogString } from './bench.js';
import { expectIllegal, freeRun, pixelStream, probeNamed } from './cells.js';
import { unpackStreams } from './packed-streams.js';
import { expectTokenRules, type StampPoint } from './stamp-bench.js';

/** hd_mul, hd_prelu and hd_lrn: products that are requantised, in one simulator. */

const FRAMES = 3;
const PIXELS = 11;

interface Operand {
  readonly bits: number;
  readonly signed: boolean;
  readonly zero: number;
}

const U8: Operand = { bits: 8, signed: false, zero: 0 };
const I8: Operand = { bits: 8, signed: true, zero: -7 };

interface Shape {
  readonly name: string;
  readonly channels: number;
  readonly lanes: number;
  readonly out: Operand;
  readonly clamp: readonly [number, number];
  readonly mBits: number;
}

const SHAPE = { channels: 1, lanes: 1, out: U8, clamp: [0, 255], mBits: 18 } as const;
const SIGNED = { out: { ...I8, zero: -4 }, clamp: [-128, 127] } as const;

const limits = ({ bits, signed }: Operand): readonly [number, number] =>
  signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];

const randomOf = (operand: Operand, count: number, seed: number): Int32Array =>
  randomIntegers(count, ...limits(operand), seed);

const beatsOf = ({ channels, lanes }: Shape): number => Math.ceil(channels / lanes);

function streamOf(prefix: string, pixels: number, { bits }: Operand, shape: Shape, values: ArrayLike<number>) {
  return pixelStream(prefix, { pixels, channels: shape.channels, lanes: shape.lanes, bits }, values);
}

interface Mul extends Shape {
  readonly a: Operand;
  readonly b: Operand;
  readonly gate: boolean;
  readonly by: Multiplier;
}

const MULS: readonly Mul[] = [
  { ...SHAPE, name: 'maps', a: U8, b: U8, gate: false, by: { multiplier: 2 ** 17, shift: 25 } },
  { ...SHAPE, ...SIGNED, name: 'ties', a: I8, b: I8, gate: false, by: { multiplier: 2 ** 17, shift: 24 } },
  { ...SHAPE, name: 'gate', a: U8, b: U8, gate: true, by: { multiplier: 150001, shift: 25 } },
  {
    ...SHAPE,
    ...SIGNED,
    name: 'gate of 5 on 2',
    channels: 5,
    lanes: 2,
    a: { bits: 4, signed: true, zero: 2 },
    b: { bits: 8, signed: false, zero: 3 },
    gate: true,
    by: { multiplier: 200000, shift: 21 },
  },
  {
    ...SHAPE,
    name: '16 bits, 31-bit multiplier',
    channels: 3,
    lanes: 4,
    a: { bits: 16, signed: false, zero: 65535 },
    b: { bits: 16, signed: true, zero: -32768 },
    gate: false,
    out: { bits: 16, signed: true, zero: 100 },
    clamp: [-32768, 32000],
    mBits: 31,
    by: { multiplier: 2 ** 31 - 1, shift: 46 },
  },
  { ...SHAPE, name: 'dead', channels: 8, lanes: 4, a: U8, b: I8, gate: true, by: { multiplier: 0, shift: 1 } },
];

function mulParameters(mul: Mul): Record<string, number> {
  const { a, b, out, by } = mul;
  return {
    GATE: mul.gate ? 1 : 0,
    LANES: mul.lanes,
    CHANNELS: mul.channels,
    PIXELS,
    A_BITS: a.bits,
    B_BITS: b.bits,
    A_SIGNED: a.signed ? 1 : 0,
    B_SIGNED: b.signed ? 1 : 0,
    A_ZERO_POINT: a.zero,
    B_ZERO_POINT: b.zero,
    M_BITS: mul.mBits,
    MULTIPLIER: by.multiplier,
    SHIFT: by.shift,
    OUT_BITS: out.bits,
    ZERO_POINT: out.zero,
    CLAMP_LO: mul.clamp[0],
    CLAMP_HI: mul.clamp[1],
  };
}

function mulPoint(mul: Mul, index: number): BenchPoint {
  const { a, b, gate, by, out, clamp, channels } = mul;
  const frame = PIXELS * channels;
  const vector = gate ? channels : frame;
  const x = randomOf(a, FRAMES * frame, 100 + index);
  const y = randomOf(b, FRAMES * vector, 200 + index);
  const product = (i: number): number => {
    const other = Math.floor(i / frame) * vector + ((i % frame) % vector);
    return ((x[i] ?? 0) - a.zero) * ((y[other] ?? 0) - b.zero);
  };
  const expected = Array.from(x, (_, i) => requantise(product(i), by.multiplier, by.shift, out.zero, ...clamp));
  return {
    name: mul.name,
    module: 'hd_mul',
    parameters: mulParameters(mul),
    inputs: [streamOf('s0_axis', PIXELS, a, mul, x), streamOf('s1_axis', gate ? 1 : PIXELS, b, mul, y)],
    outputs: [streamOf('m0_axis', PIXELS, out, mul, expected)],
  };
}

interface Prelu extends Shape {
  readonly input: Operand;
  readonly positive: Multiplier;
  /** Cycled through the channels. */
  readonly negative: readonly Multiplier[];
  readonly shifts: readonly [number, number];
}

const PRELUS: readonly Prelu[] = [
  {
    ...SHAPE,
    name: 'leaky',
    input: { ...U8, zero: 128 },
    positive: { multiplier: 2 ** 17, shift: 17 },
    negative: [{ multiplier: 2 ** 17, shift: 19 }],
    shifts: [17, 2],
  },
  {
    ...SHAPE,
    ...SIGNED,
    name: 'slope a channel',
    channels: 6,
    lanes: 4,
    input: I8,
    positive: { multiplier: 2 ** 17, shift: 18 },
    negative: [
      { multiplier: -(2 ** 17), shift: 18 },
      { multiplier: 200003, shift: 20 },
      { multiplier: 0, shift: 17 },
      { multiplier: -131073, shift: 24 },
    ],
    shifts: [17, 3],
  },
  {
    ...SHAPE,
    name: '16 bits, one shift',
    channels: 3,
    lanes: 1,
    input: { bits: 16, signed: true, zero: 5 },
    out: { bits: 16, signed: false, zero: 9 },
    clamp: [0, 65535],
    mBits: 31,
    positive: { multiplier: 2 ** 31 - 1, shift: 31 },
    negative: [{ multiplier: -(2 ** 30), shift: 31 }],
    shifts: [31, 0],
  },
];

/** Words of the table: one, or one for each beat of a pixel. */
const slopeWords = (prelu: Prelu): number => (prelu.negative.length === 1 ? 1 : beatsOf(prelu));
const slopeOf = ({ negative }: Prelu, channel: number): Multiplier =>
  negative[channel % negative.length] ?? { multiplier: 0, shift: 1 };
const slopeFileName = (prelu: Prelu): string => `${prelu.name.replaceAll(' ', '_')}.hex`;

function slopeFile(prelu: Prelu): string {
  const { lanes, mBits, shifts } = prelu;
  const [shiftMin, shiftBits] = shifts;
  const words = Array.from({ length: slopeWords(prelu) }, (_, beat) => {
    let word = 0n;
    for (let lane = 0; lane < lanes; lane++) {
      const { multiplier, shift } = slopeOf(prelu, beat * lanes + lane);
      const kept = BigInt.asUintN(mBits, BigInt(Math.abs(multiplier) - 2 ** (mBits - 1)));
      const sign = multiplier < 0 ? 1n : 0n;
      const entry = kept | (BigInt(shift - shiftMin) << BigInt(mBits)) | (sign << BigInt(mBits + shiftBits));
      word |= entry << BigInt(lane * (mBits + shiftBits + 1));
    }
    return word.toString(16);
  });
  return `${words.join('\n')}\n`;
}

function preluPoint(prelu: Prelu, index: number): BenchPoint {
  const { input, positive, out, clamp, shifts } = prelu;
  const x = randomOf(input, FRAMES * PIXELS * prelu.channels, 300 + index);
  const expected = Array.from(x, (q, i) => {
    const { multiplier, shift } = q >= input.zero ? positive : slopeOf(prelu, i % prelu.channels);
    return requantise(q - input.zero, multiplier, shift, out.zero, ...clamp);
  });
  return {
    name: prelu.name,
    module: 'hd_prelu',
    parameters: {
      LANES: prelu.lanes,
      CHANNELS: prelu.channels,
      IN_BITS: input.bits,
      IN_SIGNED: input.signed ? 1 : 0,
      IN_ZERO_POINT: input.zero,
      M_BITS: prelu.mBits,
      MULTIPLIER: positive.multiplier,
      SHIFT: positive.shift,
      SHIFT_MIN: shifts[0],
      SHIFT_BITS: shifts[1],
      SLOPE_WORDS: slopeWords(prelu),
      SLOPE_FILE: verilogString(slopeFileName(prelu)),
      OUT_BITS: out.bits,
      ZERO_POINT: out.zero,
      CLAMP_LO: clamp[0],
      CLAMP_HI: clamp[1],
    },
    inputs: [streamOf('s_axis', PIXELS, input, prelu, x)],
    outputs: [streamOf('m_axis', PIXELS, out, prelu, expected)],
  };
}

interface Response extends Shape {
  readonly input: Operand;
  readonly size: number;
  readonly op: { readonly alpha: number; readonly beta: number; readonly bias: number };
}

const OP = { alpha: 1e-4, beta: 0.75, bias: 2 };

const RESPONSES: readonly Response[] = [
  { ...SHAPE, name: 'alexnet on 4', channels: 16, lanes: 4, input: U8, size: 5, op: OP },
  { ...SHAPE, ...SIGNED, name: '7 on 2', channels: 7, lanes: 2, input: I8, size: 4, op: { ...OP, alpha: 0.5 } },
  { ...SHAPE, name: '11 on 1', channels: 11, lanes: 1, input: { ...U8, bits: 9 }, size: 15, op: { ...OP, beta: 0.5 } },
  { ...SHAPE, ...SIGNED, name: 'one channel', input: { ...I8, bits: 4 }, size: 1, op: OP },
  { ...SHAPE, name: 'window above the pixel', channels: 3, lanes: 1, input: U8, size: 9, op: { ...OP, alpha: 2 } },
  { ...SHAPE, name: 'all in a beat', channels: 6, lanes: 8, input: { ...U8, zero: 100 }, size: 7, op: OP },
];

const typeOf = ({ bits, signed, zero }: Operand, channels: number): TensorType => ({
  shape: [1, PIXELS, channels],
  element: int(bits, signed),
  quant: { scale: [1], zeroPoint: [zero] },
});

/** The golden model's node: its constants, and what it makes of a frame. */
function responseOf({ op, size, input, out, channels }: Response) {
  const b = makeBuilder('response');
  b.input('x', typeOf(input, channels));
  b.node('y', { kind: 'local-response-norm', size, ...op }, ['x'], typeOf(out, channels));
  const graph = b.build(['y']);
  const run = (values: Int32Array): Iterable<number> => {
    const data = allocate(int(input.bits, input.signed), values.length);
    data.set(values);
    return numeric(executeInteger(graph, new Map([['x', { type: typeOf(input, channels), data }]])).get('y')?.data);
  };
  return { params: responseParams(graph, graph.nodes[0] as GraphNode<LocalResponseNormOp>), run };
}

const tableFileName = (response: Response): string => `${response.name.replaceAll(' ', '_')}.hex`;

function responsePoint(response: Response, index: number): BenchPoint {
  const { input, out, clamp, channels, mBits } = response;
  const { params, run } = responseOf(response);
  const frame = PIXELS * channels;
  const x = randomOf(input, FRAMES * frame, 400 + index);
  const expected = Array.from({ length: FRAMES }, (_, f) => [...run(x.slice(f * frame, (f + 1) * frame))]).flat();
  return {
    name: response.name,
    module: 'hd_lrn',
    parameters: {
      LANES: response.lanes,
      CHANNELS: channels,
      IN_BITS: input.bits,
      IN_SIGNED: input.signed ? 1 : 0,
      IN_ZERO_POINT: input.zero,
      BELOW: params.below,
      ABOVE: params.above,
      CELL_BITS: params.cellBits,
      TABLE_DEPTH: params.multipliers.length,
      TABLE_FILE: verilogString(tableFileName(response)),
      M_BITS: mBits,
      SHIFT: params.shift,
      OUT_BITS: out.bits,
      ZERO_POINT: out.zero,
      CLAMP_LO: clamp[0],
      CLAMP_HI: clamp[1],
    },
    inputs: [streamOf('s_axis', PIXELS, input, response, x)],
    outputs: [streamOf('m_axis', PIXELS, out, response, expected)],
  };
}

function responseFile(response: Response): [string, string] {
  const words = Array.from(responseOf(response).params.multipliers, (multiplier) =>
    BigInt.asUintN(response.mBits, BigInt(multiplier - 2 ** (response.mBits - 1))).toString(16),
  );
  return [tableFileName(response), `${words.join('\n')}\n`];
}

const memoryFiles = new Map([
  ...PRELUS.map((prelu): [string, string] => [slopeFileName(prelu), slopeFile(prelu)]),
  ...RESPONSES.map(responseFile),
]);

function mulStamp(mul: Mul): StampPoint {
  const beats = FRAMES * PIXELS * beatsOf(mul);
  const vectorBeats = beatsOf(mul);
  const { name, lanes, gate } = mul;
  return {
    name,
    module: 'hd_mul',
    parameters: mulParameters(mul),
    inputs: [
      { prefix: 's0_axis', lanes, bits: mul.a.bits, beats },
      { prefix: 's1_axis', lanes, bits: mul.b.bits, beats: gate ? FRAMES * vectorBeats : beats },
    ],
    output: { prefix: 'm_axis', lanes, bits: mul.out.bits, beats },
    process: ([a, b], output) =>
      gate && a !== undefined && b !== undefined
        ? gateProcess(name, [a, b], output, { mapBeats: PIXELS * vectorBeats, vectorBeats })
        : join(name, [a ?? output, b ?? output], output, { latency: LATENCY.mul, holds: HOLDS.mul }),
  };
}

function preluStamp(prelu: Prelu, index: number): StampPoint {
  const beats = FRAMES * PIXELS * beatsOf(prelu);
  const { name, lanes, input, out } = prelu;
  const rule = { latency: LATENCY.prelu, holds: [HOLDS.prelu], outputs: [1] };
  return {
    name,
    module: 'hd_prelu',
    parameters: preluPoint(prelu, index).parameters,
    inputs: [{ prefix: 's_axis', lanes, bits: input.bits, beats }],
    output: { prefix: 'm_axis', lanes, bits: out.bits, beats },
    process: ([from], to) => stream(name, from ?? to, to, rule),
  };
}

function responseStamp(response: Response, index: number): StampPoint {
  const beats = FRAMES * PIXELS * beatsOf(response);
  const { name, lanes, input, out, size } = response;
  const ahead = Math.min(Math.ceil(Math.ceil((size - 1) / 2) / lanes), beatsOf(response) - 1);
  const rule = responseRule(beatsOf(response), ahead);
  return {
    name,
    module: 'hd_lrn',
    parameters: responsePoint(response, index).parameters,
    inputs: [{ prefix: 's_axis', lanes, bits: input.bits, beats }],
    output: { prefix: 'm_axis', lanes, bits: out.bits, beats },
    process: ([from], to) => stream(name, from ?? to, to, rule),
  };
}

describe('products that are requantised', () => {
  it('are bit exact, also after a reset, a beat a clock', async () => {
    const packed = unpackStreams(MULS.map(mulPoint));
    const runs = await expectCleanBench({
      points: [...packed.points, ...PRELUS.map(preluPoint), ...RESPONSES.map(responsePoint)],
      extraFiles: packed.extraFiles,
      frames: FRAMES,
      memoryFiles,
      resetAfterCycles: 23,
      seeds: [1],
    });
    const ends = [
      ...MULS.map((mul) => [mul, 'm0_axis'] as const),
      ...[...PRELUS, ...RESPONSES].map((shape) => [shape, 'm_axis'] as const),
    ];
    for (const [shape, port] of ends) {
      const { frameFirstCycles: first, frameLastCycles: last } = probeNamed(freeRun(runs), `${shape.name}/${port}`);
      expect((last[FRAMES - 1] ?? 0) - (first[0] ?? 0) + 1, shape.name).toBe(FRAMES * PIXELS * beatsOf(shape));
    }
  });

  it('take every beat in the clock that the token-level model says', async () => {
    const points = [...MULS.map(mulStamp), ...PRELUS.map(preluStamp), ...RESPONSES.map(responseStamp)];
    await expectTokenRules(points, { memoryFiles });
  });

  it('refuse illegal parameters by name', async () => {
    await expectIllegal('hd_result_buffer', { CHANNELS: 0 }, 'LANES_CHANNELS_and_BITS_must_be_at_least_1');
    await expectIllegal('hd_result_buffer', { HOLDS: 0 }, 'HOLDS_and_MOST_must_be_at_least_1');
    await expectIllegal('hd_mul', { PIXELS: 0 }, 'LANES_CHANNELS_and_PIXELS_must_be_at_least_1');
    await expectIllegal('hd_mul', { B_BITS: 17 }, 'A_BITS_and_B_BITS_must_be_1_to_16');
    await expectIllegal('hd_mul', { MULTIPLIER: 2 ** 18 }, 'MULTIPLIER_must_fit_M_BITS_of_2_to_31');
    await expectIllegal('hd_mul', { SHIFT: 48 }, 'SHIFT_must_be_1_to_47');
    await expectIllegal('hd_lrn', { CHANNELS: 0 }, 'LANES_and_CHANNELS_must_be_at_least_1');
    await expectIllegal('hd_lrn', { IN_BITS: 11 }, 'IN_BITS_must_be_1_to_10');
    await expectIllegal('hd_lrn', { BELOW: 8 }, 'BELOW_and_ABOVE_must_be_0_to_7');
    await expectIllegal('hd_lrn', { CELL_BITS: 11 }, 'CELL_BITS_must_be_2_to_10_and_TABLE_DEPTH_at_least_1');
    await expectIllegal('hd_prelu', { CHANNELS: 0 }, 'LANES_and_CHANNELS_must_be_at_least_1');
    await expectIllegal('hd_prelu', { IN_BITS: 17 }, 'IN_BITS_must_be_1_to_16');
    await expectIllegal('hd_prelu', { MULTIPLIER: -1 }, 'MULTIPLIER_must_fit_M_BITS_of_2_to_31');
    await expectIllegal('hd_prelu', { SHIFT: 21 }, 'SHIFT_must_be_SHIFT_MIN_and_what_SHIFT_BITS_hold');
    await expectIllegal('hd_prelu', { SLOPE_WORDS: 2 }, 'SLOPE_WORDS_must_be_1_or_the_beats_of_a_pixel');
  });
});
