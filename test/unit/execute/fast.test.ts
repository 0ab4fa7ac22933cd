import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { randomFrames } from '../../../src/execute/frame-source.js';
import { type KernelChoice, prepareInteger } from '../../../src/execute/integer/execute-integer.js';
import { arithmeticOf } from '../../../src/execute/run-model.js';
import { loadModelFile } from '../../../src/frontend/json/files.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { int, type TensorType } from '../../../src/ir/tensor-type.js';
import { makeGraph, makeRandom, quantised, randomTensor, UNIT_WINDOW } from './make-graph.js';
import { type RandomLayer, randomConvLayer, randomDenseLayer, randomJoin, randomMaxPool } from './random-layer.js';

const ROOT = join(import.meta.dirname, '../../..');
const SEED = Number(process.env['HEDDLE_SEED'] ?? 20261124);

function outputOf(graph: Graph, x: Tensor, kernels: KernelChoice): { readonly y: Tensor; readonly reason?: string } {
  const executor = prepareInteger(graph, { kernels });
  const [y] = executor.run(new Map([[graph.inputs[0]?.tensor ?? '', x]])).values();
  const [plain] = executor.plainNodes;
  return { y: y as Tensor, ...(plain === undefined ? {} : { reason: plain.reason }) };
}

/** Compares both kinds of kernels; counts the layers that are not for the fast ones, by reason. */
function compareAll(layers: number, make: (seed: number) => RandomLayer): ReadonlyMap<string, number> {
  const reasons = new Map<string, number>();
  for (let i = 0; i < layers; i++) {
    const { graph, x, text } = make(SEED + i);
    const fast = outputOf(graph, x, 'fast');
    expect(fast.y, `HEDDLE_SEED=${SEED + i}: ${text}`).toEqual(outputOf(graph, x, 'plain').y);
    const kind = fast.reason?.replace(/\d+/g, 'N') ?? 'fast';
    reasons.set(kind, (reasons.get(kind) ?? 0) + 1);
  }
  return reasons;
}

/** One layer of given extents, over the whole range of 8-bit numbers. */
function layerOf(shape: {
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly y: readonly number[];
  readonly conv?: { readonly groups: number; readonly strideH?: number; readonly padTop?: number };
}): { readonly graph: Graph; readonly x: Tensor } {
  const random = makeRandom(SEED);
  const xType = quantised(shape.x, 8, true, 0.02, -7);
  const element = int(8, true);
  const weights = randomTensor(random, { shape: shape.w, element, quant: { scale: [0.004], zeroPoint: [0] } });
  const [, kernelH = 1, kernelW = 1] = shape.w;
  const op =
    shape.conv === undefined
      ? ({ kind: 'dense' } as const)
      : ({ kind: 'conv', ...UNIT_WINDOW, kernelH, kernelW, ...shape.conv } as const);
  const graph = makeGraph({
    nodes: [{ name: 'n', op, inputs: ['x', 'w'], outputs: ['y'] }],
    types: { x: xType, y: quantised(shape.y, 8, false, 0.4, 90) },
    constants: { w: weights },
  });
  return { graph, x: randomTensor(random, xType) };
}

