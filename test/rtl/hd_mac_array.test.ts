import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import { type BenchPoint, expectCleanBench, randomIntegers, type StallPattern, verilogString } from './bench.js';
import { expectIllegal, freeRun, innerStream, probeNamed, readFixtures } from './cells.js';

const FRAMES = 3;
/** Times that the weights are gone through in a frame. */
const ROUNDS = 4;
const STALLS: readonly StallPattern[] = [
  { source: 0, sink: 0 },
  { source: 0.5, sink: 0 },
];

interface Shape {
  readonly xBits: number;
  readonly xSigned: boolean;
  readonly wBits: number;
  readonly accBits: number;
  readonly results: number;
  readonly depth: number;
  /** 0, or those of the depthwise form. */
  readonly channels: number;
  readonly chain: number;
  readonly sumX: boolean;
  /** Steps of each fold, in order; the weights are of all of them. */
  readonly folds: readonly number[];
}

const BYTES = { xBits: 8, xSigned: false, wBits: 8, accBits: 24, channels: 0, sumX: true };

const SHAPES: readonly Shape[] = [
  { ...BYTES, results: 1, depth: 1, chain: 1, folds: [1] },
  { ...BYTES, results: 2, depth: 3, chain: 2, folds: [1, 3], xSigned: true },
  { ...BYTES, results: 3, depth: 5, chain: 5, folds: [7], sumX: false },
  { ...BYTES, results: 1, depth: 13, chain: 12, folds: [2, 2, 1], accBits: 25 },
  { ...BYTES, results: 5, depth: 9, chain: 4, folds: [3, 2], xSigned: true, accBits: 32 },
  { ...BYTES, results: 2, depth: 2, chain: 1, folds: [5], xBits: 16, accBits: 26 },
  { ...BYTES, results: 2, depth: 4, chain: 3, folds: [2, 1], xBits: 1, wBits: 2, accBits: 6 },
  { ...BYTES, results: 3, depth: 4, chain: 4, folds: [4, 1], xBits: 4, wBits: 3, accBits: 10, xSigned: true },
  { ...BYTES, results: 1, depth: 1, channels: 1, chain: 1, folds: [3] },
  { ...BYTES, results: 3, depth: 9, channels: 3, chain: 5, folds: [1, 1], xSigned: true },
  { ...BYTES, results: 6, depth: 3, channels: 2, chain: 2, folds: [3] },
  { ...BYTES, results: 4, depth: 2, channels: 4, chain: 2, folds: [2, 3], xBits: 12, wBits: 5, sumX: false },
  // Operands and results of more than 8k bits.
  { ...BYTES, results: 360, depth: 8, chain: 8, folds: [2] },
];

const xLanes = ({ depth, channels }: Shape): number => (channels === 0 ? depth : depth * channels);
const sums = ({ channels }: Shape): number => (channels === 0 ? 1 : channels);
const stepsOf = ({ folds }: Shape): number => folds.reduce((total, steps) => total + steps, 0);
const weightFile = (index: number): string => `weights_${index}`;

/** [step][result][k] */
function weightsOf(shape: Shape, index: number): Int32Array {
  const { wBits, results, depth } = shape;
  return randomIntegers(stepsOf(shape) * results * depth, -(2 ** (wBits - 1)), 2 ** (wBits - 1) - 1, 40 + index);
}

/** The files as the header says: position s holds weight (r, g * CHAIN + s) at place g * RESULTS + r. */
function weightFiles(shape: Shape, index: number): readonly (readonly [string, string])[] {
  const { results, depth, chain, wBits } = shape;
  const weights = weightsOf(shape, index);
  const segments = Math.ceil(depth / chain);
  return Array.from({ length: chain }, (_, position) => {
    const words = Array.from({ length: stepsOf(shape) }, (_step, step) => {
      let word = 0n;
      for (let place = 0; place < results * segments; place++) {
        const k = Math.floor(place / results) * chain + position;
        const r = place % results;
        const weight = k < depth ? (weights[(step * results + r) * depth + k] ?? 0) : 0;
        word |= BigInt.asUintN(wBits, BigInt(weight)) << BigInt(place * wBits);
      }
      return word.toString(16);
    });
    return [`${weightFile(index)}_${String(position).padStart(2, '0')}.mem`, `${words.join('\n')}\n`];
  });
}

