import { describe, expect, it } from 'vitest';
import { executeFloat } from '../../../src/execute/float/execute-float.js';
import { type GraphBuilder, makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Op } from '../../../src/ir/op.js';
import { AFTER_IMPORT, verifyGraph } from '../../../src/ir/verify.js';
import { foldAffine } from '../../../src/passes/fold-affine.js';
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

describe('fold-affine', () => {
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
    expect(foldAffine.run(graph)).toBe(graph);
  });
});

/** x [4][4][2] -> what `make` puts behind it -> relu, with constants of one value a channel. */
function chained(make: (b: GraphBuilder, constant: (count: number) => string) => string): Graph {
  const random = makeRandom(SEED);
  const b = makeBuilder('m');
  b.input('x', float([4, 4, 2]));
  let count = 0;
  const constant = (length: number): string => {
    const type = float([length]);
    // Variances are positive.
    const data = Float32Array.from({ length }, () => 0.5 + random());
    return b.constant(`c${count++}`, { type, data });
  };
  b.node('y', { kind: 'relu' }, [make(b, constant)]);
  return b.build(['y']);
}

function expectFolded(graph: Graph, expected: readonly string[]): void {
  const folded = runPipeline(graph, FLOAT_PIPELINE);
  verifyGraph(folded, AFTER_IMPORT);
  expect(folded.nodes.map(({ op }) => (op.kind === 'conv' ? `conv of ${op.groups}` : op.kind))).toEqual(expected);
  const wanted = result(graph);
  result(folded).forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 4);
  });
}

describe('products with a constant for each channel', () => {
  const norm: Op = { kind: 'batch-norm', epsilon: 1e-3 };
  const up: Op = {
    kind: 'conv-transpose',
    ...UNIT_WINDOW,
    strideH: 2,
    strideW: 2,
    groups: 1,
    outputPadH: 1,
    outputPadW: 1,
  };
  const weight = (b: GraphBuilder): string => b.constant('w', randomTensor(makeRandom(SEED + 2), float([3, 1, 1, 2])));

  it('go with sums, in any order, into the layer before them', () => {
    const graph = chained((b, constant) => {
      const conv = b.node('conv', { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, ['x', weight(b)]);
      const first = b.node('sum', { kind: 'add' }, [
        b.node('scaled', { kind: 'mul' }, [constant(3), conv]),
        constant(3),
      ]);
      return b.node('again', { kind: 'mul' }, [first, constant(1)]);
    });
    expectFolded(graph, ['conv of 1']);
  });

  it('go into a transposed convolution', () => {
    const graph = chained((b, constant) =>
      b.node('m', { kind: 'mul' }, [b.node('up', up, ['x', weight(b)]), constant(3)]),
    );
    expectFolded(graph, ['conv-transpose']);
  });

  it('go into the normalisation before them, as exporters of Caffe models write it', () => {
    const graph = chained((b, constant) => {
      const normed = b.node('bn', norm, ['x', constant(2), constant(2), constant(2), constant(2)]);
      return b.node('sum', { kind: 'add' }, [b.node('scaled', { kind: 'mul' }, [normed, constant(2)]), constant(2)]);
    });
    expectFolded(graph, ['conv of 2']);
  });

  it('are depthwise convolutions elsewhere; one factor of all channels stays a product', () => {
    expectFolded(
      chained((b, constant) => b.node('m', { kind: 'mul' }, ['x', constant(2)])),
      ['conv of 2'],
    );
    expectFolded(
      chained((b, constant) => b.node('m', { kind: 'mul' }, ['x', constant(1)])),
      ['mul'],
    );
  });
});
