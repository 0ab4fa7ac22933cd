import { describe, expect, test } from 'vitest';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Op } from '../../../src/ir/op.js';
import { recogniseShuffle } from '../../../src/passes/recognise-shuffle.js';
import { runPipeline } from '../../../src/passes/run.js';
import { quantised } from '../execute/make-graph.js';
import { floats, longs, networkBuilt, node } from '../frontend/onnx/run-onnx.js';
import { expectSame, kinds } from './same-outputs.js';

const typed = (shape: readonly number[]) => quantised(shape, 8, false, 0.1, 7);

/** x -> reshapes (lists of extents) and transposes ({ perm }) in a row; `around` stands before and behind, so that no end of the network is moved. */
function movedGraph(
  shape: readonly number[],
  moves: readonly (readonly number[] | { readonly perm: readonly number[] })[],
  around?: Op,
): Graph {
  const b = makeBuilder('m');
  let tensor = b.input('x', typed(shape));
  let extents = shape;
  if (around !== undefined) tensor = b.node('first', around, [tensor], typed(extents));
  moves.forEach((move, i) => {
    const before = extents;
    extents = 'perm' in move ? move.perm.map((axis) => before[axis] ?? 1) : move;
    const op: Op = 'perm' in move ? { kind: 'transpose', perm: move.perm } : { kind: 'reshape', shape: move };
    tensor = b.node(`n${i}`, op, [tensor], typed(extents));
  });
  if (around !== undefined) tensor = b.node('last', around, [tensor], typed(extents));
  return b.build([tensor]);
}

/** Only this pass; nothing behind it folds what it makes. */
function recognised(graph: Graph): Graph {
  const changed = runPipeline(graph, [recogniseShuffle]);
  expectSame(graph, changed);
  return changed;
}

