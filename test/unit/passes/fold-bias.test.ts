import { describe, expect, it } from 'vitest';
import { executeFloat } from '../../../src/execute/float/execute-float.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import { AFTER_IMPORT, verifyGraph } from '../../../src/ir/verify.js';
import { foldBias } from '../../../src/passes/fold-bias.js';
import { FLOAT_PIPELINE } from '../../../src/passes/pipelines.js';
import { runPipeline } from '../../../src/passes/run.js';
import { float, makeRandom, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';

const SEED = 21;

interface Options {
  readonly bias?: boolean;
  readonly clamp?: boolean;
  readonly shared?: boolean;
  readonly first?: boolean;
}

/** x [4][4][2] -> conv to 3 channels -> plus a constant of `shape` -> relu. */
function biased(shape: readonly number[], { bias, clamp, shared, first }: Options = {}): Graph {
  const random = makeRandom(SEED);
  const b = makeBuilder('m');
  b.input('x', float([4, 4, 2]));
  const w = b.constant('w', randomTensor(random, float([3, 3, 3, 2])));
  const biases = bias === true ? [b.constant('b', randomTensor(random, float([3])))] : [];
  const limits = clamp === true ? { clamp: { lo: -0.1 } } : {};
  b.node('conv', { kind: 'conv', ...UNIT_WINDOW, kernelH: 3, kernelW: 3, groups: 1, ...limits }, ['x', w, ...biases]);
  const c = b.constant('c', randomTensor(random, float(shape)));
  b.node('sum', { kind: 'add' }, first === true ? [c, 'conv'] : ['conv', c]);
  b.node('y', { kind: 'relu' }, ['sum']);
  return b.build(shared === true ? ['y', 'conv'] : ['y']);
}

function result(graph: Graph): readonly number[] {
  const x = randomTensor(makeRandom(SEED + 1), float([4, 4, 2]));
  return Array.from(executeFloat(graph, new Map([['x', x]])).get('y')?.data ?? [], Number);
}

describe('fold-bias', () => {
  it.each([
    [[3], {}],
    [[1, 1, 3], { bias: true }],
    [[1], { bias: true, first: true }],
  ] as const)('a constant of shape %j, %o', (shape, options) => {
    const graph = biased(shape, options);
    const folded = runPipeline(graph, FLOAT_PIPELINE);
    verifyGraph(folded, AFTER_IMPORT);
    expect(folded.nodes.map((node) => node.op.kind)).toEqual(['conv']);
    const wanted = result(graph);
    result(folded).forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 5);
    });
  });

  it.each([
    ['a constant for each column', [2, 1], {}],
    ['a layer that others read', [3], { shared: true }],
    ['a clamped layer', [3], { clamp: true }],
  ] as const)('not: %s', (_, shape, options) => {
    const graph = biased(shape, options);
    expect(foldBias.run(graph)).toBe(graph);
  });
});
