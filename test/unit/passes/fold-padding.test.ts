import { describe, expect, it } from 'vitest';
import { executeInteger } from '../../../src/execute/integer/execute-integer.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Op, PadOp } from '../../../src/ir/op.js';
import { AFTER_IMPORT, verifyGraph } from '../../../src/ir/verify.js';
import { foldPadding } from '../../../src/passes/fold-padding.js';
import { INTEGER_PIPELINE } from '../../../src/passes/pipelines.js';
import { runPipeline } from '../../../src/passes/run.js';
import { makeRandom, quantised, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';

const SEED = 3;
const ZERO_POINT = -7;
const WINDOW = { ...UNIT_WINDOW, kernelH: 3, kernelW: 3 };
const CONV: Op = { kind: 'conv', ...WINDOW, strideH: 2, strideW: 2, padLeft: 1, groups: 1 };
const PAD: PadOp = { kind: 'pad', before: [1, 0, 0], after: [2, 1, 0], mode: 'constant', value: ZERO_POINT };

/** x [6][5][2] -> pad -> `op`, both read as outputs where `shared`. */
function paddedGraph(op: Op, pad: PadOp, shared = false): Graph {
  const random = makeRandom(SEED);
  const b = makeBuilder('m');
  b.input('x', quantised([6, 5, 2], 8, true, 0.1, ZERO_POINT));
  const [height, width] = [
    6 + (pad.before[0] ?? 0) + (pad.after[0] ?? 0),
    5 + (pad.before[1] ?? 0) + (pad.after[1] ?? 0),
  ];
  const channels = 2 + (pad.before[2] ?? 0) + (pad.after[2] ?? 0);
  b.node('pad', pad, ['x'], quantised([height, width, channels], 8, true, 0.1, ZERO_POINT));
  const weights = { ...quantised([3, 3, 3, channels], 8, true, 0.02, 0) };
  const inputs = op.kind === 'conv' ? ['pad', b.constant('w', randomTensor(random, weights))] : ['pad'];
  const strideH = 'strideH' in op ? op.strideH : 1;
  const [top, side] = 'padLeft' in op ? [op.padTop + op.padBottom, op.padLeft + op.padRight] : [0, 0];
  const extent = (size: number): number => Math.floor((size - 3) / strideH) + 1;
  const shape = [extent(height + top), extent(width + side), op.kind === 'conv' ? 3 : channels];
  b.node('y', op, inputs, quantised(shape, 8, true, op.kind === 'conv' ? 0.4 : 0.1, ZERO_POINT));
  return b.build(shared ? ['y', 'pad'] : ['y']);
}

function kinds(graph: Graph): readonly string[] {
  return graph.nodes.map((node) => node.op.kind);
}

/** Both graphs compute the same on a random frame. */
function expectSame(graph: Graph, folded: Graph): void {
  verifyGraph(graph, AFTER_IMPORT);
  const type = graph.types.get('x');
  if (type === undefined) throw new Error('no input');
  const frame = new Map([['x', randomTensor(makeRandom(SEED + 1), type)]]);
  const result = (of: Graph): unknown => executeInteger(of, frame).get('y')?.data;
  expect(result(folded)).toEqual(result(graph));
}

describe('fold-padding', () => {
  const average: Op = { kind: 'average-pool', ...WINDOW, countIncludePad: false };
  it.each([
    ['a convolution with padding of its own', CONV, PAD],
    ['an average pool, which then counts its padding', average, PAD],
    [
      'an average pool that counts its padding',
      { ...average, padTop: 1, countIncludePad: true },
      { ...PAD, after: [1, 1, 0] },
    ],
    ['a maximum pool, of the least value', { kind: 'max-pool', ...WINDOW, padLeft: 1 }, { ...PAD, value: -128 }],
  ] as const)('into %s', (_, op, pad) => {
    const graph = paddedGraph(op as Op, pad);
    const folded = runPipeline(graph, INTEGER_PIPELINE);
    expect(kinds(folded)).toEqual([op.kind]);
    expectSame(graph, folded);
  });

  it('keeps a pad that others read too', () => {
    const graph = paddedGraph(CONV, PAD, true);
    const folded = runPipeline(graph, INTEGER_PIPELINE);
    expect(kinds(folded)).toEqual(['pad', 'conv']);
    expect(folded.nodes[1]?.inputs[0]).toBe('x');
    expectSame(graph, folded);
  });

  it.each([
    ['of another value', CONV, { ...PAD, value: 0 }],
    ['that repeats the edge', CONV, { ...PAD, mode: 'edge' }],
    ['of channels', CONV, { ...PAD, before: [0, 0, 1], after: [0, 0, 0] }],
    ['as large as the kernel', CONV, { ...PAD, before: [3, 0, 0] }],
    ['of the zero point before a maximum', { kind: 'max-pool', ...WINDOW }, PAD],
    ['before an average that does not count its padding', { ...average, padTop: 1 }, PAD],
  ] as const)('leaves a pad %s', (_, op, pad) => {
    const graph = paddedGraph(op as Op, pad as PadOp);
    expect(foldPadding.run(graph)).toBe(graph);
  });
});
