import { describe, expect, it } from 'vitest';
import { type OnnxAttribute, type OnnxBuilder, tensorMessage } from '../../../oracle/onnx-builder.js';
import { floats, importBuilt, integers, kinds, longs, node, runBuilt } from './run-onnx.js';

/** What exporters compute with constants when a model runs is computed once, when it is imported. */

/** The values of a constant that is added to zeros. */
function valuesOf(constant: (b: OnnxBuilder) => string, count: number, opset?: number): readonly number[] {
  const build = (b: OnnxBuilder): string => {
    const zeros = b.input('x', 'float32', [1, count]);
    const flat = node(b, 'Reshape', [node(b, 'Cast', [constant(b)], { to: 1n }), longs(b, [1, count])]);
    return node(b, 'Add', [zeros, flat]);
  };
  const { graph } = importBuilt(build, opset);
  expect(kinds(graph)).toEqual(['add']);
  return runBuilt(build, [Array.from({ length: count }, () => 0)], opset)[0] ?? [];
}

const on =
  (op: string, operands: (b: OnnxBuilder) => readonly string[], attributes: Record<string, OnnxAttribute> = {}) =>
  (b: OnnxBuilder): string =>
    node(b, op, operands(b), attributes);

const ints =
  (...values: readonly number[]) =>
  (b: OnnxBuilder): string =>
    longs(b, values);
const both = (first: (b: OnnxBuilder) => string, second: (b: OnnxBuilder) => string) => (b: OnnxBuilder) => [
  first(b),
  second(b),
];
const reals =
  (...values: readonly number[]) =>
  (b: OnnxBuilder): string =>
    floats(b, [values.length], values);

