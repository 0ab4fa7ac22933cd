import { describe, expect, it } from 'vitest';
import { prepareImported } from '../../../src/execute/imported.js';
import { type GraphBuilder, makeBuilder } from '../../../src/ir/builder.js';
import type { Graph, GraphNode } from '../../../src/ir/graph.js';
import type { Op } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { elementCount, F32, int, type TensorType } from '../../../src/ir/tensor-type.js';
import { verifyGraph } from '../../../src/ir/verify.js';
import { toChannelsLast } from '../../../src/passes/to-channels-last.js';
import { defined } from '../../../src/support/invariant.js';
import { makeRandom } from '../../../src/support/random.js';

const SEED = Number(process.env['HEDDLE_SEED'] ?? 20261124);
const GRAPHS = 150;

type Random = () => number;
const below = (random: Random, n: number): number => Math.floor(random() * n);

function constant(b: GraphBuilder, random: Random, name: string, shape: readonly number[]): string {
  const data = Float32Array.from({ length: elementCount(shape) }, () => random() - 0.5);
  return b.constant(name, { type: { shape, element: F32 }, data });
}

/** An operator on [H][W][C] inside a graph of [C][H][W], as importers of such files write it. */
function onMap(b: GraphBuilder, name: string, op: Op, x: string, ...more: readonly string[]): string {
  const nhwc = b.node(`${name}.in`, { kind: 'transpose', perm: [1, 2, 0] }, [x]);
  const made = b.node(`${name}.nhwc`, op, [nhwc, ...more]);
  return b.node(name, { kind: 'transpose', perm: [2, 0, 1] }, [made]);
}

const WINDOW = { kernelH: 3, kernelW: 1, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1 };
const PADS = { padTop: 1, padLeft: 0, padBottom: 1, padRight: 0 };

interface Step {
  readonly b: GraphBuilder;
  readonly random: Random;
  readonly name: string;
  readonly x: string;
  /** [C][H][W] */
  readonly shape: readonly [number, number, number];
}

type Made = { readonly x: string; readonly shape: readonly [number, number, number] };

const STEPS: readonly ((step: Step) => Made)[] = [
  ({ b, random, name, x, shape: [c, h, w] }) => {
    const out = 2 * (1 + below(random, 3));
    const weight = constant(b, random, `${name}.w`, [out, 3, 1, c]);
    const op: Op = { kind: 'conv', ...WINDOW, ...PADS, groups: 1 };
    return { x: onMap(b, name, op, x, weight), shape: [out, h, w] };
  },
  ({ b, name, x, shape }) => ({ x: b.node(name, { kind: 'relu' }, [x]), shape }),
  ({ b, name, x, shape }) => ({ x: onMap(b, name, { kind: 'max-pool', ...WINDOW, ...PADS }, x), shape }),
  ({ b, random, name, x, shape }) => {
    const factor = constant(
      b,
      random,
      `${name}.k`,
      [[1], [shape[0], 1, 1], [shape[2]], [shape[1], 1]][below(random, 4)] ?? [1],
    );
    return { x: b.node(name, { kind: random() < 0.5 ? 'add' : 'mul' }, [x, factor]), shape };
  },
  ({ b, name, x, shape }) => {
    const other = onMap(b, `${name}.pool`, { kind: 'max-pool', ...WINDOW, ...PADS }, x);
    return { x: b.node(name, { kind: 'add' }, [x, other]), shape };
  },
  ({ b, name, x, shape: [c, h, w] }) => {
    const gate = onMap(b, `${name}.gate`, { kind: 'global-average-pool' }, x);
    return {
      x: b.node(name, { kind: 'mul' }, [x, b.node(`${name}.s`, { kind: 'sigmoid' }, [gate])]),
      shape: [c, h, w],
    };
  },
  ({ b, random, name, x, shape: [c, h, w] }) => {
    const axis = below(random, 3);
    const shape = [c, h, w].map((extent, i) => (i === axis ? 2 * extent : extent)) as [number, number, number];
    const other = b.node(`${name}.tanh`, { kind: 'tanh' }, [x]);
    return { x: b.node(name, { kind: 'concat', axis }, [x, other]), shape };
  },
  ({ b, name, x, shape: [c, h, w] }) => {
    const op: Op = { kind: 'slice', begin: [c > 1 ? 1 : 0, 0, 0], size: [c > 1 ? c - 1 : c, h, w], step: [1, 1, 1] };
    return { x: b.node(name, op, [x]), shape: [c > 1 ? c - 1 : c, h, w] };
  },
  ({ b, name, x, shape: [c, h, w] }) => {
    const op: Op = { kind: 'pad', before: [1, 0, 1], after: [0, 1, 0], mode: 'constant', value: 0.25 };
    return { x: b.node(name, op, [x]), shape: [c + 1, h + 1, w + 1] };
  },
  // A channel shuffle, as ShuffleNet is exported.
  ({ b, name, x, shape: [c, h, w] }) => {
    if (c % 2 !== 0) return { x, shape: [c, h, w] };
    const apart = b.node(`${name}.a`, { kind: 'reshape', shape: [2, c / 2, h, w] }, [x]);
    const turned = b.node(`${name}.t`, { kind: 'transpose', perm: [1, 0, 2, 3] }, [apart]);
    return { x: b.node(name, { kind: 'reshape', shape: [c, h, w] }, [turned]), shape: [c, h, w] };
  },
  ({ b, random, name, x, shape }) => {
    const slopes = constant(b, random, `${name}.slopes`, [shape[0], 1, 1]);
    return { x: b.node(name, { kind: 'prelu' }, [x, slopes]), shape };
  },
  ({ b, name, x, shape: [c, h, w] }) => {
    return { x: b.node(name, { kind: 'transpose', perm: [0, 2, 1] }, [x]), shape: [c, w, h] };
  },
];

