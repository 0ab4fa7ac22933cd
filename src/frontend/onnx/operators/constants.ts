import { axisOffsets, broadcastOffsets, stridesOf } from '../../../execute/element-order.js';
import { broadcastShape } from '../../../ir/broadcast.js';
import { elementCount } from '../../../ir/tensor-type.js';
import { sameExtents } from '../../../ir/type-equality.js';
import {
  integer,
  optionalBigInteger,
  optionalBigIntegers,
  optionalInteger,
  optionalReal,
  optionalReals,
  optionalTensor,
} from '../attributes.js';
import {
  type Call,
  constantOf,
  define,
  defineConstant,
  integersOf,
  operandOf,
  outputName,
  refuseNode,
} from '../call.js';
import { type ConstantData, type DType, isFloat } from '../dtypes.js';
import { asType, defineGathered, foldElementwise } from '../fold.js';
import { constantRule, type OperatorRule, type RuleTable, rule, TWO } from '../rule.js';
import { readTensor } from '../tensors.js';

/** Constants, shapes, and what exporters compute with them. */

const CONTRADICTION = 'the file contradicts itself; export the model again';
const NONE = { min: 0, max: 0 } as const;

const CONSTANT = {
  value: optionalTensor(),
  value_float: optionalReal(),
  value_floats: optionalReals(),
  value_int: optionalBigInteger(),
  value_ints: optionalBigIntegers(),
};

const constant = rule({
  from: 1,
  attributes: CONSTANT,
  inputs: NONE,
  run: (call) => {
    const { value, value_float: float, value_floats: floats, value_int: int, value_ints: ints } = call.attributes;
    const given = Object.values(call.attributes).filter((one) => one !== undefined).length;
    if (given !== 1) refuseNode(call, `it has ${given} values instead of one`, CONTRADICTION);
    if (value !== undefined) {
      call.work.values.set(outputName(call), readTensor(value, outputName(call), call.work.files));
    } else if (float !== undefined || floats !== undefined) {
      const data = Float32Array.from(floats ?? [float ?? 0]);
      defineConstant(call, { dtype: 'float32', shape: floats === undefined ? [] : [data.length], data });
    } else {
      const data = BigInt64Array.from(ints ?? [int ?? 0n]);
      defineConstant(call, { dtype: 'int64', shape: ints === undefined ? [] : [data.length], data });
    }
  },
});

/** A shape given as a constant, of no unreasonable size. */
function shapeInput(call: Call, index: number): readonly number[] {
  const shape = integersOf(call, index, 'shape');
  if (shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0)) return shape;
  return refuseNode(call, `its shape is given as [${shape.join(', ')}]`, CONTRADICTION);
}

const constantOfShape = rule({
  from: 9,
  attributes: { value: optionalTensor() },
  run: (call) => {
    const shape = shapeInput(call, 0);
    const { value } = call.attributes;
    const one = value === undefined ? undefined : readTensor(value, outputName(call), call.work.files);
    if (one !== undefined && one.data.length !== 1)
      refuseNode(call, `its value has ${one.data.length} elements instead of one`, CONTRADICTION);
    const count = elementCount(shape);
    const like: ConstantData = one?.data ?? new Float32Array(1);
    call.work.spendFill(count * like.BYTES_PER_ELEMENT);
    const arrayClass = like.constructor as new (length: number) => ConstantData;
    const data = new arrayClass(count);
    data.fill(like[0] as never);
    call.work.values.set(outputName(call), {
      ...{ kind: 'constant', name: outputName(call), dtype: one?.dtype ?? 'float32' },
      ...{ shape, data, uniform: true },
    });
  },
});

function integers(call: Call, values: readonly number[], isScalar = false): void {
  const data = BigInt64Array.from(values, BigInt);
  defineConstant(call, { dtype: 'int64', shape: isScalar ? [] : [data.length], data });
}

/** Shapes are known, whatever flows. */
const shape: readonly OperatorRule[] = [
  rule({ from: 1, to: 14, run: (call) => integers(call, operandOf(call, 0).shape) }),
  rule({
    from: 15,
    attributes: { start: integer(0), end: optionalInteger() },
    run: (call) => {
      const { shape: extents } = operandOf(call, 0);
      integers(call, extents.slice(call.attributes.start, call.attributes.end));
    },
  }),
];

const size = rule({ from: 1, run: (call) => integers(call, [elementCount(operandOf(call, 0).shape)], true) });

const range = rule({
  from: 11,
  inputs: { min: 3, max: 3 },
  run: (call) => {
    const [start = 0, limit = 0, delta = 1] = [0, 1, 2].map((index) =>
      Number(constantOf(call, index, ['start', 'limit', 'step'][index] ?? '').data[0]),
    );
    const { dtype } = operandOf(call, 0);
    const count = Math.max(0, Math.ceil((limit - start) / delta));
    if (!Number.isFinite(count))
      refuseNode(call, `it goes from ${start} to ${limit} in steps of ${delta}`, CONTRADICTION);
    call.work.spendCopy(8 * count);
    const values = Float64Array.from({ length: count }, (_, at) => start + at * delta);
    defineConstant(call, { dtype, shape: [count], data: asType(call, values, dtype) });
  },
});

