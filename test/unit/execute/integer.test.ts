import { describe, expect, test } from 'vitest';
import { prepareInteger } from '../../../src/execute/integer/execute-integer.js';
import { addParams } from '../../../src/execute/integer/join-params.js';
import { requantParams } from '../../../src/execute/integer/requant-params.js';
import { pointwiseTable, requantiseTable } from '../../../src/execute/integer/table.js';
import type { Graph, GraphNode } from '../../../src/ir/graph.js';
import type { AddOp, ConvOp, DenseOp, Op, RequantiseOp } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { int, type TensorType } from '../../../src/ir/tensor-type.js';
import { HeddleError } from '../../../src/support/diagnostics.js';
import { normaliseMultiplier, requantise } from '../../../src/support/fixed-point.js';
import { float, makeGraph, makeRandom, quantised, randomInteger, randomTensor, UNIT_WINDOW } from './make-graph.js';

/** What both kinds of kernels give. */
function run(graph: Graph, x: Tensor): readonly number[] {
  const [plain, fast] = (['plain', 'fast'] as const).map((kernels) =>
    prepareInteger(graph, { kernels }).run(new Map([['x', x]])),
  );
  expect(fast).toEqual(plain);
  return Array.from(plain?.get('y')?.data as Iterable<number>);
}

function oneNode(op: Op, x: TensorType, y: TensorType, constants: Record<string, Tensor> = {}): Graph {
  const node: GraphNode = { name: 'n', op, inputs: ['x', ...Object.keys(constants)], outputs: ['y'] };
  return makeGraph({ nodes: [node], types: { x, y }, constants });
}

describe('dense', () => {
  test('by hand: zero points, bias, a tie to even, both clamps', () => {
    const x = quantised([2], 8, false, 0.5, 3);
    const w = {
      type: { shape: [4, 2], element: int(8, true), quant: { scale: [0.5], zeroPoint: [1], axis: 0 } },
      data: Int8Array.from([3, 2, 1, 1, 127, 127, -128, -128]),
    };
    const b = { type: { shape: [4], element: int(32, true) }, data: Int32Array.from([1, 6, 0, 0]) };
    // x - zx = [2, 7]; sums: 1 + 2*2 + 1*7 = 12; 6; 126*9 = 1134; -129*9 = -1161; scale 0.25 / 1.
    const graph = oneNode({ kind: 'dense', clamp: { hi: 20 } }, x, quantised([4], 8, true, 1, -5), { w, b });
    expect(run(graph, { type: x, data: Uint8Array.from([5, 10]) })).toEqual([-2, -3, 20, -128]);
  });
});

/** Convolution straight from its formula: no patches, no centring in advance, one term after the other. */
function naiveConv(graph: Graph, node: GraphNode<ConvOp>, x: Tensor): readonly number[] {
  const [inH = 0, inW = 0, channels = 0] = x.type.shape;
  const out = graph.types.get('y');
  const [outH = 0, outW = 0, outC = 0] = out?.shape ?? [];
  const w = graph.constants.get('w');
  const bias = graph.constants.get('b');
  const { op } = node;
  const perGroup = channels / op.groups;
  const zx = x.type.quant?.zeroPoint[0] ?? 0;
  const result: number[] = [];
  for (let oy = 0; oy < outH; oy++) {
    for (let ox = 0; ox < outW; ox++) {
      for (let oc = 0; oc < outC; oc++) {
        const zw = w?.type.quant?.zeroPoint[oc] ?? w?.type.quant?.zeroPoint[0] ?? 0;
        const sw = w?.type.quant?.scale[oc] ?? w?.type.quant?.scale[0] ?? 0;
        let acc = Number(bias?.data[oc] ?? 0);
        for (let ky = 0; ky < op.kernelH; ky++) {
          for (let kx = 0; kx < op.kernelW; kx++) {
            for (let c = 0; c < perGroup; c++) {
              const iy = oy * op.strideH + ky * op.dilationH - op.padTop;
              const ix = ox * op.strideW + kx * op.dilationW - op.padLeft;
              const ic = Math.floor(oc / (outC / op.groups)) * perGroup + c;
              const inside = iy >= 0 && iy < inH && ix >= 0 && ix < inW;
              const q = inside ? Number(x.data[(iy * inW + ix) * channels + ic]) : zx;
              const weight = Number(w?.data[((oc * op.kernelH + ky) * op.kernelW + kx) * perGroup + c]);
              acc += (q - zx) * (weight - zw);
            }
          }
        }
        const scale = ((x.type.quant?.scale[0] ?? 0) * sw) / (out?.quant?.scale[0] ?? 1);
        const fit = normaliseMultiplier(scale, graph.requantBits) ?? { multiplier: 0, shift: 1 };
        const zy = out?.quant?.zeroPoint[0] ?? 0;
        const { min, max } = limits(out);
        result.push(requantise(acc, fit.multiplier, fit.shift, zy, op.clamp?.lo ?? min, op.clamp?.hi ?? max));
      }
    }
  }
  return result;
}