/** The end of a classifier, or the map itself. */
function finish(b: GraphBuilder, random: Random, { x, shape: [c, h, w] }: Made): readonly string[] {
  const way = below(random, 4);
  if (way === 0) return [x];
  if (way === 1) return [b.node('mean', { kind: 'reduce-mean', axes: [1, 2], keepDims: random() < 0.5 }, [x])];
  const flat = b.node('flat', way === 2 ? { kind: 'flatten' } : { kind: 'reshape', shape: [c * h * w] }, [x]);
  return [
    b.node('scores', { kind: 'dense' }, [flat, constant(b, random, 'fc', [3, c * h * w])]),
    ...(way === 3 ? [x] : []),
  ];
}

function randomGraph(seed: number): Graph {
  const random = makeRandom(seed);
  const b = makeBuilder(`random${seed}`);
  const shape = [1 + below(random, 4), 1 + below(random, 4), 1 + below(random, 4)] as const;
  let made: Made = { x: b.input('image', { shape, element: F32 }), shape };
  const count = 1 + below(random, 6);
  for (let i = 0; i < count; i++) {
    const step = defined(STEPS[below(random, STEPS.length)], 'a step');
    made = step({ b, random, name: `n${i}`, ...made });
  }
  return b.build(finish(b, random, made));
}

function randomInput(graph: Graph, seed: number): Float32Array {
  const random = makeRandom(seed + 1);
  const { shape } = defined(graph.types.get(graph.inputs[0]?.tensor ?? ''), 'the input');
  return Float32Array.from({ length: elementCount(shape) }, () => random() - 0.5);
}

const turned = (data: ArrayLike<number>, [c, h, w]: readonly number[]): Float32Array => {
  const [C = 1, H = 1, W = 1] = [c, h, w];
  return Float32Array.from({ length: C * H * W }, (_, i) => data[(i % C) * H * W + Math.floor(i / C)] as number);
};

/** The outputs in the order of the file's axes. */
function run(graph: Graph, image: Float32Array, fileShape: readonly number[]): readonly number[][] {
  const input = defined(graph.inputs[0], 'the input');
  const type = defined(graph.types.get(input.tensor), 'its type');
  const data = input.layout === 'nchw' ? turned(image, fileShape) : image;
  const results = prepareImported(graph).run(new Map<string, Tensor>([[input.tensor, { type, data }]]));
  return graph.outputs.map(({ tensor, layout }) => {
    const { type: made, data: values } = defined(results.get(tensor), `output '${tensor}'`);
    const [h = 1, w = 1, c = 1] = made.shape;
    const list = Array.from(values, Number);
    // [H][W][C] to [C][H][W]: the inverse of turned, which is turned for other extents.
    return layout === 'nchw' ? Array.from(turned(list, [h * w, c, 1])) : list;
  });
}

