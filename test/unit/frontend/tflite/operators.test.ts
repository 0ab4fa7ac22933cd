import { describe, expect, it } from 'vitest';
import { importTflite } from '../../../../src/frontend/tflite/import.js';
import { roundHalfEven } from '../../../../src/support/fixed-point.js';
import { buildTflite, type Fields, type TensorSpec } from './build-tflite.js';
import { floats, int8, ints, runModel, runOperator, type SingleOperator, singleOperator } from './run-tflite.js';

/** Each operator on a few numbers that can be followed by hand. */

const range = (count: number, from = 0): readonly number[] => Array.from({ length: count }, (_, i) => from + i);
const kindsOf = (operator: SingleOperator): readonly string[] =>
  importTflite(buildTflite(singleOperator(operator)), 'test.tflite').graph.nodes.map(({ op }) => op.kind);

describe('pools', () => {
  const pool = (
    kind: string,
    same: boolean,
    [w, h, fw, fh]: readonly number[],
    activation = 0,
  ): Pick<SingleOperator, 'kind' | 'options'> => ({
    kind,
    options: [
      'Pool2DOptions',
      {
        0: ['i8', same ? 0 : 1],
        1: ['i32', w ?? 0],
        2: ['i32', h ?? 0],
        3: ['i32', fw ?? 0],
        4: ['i32', fh ?? 0],
        5: ['i8', activation],
      },
    ],
  });
  const map = [1, 3, 3, 1];

  it('MAX_POOL_2D and AVERAGE_POOL_2D leave padding out', () => {
    const x = range(9, -4);
    const to = [1, 2, 2, 1];
    const max = { ...pool('MAX_POOL_2D', true, [2, 2, 2, 2]), operands: [floats(map)], outputs: [floats(to)] };
    expect(runOperator(max, x)).toEqual([0, 1, 3, 4]);
    const average = { ...pool('AVERAGE_POOL_2D', true, [2, 2, 2, 2]), operands: [floats(map)], outputs: [floats(to)] };
    expect(runOperator(average, x)).toEqual([-2, -0.5, 2.5, 4]);
  });

  it('VALID with a fused ReLU6', () => {
    const operator = {
      ...pool('MAX_POOL_2D', false, [1, 1, 2, 2], 3),
      operands: [floats(map)],
      outputs: [floats([1, 2, 2, 1])],
    };
    expect(runOperator(operator, [-9, -8, 1, -7, -6, 2, 8, 3, 9])).toEqual([0, 2, 6, 6]);
  });

  it('another scale at the output is a requantise, which clamps', () => {
    const operands = [int8(map, 0.5, 0)];
    const operator = {
      ...pool('MAX_POOL_2D', false, [1, 1, 2, 2], 1),
      operands,
      outputs: [int8([1, 2, 2, 1], 0.25, -10)],
    };
    expect(kindsOf(operator)).toEqual(['max-pool', 'requantise']);
    expect(runOperator(operator, range(9, -6))).toEqual([-10, -10, -8, -6]);
  });

  it('an average over the whole map is a global pool, ties to even', () => {
    const operator = {
      ...pool('AVERAGE_POOL_2D', false, [1, 1, 2, 2]),
      operands: [int8([1, 2, 2, 1], 1, 0)],
      outputs: [int8([1, 1, 1, 1], 1, 0)],
    };
    expect(kindsOf(operator)).toEqual(['global-average-pool']);
    expect(runOperator(operator, [1, 2, 3, 4])).toEqual([2]);
  });
});

