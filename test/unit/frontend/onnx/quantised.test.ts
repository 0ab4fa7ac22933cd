import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../../src/ir/graph.js';
import type { OnnxAttribute, OnnxBuilder } from '../../../oracle/onnx-builder.js';
import { type Build, floats, importBuilt, integers, kinds, longs, networkBuilt, node, runNetwork } from './run-onnx.js';

/** Both quantised dialects become networks of integers; results by hand, in integers of the output. */

const scalar = (b: OnnxBuilder, value: number): string => floats(b, [], [value]);
const zero = (b: OnnxBuilder, value: number): string => integers(b, 'uint8', [], [value]);

/** Scale and zero point of a uint8 tensor. */
const numbers = (b: OnnxBuilder, scale: number, zeroPoint: number): readonly string[] => [
  scalar(b, scale),
  zero(b, zeroPoint),
];

/** x: scale 0.5, zero point 10; y: scale 1, zero point 20. */
const X = [0.5, 10] as const;
const Y = [1, 20] as const;

function expectIntegers(graph: Graph): void {
  expect([...graph.types.values()].filter(({ element }) => element.kind !== 'int')).toEqual([]);
}

/** A file of one operator on a uint8 input [1][..], what is behind it and its frame. */
function quantised(
  op: string,
  dims: readonly number[],
  others: (b: OnnxBuilder) => readonly string[],
  attributes: Record<string, OnnxAttribute> = {},
): Build {
  return (b) => node(b, op, [b.input('x', 'uint8', dims), ...numbers(b, ...X), ...others(b)], attributes);
}

describe('QOperator', () => {
  it.each<[string, Build, number[], number[]]>([
    [
      // (12 - 10) * 0.5 * 3 + 2 = 5 and (14 - 10) * 0.5 * 3 + 2 = 8
      'QLinearConv',
      quantised('QLinearConv', [1, 1, 1, 2], (b) => [
        integers(b, 'int8', [1, 1, 1, 1], [6]),
        ...[scalar(b, 0.5), integers(b, 'int8', [], [0])],
        ...numbers(b, ...Y),
        integers(b, 'int32', [1], [8]),
      ]),
      [12, 14],
      [25, 28],
    ],
    [
      'QLinearMatMul, a scale for each column',
      quantised('QLinearMatMul', [1, 2], (b) => [
        integers(b, 'int8', [2, 2], [2, 4, 6, 8]),
        ...[floats(b, [2], [0.5, 1]), integers(b, 'int8', [2], [0, 0])],
        ...numbers(b, ...Y),
      ]),
      // real x: 1, 2
      [12, 14],
      [20 + 1 + 6, 20 + 4 + 16],
    ],
    [
      'QLinearAdd',
      quantised('com.microsoft:QLinearAdd', [1, 2], (b) => [
        b.input('z', 'uint8', [1, 2]),
        ...numbers(b, 2, 0),
        ...numbers(b, ...Y),
      ]),
      [12, 14],
      [20 + 1 + 6, 20 + 2 + 6],
    ],
    [
      'QLinearMul',
      quantised('com.microsoft:QLinearMul', [1, 2], (b) => [
        integers(b, 'uint8', [1], [3]),
        ...numbers(b, 2, 0),
        ...numbers(b, ...Y),
      ]),
      [12, 14],
      [20 + 6, 20 + 12],
    ],
    [
      'QLinearLeakyRelu',
      quantised('com.microsoft:QLinearLeakyRelu', [1, 2], (b) => numbers(b, ...Y), { alpha: { f: 0.5 } }),
      [2, 14],
      [18, 22],
    ],
    [
      'QLinearSigmoid',
      quantised('com.microsoft:QLinearSigmoid', [1, 2], (b) => numbers(b, 1 / 256, 0)),
      [10, 255],
      [128, 255],
    ],
    [
      'QLinearGlobalAveragePool',
      quantised('com.microsoft:QLinearGlobalAveragePool', [1, 1, 2, 2], (b) => numbers(b, ...Y)),
      [10, 12, 14, 20],
      [22],
    ],
    [
      'QLinearGlobalAveragePool, channels last',
      quantised('com.microsoft:QLinearGlobalAveragePool', [1, 2, 1, 2], (b) => numbers(b, ...X), { channels_last: 1n }),
      [10, 20, 12, 40],
      [11, 30],
    ],
    [
      'QLinearAveragePool',
      quantised('com.microsoft:QLinearAveragePool', [1, 1, 1, 3], (b) => numbers(b, ...X), { kernel_shape: [1, 2] }),
      [10, 12, 20],
      [11, 16],
    ],
    [
      'QLinearConcat',
      (b) =>
        node(
          b,
          'com.microsoft:QLinearConcat',
          [
            ...numbers(b, ...Y),
            b.input('x', 'uint8', [1, 1]),
            ...numbers(b, ...X),
            b.input('z', 'uint8', [1, 2]),
            ...numbers(b, 2, 0),
          ],
          { axis: 1n },
        ),
      [14],
      [22, 26, 26],
    ],
    [
      'QGemm',
      quantised(
        'com.microsoft:QGemm',
        [1, 2],
        (b) => [
          integers(b, 'int8', [2, 2], [2, 4, 6, 8]),
          ...[scalar(b, 0.5), integers(b, 'int8', [], [0])],
          ...[integers(b, 'int32', [2], [4, -4]), ...numbers(b, ...Y)],
        ],
        { transB: 1n },
      ),
      // real x: 1, 2; bias in steps of 0.25
      [12, 14],
      [20 + 5 + 1, 20 + 11 - 1],
    ],
  ])('%s', (_name, build, x, wanted) => {
    const graph = networkBuilt(build);
    expectIntegers(graph);
    expect(runNetwork(graph, x, [3, 3])).toEqual(wanted);
  });

  it('a softmax at the end is left out', () => {
    const { graph, notes } = importBuilt(quantised('com.microsoft:QLinearSoftmax', [1, 3], (b) => numbers(b, ...Y)));
    expect(notes.map(({ code }) => code)).toEqual(['W256']);
    expect(kinds(graph)).toEqual(['reshape']);
  });

  it('a reader that takes the integers in another scale is refused', () => {
    const build: Build = (b) => {
      const q = node(b, 'QuantizeLinear', [b.input('x', 'float32', [1, 2]), ...numbers(b, ...X)]);
      return node(b, 'com.microsoft:QLinearSigmoid', [q, ...numbers(b, 0.25, 10), ...numbers(b, 1 / 256, 0)]);
    };
    expect(() => importBuilt(build)).toThrow(
      /it reads 'QuantizeLinear' with scale 0.25 and zero point 10, but that has scale 0.5 and zero point 10/,
    );
  });
});