describe('to-channels-last', () => {
  it(`changes no result of ${GRAPHS} random graphs (HEDDLE_SEED=${SEED})`, () => {
    for (let i = 0; i < GRAPHS; i++) {
      const graph = randomGraph(SEED + i);
      verifyGraph(graph, 'import', 'imported');
      const after = toChannelsLast.run(graph);
      verifyGraph(after, 'to-channels-last', 'imported');
      const image = randomInput(graph, SEED + i);
      const fileShape = defined(graph.types.get('image'), 'the input').shape;
      const expected = run(graph, image, fileShape);
      const got = run(after, image, fileShape);
      expect(got.length, `seed ${SEED + i}`).toBe(expected.length);
      expected.forEach((values, k) => {
        expect(got[k]?.length).toBe(values.length);
        // Sums are in another order where a dense layer's columns are.
        for (const [j, value] of values.entries()) expect(got[k]?.[j], `seed ${SEED + i}`).toBeCloseTo(value, 4);
      });
      const names = (one: Graph): readonly string[] => one.outputs.map(({ tensor }) => tensor);
      expect(names(after), `seed ${SEED + i}`).toEqual(names(graph));
    }
  });

  it('leaves no transpose in a residual network with a gate, a shuffle aside', () => {
    const random = makeRandom(SEED);
    const b = makeBuilder('residual');
    const x = b.input('image', { shape: [3, 6, 5], element: F32 });
    const conv = (name: string, input: string, [from, to]: readonly [number, number]): string =>
      onMap(
        b,
        name,
        { kind: 'conv', ...WINDOW, ...PADS, groups: 1 },
        input,
        constant(b, random, `${name}.w`, [to, 3, 1, from]),
      );
    const first = b.node('relu1', { kind: 'relu' }, [conv('conv1', x, [3, 4])]);
    const second = conv('conv2', first, [4, 4]);
    const sum = b.node('sum', { kind: 'add' }, [second, first]);
    const gate = b.node('gate', { kind: 'sigmoid' }, [onMap(b, 'pool', { kind: 'global-average-pool' }, sum)]);
    const gated = b.node('gated', { kind: 'mul' }, [sum, gate]);
    const flat = b.node('flat', { kind: 'flatten' }, [gated]);
    const scores = b.node('scores', { kind: 'dense' }, [flat, constant(b, random, 'fc', [2, 120])]);
    const graph = b.build([scores, gated]);
    const after = toChannelsLast.run(graph);
    verifyGraph(after, 'to-channels-last');
    expect(after.nodes.map(({ name, op, outputs }) => `${op.kind} ${name} -> ${outputs.join()}`)).toEqual([
      'conv conv1 -> conv1',
      'relu relu1 -> relu1',
      'conv conv2 -> conv2',
      'add sum -> sum',
      'global-average-pool pool -> pool',
      'sigmoid gate -> gate',
      'mul gated -> gated',
      'flatten gated.flatten -> gated.flatten',
      'dense scores -> scores',
    ]);
    expect(after.inputs).toEqual([{ tensor: 'image', layout: 'nchw' }]);
    expect(after.types.get('image')?.shape).toEqual([6, 5, 3]);
    expect(after.outputs.map(({ tensor, layout }) => [tensor, layout])).toEqual([
      ['scores', 'nhwc'],
      ['gated', 'nchw'],
    ]);
  });

  it('shuffles channels by one transpose within a pixel, however many read them', () => {
    const random = makeRandom(SEED);
    const b = makeBuilder('shuffle');
    const x = b.input('image', { shape: [6, 3, 2], element: F32 });
    const pool = onMap(b, 'pool', { kind: 'max-pool', ...WINDOW, ...PADS }, x);
    const split = b.node('split', { kind: 'reshape', shape: [2, 3, 3, 2] }, [pool]);
    const turned = b.node('turned', { kind: 'transpose', perm: [1, 0, 2, 3] }, [split]);
    const shuffled = b.node('shuffled', { kind: 'reshape', shape: [6, 3, 2] }, [turned]);
    const half = { begin: [0, 0, 0], size: [3, 3, 2], step: [1, 1, 1] };
    const low = b.node('low', { kind: 'slice', ...half }, [shuffled]);
    const high = b.node('high', { kind: 'slice', ...half, begin: [3, 0, 0] }, [shuffled]);
    const conv: Op = { kind: 'conv', ...WINDOW, ...PADS, groups: 1 };
    const worked = onMap(b, 'conv', conv, high, constant(b, random, 'conv.w', [3, 3, 1, 3]));
    const joined = b.node('joined', { kind: 'concat', axis: 0 }, [worked, low]);
    const whole = onMap(b, 'whole', conv, shuffled, constant(b, random, 'whole.w', [6, 3, 1, 6]));
    const graph = b.build([b.node('sum', { kind: 'add' }, [joined, whole])]);
    const after = toChannelsLast.run(graph);
    verifyGraph(after, 'to-channels-last');
    expect(after.nodes.map(({ op }) => op.kind)).toEqual([
      ...['max-pool', 'reshape', 'transpose', 'reshape', 'slice', 'slice', 'conv', 'concat', 'conv', 'add'],
    ]);
    expect(after.nodes.find(({ op }) => op.kind === 'transpose')?.op).toEqual({ kind: 'transpose', perm: [0, 2, 1] });
    const image = randomInput(graph, SEED);
    const [expected = []] = run(graph, image, [6, 3, 2]);
    const [got = []] = run(after, image, [6, 3, 2]);
    expect(got.length).toBe(expected.length);
    for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 4);
  });

  it('gives no node the name of another one', () => {
    const b = makeBuilder('names');
    const x = b.input('image', { shape: [2, 3, 2], element: F32 });
    // A node that is called as another one's output, as files may have it.
    const first: GraphNode = { name: 'pool.nhwc.back', op: { kind: 'relu' }, inputs: [x], outputs: ['positive'] };
    const nhwc = b.node('pool.in', { kind: 'transpose', perm: [1, 2, 0] }, [x]);
    const pool = b.node('pool.nhwc', { kind: 'max-pool', ...WINDOW, ...PADS }, [nhwc]);
    const back = b.node('pool.nhwc.back', { kind: 'transpose', perm: [2, 0, 1] }, [pool]);
    const graph = b.build([back]);
    const types = new Map([...graph.types, ['positive', { shape: [2, 3, 2], element: F32 }] as const]);
    const nodes = graph.nodes.map((node) => (node.name === back ? { ...node, name: 'turned' } : node));
    const both: Graph = {
      ...graph,
      types,
      nodes: [first, ...nodes],
      outputs: [...graph.outputs, { tensor: 'positive', layout: 'nhwc', classOffset: 0 }],
    };
    verifyGraph(both, 'import', 'imported');
    verifyGraph(toChannelsLast.run(both), 'to-channels-last');
  });

  it('permutes weights that are read through a dequantise', () => {
    const b = makeBuilder('quantised');
    const x = b.input('image', { shape: [2, 3, 2], element: F32 });
    const pool = onMap(b, 'pool', { kind: 'max-pool', ...WINDOW, ...PADS }, x);
    const flat = b.node('flat', { kind: 'flatten' }, [pool]);
    const type: TensorType = {
      shape: [2, 12],
      element: int(8, true),
      quant: { scale: [0.5, 0.25], zeroPoint: [0, 0], axis: 0 },
    };
    const weight = b.constant('w', { type, data: Int8Array.from({ length: 24 }, (_, i) => i) });
    const real = b.node('w.real', { kind: 'dequantise' }, [weight]);
    const graph = b.build([b.node('scores', { kind: 'dense' }, [flat, real])]);
    const after = toChannelsLast.run(graph);
    verifyGraph(after, 'to-channels-last', 'imported');
    expect(after.nodes.some(({ op }) => op.kind === 'transpose')).toBe(false);
    const image = randomInput(graph, SEED);
    const [expected = []] = run(graph, image, [2, 3, 2]);
    const [got = []] = run(after, image, [2, 3, 2]);
    for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 4);
  });
});
