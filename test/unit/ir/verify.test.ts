import { describe, expect, it } from 'vitest';
import { makeBuilder, pruneTensors } from '../../../src/ir/builder.js';
import type { Graph, GraphNode } from '../../../src/ir/graph.js';
import type { Op } from '../../../src/ir/op.js';
import type { TensorData } from '../../../src/ir/tensor.js';
import { int, type TensorType } from '../../../src/ir/tensor-type.js';
import { graphProblems, verifyGraph } from '../../../src/ir/verify.js';
import { constantProblems } from '../../../src/ir/verify-constants.js';
import { HeddleError } from '../../../src/support/diagnostics.js';
import { InternalError } from '../../../src/support/invariant.js';
import {
  allOpsFloatGraph,
  allOpsIntegerGraph,
  convOp,
  float,
  floatGraph,
  integerGraph,
  quantised,
  window,
} from './fixtures.js';

/** Aliases of all problems, values of constants included. */
function aliases(graph: Graph): readonly string[] {
  return [...graphProblems(graph), ...constantProblems(graph)].map((problem) => problem.alias);
}

function withType(graph: Graph, name: string, change: Partial<TensorType>): Graph {
  const type = graph.types.get(name);
  if (type === undefined) throw new Error(`no tensor ${name}`);
  const changed = { ...type, ...change };
  const constant = graph.constants.get(name);
  return {
    ...graph,
    types: new Map([...graph.types, [name, changed]]),
    constants:
      constant === undefined ? graph.constants : new Map([...graph.constants, [name, { ...constant, type: changed }]]),
  };
}

function withOp(graph: Graph, name: string, change: Partial<Op>): Graph {
  const nodes = graph.nodes.map((node) =>
    node.name === name ? ({ ...node, op: { ...node.op, ...change } } as GraphNode) : node,
  );
  return { ...graph, nodes };
}

function withData(graph: Graph, name: string, data: TensorData): Graph {
  const constant = graph.constants.get(name);
  if (constant === undefined) throw new Error(`no constant ${name}`);
  return { ...graph, constants: new Map([...graph.constants, [name, { ...constant, data }]]) };
}

/** x 4x4x2 of the given type through one operator. */
function single(op: Op, from: TensorType, to: TensorType): Graph {
  const b = makeBuilder('single');
  b.input('x', from);
  return b.build([b.node('y', op, ['x'], to)]);
}

describe('verifyGraph', () => {
  it('accepts sound graphs', () => {
    for (const graph of [floatGraph(), integerGraph(), allOpsFloatGraph(), allOpsIntegerGraph()]) {
      verifyGraph(graph, 'import');
      verifyGraph(graph, 'fold-affine');
    }
  });

  it('blames the model after an import', () => {
    expect(() => verifyGraph({ ...floatGraph(), requantBits: 7 }, 'import')).toThrow(HeddleError);
  });

  it('blames the pass after a pass', () => {
    const broken = { ...floatGraph(), outputs: [] };
    expect(() => verifyGraph(broken, 'remove-dead')).toThrow(InternalError);
    expect(() => verifyGraph(broken, 'remove-dead')).toThrow(
      "after 'remove-dead' the graph is broken:\nerror E339 empty-network",
    );
  });
});