function limits(type: TensorType | undefined): { min: number; max: number } {
  const element = type?.element as { bits: number; signed: boolean };
  const min = element.signed ? -(2 ** (element.bits - 1)) : 0;
  return { min, max: min + 2 ** element.bits - 1 };
}

function randomConv(seed: number): { graph: Graph; node: GraphNode<ConvOp>; x: Tensor } {
  const random = makeRandom(seed);
  const pick = (min: number, max: number): number => randomInteger(random, min, max);
  const flip = (): boolean => random() < 0.5;
  const [kernelH, kernelW, dilationH, dilationW] = [pick(1, 4), pick(1, 4), pick(1, 2), pick(1, 2)];
  const groups = pick(1, 4);
  const channels = groups * pick(1, 3);
  const outC = groups * pick(1, 6);
  const pads = { padTop: pick(0, 2), padLeft: pick(0, 2), padBottom: pick(0, 2), padRight: pick(0, 2) };
  const [strideH, strideW] = [pick(1, 3), pick(1, 3)];
  const reach = (kernel: number, dilation: number): number => (kernel - 1) * dilation + 1;
  const inH = reach(kernelH, dilationH) + pick(0, 5);
  const inW = reach(kernelW, dilationW) + pick(0, 5);
  const outH = Math.floor((inH + pads.padTop + pads.padBottom - reach(kernelH, dilationH)) / strideH) + 1;
  const outW = Math.floor((inW + pads.padLeft + pads.padRight - reach(kernelW, dilationW)) / strideW) + 1;
  const wSigned = flip();
  const wBits = pick(2, 8);
  const bits = flip() ? 8 : pick(1, 16);
  const xSigned = flip();
  const xType = quantised(
    [inH, inW, channels],
    bits,
    xSigned,
    0.1,
    xSigned ? -(2 ** (bits - 1)) : pick(0, 2 ** bits - 1),
  );
  const perChannel = flip();
  const list = (make: () => number): number[] => Array.from({ length: perChannel ? outC : 1 }, make);
  const wType: TensorType = {
    shape: [outC, kernelH, kernelW, channels / groups],
    element: int(wBits, wSigned),
    quant: {
      scale: list(() => 0.001 + random() * 0.02),
      zeroPoint: list(() => (wSigned ? pick(-2, 1) : pick(0, 2 ** wBits - 1))),
      axis: 0,
    },
  };
  const wide = flip();
  const biasValues = Array.from({ length: outC }, () => pick(-20_000, 20_000));
  const b: Tensor = wide
    ? { type: { shape: [outC], element: int(64, true) }, data: BigInt64Array.from(biasValues, BigInt) }
    : { type: { shape: [outC], element: int(32, true) }, data: Int32Array.from(biasValues) };
  const op: ConvOp = {
    kind: 'conv',
    ...{ kernelH, kernelW, strideH, strideW, dilationH, dilationW, groups },
    ...pads,
    ...(flip() ? { clamp: { lo: 10, hi: 90 } } : {}),
  };
  const yType = quantised([outH, outW, outC], 8, flip(), 0.05, pick(0, 127));
  const node: GraphNode<ConvOp> = { name: 'n', op, inputs: ['x', 'w', 'b'], outputs: ['y'] };
  const graph = makeGraph({
    nodes: [node],
    types: { x: xType, y: yType },
    constants: { w: randomTensor(random, wType), b },
    requantBits: flip() ? 18 : pick(8, 31),
  });
  return { graph, node, x: randomTensor(random, xType) };
}