describe(`fast kernels give what the plain ones give (HEDDLE_SEED=${SEED})`, () => {
  it('on random convolutions', () => {
    const reasons = compareAll(400, randomConvLayer);
    expect(reasons.get('fast')).toBeGreaterThan(200);
    expect([...reasons.keys()].sort()).toEqual([
      'fast',
      'its input has N bits, and the fast kernels take up to N',
      'its output has N bits, and the fast kernels make up to N',
    ]);
  });

  it('on random dense layers', () => {
    expect(compareAll(100, randomDenseLayer).get('fast')).toBeGreaterThan(50);
  });

  it('on random max-pools', () => {
    expect(compareAll(150, randomMaxPool).get('fast')).toBeGreaterThan(75);
  });

  it('on random sums, concatenations and requantisations', () => {
    const reasons = compareAll(300, randomJoin);
    expect(reasons.get('fast')).toBeGreaterThan(120);
    expect([...reasons.keys()].sort()).toEqual([
      'fast',
      'its input has N bits, and the fast kernels take up to N',
      'its inputs differ in shape, and the fast kernel does not broadcast',
      'its output has N bits, and the fast kernels make up to N',
      'its sums may leave N bits',
    ]);
  });

  it.each([
    ['weights of several turns', { x: [3000], w: [121, 3000], y: [121] }],
    ['tiles of the input', { x: [40, 41, 64], w: [16, 1, 1, 64], y: [40, 41, 16], conv: { groups: 1 } }],
    ['tiles of a depthwise input', { x: [32, 33, 40], w: [40, 3, 3, 1], y: [30, 31, 40], conv: { groups: 40 } }],
    ['turns and tiles', { x: [30, 30, 300], w: [72, 3, 3, 300], y: [28, 28, 72], conv: { groups: 1 } }],
    ['a kernel over the whole picture', { x: [5, 5, 16], w: [120, 5, 5, 16], y: [1, 1, 120], conv: { groups: 1 } }],
  ])('with %s', (_, shape) => {
    const { graph, x } = layerOf(shape);
    const fast = outputOf(graph, x, 'fast');
    expect(fast.reason).toBeUndefined();
    expect(fast.y).toEqual(outputOf(graph, x, 'plain').y);
  });

  it('on sums of more elements than the kernel takes at a time', () => {
    const random = makeRandom(SEED);
    const [x, other] = [quantised([23, 19, 11], 8, true, 0.02, -7), quantised([23, 19, 11], 8, false, 0.03, 100)];
    const graph = makeGraph({
      nodes: [{ name: 'n', op: { kind: 'add' }, inputs: ['x', 'c'], outputs: ['y'] }],
      types: { x, y: quantised(x.shape, 8, true, 0.04, 3) },
      constants: { c: randomTensor(random, other) },
    });
    const value = randomTensor(random, x);
    expect(outputOf(graph, value, 'fast')).toEqual({ y: outputOf(graph, value, 'plain').y });
  });

  it('with several networks in one memory, which grows between their frames', () => {
    const shapes = [8, 64, 20, 150].map((extent) => ({
      x: [extent, extent, 8],
      w: [12, 3, 3, 8],
      y: [extent - 2, extent - 2, 12],
      conv: { groups: 1 },
    }));
    const runs = shapes.map(layerOf).map(({ graph, x }) => {
      const inputs = new Map([['x', x]]);
      const fast = prepareInteger(graph);
      return {
        fast: () => fast.run(inputs).get('y'),
        plain: prepareInteger(graph, { kernels: 'plain' }).run(inputs).get('y'),
      };
    });
    const firstResults = runs.map(({ fast }) => fast());
    for (const { fast, plain } of [...runs, ...runs.toReversed()]) expect(fast()).toEqual(plain);
    expect(firstResults).toEqual(runs.map(({ plain }) => plain));
  });

  const shipped = readdirSync(join(ROOT, 'models'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(ROOT, 'models', name))
    .map((path) => [path, loadModelFile(path)] as const)
    .filter(([, graph]) => arithmeticOf(graph) === 'integer');

  it('on every tensor of the shipped models', () => {
    expect(shipped.length).toBeGreaterThan(0);
    for (const [path, graph] of shipped) {
      const sources = graph.inputs.map((input) => [input.tensor, randomFrames(graph, input, 3, SEED)] as const);
      const fast = prepareInteger(graph, { kernels: 'fast' });
      const plain = prepareInteger(graph, { kernels: 'plain' });
      expect({ path, plainNodes: fast.plainNodes }).toEqual({ path, plainNodes: [] });
      for (let frame = 0; frame < 3; frame++) {
        const inputs = new Map(sources.map(([name, source]) => [name, source.frame(frame)]));
        expect(fast.run(inputs, { keep: 'all' }), path).toEqual(plain.run(inputs, { keep: 'all' }));
      }
    }
  });
});

describe('extremes', () => {
  /** 1 x 1 convolution of equal weights on equal inputs: its sum is the largest or smallest that there is. */
  function extreme(
    length: number,
    weight: number,
    value: number,
    settings: { readonly requantBits: number; readonly scale: number } = { requantBits: 18, scale: 2 ** 25 },
  ): { readonly graph: Graph; readonly x: Tensor } {
    const xType = quantised([1, 1, length], 8, false, 1, 0);
    const wType: TensorType = {
      shape: [1, 1, 1, length],
      element: int(8, true),
      quant: { scale: [1], zeroPoint: [0] },
    };
    const graph = makeGraph({
      nodes: [{ name: 'n', op: { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, inputs: ['x', 'w'], outputs: ['y'] }],
      types: { x: xType, y: quantised([1, 1, 1], 8, true, settings.scale, 0) },
      constants: { w: { type: wType, data: new Int8Array(length).fill(weight) } },
      requantBits: settings.requantBits,
    });
    return { graph, x: { type: xType, data: new Uint8Array(length).fill(value) } };
  }

  it.each([
    [65_793, -128, -64],
    [66_311, 127, 64],
  ])('the largest sums of 32 bits are fast: %d inputs, weights of %d', (length, weight, expected) => {
    const { graph, x } = extreme(length, weight, 255);
    const fast = outputOf(graph, x, 'fast');
    expect(fast).toEqual({ y: expect.objectContaining({ data: Int8Array.of(expected) }) });
    expect(outputOf(graph, x, 'plain').y).toEqual(fast.y);
  });

  it('one more is not, and says so', () => {
    const { graph, x } = extreme(66_400, 127, 255);
    expect(outputOf(graph, x, 'fast')).toEqual({
      y: outputOf(graph, x, 'plain').y,
      reason: 'its sums may leave 32 bits',
    });
  });

  it('products that doubles may round are not fast, and say so', () => {
    const { graph, x } = extreme(40_000, 127, 255, { requantBits: 31, scale: 2 ** 12 });
    expect(outputOf(graph, x, 'fast')).toEqual({
      y: outputOf(graph, x, 'plain').y,
      reason: 'its sums times their multipliers may leave 53 bits',
    });
  });

  it('layers that are larger than the memory say so before anything is made for them', () => {
    const x = quantised([2 ** 14, 2 ** 14, 1], 8, true, 1, 0);
    const weights = { type: quantised([1, 1, 1, 1], 8, true, 1, 0), data: Int8Array.of(1) };
    const graph = makeGraph({
      nodes: [{ name: 'n', op: { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, inputs: ['x', 'w'], outputs: ['y'] }],
      types: { x, y: x },
      constants: { w: weights },
    });
    expect(prepareInteger(graph).plainNodes).toEqual([
      { node: 'n', reason: 'it needs 2048 MiB in the fast kernels, which may have 1024' },
    ]);
  });

  it('ties go to the even integer, either side of 0', () => {
    const xType = quantised([4], 8, true, 1, 0);
    const identity = Int8Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));
    const wType: TensorType = { shape: [4, 4], element: int(8, true), quant: { scale: [0.5], zeroPoint: [0] } };
    const graph = makeGraph({
      nodes: [{ name: 'n', op: { kind: 'dense' }, inputs: ['x', 'w'], outputs: ['y'] }],
      types: { x: xType, y: quantised([4], 8, true, 1, 3) },
      constants: { w: { type: wType, data: identity } },
    });
    const { y } = outputOf(graph, { type: xType, data: Int8Array.from([1, 3, -1, -3]) }, 'fast');
    expect([...y.data]).toEqual([3, 5, 3, 1]);
  });
});

it('the binary is what the source gives', () => {
  const script = join(ROOT, 'scripts/assemble-kernels.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
