import { describe, expect, test } from 'vitest';
import { executeFloat } from '../../../src/execute/float/execute-float.js';
import { executeInteger } from '../../../src/execute/integer/execute-integer.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { AFTER_IMPORT, verifyGraph } from '../../../src/ir/verify.js';
import { foldAffine } from '../../../src/passes/fold-affine.js';
import { foldConstants } from '../../../src/passes/fold-constants.js';
import { composeClamps, fuseActivation } from '../../../src/passes/fuse-activation.js';
import type { Pass } from '../../../src/passes/pass.js';
import { FLOAT_PIPELINE, INTEGER_PIPELINE } from '../../../src/passes/pipelines.js';
import { removeDead } from '../../../src/passes/remove-dead.js';
import { type PassRecord, runPipeline } from '../../../src/passes/run.js';
import { float, makeRandom, quantised, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';

const SEED = 11;

function values(shape: readonly number[], data: readonly number[]): Tensor {
  return { type: float(shape), data: Float32Array.from(data) };
}

function run(graph: Graph, x: Tensor): readonly number[] {
  const output = graph.outputs[0]?.tensor ?? '';
  return [...(executeFloat(graph, new Map([['x', x]])).get(output)?.data ?? [])].map(Number);
}

function expectClose(found: readonly number[], wanted: readonly number[]): void {
  expect(found.length).toBe(wanted.length);
  found.forEach((value, i) => {
    expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 4);
  });
}

/** x -> conv (read twice if `shared`) -> batch-norm -> relu. */
function normalised(options: { readonly shared?: boolean; readonly clamp?: boolean; readonly bias?: boolean }): Graph {
  const random = makeRandom(SEED);
  const b = makeBuilder('m');
  b.input('x', float([4, 4, 2]));
  const w = b.constant('w', randomTensor(random, float([3, 3, 3, 2])));
  const bias = options.bias === true ? [b.constant('b', randomTensor(random, float([3])))] : [];
  const window = { ...UNIT_WINDOW, kernelH: 3, kernelW: 3, padTop: 1 };
  const clamp = options.clamp === true ? { clamp: { lo: -0.1 } } : {};
  b.node('conv', { kind: 'conv', ...window, groups: 1, ...clamp }, ['x', w, ...bias]);
  const parameters = ['scale', 'offset', 'mean'].map((name) => b.constant(name, randomTensor(random, float([3]))));
  b.constant('variance', values([3], [0.5, 1, 2]));
  b.node('bn', { kind: 'batch-norm', epsilon: 1e-3 }, ['conv', ...parameters, 'variance']);
  b.node('act', { kind: 'relu' }, ['bn']);
  return b.build(options.shared === true ? ['act', 'conv'] : ['act']);
}

describe('fold-affine', () => {
  const x = randomTensor(makeRandom(SEED + 1), float([4, 4, 2]));

  test.each([{}, { bias: true }])('into the convolution, %o', (options) => {
    const graph = normalised(options);
    const folded = runPipeline(graph, FLOAT_PIPELINE);
    expect(folded.nodes.map((node) => [node.op.kind, node.outputs[0]])).toEqual([['conv', 'act']]);
    expect([...folded.constants.keys()].sort()).toEqual([
      options.bias === true ? 'b.folded' : 'conv.bias.folded',
      'w.folded',
    ]);
    expectClose(run(folded, x), run(graph, x));
    verifyGraph(folded, AFTER_IMPORT);
  });

  test.each([{ shared: true }, { clamp: true }])('as a depthwise convolution, %o', (options) => {
    const graph = normalised(options);
    const folded = runPipeline(graph, FLOAT_PIPELINE);
    expect(folded.nodes.map((node) => [node.name, node.op.kind])).toEqual([
      ['conv', 'conv'],
      ['bn', 'conv'],
    ]);
    expectClose(run(folded, x), run(graph, x));
  });

  test('a vector that is not a dense layer is refused by name', () => {
    const b = makeBuilder('m');
    b.input('x', float([2]));
    for (const name of ['scale', 'offset', 'mean', 'variance']) b.constant(name, values([2], [1, 1]));
    b.node('bn', { kind: 'batch-norm', epsilon: 0 }, ['x', 'scale', 'offset', 'mean', 'variance']);
    expect(() => foldAffine.run(b.build(['bn']))).toThrow(/E360.*node 'bn'/);
  });

  test('into a dense layer', () => {
    const b = makeBuilder('m');
    b.input('x', float([2]));
    b.constant('w', values([2, 2], [1, 2, 3, 4]));
    b.node('d', { kind: 'dense' }, ['x', 'w']);
    b.constant('scale', values([2], [2, 1]));
    b.constant('offset', values([2], [1, 0]));
    b.constant('mean', values([2], [1, -1]));
    b.constant('variance', values([2], [3, 15]));
    b.node('bn', { kind: 'batch-norm', epsilon: 1 }, ['d', 'scale', 'offset', 'mean', 'variance']);
    const folded = foldAffine.run(b.build(['bn']));
    // d = [3, 7]: (3 - 1) / 2 * 2 + 1 = 3; (7 + 1) / 4 = 2.
    expect(run(folded, values([2], [1, 1]))).toEqual([3, 2]);
    expect(folded.nodes).toHaveLength(1);
  });
});