describe('sums of integers', () => {
  /** What exporters write behind them. */
  const scaled = (b: OnnxBuilder, sums: string, bias: readonly number[], dims: readonly number[]): string => {
    const real = node(b, 'Mul', [node(b, 'Cast', [sums], { to: 1n }), scalar(b, 0.25)]);
    return node(b, 'QuantizeLinear', [node(b, 'Add', [real, floats(b, dims, bias)]), ...numbers(b, ...Y)]);
  };

  it.each<[string, Build, number[], number[]]>([
    [
      'ConvInteger',
      (b) => {
        const q = node(b, 'QuantizeLinear', [b.input('x', 'float32', [1, 1, 1, 2]), ...numbers(b, ...X)]);
        const w = integers(b, 'uint8', [2, 1, 1, 1], [5, 9]);
        return scaled(b, node(b, 'ConvInteger', [q, w, zero(b, 10), zero(b, 1)]), [1, 2], [2, 1, 1]);
      },
      [12, 14],
      // 0.25 * (q - 10) * (w - 1) + bias, channel by channel in each pixel
      [20 + 2 + 1, 20 + 4 + 2, 20 + 4 + 1, 20 + 8 + 2],
    ],
    [
      'MatMulInteger',
      (b) => {
        const q = node(b, 'QuantizeLinear', [b.input('x', 'float32', [1, 2]), ...numbers(b, ...X)]);
        const w = integers(b, 'int8', [2, 2], [2, 4, 6, 8]);
        return scaled(b, node(b, 'MatMulInteger', [q, w, zero(b, 10)]), [1, 2], [2]);
      },
      [12, 14],
      [20 + 7 + 1, 20 + 10 + 2],
    ],
  ])('%s, scaled and with a bias, is one layer', (_name, build, x, wanted) => {
    const graph = networkBuilt(build);
    expectIntegers(graph);
    expect(graph.nodes).toHaveLength(1);
    expect(runNetwork(graph, x)).toEqual(wanted);
  });

  it('scales that each frame has of its own are refused by name', () => {
    const build: Build = (b) => {
      const x = b.input('x', 'float32', [1, 2]);
      const [q = '', scale = '', point = ''] = ['q', 's', 'z'];
      b.node({ op: 'DynamicQuantizeLinear', inputs: [x], outputs: [q, scale, point] });
      const sums = node(b, 'MatMulInteger', [q, integers(b, 'uint8', [2, 1], [1, 2]), point]);
      return node(b, 'Mul', [node(b, 'Cast', [sums], { to: 1n }), scale]);
    };
    expect(() => importBuilt(build)).toThrow(
      /node 'q' \(DynamicQuantizeLinear\): it chooses scale and zero point anew/,
    );
  });
});

