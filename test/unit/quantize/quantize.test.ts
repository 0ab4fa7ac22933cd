import { describe, expect, test } from 'vitest';
import { pixelsToReal } from '../../../src/execute/frames.js';
import { executeInteger } from '../../../src/execute/integer/execute-integer.js';
import { requantParams } from '../../../src/execute/integer/requant-params.js';
import { exportModel } from '../../../src/frontend/json/export.js';
import { importModel } from '../../../src/frontend/json/import.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph, GraphInput, GraphNode } from '../../../src/ir/graph.js';
import type { ConvOp } from '../../../src/ir/op.js';
import { printGraph } from '../../../src/ir/print.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { AFTER_IMPORT, verifyGraph } from '../../../src/ir/verify.js';
import { activationType, pixelType } from '../../../src/quantize/activation-type.js';
import { leavingTensors } from '../../../src/quantize/choose-types.js';
import { makeObserver } from '../../../src/quantize/observer.js';
import { quantizeGraph } from '../../../src/quantize/quantize-graph.js';
import { quantizeBias, quantizeWeights } from '../../../src/quantize/quantize-weights.js';
import { float, makeRandom, randomInteger, UNIT_WINDOW } from '../execute/make-graph.js';

const SEED = 2024;
const PIXELS = { mean: [0], std: [255], bgr: false };

function normal(random: () => number, shape: readonly number[], deviation: number): Tensor {
  const count = shape.reduce((a, b) => a * b, 1);
  const draw = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return { type: float(shape), data: Float32Array.from({ length: count }, () => draw() * deviation) };
}

/** conv-bn-relu, max pool, depthwise conv, add, average pool, sigmoid gate left out, flatten, dense tanh, dense. */
function smallNetwork(random: () => number, deadChannel = false): Graph {
  const b = makeBuilder('small');
  b.input('x', float([12, 12, 2]), { preprocessing: PIXELS });
  const w1 = normal(random, [8, 3, 3, 2], 0.3);
  if (deadChannel) w1.data.fill(0 as never, 0, 18);
  const k3 = { ...UNIT_WINDOW, kernelH: 3, kernelW: 3, padTop: 1, padLeft: 1, padBottom: 1, padRight: 1 };
  const k2 = { ...UNIT_WINDOW, kernelH: 2, kernelW: 2, strideH: 2, strideW: 2 };
  b.constant('w1', w1);
  b.node('conv1', { kind: 'conv', ...k3, groups: 1 }, ['x', 'w1']);
  const ones = (value: number): Tensor => ({ type: float([8]), data: new Float32Array(8).fill(value) });
  b.constant('scale', ones(1.5));
  b.constant('offset', normal(random, [8], 0.2));
  b.constant('mean', normal(random, [8], 0.2));
  b.constant('variance', ones(0.8));
  b.node('bn1', { kind: 'batch-norm', epsilon: 1e-3 }, ['conv1', 'scale', 'offset', 'mean', 'variance']);
  b.node('relu1', { kind: 'relu' }, ['bn1']);
  b.node('pool1', { kind: 'max-pool', ...k2 }, ['relu1']);
  b.constant('w2', normal(random, [8, 3, 3, 1], 0.3));
  b.constant('b2', normal(random, [8], 0.1));
  b.node('depthwise', { kind: 'conv', ...k3, groups: 8 }, ['pool1', 'w2', 'b2']);
  b.node('sum', { kind: 'add' }, ['pool1', 'depthwise']);
  b.node('relu6', { kind: 'clip', lo: 0, hi: 6 }, ['sum']);
  b.node('pool2', { kind: 'average-pool', ...k2, countIncludePad: false }, ['relu6']);
  b.node('flat', { kind: 'flatten' }, ['pool2']);
  b.constant('w3', normal(random, [16, 72], 0.2));
  b.constant('b3', normal(random, [16], 0.1));
  b.node('dense1', { kind: 'dense' }, ['flat', 'w3', 'b3']);
  b.node('tanh1', { kind: 'tanh' }, ['dense1']);
  b.constant('w4', normal(random, [10, 16], 0.5));
  b.node('dense2', { kind: 'dense' }, ['tanh1', 'w4']);
  return b.build(['dense2']);
}

