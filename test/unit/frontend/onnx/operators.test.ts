import { describe, expect, it } from 'vitest';
import type { OnnxAttribute, OnnxBuilder } from '../../../oracle/onnx-builder.js';
import {
  type Build,
  floats,
  importBuilt,
  integers,
  kinds,
  longs,
  networkBuilt,
  node,
  runBuilt,
  single,
} from './run-onnx.js';

/** Operators on numbers that can be followed by hand; maps are [1][channels][height][width]. */

const range = (count: number, from = 0): readonly number[] => Array.from({ length: count }, (_, i) => from + i);
const two = (b: OnnxBuilder): readonly string[] => [floats(b, [1], [2])];

describe('element by element', () => {
  const x = [-8, -3, -1, 0, 2, 7];
  it.each<[string, string, (b: OnnxBuilder) => readonly string[], Record<string, OnnxAttribute>, number[]]>([
    ['Add', 'Add', two, {}, [-6, -1, 1, 2, 4, 9]],
    ['Sub', 'Sub', two, {}, [-10, -5, -3, -2, 0, 5]],
    ['Mul', 'Mul', two, {}, [-16, -6, -2, 0, 4, 14]],
    ['Div', 'Div', two, {}, [-4, -1.5, -0.5, 0, 1, 3.5]],
    ['Neg', 'Neg', () => [], {}, [8, 3, 1, -0, -2, -7]],
    ['Pow', 'Pow', two, {}, [64, 9, 1, 0, 4, 49]],
    ['Max', 'Max', two, {}, [2, 2, 2, 2, 2, 7]],
    ['Min of several', 'Min', (b) => [...two(b), floats(b, [], [1])], {}, [-8, -3, -1, 0, 1, 1]],
    ['Sum', 'Sum', (b) => [...two(b), floats(b, [1, 6], range(6))], {}, [-6, 0, 3, 5, 8, 14]],
    ['Mean of one', 'Mean', () => [], {}, x],
    ['Clip, one end left out', 'Clip', (b) => ['', floats(b, [], [1])], {}, [-8, -3, -1, 0, 1, 1]],
    ['Clip with crossing ends', 'Clip', (b) => [floats(b, [], [3]), floats(b, [], [1])], {}, [1, 1, 1, 1, 1, 1]],
    ['Relu', 'Relu', () => [], {}, [0, 0, 0, 0, 2, 7]],
    ['LeakyRelu', 'LeakyRelu', () => [], { alpha: { f: 0.5 } }, [-4, -1.5, -0.5, 0, 2, 7]],
    ['PRelu', 'PRelu', (b) => [floats(b, [1, 1], [0.25])], {}, [-2, -0.75, -0.25, 0, 2, 7]],
    ['HardSigmoid', 'HardSigmoid', () => [], { alpha: { f: 0.25 }, beta: { f: 0.5 } }, [0, 0, 0.25, 0.5, 1, 1]],
  ])('%s', (_name, op, others, attributes, wanted) => {
    expect(runBuilt(single(op, [1, 6], others, attributes), [x])).toEqual([wanted]);
  });

  it('broadcasts a value for each channel', () => {
    const build = single('Mul', [1, 2, 1, 3], (b) => [floats(b, [2, 1, 1], [10, 100])]);
    expect(runBuilt(build, [range(6, 1)])).toEqual([[10, 20, 30, 400, 500, 600]]);
  });

  it('subtracts what flows', () => {
    const build: Build = (b) => {
      const [x1, x2] = [b.input('x', 'float32', [1, 3]), b.input('y', 'float32', [1, 3])];
      return node(b, 'Sub', [floats(b, [], [10]), node(b, 'Sub', [x1, x2])]);
    };
    expect(
      runBuilt(build, [
        [5, 6, 7],
        [1, 2, 4],
      ]),
    ).toEqual([[6, 6, 7]]);
  });
});