/** Repeats along axes of extent 1; what flows may only keep its shape. */
const expand = rule({
  from: 8,
  inputs: TWO,
  run: (call) => {
    const x = operandOf(call, 0);
    const result = broadcastShape([x.shape, shapeInput(call, 1)]);
    if (x.kind === 'flowing' && result !== undefined && sameExtents(result, x.shape)) define(call, x, x.tensor);
    else refuseNode(call, `it repeats what flows through the network, to [${result?.join(', ')}]`, REPEAT);
  },
  fold: (call) => {
    const { data, dtype, shape: own } = constantOf(call, 0, 'input');
    const result = broadcastShape([own, shapeInput(call, 1)]);
    if (result === undefined) {
      const wanted = shapeInput(call, 1).join(', ');
      return refuseNode(call, `its input of [${own.join(', ')}] does not go into [${wanted}]`, CONTRADICTION);
    }
    defineGathered(call, { data, dtype, shape: result, offsets: () => broadcastOffsets(own, result) });
  },
});

const REPEAT = 'let the operator behind it broadcast, which needs no copies';

const tile = rule({
  from: 6,
  inputs: TWO,
  run: (call) => {
    const x = operandOf(call, 0);
    if (x.kind === 'flowing' && shapeInput(call, 1).every((times) => times === 1)) define(call, x, x.tensor);
    else refuseNode(call, 'it repeats what flows through the network', REPEAT);
  },
  fold: (call) => {
    const { data, dtype, shape: own } = constantOf(call, 0, 'input');
    const repeats = shapeInput(call, 1);
    if (repeats.length !== own.length)
      refuseNode(call, `it repeats ${repeats.length} axes of ${own.length}`, CONTRADICTION);
    const strides = stridesOf(own);
    const result = own.map((extent, axis) => extent * (repeats[axis] ?? 1));
    const offsets = () => axisOffsets(result, (position, axis) => (position % (own[axis] ?? 1)) * (strides[axis] ?? 0));
    defineGathered(call, { data, dtype, shape: result, offsets });
  },
});

type Numbers = (...values: readonly number[]) => number;

interface OnConstants {
  readonly from: number;
  readonly inputs?: { readonly min: number; readonly max: number };
  readonly f: Numbers;
  /** Type of the result; that of input `like` where left out. */
  readonly dtype?: DType;
  readonly like?: number;
}

/** A function of constants, element by element, which has no operator for what flows. */
function onConstants({ from, inputs = { min: 1, max: 1 }, f, ...result }: OnConstants): OperatorRule {
  return constantRule({ from, inputs, fold: (call) => foldElementwise(call, f, result) });
}

const truth = (value: boolean): number => (value ? 1 : 0);

function comparison(from: number, f: (a: number, b: number) => boolean): OperatorRule {
  return onConstants({ from, inputs: TWO, f: (a = 0, b = 0) => truth(f(a, b)), dtype: 'bool' });
}

/** Halves to even. */
function rounded(value: number): number {
  const near = Math.round(value);
  return Math.abs(value % 1) === 0.5 && near % 2 !== 0 ? near - 1 : near;
}

/** The remainder has the sign of the divisor, or with fmod 1 that of the dividend. */
const mod = constantRule({
  from: 10,
  attributes: { fmod: integer(0) },
  inputs: TWO,
  fold: (call) =>
    foldElementwise(call, (a = 0, b = 1) => {
      if (b === 0 && !isFloat(operandOf(call, 0).dtype)) refuseNode(call, 'it divides integers by 0', CONTRADICTION);
      return call.attributes.fmod === 1 ? a % b : a - b * Math.floor(a / b);
    }),
});

export const CONSTANT_RULES: RuleTable = {
  Constant: [constant],
  ConstantOfShape: [constantOfShape],
  Shape: shape,
  Size: [size],
  Range: [range],
  Expand: [expand],
  Tile: [tile],
  Where: [onConstants({ from: 9, inputs: { min: 3, max: 3 }, f: (c, a = 0, b = 0) => (c === 0 ? b : a), like: 1 })],
  Equal: [comparison(7, (a, b) => a === b)],
  Greater: [comparison(7, (a, b) => a > b)],
  GreaterOrEqual: [comparison(12, (a, b) => a >= b)],
  Less: [comparison(7, (a, b) => a < b)],
  LessOrEqual: [comparison(12, (a, b) => a <= b)],
  And: [comparison(7, (a, b) => a !== 0 && b !== 0)],
  Or: [comparison(7, (a, b) => a !== 0 || b !== 0)],
  Xor: [comparison(7, (a, b) => a !== b)],
  Not: [onConstants({ from: 1, f: (a) => truth(a === 0), dtype: 'bool' })],
  Floor: [onConstants({ from: 6, f: (a = 0) => Math.floor(a) })],
  Ceil: [onConstants({ from: 6, f: (a = 0) => Math.ceil(a) })],
  Round: [onConstants({ from: 11, f: (a = 0) => rounded(a) })],
  Sqrt: [onConstants({ from: 6, f: (a = 0) => Math.sqrt(a) })],
  Exp: [onConstants({ from: 6, f: (a = 0) => Math.exp(a) })],
  Log: [onConstants({ from: 6, f: (a = 0) => Math.log(a) })],
  Abs: [onConstants({ from: 6, f: (a = 0) => Math.abs(a) })],
  Reciprocal: [onConstants({ from: 6, f: (a = 1) => 1 / a })],
  Mod: [mod],
};