interface Beats {
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/** One frame: every fold in turn, ROUNDS times. */
function frameBeats(shape: Shape, weights: Int32Array, x: Int32Array): Beats {
  const { results, depth, channels, folds, sumX } = shape;
  const lanes = xLanes(shape);
  const input: number[] = [];
  const output: number[] = [];
  for (let at = 0, step = 0, fold = 0; fold < ROUNDS * folds.length; fold++) {
    const steps = folds[fold % folds.length] ?? 0;
    const total = new Array<number>(results).fill(0);
    const sum = new Array<number>(sums(shape)).fill(0);
    for (let i = 0; i < steps; i++, at++, step = (step + 1) % stepsOf(shape)) {
      const beat = x.subarray(at * lanes, (at + 1) * lanes);
      input.push(...beat, (i === 0 ? 1 : 0) + (i === steps - 1 ? 2 : 0));
      for (let r = 0; r < results; r++) {
        for (let k = 0; k < depth; k++) {
          const lane = channels === 0 ? k : k * channels + Math.floor(r / (results / channels));
          total[r] = (total[r] ?? 0) + (beat[lane] ?? 0) * (weights[(step * results + r) * depth + k] ?? 0);
        }
      }
      for (let lane = 0; lane < lanes; lane++) {
        const s = channels === 0 ? 0 : lane % channels;
        sum[s] = (sum[s] ?? 0) + (sumX ? (beat[lane] ?? 0) : 0);
      }
    }
    output.push(...total, ...sum);
  }
  return { input, output };
}

function makePoint(shape: Shape, index: number): BenchPoint {
  const { xBits, xSigned, wBits, accBits, results, depth, channels, chain, sumX, folds } = shape;
  const weights = weightsOf(shape, index);
  const steps = ROUNDS * stepsOf(shape);
  const lo = xSigned ? -(2 ** (xBits - 1)) : 0;
  const frames = Array.from({ length: FRAMES }, (_, f) =>
    frameBeats(shape, weights, randomIntegers(steps * xLanes(shape), lo, lo + 2 ** xBits - 1, 10 * index + f)),
  );
  const laneBits = Math.max(2, xBits);
  return {
    name: `${index} ${results}x${depth}/${chain} ${channels}`,
    module: 'fixture_mac_array',
    parameters: {
      LANE_BITS: laneBits,
      X_BITS: xBits,
      X_SIGNED: xSigned ? 1 : 0,
      W_BITS: wBits,
      ACC_BITS: accBits,
      RESULTS: results,
      DEPTH: depth,
      CHANNELS: channels,
      CHAIN: chain,
      SUM_X: sumX ? 1 : 0,
      WEIGHT_STEPS: stepsOf(shape),
      WEIGHT_FILE: verilogString(weightFile(index)),
    },
    inputs: [
      innerStream(
        's_axis',
        xLanes(shape) + 1,
        laneBits,
        steps,
        frames.flatMap(({ input }) => input),
      ),
    ],
    outputs: [
      innerStream(
        'm_axis',
        results + sums(shape),
        accBits,
        ROUNDS * folds.length,
        frames.flatMap(({ output }) => output),
      ),
    ],
  };
}

describe('hd_mac_array', () => {
  it('sums every fold with the weights of its steps, over idle clocks, at its documented latency', async () => {
    const points = SHAPES.map(makePoint);
    const memoryFiles = new Map(SHAPES.flatMap(weightFiles));
    const extraFiles = await readFixtures('fixture_mac_array.v');
    const bench = { points, frames: FRAMES, memoryFiles, extraFiles, stalls: STALLS, resetAfterCycles: 31 };
    const result = freeRun(await expectCleanBench(bench));
    for (const [index, { name = '' }] of points.entries()) {
      const last = probeNamed(result, `${name}/s_axis`).frameLastCycles[0] ?? 0;
      // Operands come windowToOperands after their step.
      const latency = LATENCY.windowToOperands + (SHAPES[index]?.chain ?? 0) + LATENCY.arrayBeyondChain;
      expect(probeNamed(result, `${name}/m_axis`).frameLastCycles[0], name).toBe(last + latency);
    }
  });

  it('refuses illegal parameters by name', async () => {
    const size = 'RESULTS_DEPTH_and_CHAIN_must_be_at_least_1_and_CHAIN_at_most_DEPTH';
    await expectIllegal('hd_mac_array', { CHAIN: 4 }, size);
    await expectIllegal('hd_mac_array', { RESULTS: 0 }, size);
    await expectIllegal('hd_mac_array', { CHANNELS: 3, RESULTS: 4 }, 'RESULTS_must_be_a_multiple_of_CHANNELS');
    await expectIllegal('hd_mac_array', { X_LANES: 4 }, 'X_LANES_and_SUMS_are_derived');
    const width = 'products_must_fit_a_chain_of_32_bits_and_ACC_BITS_must_exceed_X_BITS_by_2';
    await expectIllegal('hd_mac_array', { ACC_BITS: 9 }, width);
    await expectIllegal('hd_mac_array', { X_BITS: 24, ACC_BITS: 32 }, width);
  });
});