describe('conv', () => {
  test.each(Array.from({ length: 120 }, (_, i) => 1000 + i))('equals the formula, seed %d', (seed) => {
    const { graph, node, x } = randomConv(seed);
    expect(run(graph, x)).toEqual(naiveConv(graph, node, x));
  });

  test('sums beyond 32 bits are exact', () => {
    const x = quantised([1, 1, 400], 16, false, 1, 0);
    const w: Tensor = {
      type: { shape: [1, 1, 1, 400], element: int(8, false), quant: { scale: [1], zeroPoint: [0] } },
      data: new Uint8Array(400).fill(255),
    };
    const op: ConvOp = { kind: 'conv', groups: 1, ...UNIT_WINDOW };
    const graph = oneNode(op, x, quantised([1, 1, 1], 16, false, 2 ** 17, 0), { w });
    // 400 * 65535 * 255 = 6_684_570_000; / 2^17 = 50999.2...
    expect(run(graph, { type: x, data: new Uint16Array(400).fill(65535) })).toEqual([50999]);
  });

  test('the final sum stays inside accMin..accMax, which extremes reach', () => {
    const { graph, node } = randomConv(7);
    const p = requantParams(graph, node);
    const element = graph.types.get('x')?.element as { bits: number; signed: boolean };
    const { min, max } = limits(graph.types.get('x'));
    expect(element.bits).toBeGreaterThan(0);
    for (let oc = 0; oc < p.outChannels; oc++) {
      let low = p.bias[oc] ?? 0;
      let high = low;
      for (let i = 0; i < p.filterLength; i++) {
        const w = p.weights[oc * p.filterLength + i] ?? 0;
        const ends = [w * (min - p.inputZeroPoint), w * (max - p.inputZeroPoint), 0];
        low += Math.min(...ends);
        high += Math.max(...ends);
      }
      expect([p.accMin[oc], p.accMax[oc]]).toEqual([low, high]);
    }
  });

  test('a channel of zeros is dead, whatever its scale', () => {
    const x = quantised([2], 8, false, 1, 0);
    const w: Tensor = {
      type: { shape: [2, 2], element: int(8, true), quant: { scale: [1e-30, 1], zeroPoint: [0, 0], axis: 0 } },
      data: Int8Array.from([0, 0, 1, 1]),
    };
    const graph = oneNode({ kind: 'dense' }, x, quantised([2], 8, false, 1, 7), { w });
    expect([...requantParams(graph, graph.nodes[0] as GraphNode<DenseOp>).multiplier]).toEqual([0, 2 ** 17]);
    expect(run(graph, { type: x, data: Uint8Array.from([1, 2]) })).toEqual([7, 10]);
  });

  test('scales that do not fit are refused by node and channel, all at once', () => {
    const x = quantised([1], 8, false, 1, 0);
    const w: Tensor = {
      type: { shape: [3, 1], element: int(8, true), quant: { scale: [2e30, 1, 1e30], zeroPoint: [0], axis: 0 } },
      data: Int8Array.from([1, 1, 1]),
    };
    const graph = oneNode({ kind: 'dense' }, x, quantised([3], 8, false, 1, 7), { w });
    expect(() => prepareInteger(graph)).toThrow(HeddleError);
    expect(() => prepareInteger(graph)).toThrow(/'n': output channel 0 .*\n.*\n.*output channel 2/);
  });

  test('a scale below the normalised ones has fewer significant bits, as far as no output shows it', () => {
    const x = quantised([1], 8, false, 1, 0);
    const scale = 5e-10;
    const w: Tensor = {
      type: { shape: [2, 1], element: int(8, true), quant: { scale: [scale, scale], zeroPoint: [0], axis: 0 } },
      data: Int8Array.from([1, 1]),
    };
    const bias = (value: bigint): Tensor => ({
      type: { shape: [2], element: int(64, true) },
      data: BigInt64Array.from([8_000_000_000n, value]),
    });
    const graph = oneNode({ kind: 'dense' }, x, quantised([2], 8, false, 1, 7), { w, b: bias(0n) });
    const { multiplier, shift } = requantParams(graph, graph.nodes[0] as GraphNode<DenseOp>);
    expect([...multiplier]).toEqual([70369, 70369]);
    expect([...shift]).toEqual([47, 47]);
    expect(run(graph, { type: x, data: Uint8Array.from([200]) })).toEqual([7 + 4, 7]);
    const far = oneNode({ kind: 'dense' }, x, quantised([2], 8, false, 1, 7), { w, b: bias(2n ** 39n) });
    expect(() => prepareInteger(far)).toThrow(/'n': output channel 1 needs the multiplier 5e-10/);
  });
});