describe('constants', () => {
  it.each<[string, (b: OnnxBuilder) => string, number[]]>([
    [
      'Constant: value',
      on('Constant', () => [], { value: { tensor: tensorMessage('', 'int8', [2], Int8Array.of(-1, 2)) } }),
      [-1, 2],
    ],
    ['Constant: value_float', on('Constant', () => [], { value_float: { f: 1.5 } }), [1.5]],
    ['Constant: value_floats', on('Constant', () => [], { value_floats: { floats: [1.5, 2] } }), [1.5, 2]],
    ['Constant: value_int', on('Constant', () => [], { value_int: 7n }), [7]],
    ['Constant: value_ints', on('Constant', () => [], { value_ints: [7, 8] }), [7, 8]],
    [
      'ConstantOfShape',
      on('ConstantOfShape', (b) => [longs(b, [3])], {
        value: { tensor: tensorMessage('', 'int64', [1], BigInt64Array.of(4n)) },
      }),
      [4, 4, 4],
    ],
    ['ConstantOfShape without a value', on('ConstantOfShape', (b) => [longs(b, [2])]), [0, 0]],
    ['Shape of a constant', on('Shape', (b) => [floats(b, [2, 1], [0, 0])]), [2, 1]],
    ['Shape from start to end', on('Shape', (b) => [floats(b, [2, 1, 1], [0, 0])], { start: 1n, end: -1n }), [1]],
    ['Size', on('Size', (b) => [floats(b, [2, 3], [0, 0, 0, 0, 0, 0])]), [6]],
    ['Gather', on('Gather', both(ints(5, 6, 7), ints(-1, 0))), [7, 5]],
    ['Concat', on('Concat', both(ints(5, 6), ints(7)), { axis: 0n }), [5, 6, 7]],
    [
      'Slice backwards',
      on('Slice', (b) => [longs(b, [1, 2, 3]), longs(b, [-1]), longs(b, [-9]), longs(b, [0]), longs(b, [-2])]),
      [3, 1],
    ],
    [
      'Squeeze and Unsqueeze',
      (b) => node(b, 'Squeeze', [node(b, 'Unsqueeze', [longs(b, [3, 4]), longs(b, [0])])]),
      [3, 4],
    ],
    ['Transpose', on('Transpose', (b) => [floats(b, [2, 3], [1, 2, 3, 4, 5, 6])]), [1, 4, 2, 5, 3, 6]],
    ['Range', on('Range', (b) => [longs(b, [5], []), longs(b, [0], []), longs(b, [-2], [])]), [5, 3, 1]],
    ['Expand', on('Expand', (b) => [longs(b, [1, 2], [2, 1]), longs(b, [2, 2])]), [1, 1, 2, 2]],
    ['Tile', on('Tile', both(ints(1, 2), ints(2))), [1, 2, 1, 2]],
    ['Add, with broadcasting', on('Add', both(ints(1, 2), ints(10))), [11, 12]],
    ['Sub', on('Sub', both(ints(1, 2), ints(10))), [-9, -8]],
    ['Mul', on('Mul', both(ints(3, -2), ints(10))), [30, -20]],
    ['Div of integers cuts off', on('Div', both(ints(7, -7), ints(2))), [3, -3]],
    ['Div of real numbers', on('Div', both(reals(7, -7), reals(2))), [3.5, -3.5]],
    ['Mod', on('Mod', both(ints(7, -7), ints(4))), [3, 1]],
    ['Mod as in C', on('Mod', both(ints(7, -7), ints(4)), { fmod: 1n }), [3, -3]],
    ['Pow', on('Pow', both(ints(2, 3), ints(3))), [8, 27]],
    ['Min', on('Min', both(ints(2, 3), ints(-3))), [-3, -3]],
    ['Neg', on('Neg', (b) => [longs(b, [2, -3])]), [-2, 3]],
    ['Abs', on('Abs', (b) => [longs(b, [2, -3])]), [2, 3]],
    ['Floor', on('Floor', (b) => [floats(b, [2], [1.5, -1.5])]), [1, -2]],
    ['Ceil', on('Ceil', (b) => [floats(b, [2], [1.5, -1.5])]), [2, -1]],
    ['Round, halves to even', on('Round', (b) => [floats(b, [4], [0.5, 1.5, -2.5, 2.4])]), [0, 2, -2, 2]],
    ['Sqrt', on('Sqrt', (b) => [floats(b, [2], [4, 9])]), [2, 3]],
    ['Reciprocal', on('Reciprocal', (b) => [floats(b, [2], [4, 0.5])]), [0.25, 2]],
    ['Equal', on('Equal', both(ints(1, 2), ints(2))), [0, 1]],
    ['Less and Not', (b) => node(b, 'Not', [node(b, 'Less', [longs(b, [1, 2]), longs(b, [2])])]), [0, 1]],
    [
      'Where',
      (b) => node(b, 'Where', [node(b, 'Greater', [longs(b, [1, 3]), longs(b, [2])]), longs(b, [8]), longs(b, [9])]),
      [9, 8],
    ],
    ['ReduceProd', on('ReduceProd', (b) => [longs(b, [2, 3, 4])], { keepdims: 0n }), [24]],
    ['ReduceMax along an axis', on('ReduceMax', (b) => [floats(b, [2, 2], [1, 2, 4, 3]), longs(b, [1])]), [2, 4]],
    ['Cast to integers cuts off', on('Cast', (b) => [floats(b, [2], [1.9, -1.9])], { to: 7n }), [1, -1]],
    ['Cast to bool', on('Cast', (b) => [floats(b, [2], [0, -1.9])], { to: 9n }), [0, 1]],
    [
      'Cast to half precision rounds',
      on('Cast', (b) => [floats(b, [3], [0.1, 2049, 1e-9])], { to: 10n }),
      [0.0999755859375, 2048, 0],
    ],
    [
      'DequantizeLinear along an axis',
      on('DequantizeLinear', (b) => [integers(b, 'int8', [2, 2], [1, 2, 3, 4]), floats(b, [2], [0.5, 2])], {
        axis: 0n,
      }),
      [0.5, 1, 6, 8],
    ],
    [
      'QuantizeLinear',
      on('QuantizeLinear', (b) => [
        floats(b, [3], [0.25, 0.75, 99]),
        floats(b, [], [0.5]),
        integers(b, 'int8', [], [1]),
      ]),
      [1, 3, 127],
    ],
  ])('%s', (_name, constant, wanted) => {
    expect(valuesOf(constant, wanted.length)).toEqual(wanted);
  });

  it('a result that does not fit its type is refused', () => {
    const build = on('Mul', both(ints(2 ** 52), ints(4)));
    expect(() => valuesOf(build, 1)).toThrow(/it computes 18014398509481984, which does not fit int64/);
  });

  it('weights pass through Identity, Cast, Transpose and Reshape', () => {
    const build = (b: OnnxBuilder): string => {
      const half = b.constant('w', 'float16', [3, 2], Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600));
      const real = node(b, 'Cast', [node(b, 'Identity', [half])], { to: 1n });
      const turned = node(b, 'Reshape', [node(b, 'Transpose', [real]), longs(b, [2, 3])]);
      return node(b, 'Gemm', [b.input('x', 'float32', [1, 3]), turned], { transB: 1n });
    };
    expect(runBuilt(build, [[1, 10, 100]])).toEqual([[531, 642]]);
    expect(kinds(importBuilt(build).graph)).toEqual(['dense']);
  });

  it('quantised weights keep their integers through Transpose and Reshape', () => {
    const build = (b: OnnxBuilder): string => {
      const q = integers(b, 'int8', [2, 3], [1, 2, 3, 4, 5, 6]);
      const real = node(b, 'DequantizeLinear', [q, floats(b, [2], [1, 10])], { axis: 0n });
      const turned = node(b, 'Transpose', [node(b, 'Reshape', [real, longs(b, [2, 3])])]);
      return node(b, 'MatMul', [b.input('x', 'float32', [1, 3]), turned]);
    };
    const { graph } = importBuilt(build);
    expect(kinds(graph)).toEqual(['dequantise', 'dense']);
    expect([...graph.constants.values()].map(({ type }) => [type.shape, type.quant?.axis])).toEqual([[[2, 3], 0]]);
    expect(runBuilt(build, [[1, 10, 100]])).toEqual([[321, 6540]]);
  });
});