describe('recognise-shuffle', () => {
  test('a channel shuffle', () => {
    const graph = movedGraph([3, 2, 6], [[3, 2, 2, 3], { perm: [0, 1, 3, 2] }, [3, 2, 6]]);
    const changed = recognised(graph);
    expect(changed.nodes).toEqual([
      { name: 'n2', op: { kind: 'permute-channels', order: [0, 3, 1, 4, 2, 5] }, inputs: ['x'], outputs: ['n2'] },
    ]);
  });

  test('as it is written channels-first, two in a row', () => {
    const shuffle = [[3, 2, 5, 4], { perm: [1, 0, 2, 3] }, [6, 5, 4]] as const;
    const graph = movedGraph([5, 4, 6], [{ perm: [2, 0, 1] }, ...shuffle, ...shuffle, { perm: [1, 2, 0] }]);
    expect(kinds(recognised(graph))).toEqual(['permute-channels']);
  });

  test.each([
    ['depth-first', [0, 2, 1, 3, 4], [2, 3, 2, 2, 3], ['depth-to-space']],
    ['column-first', [0, 3, 1, 4, 2], [2, 3, 3, 2, 2], ['permute-channels', 'depth-to-space']],
  ] as const)('depth to space, %s', (_, perm, split, expected) => {
    const graph = movedGraph([2, 3, 12], [split, { perm }, [4, 6, 3]]);
    expect(kinds(recognised(graph))).toEqual(expected);
  });

  test.each([
    ['channel by channel', [0, 2, 4, 1, 3], ['conv']],
    ['pixel by pixel', [0, 2, 1, 3, 4], ['conv', 'permute-channels']],
  ] as const)('space to depth, %s', (_, perm, expected) => {
    const graph = movedGraph([4, 6, 3], [[2, 2, 3, 2, 3], { perm }, [2, 3, 12]]);
    expect(kinds(recognised(graph))).toEqual(expected);
  });

  test('patches that are not square, and a permutation of a whole vector', () => {
    expect(kinds(recognised(movedGraph([4, 3, 2], [[2, 2, 3, 2], { perm: [0, 2, 3, 1] }, [2, 3, 4]])))).toEqual([
      'conv',
    ]);
    expect(kinds(recognised(movedGraph([3, 2, 2], [{ perm: [2, 0, 1] }, [12]])))).toEqual([
      'flatten',
      'permute-channels',
    ]);
  });

  test.each([
    ['in order', [[3, 3, 4]], ['relu', 'reshape', 'depth-to-space', 'relu']],
    [
      'as one of channels first',
      [[4, 3, 3], { perm: [1, 2, 0] }],
      ['relu', 'reshape', 'permute-channels', 'depth-to-space', 'relu'],
    ],
    ['not square', [[4, 3, 3]], ['relu', 'reshape', 'relu']],
  ] as const)('a vector as a square map, %s', (_, moves, expected) => {
    expect(kinds(recognised(movedGraph([36], moves, { kind: 'relu' })))).toEqual(expected);
  });

  test('what changes no order is one reshape, or nothing', () => {
    expect(recognised(movedGraph([4, 3, 2], [[12, 2], [3, 4, 2], { perm: [0, 1, 2] }, [6, 2, 2]])).nodes).toEqual([
      { name: 'n3', op: { kind: 'reshape', shape: [6, 2, 2] }, inputs: ['x'], outputs: ['n3'] },
    ]);
    const b = makeBuilder('m');
    b.input('x', typed([1, 4, 2]));
    b.node('a', { kind: 'transpose', perm: [1, 0, 2] }, ['x'], typed([4, 1, 2]));
    b.node('b', { kind: 'reshape', shape: [1, 4, 2] }, ['a'], typed([1, 4, 2]));
    b.node('y', { kind: 'relu' }, ['b'], typed([1, 4, 2]));
    expect(recognised(b.build(['y'])).nodes).toEqual([
      { name: 'y', op: { kind: 'relu' }, inputs: ['x'], outputs: ['y'] },
    ]);
  });

  test('blocks column-first are blocks depth-first of other channels', () => {
    const b = makeBuilder('m');
    b.input('x', typed([2, 3, 18]));
    b.node('y', { kind: 'depth-to-space', block: 3, order: 'column-first' }, ['x'], typed([6, 9, 2]));
    expect(kinds(recognised(b.build(['y'])))).toEqual(['permute-channels', 'depth-to-space']);
  });

  test.each([
    ['height and width', movedGraph([4, 3, 2], [{ perm: [1, 0, 2] }])],
    ['rows and channels', movedGraph([4, 3, 2], [[4, 3, 2], { perm: [2, 1, 0] }])],
    ['blocks of columns', movedGraph([4, 6, 2], [[4, 2, 3, 2], { perm: [0, 2, 1, 3] }, [4, 6, 2]])],
  ])('an exchange of %s stays', (_, graph) => {
    const changed = recognised(graph);
    expect(kinds(changed)).toContain('transpose');
  });

  test('a graph without any stays the same object', () => {
    const b = makeBuilder('m');
    b.input('x', typed([2, 2, 2]));
    b.node('f', { kind: 'flatten' }, ['x'], typed([8]));
    const graph = b.build(['f']);
    expect(recogniseShuffle.run(graph)).toBe(graph);
  });

  test('as exporters write it: the shuffle of an ONNX file', () => {
    const graph = networkBuilt((b) => {
      const x = b.input('x', 'float32', [1, 6, 5, 4]);
      const weight = floats(b, [6, 3, 1, 1], [...Array(18).keys()]);
      const grouped = (input: string): string => node(b, 'Conv', [input, weight], { group: 2n });
      const split = node(b, 'Reshape', [grouped(x), longs(b, [1, 2, 3, 5, 4])]);
      const turned = node(b, 'Transpose', [split], { perm: [0, 2, 1, 3, 4] });
      return grouped(node(b, 'Reshape', [turned, longs(b, [1, 6, 5, 4])]));
    });
    const changed = runPipeline(graph, [recogniseShuffle]);
    expect(kinds(changed)).toEqual(['conv', 'permute-channels', 'conv']);
    expect(changed.nodes[1]?.op).toMatchObject({ order: [0, 3, 1, 4, 2, 5] });
  });
});