describe('fuse-activation', () => {
  test('composition of clamps equals one after the other', () => {
    const clamps = [{}, { lo: 0 }, { hi: 6 }, { lo: -1, hi: 2 }, { lo: 7 }, { hi: -3 }, { lo: 3, hi: 3 }];
    const apply = (c: { lo?: number; hi?: number }, v: number): number =>
      Math.min(Math.max(v, c.lo ?? Number.NEGATIVE_INFINITY), c.hi ?? Number.POSITIVE_INFINITY);
    for (const a of clamps) {
      for (const b of clamps) {
        for (let v = -9; v <= 9; v++) expect(apply(composeClamps(a, b), v)).toBe(apply(b, apply(a, v)));
      }
    }
  });

  test('integer graphs: the clamp is in integers, results stay', () => {
    const b = makeBuilder('m');
    const type = quantised([2, 2, 1], 8, true, 0.5, -3);
    b.input('x', type);
    b.node('p', { kind: 'max-pool', ...UNIT_WINDOW }, ['x'], type);
    b.node('c', { kind: 'clip', lo: -0.5, hi: 6.25 }, ['p'], type);
    b.node('r', { kind: 'relu' }, ['c'], type);
    const graph = b.build(['r']);
    const fused = runPipeline(graph, INTEGER_PIPELINE);
    expect(fused.nodes).toEqual([
      { name: 'p', op: { kind: 'max-pool', ...UNIT_WINDOW, clamp: { lo: -3, hi: 9 } }, inputs: ['x'], outputs: ['r'] },
    ]);
    const inputs = new Map([['x', { type, data: Int8Array.from([-9, -4, 0, 100]) }]]);
    expect(executeInteger(fused, inputs).get('r')?.data).toEqual(executeInteger(graph, inputs).get('r')?.data);
  });

  test('a producer that others read, or that is an output, stays', () => {
    const b = makeBuilder('m');
    b.input('x', float([2]));
    b.constant('w', values([2, 2], [1, 2, 3, 4]));
    b.node('d', { kind: 'dense' }, ['x', 'w']);
    b.node('r', { kind: 'relu' }, ['d']);
    const graph = b.build(['r', 'd']);
    expect(fuseActivation.run(graph)).toBe(graph);
  });
});

describe('the other passes', () => {
  test('fold-constants', () => {
    const b = makeBuilder('m');
    b.input('x', float([2]));
    b.constant('k', values([2], [-1, 2]));
    b.node('r', { kind: 'relu' }, ['k']);
    b.node('s', { kind: 'add' }, ['r', 'k']);
    b.node('y', { kind: 'add' }, ['x', 's']);
    const folded = foldConstants.run(b.build(['y']));
    expect(folded.nodes.map((node) => node.name)).toEqual(['y']);
    expect([...folded.constants.keys()]).toEqual(['s']);
    expect(folded.constants.get('s')?.data).toEqual(Float32Array.from([-1, 4]));
  });

  test('remove-dead', () => {
    const b = makeBuilder('m');
    b.input('x', float([2]));
    b.constant('k', values([2], [-1, 2]));
    b.node('y', { kind: 'relu' }, ['x']);
    b.node('dead', { kind: 'add' }, ['y', 'k']);
    const live = removeDead.run(b.build(['y']));
    expect([...live.types.keys()]).toEqual(['x', 'y']);
    expect(removeDead.run(live)).toBe(live);
  });

  test('remove-dead refuses an input that no output needs', () => {
    const b = makeBuilder('m');
    b.input('x', float([2]));
    b.input('z', float([2]));
    b.node('y', { kind: 'relu' }, ['x']);
    b.node('dead', { kind: 'relu' }, ['z']);
    expect(() => removeDead.run(b.build(['y']))).toThrow(/E361.*input 'z'/);
  });
});

describe('runPipeline', () => {
  const graph = normalised({});

  test('reports every pass', () => {
    const records: PassRecord[] = [];
    runPipeline(graph, FLOAT_PIPELINE, (record) => records.push(record));
    expect(records.map((record) => [record.name, record.changed])).toEqual([
      ['fold-constants', false],
      ['fold-padding', false],
      ['fold-affine', true],
      ['fuse-activation', true],
      ['remove-dead', false],
    ]);
  });

  test('a pass that breaks the graph is named', () => {
    const breaking: Pass = {
      name: 'break-it',
      summary: '',
      needs: [],
      run: (g) => ({ ...g, nodes: g.nodes.slice(1) }),
    };
    expect(() => runPipeline(graph, [breaking])).toThrow(/after 'break-it' the graph is broken/);
  });

  test('a pipeline out of order is a bug', () => {
    expect(() => runPipeline(graph, [foldAffine])).toThrow(/'fold-affine' needs 'fold-constants'/);
    expect(() => runPipeline(graph, [removeDead, removeDead])).toThrow(/twice/);
  });
});