describe('swish and hard-swish, as exporters spell them out', () => {
  const shifted = (b: OnnxBuilder, x: string): string =>
    node(b, 'Clip', [node(b, 'Add', [x, floats(b, [], [3])]), floats(b, [], [0]), floats(b, [], [6])]);
  it.each<[string, (b: OnnxBuilder, x: string) => string, string]>([
    ['x * sigmoid(x)', (b, x) => node(b, 'Mul', [x, node(b, 'Sigmoid', [x])]), 'swish'],
    ['sigmoid(x) * x', (b, x) => node(b, 'Mul', [node(b, 'Sigmoid', [x]), x]), 'swish'],
    [
      'x * hard-sigmoid(x)',
      (b, x) => node(b, 'Mul', [x, node(b, 'HardSigmoid', [x], { alpha: { f: 1 / 6 } })]),
      'hard-swish',
    ],
    [
      'x * (clip(x + 3) / 6)',
      (b, x) => node(b, 'Mul', [x, node(b, 'Div', [shifted(b, x), floats(b, [], [6])])]),
      'hard-swish',
    ],
    [
      'x * clip(x + 3) / 6',
      (b, x) => node(b, 'Div', [node(b, 'Mul', [x, shifted(b, x)]), floats(b, [1], [6])]),
      'hard-swish',
    ],
    [
      'x * clip(x + 3) * (1 / 6)',
      (b, x) => node(b, 'Mul', [floats(b, [], [1 / 6]), node(b, 'Mul', [shifted(b, x), x])]),
      'hard-swish',
    ],
  ])('%s', (_name, gate, wanted) => {
    const { graph } = importBuilt((b) => gate(b, b.input('x', 'float32', [1, 5])));
    expect(kinds(graph)).toEqual([wanted]);
  });

  it('another factor is none', () => {
    const { graph } = importBuilt((b) => {
      const x = b.input('x', 'float32', [1, 5]);
      return node(b, 'Mul', [node(b, 'Mul', [x, shifted(b, x)]), floats(b, [], [0.25])]);
    });
    expect(kinds(graph)).toEqual(['add', 'clip', 'mul', 'mul']);
  });
});

describe('layers', () => {
  it('Conv: rows of the picture, by coordinates', () => {
    const build = single(
      'Conv',
      [1, 1, 3, 3],
      (b) => [floats(b, [2, 1, 1, 2], [1, 10, 100, 1000]), floats(b, [2], [0, 0.5])],
      { strides: [2, 1], pads: [0, 1, 0, 0] },
    );
    const [ours = []] = runBuilt(build, [range(9, 1)]);
    expect(ours.slice(0, 6)).toEqual([10, 21, 32, 70, 87, 98]);
    expect(ours.slice(6)).toEqual([1000.5, 2100.5, 3200.5, 7000.5, 8700.5, 9800.5]);
  });

  it.each<[string, Record<string, OnnxAttribute>, number[]]>([
    ['plain', {}, [11, 17]],
    ['alpha and beta', { alpha: { f: 2 }, beta: { f: 3 } }, [23, 35]],
  ])('Gemm, %s', (_name, attributes, wanted) => {
    const build = single('Gemm', [1, 2], (b) => [floats(b, [2, 2], [1, 2, 3, 4]), floats(b, [2], [1, 1])], attributes);
    expect(runBuilt(build, [[4, 2]])).toEqual([wanted]);
  });

  it('Gemm with a turned right side', () => {
    const turned = single('Gemm', [1, 2], (b) => [floats(b, [2, 2], [1, 2, 3, 4])], { transB: 1n });
    expect(runBuilt(turned, [[10, 1]])).toEqual([[12, 34]]);
  });

  it('MatMul of several rows is a convolution over them', () => {
    const build = single('MatMul', [1, 3, 2], (b) => [floats(b, [2, 2], [1, 2, 3, 4])]);
    expect(runBuilt(build, [[1, 0, 0, 1, 1, 1]])).toEqual([[1, 2, 3, 4, 4, 6]]);
    expect(kinds(importBuilt(build).graph)).toContain('conv');
  });
});

