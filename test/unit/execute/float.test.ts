import { describe, expect, test } from 'vitest';
import { executeFloat } from '../../../src/execute/float/execute-float.js';
import type { Op } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import type { TensorType } from '../../../src/ir/tensor-type.js';
import { float, makeGraph, UNIT_WINDOW } from './make-graph.js';

function value(shape: readonly number[], values: readonly number[]): Tensor {
  return { type: float(shape), data: Float32Array.from(values) };
}

function run(op: Op, x: Tensor, y: TensorType, constants: Record<string, Tensor> = {}): readonly number[] {
  const node = { name: 'n', op, inputs: ['x', ...Object.keys(constants)], outputs: ['y'] };
  const graph = makeGraph({ nodes: [node], types: { x: x.type, y }, constants });
  return [...(executeFloat(graph, new Map([['x', x]])).get('y')?.data ?? [])].map(Number);
}

describe('float executor', () => {
  const x = value([2, 2, 2], [1, -1, 2, -2, 3, -3, 4, -4]);

  test('conv with padding, stride, bias and clamp', () => {
    const op: Op = {
      kind: 'conv',
      ...UNIT_WINDOW,
      kernelH: 2,
      kernelW: 2,
      padTop: 1,
      padLeft: 1,
      strideH: 2,
      groups: 1,
    };
    const w = value([1, 2, 2, 2], [1, 0, 2, 0, 3, 0, 0, 5]);
    // Row -1..0: [_, 1] -> 5 * -1 = -5; [1, 2] -> 3 * 1 + 5 * -2 = -7.
    const b = value([1], [0.5]);
    expect(run(op, x, float([1, 2, 1]), { w, b })).toEqual([-4.5, -6.5]);
    expect(run({ ...op, clamp: { lo: -5 } }, x, float([1, 2, 1]), { w, b })).toEqual([-4.5, -5]);
  });

  test('depthwise conv', () => {
    const op: Op = { kind: 'conv', ...UNIT_WINDOW, kernelH: 2, kernelW: 2, groups: 2 };
    const w = value([2, 2, 2, 1], [1, 1, 1, 1, 1, 2, 3, 4]);
    expect(run(op, x, float([1, 1, 2]), { w })).toEqual([10, -30]);
  });

  test('dense', () => {
    const w = value([2, 2], [1, 2, 3, 4]);
    expect(run({ kind: 'dense' }, value([2], [5, 6]), float([2]), { w })).toEqual([17, 39]);
  });

  test('pools', () => {
    const window = { ...UNIT_WINDOW, kernelH: 2, kernelW: 2, padRight: 1 };
    expect(run({ kind: 'max-pool', ...window }, x, float([1, 2, 2]))).toEqual([4, -1, 4, -2]);
    const average = { kind: 'average-pool', ...window } as const;
    expect(run({ ...average, countIncludePad: true }, x, float([1, 2, 2]))).toEqual([2.5, -2.5, 1.5, -1.5]);
    expect(run({ ...average, countIncludePad: false }, x, float([1, 2, 2]))).toEqual([2.5, -2.5, 3, -3]);
    expect(run({ kind: 'global-average-pool' }, x, float([1, 1, 2]))).toEqual([2.5, -2.5]);
  });

  test('pointwise', () => {
    const v = value([3], [-1, 0, 8]);
    expect(run({ kind: 'relu' }, v, v.type)).toEqual([0, 0, 8]);
    expect(run({ kind: 'clip', lo: -0.5, hi: 6 }, v, v.type)).toEqual([-0.5, 0, 6]);
    expect(run({ kind: 'sigmoid' }, v, v.type)[1]).toBe(0.5);
    expect(run({ kind: 'tanh' }, v, v.type)[1]).toBe(0);
    expect(run({ kind: 'flatten' }, x, float([8]))).toEqual([1, -1, 2, -2, 3, -3, 4, -4]);
  });

  test('batch-norm and add with a constant per channel', () => {
    const [scale, offset, mean, variance] = [
      [2, 1],
      [1, 0],
      [1, -1],
      [3, 15],
    ].map((v) => value([2], v));
    const parameters = { scale, offset, mean, variance } as Record<string, Tensor>;
    expect(run({ kind: 'batch-norm', epsilon: 1 }, x, x.type, parameters)).toEqual([1, 0, 2, -0.25, 3, -0.5, 4, -0.75]);
    expect(run({ kind: 'add', clamp: { hi: 3 } }, x, x.type, { c: value([2], [1, 10]) })).toEqual([
      2, 3, 3, 3, 3, 3, 3, 3,
    ]);
  });
});