describe('MEAN', () => {
  const mean = (from: TensorSpec, axes: readonly number[], keeps: boolean, to: TensorSpec): SingleOperator => ({
    kind: 'MEAN',
    version: 2,
    options: ['ReducerOptions', { 0: ['i8', keeps ? 1 : 0] }],
    operands: [from, ints(axes)],
    outputs: [to],
  });

  it('over height and width is a global pool, with and without the axes', () => {
    const x = range(8);
    const keeping = mean(floats([1, 2, 2, 2]), [1, 2], true, floats([1, 1, 1, 2]));
    expect(kindsOf(keeping)).toEqual(['global-average-pool']);
    expect(runOperator(keeping, x)).toEqual([3, 4]);
    const dropping = mean(floats([1, 2, 2, 2]), [-2, 1], false, floats([1, 2]));
    expect(kindsOf(dropping)).toEqual(['global-average-pool', 'flatten']);
    expect(runOperator(dropping, x)).toEqual([3, 4]);
  });

  it('of integers with another scale is a requantise behind it', () => {
    const operator = mean(int8([1, 2, 2, 1], 1, 0), [1, 2], false, int8([1, 1], 0.5, 0));
    expect(runOperator(operator, [1, 2, 3, 4])).toEqual([4]);
  });

  it('over one axis is a mean of floats', () => {
    const operator = mean(floats([1, 2, 2, 2]), [2], false, floats([1, 2, 2]));
    expect(kindsOf(operator)).toEqual(['reduce-mean', 'reshape']);
    expect(runOperator(operator, range(8))).toEqual([1, 2, 5, 6]);
  });

  it('over axes of one index only is nothing', () => {
    const operator = mean(floats([1, 1, 1, 3]), [1, 2], false, floats([1, 3]));
    expect(runOperator(operator, [1, 2, 3])).toEqual([1, 2, 3]);
  });
});

describe('elementwise', () => {
  const pair = (kind: string, a: TensorSpec, b: TensorSpec, to: TensorSpec, fields: Fields = {}): SingleOperator => ({
    kind,
    operands: [a, b],
    outputs: [to],
    options: [
      kind === 'MAXIMUM' || kind === 'MINIMUM'
        ? 'MaximumMinimumOptions'
        : `${kind[0]}${kind.slice(1).toLowerCase()}Options`,
      fields,
    ],
  });
  const v = [1, 1, 2, 2];

  it('ADD, SUB and MUL of floats, broadcast along channels', () => {
    const x = [1, 2, 3, 4];
    const channel = floats([2], [10, -10]);
    expect(runOperator(pair('ADD', floats(v), channel, floats(v)), x)).toEqual([11, -8, 13, -6]);
    expect(runOperator(pair('SUB', floats(v), channel, floats(v)), x)).toEqual([-9, 12, -7, 14]);
    expect(runOperator(pair('SUB', channel, floats(v), floats(v)), x)).toEqual([9, -12, 7, -14]);
    expect(runOperator(pair('MUL', floats(v), channel, floats(v), { 0: ['i8', 1] }), x)).toEqual([10, 0, 30, 0]);
    expect(runOperator(pair('MUL', floats(v), floats([1, 1, 1, 2]), floats(v)), x, [2, 3])).toEqual([2, 6, 6, 12]);
  });

  it('ADD, SUB and MUL of integers, each with its own scale', () => {
    const a = int8(v, 0.5, -3);
    const b = int8([2], 0.25, 5, [25, -25]);
    const to = int8(v, 0.25, 1);
    const x = [1, -7, 100, -101];
    const realX = x.map((q) => (q + 3) / 2);
    const realB = [5, -7.5, 5, -7.5];
    const quantised = (real: number): number => Math.max(-128, Math.min(127, 1 + roundHalfEven(real * 4)));
    const results = (f: (p: number, q: number) => number): readonly number[] =>
      realX.map((p, i) => quantised(f(p, realB[i] ?? 0)));
    expect(runOperator(pair('ADD', a, b, to), x)).toEqual(results((p, q) => p + q));
    expect(runOperator(pair('SUB', a, b, to), x)).toEqual(results((p, q) => p - q));
    expect(runOperator(pair('SUB', b, a, to), x)).toEqual(results((p, q) => q - p));
    expect(runOperator(pair('MUL', a, b, to), x)).toEqual(results((p, q) => p * q));
  });

  it('SUB of two that flow', () => {
    const u8 = (shape: readonly number[], zeroPoint: number): TensorSpec => ({
      shape,
      type: 'UINT8',
      scale: [1],
      zeroPoint: [zeroPoint],
    });
    expect(runOperator(pair('SUB', u8(v, 10), u8(v, 200), u8(v, 100)), [10, 20, 30, 255], [200, 255, 0, 201])).toEqual([
      100, 55, 255, 255,
    ]);
    expect(runOperator(pair('SUB', floats([1, 2]), floats([1, 2]), floats([1, 2])), [1, 2], [3, 5])).toEqual([-2, -3]);
  });

  it('fused clamps of integers, from the scale and zero point of the output', () => {
    const to = int8([1, 4], 0.5, -100);
    const zero = int8([4], 1, 0, [0, 0, 0, 0]);
    const x = [-128, -100, -90, 127];
    const run = (activation: number): readonly number[] =>
      runOperator(pair('ADD', int8([1, 4], 0.5, -100), zero, to, { 0: ['i8', activation] }), x);
    expect(run(0)).toEqual([-128, -100, -90, 127]);
    expect(run(1)).toEqual([-100, -100, -90, 127]);
    expect(run(2)).toEqual([-102, -100, -98, -98]);
    expect(run(3)).toEqual([-100, -100, -90, -88]);
  });

  it('MAXIMUM and MINIMUM with one constant are clips, on either side', () => {
    const x = [-3, 0, 2, 9];
    expect(runOperator(pair('MAXIMUM', floats([1, 4]), floats([], [1]), floats([1, 4])), x)).toEqual([1, 1, 2, 9]);
    expect(runOperator(pair('MINIMUM', floats([4], [2, 2, 2, 2]), floats([1, 4]), floats([1, 4])), x)).toEqual([
      -3, 0, 2, 2,
    ]);
    const integer = pair('MINIMUM', int8([1, 4], 0.5, 0), int8([1], 0.5, 0, [4]), int8([1, 4], 0.25, 0));
    expect(kindsOf(integer)).toEqual(['requantise']);
    expect(runOperator(integer, x)).toEqual([-6, 0, 4, 8]);
  });
});