describe('regions', () => {
  it('Slice: steps, negative and open ends', () => {
    const ends = (b: OnnxBuilder): readonly string[] => [
      longs(b, [1, -3]),
      longs(b, [2 ** 53, -1]),
      longs(b, [1, -1]),
      longs(b, [2, 1]),
    ];
    expect(runBuilt(single('Slice', [1, 4, 1, 4], ends), [range(16)])).toEqual([[5, 6, 13, 14]]);
  });

  it('Slice of opset 9 by attributes', () => {
    const build = single('Slice', [1, 2, 3], () => [], { starts: [1], ends: [3], axes: [2] });
    expect(runBuilt(build, [range(6)], 9)).toEqual([[1, 2, 4, 5]]);
  });

  it('Split into equal parts, and a smaller last one since opset 18', () => {
    const split =
      (attributes: Record<string, OnnxAttribute>, outputs: number, opset: number) =>
      (values: readonly number[]): readonly (readonly number[])[] =>
        runBuilt(
          (b) => {
            const names = range(outputs).map((i) => `part${i}`);
            b.node({ op: 'Split', inputs: [b.input('x', 'float32', [1, 5])], outputs: names, attributes });
            return names;
          },
          [values],
          opset,
        );
    expect(split({ axis: 1n, split: [1, 4] }, 2, 11)(range(5))).toEqual([[0], [1, 2, 3, 4]]);
    expect(split({ axis: -1n, num_outputs: 2n }, 2, 18)(range(5))).toEqual([
      [0, 1, 2],
      [3, 4],
    ]);
    expect(() => split({ axis: 1n }, 2, 13)(range(5))).toThrow(/it parts 5 elements into 2 parts for 2 outputs/);
  });

  it('Pad: constant, edge, reflect, and cutting off', () => {
    const pad = (pads: readonly number[], attributes: Record<string, OnnxAttribute> = {}, value?: number): Build =>
      single(
        'Pad',
        [1, 1, 1, 3],
        (b) => [longs(b, pads), ...(value === undefined ? [] : [floats(b, [], [value])])],
        attributes,
      );
    expect(runBuilt(pad([0, 0, 0, 1, 0, 0, 0, 2], {}, 9), [[1, 2, 3]])).toEqual([[9, 1, 2, 3, 9, 9]]);
    expect(runBuilt(pad([0, 0, 0, 1, 0, 0, 0, 1], { mode: 'edge' }), [[1, 2, 3]])).toEqual([[1, 1, 2, 3, 3]]);
    expect(runBuilt(pad([0, 0, 0, 2, 0, 0, 0, 0], { mode: 'reflect' }), [[1, 2, 3]])).toEqual([[3, 2, 1, 2, 3]]);
    expect(runBuilt(pad([0, 0, 0, -1, 0, 0, 0, 1]), [[1, 2, 3]])).toEqual([[2, 3, 0]]);
  });

  it('Pad along given axes', () => {
    const build = single('Pad', [1, 2, 2], (b) => [longs(b, [1, 0]), '', longs(b, [-1])]);
    expect(runBuilt(build, [[1, 2, 3, 4]], 18)).toEqual([[0, 1, 2, 0, 3, 4]]);
  });

  it('Concat of channels, with a constant part and one that is empty', () => {
    const build = single(
      'Concat',
      [1, 1, 1, 2],
      (b) => [floats(b, [1, 2, 1, 2], [5, 6, 7, 8]), floats(b, [1, 0, 1, 2], [])],
      {
        axis: 1n,
      },
    );
    expect(runBuilt(build, [[1, 2]])).toEqual([[1, 2, 5, 6, 7, 8]]);
  });

  it('Gather: one index, and indices at equal distances', () => {
    const scalar = single('Gather', [1, 3, 2], (b) => [longs(b, [-1], [])], { axis: 1n });
    expect(runBuilt(scalar, [range(6)])).toEqual([[4, 5]]);
    const list = single('Gather', [1, 4, 1], (b) => [longs(b, [1, 3])], { axis: 1n });
    expect(runBuilt(list, [range(4)])).toEqual([[1, 3]]);
  });
});

describe('Gather of channels', () => {
  const picked = (indices: readonly number[]): Build =>
    single('Gather', [1, 3, 1, 2], (b) => [longs(b, indices)], { axis: 1n });

  it('in another order, all or some of them', () => {
    expect(runBuilt(picked([2, -2, 0]), [range(6)])).toEqual([[4, 5, 2, 3, 0, 1]]);
    expect(kinds(networkBuilt(picked([2, 1, 0])))).toEqual(['permute-channels']);
    expect(runBuilt(picked([2, 1]), [range(6)])).toEqual([[4, 5, 2, 3]]);
    expect(kinds(networkBuilt(picked([2, 1])))).toEqual(['permute-channels', 'slice']);
  });

  it('one taken twice is refused', () => {
    expect(() => importBuilt(picked([1, 1]))).toThrow(
      /it takes the indices 1, 1 along axis 1, which are neither at equal distances nor channels of a map, each taken once/,
    );
  });
});

