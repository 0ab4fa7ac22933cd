import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GraphNode } from '../../../src/ir/graph.js';
import { OP_KINDS, type Op } from '../../../src/ir/op.js';
import { INPUT_COUNTS, inferOutputShapes, inferOutputTypes, windowOutput } from '../../../src/ir/shape.js';
import { convOp, float, window } from './fixtures.js';

function shapeOf(op: Op, ...inputs: readonly (readonly number[])[]): readonly number[] | string {
  const node: GraphNode = { name: 'n', op, inputs: inputs.map((_shape, index) => `t${index}`), outputs: ['y'] };
  const inferred = inferOutputShapes(
    node,
    inputs.map((shape) => float(...shape)),
  );
  return 'problems' in inferred ? (inferred.problems[0]?.alias ?? '') : (inferred.shapes[0] ?? []);
}

describe('windowOutput', () => {
  it.each([
    [28, 5, 1, 1, 0, 0, 24],
    [28, 5, 1, 1, 2, 2, 28],
    [224, 7, 2, 1, 3, 3, 112],
    [224, 3, 2, 1, 0, 1, 112],
    [7, 7, 1, 1, 0, 0, 1],
    [13, 3, 1, 6, 6, 6, 13],
    [6, 7, 1, 1, 0, 0, 0],
    [1, 2, 3, 1, 0, 0, 0],
  ])('%i, kernel %i, stride %i, dilation %i, pad %i+%i: %i', (extent, kernel, stride, dilation, lo, hi, wanted) => {
    expect(windowOutput(extent, kernel, stride, dilation, lo, hi)).toBe(wanted);
  });

  it('counts the positions where the kernel fits', () => {
    const small = (min: number, max: number) => fc.integer({ min, max });
    fc.assert(
      fc.property(
        small(1, 20),
        small(1, 6),
        small(1, 5),
        small(1, 4),
        small(0, 5),
        small(0, 5),
        (extent, kernel, stride, dilation, lo, hi) => {
          let count = 0;
          for (let start = -lo; start + dilation * (kernel - 1) < extent + hi; start += stride) count++;
          expect(windowOutput(extent, kernel, stride, dilation, lo, hi)).toBe(count);
        },
      ),
      { seed: 20240601, numRuns: 2000 },
    );
  });
});

describe('inferOutputShapes', () => {
  const max = { kind: 'max-pool', ...window({ kernelH: 3, kernelW: 2, strideH: 2, strideW: 1 }) } as const;

  it.each<[string, Op, readonly (readonly number[])[], readonly number[] | string]>([
    ['conv', convOp({ kernelH: 3, kernelW: 5, strideH: 2 }), [[9, 9, 4], [8, 3, 5, 4], [8]], [4, 5, 8]],
    [
      'grouped conv',
      convOp({ groups: 2 }),
      [
        [9, 9, 4],
        [8, 1, 1, 2],
      ],
      [9, 9, 8],
    ],
    [
      'depthwise conv with a multiplier',
      convOp({ groups: 4 }),
      [
        [9, 9, 4],
        [8, 1, 1, 1],
      ],
      [9, 9, 8],
    ],
    [
      'conv whose groups do not divide',
      convOp({ groups: 3 }),
      [
        [9, 9, 4],
        [9, 1, 1, 1],
      ],
      'shapes-do-not-fit',
    ],
    ['LRN of a scalar', { kind: 'local-response-norm', size: 3, alpha: 1, beta: 1, bias: 1 }, [[]], 'wrong-rank'],
    ['conv on a vector', convOp(), [[9], [8, 1, 1, 9]], 'wrong-rank'],
    ['conv without weight', convOp(), [[9, 9, 4]], 'wrong-arity'],
    ['dense', { kind: 'dense' }, [[10], [4, 10], [4]], [4]],
    ['dense of another width', { kind: 'dense' }, [[10], [10, 4]], 'shapes-do-not-fit'],
    ['dense bias', { kind: 'dense' }, [[10], [4, 10], [10]], 'shapes-do-not-fit'],
    ['max-pool', max, [[9, 9, 4]], [4, 8, 4]],
    ['average-pool', { ...max, kind: 'average-pool', countIncludePad: true }, [[9, 9, 4]], [4, 8, 4]],
    ['pool beyond the map', max, [[2, 9, 4]], 'window-does-not-fit'],
    ['global-average-pool', { kind: 'global-average-pool' }, [[5, 6, 7]], [1, 1, 7]],
    ['flatten', { kind: 'flatten' }, [[5, 6, 7]], [210]],
    ['batch-norm', { kind: 'batch-norm', epsilon: 0 }, [[5, 6, 7], [7], [7], [7], [7]], [5, 6, 7]],
    [
      'batch-norm of other channels',
      { kind: 'batch-norm', epsilon: 0 },
      [[5, 6, 7], [7], [6], [7], [7]],
      'shapes-do-not-fit',
    ],
    ['relu', { kind: 'relu' }, [[3, 2]], [3, 2]],
    ['clip', { kind: 'clip' }, [[3]], [3]],
    ['sigmoid', { kind: 'sigmoid' }, [[3]], [3]],
    ['tanh', { kind: 'tanh' }, [[3]], [3]],
    ['requantise', { kind: 'requantise' }, [[3]], [3]],
    [
      'add of three',
      { kind: 'add' },
      [
        [2, 2, 3],
        [2, 2, 3],
        [2, 2, 3],
      ],
      [2, 2, 3],
    ],
    ['add with the constant first', { kind: 'add' }, [[3], [2, 2, 3]], [2, 2, 3]],
    ['add of other channels', { kind: 'add' }, [[2, 2, 3], [2]], 'shapes-do-not-fit'],
    ['add of one', { kind: 'add' }, [[2, 2, 3]], 'wrong-arity'],
  ])('%s', (_name, op, inputs, wanted) => {
    expect(shapeOf(op, ...inputs)).toEqual(wanted);
  });

  it('finds windows that lie in the padding alone', () => {
    const op = { kind: 'max-pool', ...window({ kernelH: 2, dilationH: 3, padTop: 2, padBottom: 2 }) } as const;
    expect(shapeOf(op, [1, 1, 1])).toBe('empty-window');
    expect(shapeOf(op, [2, 1, 1])).toBe('empty-window');
    expect(shapeOf(op, [3, 1, 1])).toEqual([4, 1, 1]);
  });

  it('gives float types', () => {
    const node: GraphNode = { name: 'n', op: { kind: 'relu' }, inputs: ['x'], outputs: ['y'] };
    expect(inferOutputTypes(node, [float(4, 5)])).toEqual({ types: [float(4, 5)] });
  });

  it('knows every operator', () => {
    expect(Object.keys(INPUT_COUNTS)).toEqual(OP_KINDS);
  });
});