describe('QDQ', () => {
  const quantise = (b: OnnxBuilder, x: string, [scale, point]: readonly [number, number]): string =>
    node(b, 'QuantizeLinear', [x, ...numbers(b, scale, point)]);
  const dequantise = (b: OnnxBuilder, x: string, [scale, point]: readonly [number, number]): string =>
    node(b, 'DequantizeLinear', [x, ...numbers(b, scale, point)]);
  const fake = (b: OnnxBuilder, x: string, end: readonly [number, number]): string =>
    dequantise(b, quantise(b, x, end), end);

  it('a convolution with weights per output channel, a relu and a pool are integers', () => {
    const graph = networkBuilt((b) => {
      const x = fake(b, b.input('x', 'float32', [1, 1, 2, 2]), X);
      const w = integers(b, 'int8', [2, 1, 1, 1], [2, 4]);
      const weight = node(b, 'DequantizeLinear', [w, floats(b, [2], [0.5, 1]), integers(b, 'int8', [2], [0, 0])], {
        axis: 0n,
      });
      const layer = node(b, 'Relu', [node(b, 'Conv', [x, weight, floats(b, [2], [1, -1])])]);
      const pool = node(b, 'MaxPool', [fake(b, layer, Y)], { kernel_shape: [2, 2] });
      return fake(b, pool, Y);
    });
    expectIntegers(graph);
    expect(kinds(graph)).toEqual(['conv', 'relu', 'max-pool']);
    // real x: 0, 1, 2, -5
    expect(runNetwork(graph, [10, 12, 14, 0])).toEqual([20 + 2 + 1, 20 + 8 - 1]);
  });

  it('an enlargement by linear interpolation has weights that are exact', () => {
    const graph = networkBuilt((b) => {
      const x = fake(b, b.input('x', 'float32', [1, 1, 2, 2]), X);
      const sizes = longs(b, [1, 1, 4, 4]);
      return fake(b, node(b, 'Resize', [x, '', '', sizes], { mode: 'linear' }), X);
    });
    expectIntegers(graph);
    expect(kinds(graph)).toEqual(['pad', 'conv-transpose']);
    // Steps from the zero point 0, 4, 8, 12: at quarters and three quarters between them there are whole ones.
    const [row, down] = [
      [0, 1, 3, 4],
      [0, 2, 6, 8],
    ];
    expect(runNetwork(graph, [10, 14, 18, 22])).toEqual(down.flatMap((dy) => row.map((dx) => 10 + dy + dx)));
  });

  it('opset 10, without an axis, and integers that are reshaped between', () => {
    const graph = networkBuilt((b) => {
      const q = quantise(b, b.input('x', 'float32', [1, 1, 1, 2]), X);
      const flat = node(b, 'Reshape', [q, longs(b, [1, 2])]);
      const w = node(b, 'DequantizeLinear', [
        integers(b, 'int8', [2, 1], [2, 4]),
        scalar(b, 0.5),
        integers(b, 'int8', [], [0]),
      ]);
      return quantise(b, node(b, 'MatMul', [dequantise(b, flat, X), w]), Y);
    }, 10);
    expectIntegers(graph);
    expect(runNetwork(graph, [12, 14])).toEqual([20 + 1 + 4]);
  });
});