describe('shapes', () => {
  it('Reshape, Flatten, Squeeze, Unsqueeze, Identity and Dropout leave nothing behind', () => {
    const build: Build = (b) => {
      const x = b.input('x', 'float32', ['N', 2, 1, 3]);
      const dropped = node(b, 'Dropout', [node(b, 'Identity', [x]), floats(b, [], [0.5])]);
      const squeezed = node(b, 'Squeeze', [dropped, longs(b, [2])]);
      const wide = node(b, 'Unsqueeze', [squeezed, longs(b, [-1])]);
      const flat = node(b, 'Reshape', [node(b, 'Flatten', [wide], { axis: 2n }), longs(b, [0, -1])]);
      return node(b, 'Relu', [node(b, 'Reshape', [flat, longs(b, [1, 6])])]);
    };
    expect(runBuilt(build, [[-1, 2, -3, 4, -5, 6]])).toEqual([[0, 2, 0, 4, 0, 6]]);
    expect(kinds(networkBuilt(build)).filter((kind) => kind !== 'relu')).toEqual(['flatten']);
  });

  it('a symbolic batch of a computed shape vanishes', () => {
    const build: Build = (b) => {
      const x = b.input('x', 'float32', ['batch', 2, 1, 2]);
      const batch = node(b, 'Gather', [node(b, 'Shape', [x]), longs(b, [0], [])], { axis: 0n });
      const rows = node(b, 'Unsqueeze', [batch, longs(b, [0])]);
      const shape = node(b, 'Concat', [rows, longs(b, [-1])], { axis: 0n });
      return node(b, 'MatMul', [node(b, 'Reshape', [x, shape]), floats(b, [4, 1], [1, 10, 100, 1000])]);
    };
    expect(runBuilt(build, [[1, 2, 3, 4]])).toEqual([[4321]]);
    expect(kinds(networkBuilt(build))).toEqual(['flatten', 'dense']);
  });

  it('Transpose, the batch axis too', () => {
    const build = single('Transpose', [1, 2, 3], () => [], { perm: [2, 0, 1] });
    expect(runBuilt(build, [range(6)])).toEqual([[0, 3, 1, 4, 2, 5]]);
  });

  it('transposes around channels-last pictures vanish', () => {
    const graph = networkBuilt((b) => {
      const first = node(b, 'Transpose', [b.input('x', 'float32', ['N', 2, 3, 4])], { perm: [0, 3, 1, 2] });
      const conv = node(b, 'Conv', [first, floats(b, [5, 4, 1, 1], range(20))]);
      const last = node(b, 'Transpose', [node(b, 'Relu', [conv])], { perm: [0, 2, 3, 1] });
      return node(
        b,
        'Transpose',
        [node(b, 'MaxPool', [node(b, 'Transpose', [last], { perm: [0, 3, 1, 2] })], { kernel_shape: [2, 2] })],
        {
          perm: [0, 2, 3, 1],
        },
      );
    });
    expect(kinds(graph)).toEqual(['conv', 'relu', 'max-pool']);
    expect([graph.inputs[0]?.layout, graph.outputs[0]?.layout]).toEqual(['nhwc', 'nhwc']);
  });

  it('an axis without a batch stays whole', () => {
    const build = single('Concat', [4], (b) => [floats(b, [1], [9])], { axis: 0n });
    expect(runBuilt(build, [range(4)])).toEqual([[0, 1, 2, 3, 9]]);
  });
});