function pixelFrames(random: () => number, graph: Graph, count: number): readonly ReadonlyMap<string, Tensor>[] {
  const input = graph.inputs[0] as GraphInput;
  const type = graph.types.get('x') ?? float([]);
  return Array.from({ length: count }, () => {
    const pixels = Float64Array.from({ length: 288 }, () => randomInteger(random, 0, 255));
    return new Map([['x', { type, data: Float32Array.from(pixelsToReal(input, type, pixels)) }]]);
  });
}

describe('quantizeGraph', () => {
  const random = makeRandom(SEED);
  const graph = smallNetwork(random);
  const frames = pixelFrames(random, graph, 24);

  test.each(['min-max', 'percentile', 'mse'] as const)(`%s follows the float network, seed ${SEED}`, (rangeMethod) => {
    const { graph: integer, report } = quantizeGraph(graph, frames, { rangeMethod });
    verifyGraph(integer, AFTER_IMPORT);
    expect(report.frames).toBe(24);
    expect(report.layers.map((layer) => layer.tensor)).toEqual(integer.nodes.map((node) => node.outputs[0]));
    for (const layer of report.layers) expect(layer.snrDb, layer.node).toBeGreaterThan(28);
    expect(report.outputs[0]?.top1Agreement).toBeGreaterThanOrEqual(0.8);
  });

  test('types: pixels in, unsigned behind a relu, fixed tables, pools keep theirs', () => {
    const { graph: integer } = quantizeGraph(graph, frames);
    const type = (name: string) => integer.types.get(name);
    expect(type('x')).toMatchObject({
      element: { bits: 8, signed: false },
      quant: { scale: [1 / 255], zeroPoint: [0] },
    });
    expect(type('relu1')).toMatchObject({ element: { signed: false }, quant: { zeroPoint: [0] } });
    expect(type('pool1')?.quant).toEqual(type('relu1')?.quant);
    expect(type('flat')?.quant).toEqual(type('relu6')?.quant);
    expect(type('tanh1')).toMatchObject({ element: { signed: true }, quant: { scale: [1 / 128], zeroPoint: [0] } });
    expect(type('w1.folded.equalised')?.quant?.scale).toHaveLength(8);
    expect(type('depthwise')?.element).toMatchObject({ signed: true });
    expect(integer.nodes.map((node) => node.op.kind)).toEqual([
      ...['conv', 'max-pool', 'conv', 'add', 'average-pool', 'flatten', 'dense', 'tanh', 'dense'],
    ]);
  });

  test('saved and loaded again it is the same network', () => {
    const { graph: integer } = quantizeGraph(graph, frames);
    const { json, weights } = exportModel(integer);
    const loaded = importModel(json, 'small.json', () => weights ?? new Uint8Array());
    expect(printGraph(loaded)).toBe(printGraph(integer));
    const x: Tensor = {
      type: integer.types.get('x') ?? float([]),
      data: Uint8Array.from({ length: 288 }, (_, i) => i % 256),
    };
    const run = (g: Graph) => executeInteger(g, new Map([['x', x]]), { keep: 'all' });
    expect([...run(loaded)]).toEqual([...run(integer)]);
  });

  test('fewer weight bits cost signal', () => {
    const last = (bits: number) => quantizeGraph(graph, frames, { weightBits: bits }).report.layers.at(-1)?.snrDb ?? 0;
    const [eight, four] = [last(8), last(4)];
    expect(four).toBeGreaterThan(5);
    expect(four).toBeLessThan(eight - 10);
  });

  test('more activation bits gain signal', () => {
    const { report } = quantizeGraph(graph, frames, { activationBits: 10 });
    const { report: narrow } = quantizeGraph(graph, frames);
    expect(report.layers[0]?.snrDb).toBeGreaterThan(narrow.layers[0]?.snrDb ?? 0);
    expect(() => quantizeGraph(graph, frames, { activationBits: 12 })).toThrow(/E297.*'tanh1'/);
  });

  test('a local response normalisation is calibrated, and keeps most of the signal', () => {
    const random = makeRandom(SEED);
    const b = makeBuilder('normalised');
    b.input('x', float([6, 6, 8]));
    b.constant('w', normal(random, [12, 1, 1, 8], 0.5));
    b.node('conv', { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, ['x', 'w']);
    b.node('y', { kind: 'local-response-norm', size: 5, alpha: 0.5, beta: 0.75, bias: 1 }, ['conv']);
    const pictures = Array.from({ length: 4 }, () => new Map([['x', normal(random, [6, 6, 8], 1)]]));
    const { graph: integer, report } = quantizeGraph(b.build(['y']), pictures);
    expect(integer.nodes.map(({ op }) => op.kind)).toEqual(['conv', 'local-response-norm']);
    expect(report.layers.at(-1)?.snrDb).toBeGreaterThan(25);
  });

  test('a filter of zeros gives its bias, exactly', () => {
    const dead = smallNetwork(makeRandom(SEED), true);
    const { graph: integer, report } = quantizeGraph(dead, frames);
    const params = requantParams(integer, integer.nodes[0] as GraphNode<ConvOp>);
    expect([...params.weights.subarray(0, 18)].every((w) => w === 0)).toBe(true);
    expect(Number.isFinite(params.multiplier[0])).toBe(true);
    for (const layer of report.layers) expect(layer.snrDb, layer.node).toBeGreaterThan(28);
  });

  test('a network of zeros stays a network of zeros', () => {
    const b = makeBuilder('zeros');
    b.input('x', float([3]));
    b.constant('w', { type: float([2, 3]), data: new Float32Array(6) });
    b.constant('b', { type: float([2]), data: new Float32Array(2) });
    b.node('y', { kind: 'dense' }, ['x', 'w', 'b']);
    const zero = new Map([['x', { type: float([3]), data: new Float32Array(3) }]]);
    const { graph: integer, report } = quantizeGraph(b.build(['y']), [zero]);
    const params = requantParams(integer, integer.nodes[0] as GraphNode<ConvOp>);
    expect([...params.multiplier]).toEqual([0, 0]);
    expect(report.layers[0]?.snrDb).toBeUndefined();
    const x = { type: integer.types.get('x') ?? float([]), data: Uint8Array.from([1, 2, 3]) };
    expect([...(executeInteger(integer, new Map([['x', x]])).get('y')?.data ?? [])]).toEqual([0, 0]);
  });

  test('refusals', () => {
    expect(() => quantizeGraph(graph, [])).toThrow(/E295/);
    expect(() => quantizeGraph(graph, frames, { weightBits: 9, requantBits: 4 })).toThrow(
      /weightBits[\s\S]*requantBits/,
    );
    const { graph: integer } = quantizeGraph(graph, frames);
    expect(() => quantizeGraph(integer, frames)).toThrow(/E294/);
    const bad = new Map([['x', { type: float([12, 12, 2]), data: new Float32Array(288).fill(Number.NaN) }]]);
    expect(() => quantizeGraph(graph, [bad])).toThrow(/E296/);
    expect(() => quantizeGraph(graph, frames[Symbol.iterator]())).toThrow(/only once/);
  });
});

describe('types from ranges', () => {
  test('activations', () => {
    expect(activationType([1], { min: 0, max: 25.5 }, 8)).toMatchObject({
      element: { bits: 8, signed: false },
      quant: { scale: [25.5 / 255], zeroPoint: [0] },
    });
    expect(activationType([1], { min: -1, max: 254 }, 8)).toMatchObject({
      element: { signed: true },
      quant: { scale: [1], zeroPoint: [-127] },
    });
    expect(activationType([1], { min: 0, max: 0 }, 8)).toMatchObject({ quant: { scale: [1], zeroPoint: [0] } });
    expect(activationType([1], { min: -255, max: 0 }, 8)).toMatchObject({ quant: { scale: [1], zeroPoint: [127] } });
  });

  test('pixels', () => {
    const type = (mean: number[], std: number[]) => pixelType([2, 2, 3], { mean, std, bgr: false }).quant;
    expect(type([0], [255])).toEqual({ scale: [1 / 255], zeroPoint: [0] });
    expect(type([128, 128, 128], [64])).toEqual({ scale: [1 / 64], zeroPoint: [128] });
    expect(type([127.5], [127.5])).toEqual({ scale: [2 / 255], zeroPoint: [128] });
    const imagenet = type([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]);
    expect(imagenet?.scale[0]).toBeCloseTo((151.47 / 57.375 + 123.675 / 58.395) / 255, 6);
    expect(imagenet?.zeroPoint).toEqual([114]);
  });

  test('weights: symmetric, per channel, a weak and a dead filter', () => {
    const weight = { type: float([3, 2]), data: Float32Array.from([1.27, -0.635, 0, 0, 1e-9, 0]) };
    const found = quantizeWeights(weight, 8);
    expect([...found.data]).toEqual([127, -64, 0, 0, 0, 0]);
    expect(found.type.quant?.scale[0]).toBeCloseTo(0.01);
    expect(found.type.quant?.scale[1]).toBe(found.type.quant?.scale[0]);
    expect(found.type.quant?.scale[2]).toBeCloseTo(0.01 / 65536);
    expect([...quantizeWeights(weight, 2).data]).toEqual([1, 0, 0, 0, 0, 0]);
  });

  test('biases: rounded half to even; 64 bits where 32 do not hold them', () => {
    const bias = { type: float([3]), data: Float32Array.from([0.25, 0.75, -1]) };
    expect(quantizeBias(bias, 0.5, [1, 1, 1]).data).toEqual(Int32Array.from([0, 2, -2]));
    expect(quantizeBias(bias, 2 ** -16, [1, 1, 2 ** -16]).data).toEqual(
      BigInt64Array.from([16384n, 49152n, -(2n ** 32n)]),
    );
  });
});

describe('observers', () => {
  test('a tail is cut by percentile, kept by min-max; the histogram widens as values grow', () => {
    const small = Float32Array.from({ length: 10_000 }, (_, i) => i / 10_000);
    const outlier = Float32Array.from([100]);
    const range = (method: 'min-max' | 'percentile' | 'mse') => {
      const observer = makeObserver(method, 256, 99.9);
      observer.add(new Float32Array(4));
      observer.add(small);
      observer.add(outlier);
      return observer.range();
    };
    expect(range('min-max')).toEqual({ min: 0, max: 100 });
    expect(range('percentile').max).toBeLessThan(1.2);
    expect(range('percentile').max).toBeGreaterThan(0.9);
    expect(range('mse').min).toBe(0);
  });

  test('mse cuts a tail on one side only', () => {
    const observer = makeObserver('mse', 16, 100);
    observer.add(Float32Array.from({ length: 20_001 }, (_, i) => i / 10_000 - 1));
    observer.add(Float32Array.from([3]));
    expect(observer.range().min).toBeLessThan(-0.9);
    expect(observer.range().max).toBeLessThan(1.2);
  });

  test('what leaves the network is not cut, whatever the method; what is averaged before may be', () => {
    const b = makeBuilder('leaving');
    b.input('x', float([2, 2, 4]));
    const weight = (outChannels: number): Tensor => ({
      type: float([outChannels, 1, 1, 4]),
      data: new Float32Array(4 * outChannels).fill(1),
    });
    b.constant('w1', weight(4));
    b.constant('w2', weight(2));
    b.node('inner', { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, ['x', 'w1']);
    b.node('pool', { kind: 'global-average-pool' }, ['inner']);
    b.node('last', { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, ['pool', 'w2']);
    b.node('flat', { kind: 'flatten' }, ['last']);
    expect([...leavingTensors(b.build(['flat']))]).toEqual(['flat', 'last']);
    expect([...leavingTensors(b.build(['pool']))]).toEqual(['pool']);
  });
});