describe('graphProblems', () => {
  const u8 = int(8, false);
  const map = (scale: number, zero: number, element = u8): TensorType => quantised(element, scale, zero, 4, 4, 2);
  const integer = integerGraph();
  const floating = floatGraph();

  it.each<[string, Graph, readonly string[]]>([
    [
      'wrong order',
      { ...floating, nodes: [...floating.nodes].reverse() },
      ['wrong-order', 'wrong-order', 'wrong-order', 'wrong-order'],
    ],
    ['an orphan type', { ...floating, types: new Map([...floating.types, ['ghost', float(1)]]) }, ['unused-tensor']],
    [
      'a missing type',
      { ...floating, types: new Map([...floating.types].filter(([name]) => name !== 'flat')) },
      ['missing-type'],
    ],
    ['no inputs', { ...floating, inputs: [] }, ['empty-network', 'dangling-tensor', 'unused-tensor']],
    ['a bad model name', { ...floating, name: '' }, ['bad-name']],
    ['requantBits', { ...integer, requantBits: 32 }, ['bad-requant-bits']],
    ['NaN requantBits', { ...integer, requantBits: Number.NaN }, ['bad-requant-bits']],
    ['a fraction as extent', withType(floating, 'image', { shape: [6, 6.5, 2] }), ['bad-extent']],
    ['a zero extent', withType(floating, 'image', { shape: [6, 0, 2] }), ['bad-extent']],
    ['a wide bias', withType(integer, 'conv1.bias', { element: int(40, true) }), ['bad-constant-data', 'bad-element']],
    [
      'an unsigned bias',
      withType(integer, 'conv1.bias', { element: int(32, false) }),
      ['bad-constant-data', 'bad-element', 'value-out-of-type'],
    ],
    ['0 bits', withType(integer, 'out', { element: int(0, false) }), ['bad-element']],
    ['17 bits', withType(integer, 'out', { element: int(17, false) }), ['bad-element']],
    ['a scale of 0', withType(integer, 'out', { quant: { scale: [0], zeroPoint: [0] } }), ['bad-quantization']],
    ['a NaN scale', withType(integer, 'out', { quant: { scale: [Number.NaN], zeroPoint: [0] } }), ['bad-quantization']],
    [
      'an infinite scale',
      withType(integer, 'out', { quant: { scale: [1 / 0], zeroPoint: [0] } }),
      ['bad-quantization'],
    ],
    [
      'a broken zero point',
      withType(integer, 'out', { quant: { scale: [1], zeroPoint: [0.5] } }),
      ['bad-quantization'],
    ],
    [
      'a zero point beyond the type',
      withType(integer, 'out', { quant: { scale: [1], zeroPoint: [8] } }),
      ['bad-quantization'],
    ],
    ['no zero point', withType(integer, 'out', { quant: { scale: [1], zeroPoint: [] } }), ['bad-quantization']],
    [
      'weights along axis 3',
      withType(integer, 'conv1.weight', { quant: { scale: [1], zeroPoint: [0], axis: 3 } }),
      ['bad-quantization'],
    ],
    [
      'one zero point for an axis',
      withType(integer, 'conv1.weight', { quant: { scale: [1, 1, 1, 1], zeroPoint: [0], axis: 0 } }),
      ['bad-quantization'],
    ],
    ['a clamp beyond the type', withOp(integer, 'conv1', { clamp: { lo: -1 } }), ['bad-clamp']],
    ['a clamp between integers', withOp(integer, 'conv1', { clamp: { hi: 1.5 } }), ['bad-clamp']],
    ['an infinite clamp', withOp(floating, 'conv1', { clamp: { hi: 1 / 0 } }), ['bad-clamp']],
    ['a NaN clamp', withOp(floating, 'conv1', { clamp: { lo: Number.NaN } }), ['bad-clamp']],
    ['a fraction as stride', withOp(floating, 'conv1', { strideH: 1.5 }), ['bad-attribute']],
    ['zero groups', withOp(floating, 'conv1', { groups: 0 }), ['bad-attribute']],
    ['a negative padding', withOp(floating, 'conv1', { padTop: -1 }), ['bad-attribute']],
    ['a huge kernel', withOp(floating, 'conv1', { kernelH: 2 ** 40 }), ['bad-attribute']],
    [
      'a flatten that changes the scale',
      single({ kind: 'flatten' }, map(1, 0), quantised(u8, 2, 0, 32)),
      ['quantization-differs'],
    ],
    [
      'an average that changes the zero point',
      single({ kind: 'global-average-pool' }, map(1, 0), quantised(u8, 1, 1, 1, 1, 2)),
      ['quantization-differs'],
    ],
    [
      'a relu that changes the type',
      single({ kind: 'relu' }, map(1, 0), map(1, 0, int(8, true))),
      ['quantization-differs'],
    ],
    ['a clip that changes the scale', single({ kind: 'clip', lo: 0 }, map(1, 0), map(2, 0)), ['quantization-differs']],
    ['a sigmoid of 11 bits', single({ kind: 'sigmoid' }, map(1, 0, int(11, true)), map(1 / 256, 0)), ['bad-element']],
    ['a tanh of 10 bits', single({ kind: 'tanh' }, map(1, 0, int(10, true)), map(1 / 256, 0)), []],
    ['requantise in float', single({ kind: 'requantise' }, float(4, 4, 2), float(4, 4, 2)), ['wrong-graph-kind']],
    [
      'an input straight out',
      { ...floating, outputs: [...floating.outputs, { tensor: 'image', layout: 'nhwc', classOffset: 0 }] },
      [],
    ],
    ['a short constant', withData(integer, 'conv1.bias', new Int32Array(3)), ['bad-constant-data']],
    ['a constant of another class', withData(integer, 'conv1.bias', new Float32Array(4)), ['bad-constant-data']],
    ['a NaN constant', withData(floating, 'conv1.bias', Float32Array.of(0, 0, Number.NaN, 0)), ['not-finite']],
  ])('%s', (_name, graph, wanted) => {
    expect(aliases(graph)).toEqual(wanted);
  });

  it('refuses more multiplications than can be meant', () => {
    const b = makeBuilder('huge');
    b.input('x', float(2 ** 15, 2 ** 15, 1));
    b.constant('w', { type: float(1, 2 ** 14, 1, 1), data: new Float32Array(2 ** 14) });
    b.node('y', convOp({ kernelH: 2 ** 14 }), ['x', 'w']);
    expect(aliases(b.build(['y']))).toEqual(['too-large']);
  });

  it('refuses more axes than are descended', () => {
    const b = makeBuilder('deep');
    b.input('x', float(...Array.from({ length: 33 }, () => 1)));
    b.node('y', { kind: 'relu' }, ['x']);
    expect(aliases(b.build(['y']))).toEqual(['too-large', 'too-large']);
  });

  it('refuses batch-norm in integers', () => {
    const b = makeBuilder('bn');
    const type = map(1, 0);
    const parameter = { type: quantised(u8, 1, 0, 2), data: new Uint8Array(2) };
    b.input('x', type);
    for (const name of ['a', 'b', 'c', 'd']) b.constant(name, parameter);
    b.node('y', { kind: 'batch-norm', epsilon: 0 }, ['x', 'a', 'b', 'c', 'd'], type);
    expect(aliases(b.build(['y']))).toEqual(['wrong-graph-kind']);
  });

  it('says one thing about a wrong attribute, not what follows from it', () => {
    expect(aliases(withOp(integer, 'conv1', { strideH: 0 }))).toEqual(['bad-attribute']);
  });

  it('accepts a padded pool', () => {
    const op = {
      kind: 'max-pool',
      ...window({ kernelH: 3, kernelW: 3, padTop: 2, padLeft: 2, padBottom: 2, padRight: 2 }),
    } as const;
    expect(aliases(single(op, map(1, 0), quantised(u8, 1, 0, 6, 6, 2)))).toEqual([]);
  });
});

it('pruneTensors drops what nothing refers to', () => {
  const graph = floatGraph();
  const shorter = {
    ...graph,
    nodes: graph.nodes.slice(0, 1),
    outputs: [{ tensor: 'conv1', layout: 'nhwc', classOffset: 0 } as const],
  };
  expect(aliases(shorter)).toContain('unused-tensor');
  const pruned = pruneTensors(shorter);
  expect(aliases(pruned)).toEqual([]);
  expect([...pruned.constants.keys()]).toEqual(['conv1.weight', 'conv1.bias']);
});