test('sums beyond 2^53 are refused', () => {
  const x = quantised([1], 8, false, 1, 0);
  const w: Tensor = {
    type: { shape: [1, 1], element: int(8, true), quant: { scale: [1], zeroPoint: [0] } },
    data: Int8Array.from([1]),
  };
  const b: Tensor = { type: { shape: [1], element: int(64, true) }, data: BigInt64Array.from([2n ** 53n]) };
  const graph = oneNode({ kind: 'dense' }, x, quantised([1], 8, false, 1, 0), { w, b });
  expect(() => prepareInteger(graph)).toThrow(/E346.*node 'n'/);
});

test('a float graph is refused by tensor', () => {
  const x = float([2]);
  expect(() => prepareInteger(oneNode({ kind: 'relu' }, x, x))).toThrow(
    /E341.*tensor 'x': it is float32[\s\S]*tensor 'y'/,
  );
});

describe('pools', () => {
  const x = quantised([2, 3, 1], 8, true, 1, 2);
  const window = { ...UNIT_WINDOW, kernelH: 2, kernelW: 2, padRight: 1 };
  const y = quantised([1, 3, 1], 8, true, 1, 2);
  const value: Tensor = { type: x, data: Int8Array.from([-7, -5, -9, -6, -8, -3]) };

  test('max: padding never wins', () => {
    expect(run(oneNode({ kind: 'max-pool', ...window }, x, y), value)).toEqual([-5, -3, -3]);
    expect(run(oneNode({ kind: 'max-pool', ...window, clamp: { lo: -4 } }, x, y), value)).toEqual([-4, -3, -3]);
  });

  test('average: ties to even around the zero point, padding in or out of the count', () => {
    // x - 2: -9 -7 -11 / -8 -10 -5; sums -34, -33, -16 -> -8.5, -8.25, then -16/4 or -16/2.
    const op = { kind: 'average-pool', ...window } as const;
    expect(run(oneNode({ ...op, countIncludePad: true }, x, y), value)).toEqual([-6, -6, -2]);
    expect(run(oneNode({ ...op, countIncludePad: false }, x, y), value)).toEqual([-6, -6, -6]);
  });

  test('global average', () => {
    // sum of x - 2 is -50; / 6 = -8.33.
    expect(run(oneNode({ kind: 'global-average-pool' }, x, quantised([1, 1, 1], 8, true, 1, 2)), value)).toEqual([-6]);
  });
});

