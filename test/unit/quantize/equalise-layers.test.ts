import { describe, expect, test } from 'vitest';
import { executeFloat, prepareFloat } from '../../../src/execute/float/execute-float.js';
import { type GraphBuilder, makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { verifyGraph } from '../../../src/ir/verify.js';
import { linkChannels } from '../../../src/quantize/channel-links.js';
import { equaliseLayers } from '../../../src/quantize/equalise-layers.js';
import { resolveOptions } from '../../../src/quantize/options.js';
import { quantizeGraph } from '../../../src/quantize/quantize-graph.js';
import { float, makeRandom, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';

const SEED = 77;
const RELU = { lo: 0 };
const RELU6 = { lo: 0, hi: 6 };
const K3 = { ...UNIT_WINDOW, kernelH: 3, kernelW: 3, padTop: 1, padLeft: 1, padBottom: 1, padRight: 1 };
const K2 = { ...UNIT_WINDOW, kernelH: 2, kernelW: 2, strideH: 2, strideW: 2 };

/** How strong a channel is made. */
const strength = (channel: number): number => 40 ** -((channel % 4) / 3);

/**
 * Random weights that make channels of very different strength, as normalisations that are folded do. A layer that
 * reads eight channels undoes this in its inputs; a depthwise one hands it on.
 */
function uneven(random: () => number, shape: readonly number[]): Tensor {
  const { type, data } = randomTensor(random, float(shape));
  const filterLength = data.length / (shape[0] ?? 1);
  const after = (i: number): number => (shape[3] === 1 ? 1 : strength(Math.floor(i / filterLength)));
  const before = (i: number): number => (shape[3] === 8 ? strength(i % 8) : 1);
  return { type, data: (data as Float32Array).map((w, i) => (w * after(i)) / before(i)) };
}

interface Maker {
  readonly b: GraphBuilder;
  readonly conv: (name: string, x: string, shape: readonly number[], groups: number, clamp?: object) => void;
}

function maker(random: () => number, input: readonly number[]): Maker {
  const b = makeBuilder('uneven');
  b.input('x', float(input));
  const conv: Maker['conv'] = (name, x, shape, groups, clamp) => {
    b.constant(`${name}.w`, uneven(random, shape));
    b.constant(`${name}.b`, uneven(random, [shape[0] ?? 1]));
    const window = shape[1] === 3 ? K3 : UNIT_WINDOW;
    b.node(name, { kind: 'conv', ...window, groups, ...(clamp === undefined ? {} : { clamp }) }, [
      ...[x, `${name}.w`, `${name}.b`],
    ]);
  };
  return { b, conv };
}

/** Pointwise, depthwise, pointwise, each with ReLU6, and a last layer. */
function mobile(random: () => number): Graph {
  const { b, conv } = maker(random, [6, 6, 3]);
  conv('c1', 'x', [8, 1, 1, 3], 1, RELU6);
  conv('dw', 'c1', [8, 3, 3, 1], 8, RELU6);
  conv('c2', 'dw', [8, 1, 1, 8], 1, RELU6);
  conv('c3', 'c2', [5, 1, 1, 8], 1);
  return b.build(['c3']);
}

/** A residual block, a split whose halves swap places, pools, a flatten and a dense layer. */
function branching(random: () => number): Graph {
  const { b, conv } = maker(random, [6, 6, 3]);
  conv('c1', 'x', [8, 3, 3, 3], 1, RELU);
  conv('c2', 'c1', [8, 3, 3, 2], 4);
  b.node('sum', { kind: 'add', clamp: RELU }, ['c1', 'c2']);
  b.node('leaky', { kind: 'leaky-relu', slope: 0.1 }, ['sum']);
  b.node('low', { kind: 'slice', begin: [0, 0, 0], size: [6, 6, 4], step: [1, 1, 1] }, ['leaky']);
  b.node('high', { kind: 'slice', begin: [0, 0, 4], size: [6, 6, 4], step: [1, 1, 1] }, ['leaky']);
  conv('c3', 'high', [4, 1, 1, 4], 1, RELU);
  b.node('joined', { kind: 'concat', axis: 2 }, ['c3', 'low']);
  b.node('pool', { kind: 'max-pool', ...K2 }, ['joined']);
  b.node('flat', { kind: 'flatten' }, ['pool']);
  b.constant('fc.w', uneven(random, [5, 72]));
  b.node('fc', { kind: 'dense' }, ['flat', 'fc.w']);
  return b.build(['fc']);
}

function framesOf(random: () => number, count: number): readonly ReadonlyMap<string, Tensor>[] {
  return Array.from({ length: count }, () => new Map([['x', randomTensor(random, float([6, 6, 3]))]]));
}

function equalised(graph: Graph, frames: readonly ReadonlyMap<string, Tensor>[]): Graph {
  return equaliseLayers(graph, prepareFloat(graph), frames, resolveOptions({}));
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

describe('equaliseLayers', () => {
  test.each([
    ['mobile', mobile],
    ['branching', branching],
  ] as const)(`%s: the same function on what calibration has seen, in other numbers; seed ${SEED}`, (_, make) => {
    const random = makeRandom(SEED);
    const graph = make(random);
    const frames = framesOf(random, 8);
    const found = equalised(graph, frames);
    verifyGraph(found, 'equalise');
    expect([...found.constants.keys()].filter((name) => name.endsWith('.equalised')).length).toBeGreaterThan(0);
    const output = graph.outputs[0]?.tensor ?? '';
    for (const frame of frames) {
      const wanted = executeFloat(graph, frame, { keep: 'all' });
      const values = executeFloat(found, frame, { keep: 'all' });
      const [a, b] = [wanted, values].map((tensors) => tensors.get(output)?.data as Float32Array);
      expect(largest((a as Float32Array).map((value, i) => value - (b?.[i] ?? 0)))).toBeLessThan(
        1e-5 * largest(a as Float32Array),
      );
    }
  });

  test('no tensor gets a larger range', () => {
    const random = makeRandom(SEED);
    const graph = branching(random);
    const frames = framesOf(random, 8);
    const found = equalised(graph, frames);
    const ranges = (g: Graph): ReadonlyMap<string, number> => {
      const most = new Map<string, number>();
      for (const frame of frames)
        for (const [name, { data }] of executeFloat(g, frame, { keep: 'all' }))
          most.set(name, Math.max(most.get(name) ?? 0, largest(data as Float32Array)));
      return most;
    };
    const before = ranges(graph);
    for (const [name, most] of ranges(found)) expect(most, name).toBeLessThanOrEqual((before.get(name) ?? 0) * 1.00001);
  });

  test.each([
    ['mobile', mobile, 2],
    ['branching', branching, 2],
  ] as const)(`%s: the integers follow the float network more closely, seed ${SEED}`, (_, make, gainDb) => {
    const random = makeRandom(SEED);
    const graph = make(random);
    const frames = framesOf(random, 12);
    const snr = (equalisation: boolean): number =>
      quantizeGraph(graph, frames, { equalisation }).report.outputs[0]?.snrDb ?? 0;
    expect(snr(true)).toBeGreaterThan(snr(false) + gainDb);
  });

  test('channels of equal strength stay as they are', () => {
    const { b, conv } = maker(() => 0.9, [6, 6, 3]);
    conv('c1', 'x', [1, 1, 1, 3], 1, RELU);
    conv('c2', 'c1', [1, 1, 1, 1], 1);
    const graph = b.build(['c2']);
    expect(equalised(graph, framesOf(makeRandom(SEED), 2))).toBe(graph);
  });
});

describe('linkChannels', () => {
  const graph = branching(makeRandom(SEED));
  const links = linkChannels(graph);

  test('a sum and what it adds share their channels; the halves of a concat keep theirs', () => {
    expect(links.setsOf('c2')).toEqual(links.setsOf('c1'));
    const [sum, joined, own] = ['sum', 'joined', 'c3'].map((name) => [...links.setsOf(name)]);
    expect(joined).toEqual([...(own ?? []), ...(sum ?? []).slice(0, 4)]);
    expect(links.setsOf('flat')).toHaveLength(72);
    expect([...links.setsOf('flat')].slice(8, 16)).toEqual(joined);
  });

  test('inputs and outputs stay, and what touches something that does not commute', () => {
    const isFixed = (name: string): boolean => links.setsOf(name).every(links.isFixed);
    expect(['x', 'fc', 'c1', 'joined'].map(isFixed)).toEqual([true, true, false, false]);
    const { b, conv } = maker(makeRandom(SEED), [6, 6, 3]);
    conv('c1', 'x', [4, 1, 1, 3], 1, RELU);
    b.node('gate', { kind: 'sigmoid' }, ['c1']);
    conv('c2', 'gate', [4, 1, 1, 4], 1, { lo: -1, hi: 1 });
    b.node('padded', { kind: 'pad', before: [1, 1, 0], after: [0, 0, 0], mode: 'constant', value: 2 }, ['c2']);
    conv('c3', 'padded', [4, 1, 1, 4], 1, RELU);
    conv('c4', 'c3', [4, 1, 1, 4], 1);
    const other = linkChannels(b.build(['c4']));
    const fixed = ['c1', 'gate', 'c2', 'padded', 'c3'].map((name) => other.setsOf(name).every(other.isFixed));
    expect(fixed).toEqual([true, true, true, true, false]);
  });
});