describe('activations', () => {
  const unary = (
    kind: string,
    from: TensorSpec,
    to: TensorSpec,
    options?: SingleOperator['options'],
  ): SingleOperator => ({
    kind,
    operands: [from],
    outputs: [to],
    ...(options === undefined ? {} : { options }),
  });
  const x = [-3, -1, 0, 0.5, 8];

  it('clamps of floats', () => {
    const run = (kind: string): readonly number[] => runOperator(unary(kind, floats([1, 5]), floats([1, 5])), x);
    expect(run('RELU')).toEqual([0, 0, 0, 0.5, 8]);
    expect(run('RELU6')).toEqual([0, 0, 0, 0.5, 6]);
    expect(run('RELU_N1_TO_1')).toEqual([-1, -1, 0, 0.5, 1]);
    expect(run('RELU_0_TO_1')).toEqual([0, 0, 0, 0.5, 1]);
  });

  it('clamps of integers, in place or with a change of scale', () => {
    const same = unary('RELU6', int8([1, 4], 0.5, -20), int8([1, 4], 0.5, -20));
    expect(kindsOf(same)).toEqual(['clip']);
    expect(runOperator(same, [-128, -20, -10, 100])).toEqual([-20, -20, -10, -8]);
    const other = unary('RELU', int8([1, 4], 0.5, -20), int8([1, 4], 0.25, -128));
    expect(kindsOf(other)).toEqual(['requantise']);
    expect(runOperator(other, [-128, -20, -10, 100])).toEqual([-128, -128, -108, 112]);
  });

  it('functions that are tables for integers', () => {
    const functions: readonly [string, (v: number) => number, SingleOperator['options']?][] = [
      ['LOGISTIC', (v) => 1 / (1 + Math.exp(-v))],
      ['TANH', Math.tanh],
      ['ELU', (v) => (v > 0 ? v : Math.expm1(v))],
      ['HARD_SWISH', (v) => v * Math.max(0, Math.min(1, v / 6 + 0.5)), ['HardSwishOptions']],
    ];
    for (const [kind, f, options] of functions) {
      const float = runOperator(unary(kind, floats([1, 5]), floats([1, 5]), options), x);
      for (const [i, y] of float.entries()) expect(y).toBeCloseTo(f(x[i] ?? 0), 6);
      const all = range(256, -128);
      const integer = runOperator(unary(kind, int8([1, 256], 1 / 16, 0), int8([1, 256], 1 / 64, -5), options), all);
      expect(integer).toEqual(all.map((q) => Math.max(-128, Math.min(127, -5 + roundHalfEven(f(q / 16) * 64)))));
    }
  });

  it('LEAKY_RELU and PRELU', () => {
    const leaky = ['LeakyReluOptions', { 0: ['f32', 0.25] }] as const;
    expect(runOperator(unary('LEAKY_RELU', floats([1, 5]), floats([1, 5]), leaky), x)).toEqual([
      -0.75, -0.25, 0, 0.5, 8,
    ]);
    expect(runOperator(unary('LEAKY_RELU', int8([1, 3], 1, 0), int8([1, 3], 0.5, 1), leaky), [-8, 0, 8])).toEqual([
      -3, 1, 17,
    ]);
    const map = [1, 1, 2, 2];
    const prelu = (slope: TensorSpec, of: TensorSpec): SingleOperator => ({
      kind: 'PRELU',
      operands: [of, slope],
      outputs: [of],
    });
    expect(runOperator(prelu(floats([1, 1, 2], [0.5, -1]), floats(map)), [-2, -2, 4, 4])).toEqual([-1, 2, 4, 4]);
    expect(runOperator(prelu(int8([1, 1, 2], 0.5, 0, [1, -2]), int8(map, 1, 0)), [-2, -2, 4, 4])).toEqual([
      -1, 2, 4, 4,
    ]);
  });

  it('LOCAL_RESPONSE_NORMALIZATION: a radius, and alpha for the sum', () => {
    const fields: Fields = { 0: ['i32', 1], 1: ['f32', 2], 2: ['f32', 0.5], 3: ['f32', 1] };
    const operator = unary('LOCAL_RESPONSE_NORMALIZATION', floats([1, 1, 1, 3]), floats([1, 1, 1, 3]), [
      'LocalResponseNormalizationOptions',
      fields,
    ]);
    const [a, b, c] = runOperator(operator, [1, 2, 3]);
    expect(a).toBeCloseTo(1 / (2 + 0.5 * 5), 6);
    expect(b).toBeCloseTo(2 / (2 + 0.5 * 14), 6);
    expect(c).toBeCloseTo(3 / (2 + 0.5 * 13), 6);
  });
});