describe('reductions and sizes', () => {
  it('ReduceMean over the picture is a pool, by attribute and by input', () => {
    const old = single('ReduceMean', [1, 2, 2, 2], () => [], { axes: [2, 3], keepdims: 0n });
    expect(runBuilt(old, [range(8)], 13)).toEqual([[1.5, 5.5]]);
    const newer = single('ReduceMean', [1, 2, 2, 2], (b) => [longs(b, [-1, -2])]);
    expect(kinds(networkBuilt(newer, 18))).toEqual(['global-average-pool']);
  });

  it('ReduceSum and ReduceMax', () => {
    const sum = single('ReduceSum', [1, 2, 2, 2], (b) => [longs(b, [2, 3])], { keepdims: 0n });
    expect(runBuilt(sum, [range(8)], 13)).toEqual([[6, 22]]);
    const most = single('ReduceMax', [1, 2, 2, 2], () => [], { axes: [2, 3], keepdims: 0n });
    expect(runBuilt(most, [range(8)], 13)).toEqual([[3, 7]]);
  });

  it.each<[string, number, (b: OnnxBuilder) => readonly string[], Record<string, OnnxAttribute>]>([
    ['Upsample', 9, (b) => [floats(b, [4], [1, 1, 1, 2])], {}],
    ['Resize', 10, (b) => [floats(b, [4], [1, 1, 1, 2])], {}],
    ['Resize', 13, (b) => ['', floats(b, [4], [1, 1, 1, 2])], {}],
    [
      'Resize',
      13,
      (b) => ['', '', longs(b, [1, 1, 1, 4])],
      { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    ],
    ['Resize', 18, (b) => ['', floats(b, [1], [2])], { axes: [3], coordinate_transformation_mode: 'half_pixel' }],
  ])('%s of opset %i repeats pixels', (op, opset, others, attributes) => {
    expect(runBuilt(single(op, [1, 1, 1, 2], others, attributes), [[3, 4]], opset)).toEqual([[3, 3, 4, 4]]);
  });

  it.each<[string, number, readonly number[]]>([
    ['half_pixel', 4, [3, 4, 6, 7]],
    ['pytorch_half_pixel', 4, [3, 4, 6, 7]],
    ['asymmetric', 4, [3, 5, 7, 7]],
    ['align_corners', 5, [3, 4, 5, 6, 7]],
  ])('Resize interpolates linearly, %s to %i pixels', (coordinates, outputs, expected) => {
    const attributes = { mode: 'linear', coordinate_transformation_mode: coordinates };
    const build = single('Resize', [1, 1, 1, 2], (b) => ['', '', longs(b, [1, 1, 1, outputs])], attributes);
    expect(runBuilt(build, [[3, 7]])).toEqual([expected]);
    const line = single('Resize', [1, 1, 1, 1], (b) => ['', '', longs(b, [1, 1, 3, outputs])], attributes);
    expect(runBuilt(line, [[5]])).toEqual([new Array(3 * outputs).fill(5)]);
  });

  it('Resize to half the size leaves pixels out', () => {
    const build = single('Resize', [1, 1, 1, 4], (b) => ['', floats(b, [4], [1, 1, 1, 0.5])], {
      ...{ coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    });
    expect(runBuilt(build, [range(4)])).toEqual([[0, 2]]);
  });

  it('DepthToSpace in both orders, and back', () => {
    const map: readonly number[] = [1, 8, 1, 1];
    const out = (mode: string): readonly number[] =>
      runBuilt(
        single('DepthToSpace', map, () => [], { blocksize: 2n, mode }),
        [range(8)],
      )[0] ?? [];
    expect(out('DCR')).toEqual([0, 2, 4, 6, 1, 3, 5, 7]);
    expect(out('CRD')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const back = single('SpaceToDepth', [1, 2, 2, 2], () => [], { blocksize: 2n });
    expect(runBuilt(back, [out('DCR')])).toEqual([range(8)]);
  });
});

describe('the end of a network', () => {
  it.each(['Softmax', 'LogSoftmax'])('%s is left out, and the user is told', (op) => {
    const { graph, notes } = importBuilt(single(op, [1, 3]));
    expect(kinds(graph)).toEqual(['reshape']);
    expect(notes.map(({ code }) => code)).toEqual(['W256']);
  });

  it('an arg-max behind a cast and a reshape too', () => {
    const build: Build = (b) => {
      const scores = node(b, 'Relu', [b.input('x', 'float32', [1, 3])]);
      const best = node(b, 'ArgMax', [node(b, 'Softmax', [scores])], { axis: 1n, keepdims: 0n });
      return node(b, 'Cast', [best], { to: 6n });
    };
    expect(runBuilt(build, [[-1, 5, 2]])).toEqual([[0, 5, 2]]);
    expect(importBuilt(build).notes).toHaveLength(2);
  });

  it('in the middle they are refused', () => {
    const build: Build = (b) => node(b, 'Relu', [node(b, 'Softmax', [b.input('x', 'float32', [1, 3])])]);
    expect(() => importBuilt(build)).toThrow(/it stands inside the network/);
  });
});

describe('half precision', () => {
  it('is computed in float32', () => {
    const build: Build = (b) => {
      const half = b.constant('w', 'float16', [2], Uint16Array.of(0x3c00, 0xc000));
      return node(b, 'Mul', [b.input('x', 'float16', [1, 2]), half]);
    };
    expect(runBuilt(build, [[3, 3]])).toEqual([[3, -6]]);
  });

  it('integers that are limited keep their scale', () => {
    const build: Build = (b) => {
      const [scale, zero] = [floats(b, [], [0.5]), integers(b, 'uint8', [], [10])];
      const q = node(b, 'QuantizeLinear', [b.input('x', 'float32', [1, 2]), scale, zero]);
      const low = node(b, 'Max', [q, integers(b, 'uint8', [], [10])]);
      return node(b, 'DequantizeLinear', [low, scale, zero]);
    };
    expect(runBuilt(build, [[-3, 3]])).toEqual([[0, 3]]);
  });
});