describe('elementwise', () => {
  const x = quantised([4], 8, true, 0.5, -3);
  const value: Tensor = { type: x, data: Int8Array.from([-128, -4, -2, 127]) };

  test('relu and clip clamp in integers', () => {
    expect(run(oneNode({ kind: 'relu' }, x, x), value)).toEqual([-3, -3, -2, 127]);
    // -1 / 0.5 - 3 = -5; 6.25 / 0.5 = 12.5 -> 12, - 3 = 9.
    expect(run(oneNode({ kind: 'clip', lo: -1, hi: 6.25 }, x, x), value)).toEqual([-5, -4, -2, 9]);
  });

  test('flatten keeps the order', () => {
    const map = quantised([1, 2, 2], 8, true, 0.5, -3);
    expect(run(oneNode({ kind: 'flatten' }, map, x), { ...value, type: map })).toEqual([-128, -4, -2, 127]);
  });

  test('requantise, and its table at bit patterns', () => {
    const y = quantised([4], 8, false, 1, 100);
    const graph = oneNode({ kind: 'requantise' }, x, y);
    // (x + 3) / 2 = -62.5, -0.5, 0.5, 65.
    expect(run(graph, value)).toEqual([38, 100, 100, 165]);
    const table = requantiseTable(graph, graph.nodes[0] as GraphNode<RequantiseOp>);
    expect([table[0x80], table[0xfc], table[0xfe], table[0x7f]]).toEqual([38, 100, 100, 165]);
    expect(table.length).toBe(256);
  });

  test('sigmoid and tanh are tables', () => {
    const y = quantised([4], 8, false, 1 / 256, 0);
    // real: -62.5, -0.5, 0.5, 65; sigmoid(-0.5) * 256 = 96.65.
    expect(run(oneNode({ kind: 'sigmoid' }, x, y), value)).toEqual([0, 97, 159, 255]);
    const t = quantised([4], 8, true, 1 / 128, 0);
    expect(run(oneNode({ kind: 'tanh' }, x, t), value)).toEqual([-128, -59, 59, 127]);
    expect(pointwiseTable({ kind: 'tanh' }, x, t)[0xfe]).toBe(59);
  });

  test('add: shared shift, ties to even, a constant per channel', () => {
    const a = quantised([2, 1, 2], 8, true, 0.5, 1);
    const c: Tensor = { type: quantised([2], 8, true, 0.25, 0), data: Int8Array.from([2, -2]) };
    const op: AddOp = { kind: 'add' };
    const graph = oneNode(op, a, quantised([2, 1, 2], 8, true, 1, 10), { c });
    const p = addParams(graph, graph.nodes[0] as GraphNode<AddOp>);
    expect(p).toMatchObject({ multipliers: [2 ** 17, 2 ** 16], shift: 18 });
    // reals: 0 + 0.5, 1 - 0.5, 2 + 0.5, -3 - 0.5.
    expect(run(graph, { type: a, data: Int8Array.from([1, 3, 5, -5]) })).toEqual([10, 10, 12, 6]);
  });
});

describe('executor', () => {
  const x = quantised([2], 8, true, 1, 0);
  const graph = makeGraph({
    nodes: [
      { name: 'r', op: { kind: 'relu' }, inputs: ['x'], outputs: ['hidden'] },
      { name: 'c', op: { kind: 'clip', hi: 5 }, inputs: ['hidden'], outputs: ['y'] },
    ],
    types: { x, hidden: x, y: x },
  });
  const inputs = new Map([['x', { type: x, data: Int8Array.from([-3, 9]) }]]);

  test('hands out the outputs, and what is kept', () => {
    const executor = prepareInteger(graph);
    expect([...executor.run(inputs).keys()]).toEqual(['y']);
    expect([...executor.run(inputs, { keep: ['hidden'] }).keys()]).toEqual(['hidden', 'y']);
    expect([...executor.run(inputs, { keep: 'all' }).keys()]).toEqual(['x', 'hidden', 'y']);
    expect([...(executor.run(inputs, { keep: 'all' }).get('hidden')?.data ?? [])]).toEqual([0, 9]);
  });

  test('refuses what it cannot run, by name', () => {
    const executor = prepareInteger(graph);
    expect(() => executor.run(new Map())).toThrow(/E342.*input 'x'/);
    expect(() => executor.run(inputs, { keep: ['hiden'] })).toThrow(/E345.*tensor 'hiden'[\s\S]*did you mean 'hidden'/);
    const wrong = quantised([3], 8, true, 1, 0);
    expect(() => executor.run(new Map([['x', { type: wrong, data: new Int8Array(3) }]]))).toThrow(/E343.*3 int8/);
    const wide = new Map([['x', { type: x, data: Int16Array.from([-3, 9]) }]]);
    expect(() => executor.run(wide)).toThrow(
      "E393 wrong-input-array: input 'x': the values given are of the class Int16Array, but those of int8 are kept in Int8Array",
    );
    const small = quantised([2], 4, true, 1, 0);
    const narrow = makeGraph({
      nodes: [{ name: 'r', op: { kind: 'relu' }, inputs: ['x'], outputs: ['y'] }],
      types: { x: small, y: small },
    });
    const outside = new Map([['x', { type: small, data: Int8Array.from([7, 8]) }]]);
    expect(() => prepareInteger(narrow).run(outside)).toThrow(/E344.*element 1 is 8, outside -8 to 7/);
  });
});