describe('numbers', () => {
  it('QUANTIZE and DEQUANTIZE', () => {
    const quantize = { kind: 'QUANTIZE', operands: [floats([1, 4])], outputs: [int8([1, 4], 0.5, 3)] };
    expect(kindsOf(quantize)).toEqual(['quantise']);
    expect(runOperator(quantize, [-100, 0.25, 0.75, 1])).toEqual([-128, 3, 5, 5]);
    const dequantize = { kind: 'DEQUANTIZE', operands: [int8([1, 3], 0.5, 3)], outputs: [floats([1, 3])] };
    expect(runOperator(dequantize, [3, 4, -128])).toEqual([0, 0.5, -65.5]);
    const from: TensorSpec = { shape: [1, 3], type: 'UINT8', scale: [0.5], zeroPoint: [128] };
    const requantize = { kind: 'QUANTIZE', operands: [from], outputs: [int8([1, 3], 0.5, 0)] };
    expect(kindsOf(requantize)).toEqual(['requantise']);
    expect(runOperator(requantize, [0, 128, 255])).toEqual([-128, 0, 127]);
  });

  it('CAST of plain integers is a dequantise with scale 1', () => {
    const operator = { kind: 'CAST', operands: [{ shape: [1, 2], type: 'UINT8' }], outputs: [floats([1, 2])] };
    expect(runOperator(operator, [7, 255])).toEqual([7, 255]);
  });

  it('float16 weights come through DEQUANTIZE', () => {
    const halves: TensorSpec = { shape: [1, 2], type: 'FLOAT16', data: Uint16Array.of(0x3c00, 0xc100) };
    const [y] = runModel(
      {
        tensors: [floats([1, 2]), halves, floats([1, 2]), floats([1, 1])],
        operators: [
          { kind: 'DEQUANTIZE', version: 3, inputs: [1], outputs: [2] },
          { kind: 'FULLY_CONNECTED', inputs: [0, 2], outputs: [3], options: ['FullyConnectedOptions'] },
        ],
      },
      [10, 100],
    );
    expect(Array.from(y?.data as ArrayLike<number>)).toEqual([10 - 250]);
  });
});
