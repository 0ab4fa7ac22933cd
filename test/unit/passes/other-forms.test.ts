import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { executeFloat } from '../../../src/execute/float/execute-float.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Clamp, Op, PadOp, SliceOp } from '../../../src/ir/op.js';
import type { TensorType } from '../../../src/ir/tensor-type.js';
import { poolMeans } from '../../../src/passes/pool-means.js';
import { runPipeline } from '../../../src/passes/run.js';
import { float, makeRandom, quantised, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';
import { kinds, lowered } from './same-outputs.js';

const SEED = 17;
const typed = (...shape: readonly number[]): TensorType => quantised(shape, 8, true, 0.1, -7);

function sliced(shape: readonly number[], op: SliceOp): Graph {
  const b = makeBuilder('m');
  b.input('x', typed(...shape));
  b.node('y', op, ['x'], typed(...op.size));
  return b.build(['y']);
}

function slice(begin: readonly number[], size: readonly number[], step: readonly number[]): SliceOp {
  return { kind: 'slice', begin, size, step };
}

describe('pool-strided-slice', () => {
  test.each([
    ['every second pixel', [8, 7, 3], slice([0, 0, 0], [4, 4, 3], [2, 2, 1]), ['max-pool']],
    ['every second pixel of some channels', [8, 7, 5], slice([0, 0, 1], [4, 4, 3], [2, 2, 1]), ['max-pool', 'slice']],
    ['from the second on', [8, 7, 3], slice([1, 1, 0], [4, 3, 3], [2, 2, 1]), ['slice', 'max-pool']],
    ['fewer than there are', [9, 7, 3], slice([0, 0, 1], [3, 2, 2], [2, 3, 1]), ['slice', 'max-pool']],
    ['along one axis', [4, 7, 3], slice([1, 0, 0], [3, 3, 3], [1, 3, 1]), ['slice', 'max-pool']],
    ['every second channel', [2, 2, 6], slice([0, 0, 1], [2, 2, 3], [1, 1, 2]), ['permute-channels', 'slice']],
    ['both', [4, 4, 6], slice([0, 0, 0], [2, 2, 2], [2, 2, 3]), ['permute-channels', 'max-pool', 'slice']],
    ['one position, whatever the step', [4, 4, 6], slice([3, 2, 0], [1, 1, 6], [2, 5, 1]), ['slice']],
    ['steps of 1', [4, 4, 6], slice([1, 2, 0], [2, 2, 6], [1, 1, 1]), ['slice']],
    ['a vector', [8], slice([0], [4], [2]), ['slice']],
  ] as const)('%s', (_, shape, op, expected) => {
    expect(kinds(lowered(sliced(shape, op)))).toEqual(expected);
  });

  test('any of them', () => {
    const axis = fc
      .record({
        begin: fc.nat(3),
        size: fc.integer({ min: 1, max: 3 }),
        step: fc.integer({ min: 1, max: 3 }),
        rest: fc.nat(3),
      })
      .map((drawn) => ({ ...drawn, extent: drawn.begin + (drawn.size - 1) * drawn.step + 1 + drawn.rest }));
    fc.assert(
      fc.property(fc.tuple(axis, axis, axis), (axes) => {
        const list = (key: 'begin' | 'size' | 'step'): readonly number[] => axes.map((drawn) => drawn[key]);
        const op = slice(list('begin'), list('size'), list('step'));
        const { nodes } = lowered(
          sliced(
            axes.map(({ extent }) => extent),
            op,
          ),
        );
        for (const node of nodes) if (node.op.kind === 'slice') expect(Math.max(...node.op.step)).toBe(1);
      }),
      { numRuns: 50 },
    );
  });

  test('the shortcuts of ResNet-20: pixels in steps of 2, channels of 0 around', () => {
    const b = makeBuilder('m');
    const random = makeRandom(SEED);
    b.input('x', typed(8, 8, 4));
    b.constant('w', randomTensor(random, quantised([8, 3, 3, 4], 8, true, 0.01, 0)));
    const window = { ...UNIT_WINDOW, kernelH: 3, kernelW: 3, strideH: 2, strideW: 2, padTop: 1, padLeft: 1 };
    b.node('conv', { kind: 'conv', ...window, padBottom: 1, padRight: 1, groups: 1 }, ['x', 'w'], typed(4, 4, 8));
    b.node('half', slice([0, 0, 0], [4, 4, 4], [2, 2, 1]), ['x'], typed(4, 4, 4));
    const pad: Op = { kind: 'pad', before: [0, 0, 2], after: [0, 0, 2], mode: 'constant', value: -7 };
    b.node('wide', pad, ['half'], typed(4, 4, 8));
    b.node('sum', { kind: 'add' }, ['conv', 'wide'], typed(4, 4, 8));
    b.node('y', { kind: 'relu' }, ['sum'], typed(4, 4, 8));
    expect(kinds(lowered(b.build(['y'])))).toEqual(['conv', 'max-pool', 'pad', 'add']);
  });
});

describe('split-pad', () => {
  function padded(op: Omit<PadOp, 'kind' | 'value'>): Graph {
    const b = makeBuilder('m');
    b.input('x', typed(4, 3, 2));
    const shape = [4, 3, 2].map((extent, axis) => extent + (op.before[axis] ?? 0) + (op.after[axis] ?? 0));
    b.node('y', { kind: 'pad', value: 5, ...op }, ['x'], typed(...shape));
    return b.build(['y']);
  }

  test.each([
    ['pixels and channels', { before: [1, 0, 2], after: [0, 2, 0], mode: 'constant' }, ['pad', 'pad']],
    ['channels', { before: [0, 0, 2], after: [0, 0, 1], mode: 'constant' }, ['pad']],
    ['rows mirrored', { before: [2, 0, 0], after: [1, 0, 0], mode: 'reflect' }, ['slice', 'slice', 'concat']],
    [
      'all sides repeated',
      { before: [1, 1, 0], after: [1, 2, 0], mode: 'edge' },
      ['slice', 'slice', 'concat', 'slice', 'slice', 'concat'],
    ],
    [
      'columns mirrored before and behind rows',
      { before: [0, 2, 0], after: [1, 2, 0], mode: 'reflect' },
      ['slice', 'concat', 'slice', 'slice', 'slice', 'concat'],
    ],
    ['channels mirrored', { before: [1, 0, 1], after: [0, 0, 0], mode: 'reflect' }, ['pad']],
  ] as const)('%s', (_, op, expected) => {
    expect(kinds(lowered(padded(op)))).toEqual(expected);
  });
});

describe('convert-scaling', () => {
  interface Options {
    readonly clamp?: Clamp;
    readonly x?: TensorType;
    /** Factors of a few steps. */
    readonly few?: boolean;
  }

  function scaled(factors: TensorType, options: Options = {}): Graph {
    const b = makeBuilder('m');
    const { x = typed(4, 3, 5), clamp } = options;
    b.input('x', x);
    const few = { type: factors, data: Int16Array.of(3, -127, 0, 127, 90) };
    b.constant('k', options.few === true ? few : randomTensor(makeRandom(SEED), factors));
    const output = quantised(x.shape, 8, false, 0.3, 90);
    b.node('y', { kind: 'mul', ...(clamp === undefined ? {} : { clamp }) }, ['k', 'x'], output);
    return b.build(['y']);
  }

  test.each([
    ['a factor for each channel', scaled(quantised([5], 8, true, 0.02, 0)), ['conv']],
    ['one with a zero point, of other axes of 1', scaled(quantised([1, 1, 5], 7, false, 0.02, 60)), ['conv']],
    ['a clamp', scaled(quantised([5], 8, true, 0.02, 3), { clamp: { lo: 90, hi: 130 } }), ['conv']],
    ['one factor of all', scaled(quantised([1], 8, true, 0.02, 3)), ['mul']],
    [
      'one factor of too many bits for a table',
      scaled(quantised([1], 8, true, 0.02, 3), { x: quantised([4, 3, 5], 12, true, 0.01, 9) }),
      ['conv'],
    ],
    ['steps from a zero point far away', scaled(quantised([5], 8, false, 0.02, 10)), ['conv']],
    ['few steps of many bits', scaled(quantised([5], 16, true, 0.02, 0), { few: true }), ['conv']],
    ['steps beyond weights', scaled(quantised([5], 16, true, 0.001, 0)), ['mul']],
    ['a factor for each element', scaled(quantised([4, 3, 5], 8, true, 0.02, 0)), ['mul']],
    ['a vector', scaled(quantised([5], 8, true, 0.02, 0), { x: typed(5) }), ['mul']],
  ] as const)('%s', (_, graph, expected) => {
    const changed = lowered(graph);
    expect(kinds(changed)).toEqual(expected);
    if (expected[0] === 'conv') expect(changed.nodes[0]?.op).toMatchObject({ groups: 5 });
  });

  test('a product of two maps stays', () => {
    const b = makeBuilder('m');
    b.input('x', typed(2, 2, 3));
    b.node('y', { kind: 'mul' }, ['x', 'x'], typed(2, 2, 3));
    expect(kinds(lowered(b.build(['y'])))).toEqual(['mul']);
  });
});

test('share-equal: parts that several branches cut out are cut once, outputs keep their names', () => {
  const b = makeBuilder('m');
  b.input('x', typed(2, 2, 6));
  const half = slice([0, 0, 3], [2, 2, 3], [1, 1, 1]);
  const [a, c, d] = ['a', 'c', 'd'].map((name) => b.node(name, half, ['x'], typed(2, 2, 3)));
  const other = b.node('other', { ...half, begin: [0, 0, 0] }, ['x'], typed(2, 2, 3));
  b.node('sum', { kind: 'add' }, [a ?? '', c ?? '', other], typed(2, 2, 3));
  const changed = lowered(b.build(['sum', d ?? '']));
  expect(changed.nodes.map(({ name, inputs }) => [name, ...inputs])).toEqual([
    ['a', 'x'],
    ['d', 'x'],
    ['other', 'x'],
    ['sum', 'a', 'a', 'other'],
  ]);
});

describe('pool-means', () => {
  test.each([
    ['height and width', [4, 3, 2], [1, 0], true, ['global-average-pool']],
    ['height and width, dropped', [4, 3, 2], [0, 1], false, ['global-average-pool', 'flatten']],
    ['height', [4, 3, 2], [0], true, ['average-pool']],
    ['width, dropped', [4, 3, 2], [1], false, ['average-pool', 'reshape']],
    ['a line', [7, 3], [0], false, ['reshape', 'global-average-pool', 'flatten']],
    ['channels', [4, 3, 2], [2], true, ['reduce-mean']],
    ['everything', [4, 3, 2], [0, 1, 2], false, ['reduce-mean']],
    ['a vector', [5], [0], true, ['reduce-mean']],
  ] as const)('%s', (_, shape, axes, keepDims, expected) => {
    const b = makeBuilder('m');
    b.input('x', float(shape));
    b.node('y', { kind: 'reduce-mean', axes, keepDims }, ['x']);
    const graph = b.build(['y']);
    const changed = runPipeline(graph, [poolMeans]);
    expect(kinds(changed)).toEqual(expected);
    const frame = new Map([['x', randomTensor(makeRandom(SEED), float(shape))]]);
    expect(executeFloat(changed, frame)).toEqual(executeFloat(graph, frame));
  });
});
