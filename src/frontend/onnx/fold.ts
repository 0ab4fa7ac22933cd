import { axisOffsets, broadcastOffsets, stridesOf } from '../../execute/element-order.js';
import { broadcastShape } from '../../ir/broadcast.js';
import { elementCount, type Quantization } from '../../ir/tensor-type.js';
import { defined, invariant } from '../../support/invariant.js';
import { gathered, keepsOrder, newLike, permuted } from '../moved-data.js';
import { type Call, constantOf, defineConstant, operandOf, outputName, refuseNode } from './call.js';
import { type ConstantData, type DType, isBig, isFloat, STORAGE } from './dtypes.js';
import type { Constant, QuantisedConstant } from './values.js';

/** Computing with constants when the model is imported. */

export type Known = Constant | QuantisedConstant;

/** An input of a node that has constants only. */
export function knownOf(call: Call, index = 0): Known {
  const value = operandOf(call, index);
  invariant(value.kind !== 'flowing', 'a constant that is computed while the model runs');
  return value;
}

/** The real values of quantised constants, as DequantizeLinear computes them in float32. */
export function dequantisedConstant(call: Call, { name, shape, data, quant }: QuantisedConstant): Constant {
  call.work.spendCopy(4 * data.length);
  const { scale, zeroPoint, axis } = quant;
  const inner = axis === undefined ? data.length : elementCount(shape.slice(axis + 1));
  const values = new Float32Array(data.length);
  for (let index = 0; index < values.length; index++) {
    const channel = axis === undefined ? 0 : Math.floor(index / inner) % scale.length;
    const steps = Math.fround(Number(data[index]) - (zeroPoint[channel] ?? 0));
    values[index] = steps * (scale[channel] ?? 1);
  }
  return { kind: 'constant', name, dtype: 'float32', shape, data: values };
}

/** The file's output `index` is the known value, under its own name. */
export function defineKnown(call: Call, value: Known, index = 0): void {
  call.work.values.set(outputName(call, index), value);
}

/** The axis of another shape of as many elements that has the same indices in the same places; undefined where none has. */
function keptAxis(axis: number, from: readonly number[], to: readonly number[]): number | undefined {
  const inner = elementCount(from.slice(axis + 1));
  const found = to.findIndex((extent, at) => extent === from[axis] && elementCount(to.slice(at + 1)) === inner);
  return found < 0 ? undefined : found;
}

/** The same elements under another shape. Where that breaks up the axis of a quantisation, they become real values. */
export function foldReshape(call: Call, shape: readonly number[]): void {
  const value = knownOf(call);
  if (value.kind === 'constant' || value.quant.axis === undefined) {
    defineKnown(call, { ...value, shape });
    return;
  }
  const axis = keptAxis(value.quant.axis, value.shape, shape);
  const kept = axis === undefined ? dequantisedConstant(call, value) : { ...value, quant: { ...value.quant, axis } };
  defineKnown(call, { ...kept, shape });
}

export function foldTranspose(call: Call, perm: readonly number[]): void {
  const value = knownOf(call);
  const shape = perm.map((axis) => value.shape[axis] ?? 0);
  const quant = (own: Quantization): Quantization =>
    own.axis === undefined ? own : { ...own, axis: perm.indexOf(own.axis) };
  if (value.uniform !== true && !keepsOrder(value.shape, perm)) call.work.spendCopy(value.data.byteLength);
  const data = value.uniform === true ? value.data : permuted(value.data, value.shape, perm);
  const moved = { shape, data };
  defineKnown(
    call,
    value.kind === 'constant' ? { ...value, ...moved } : { ...value, ...moved, quant: quant(value.quant) },
  );
}

/** One entry an axis: where the result begins, how far it goes each time, backwards too, and how many elements it has. */
export interface Region {
  readonly begin: readonly number[];
  readonly step: readonly number[];
  readonly size: readonly number[];
}

/** The elements of a region; a real constant, as all of these below. */
export function foldRegion(call: Call, { begin, step, size }: Region, index = 0): void {
  const { data, shape, dtype } = constantOf(call, 0, 'input');
  const strides = stridesOf(shape);
  const at = (position: number, axis: number): number => (begin[axis] ?? 0) + position * (step[axis] ?? 1);
  const offsets = () => axisOffsets(size, (position, axis) => at(position, axis) * (strides[axis] ?? 0));
  defineGathered(call, { data, dtype, shape: size, offsets }, index);
}

interface Gathering {
  readonly data: ConstantData;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /**
   * Places in the data, one list for each axis of `shape`, or of another shape with as many elements. Made when there
   * is room for the result.
   */
  readonly offsets: () => readonly Int32Array[];
}

export function defineGathered(call: Call, { data, dtype, shape, offsets }: Gathering, index = 0): void {
  const count = elementCount(shape);
  call.work.spendCopy(count * data.BYTES_PER_ELEMENT);
  defineConstant(call, { dtype, shape, data: gathered(data, offsets(), count) }, index);
}

/** Constants of one type one behind the other along an axis. */
export function foldJoin(call: Call, axis: number, shape: readonly number[]): void {
  const parts = call.inputs.map((_, index) => constantOf(call, index, 'input'));
  const first = defined(parts[0], 'the first input');
  const { dtype } = first;
  const odd = parts.find((part) => part.dtype !== dtype);
  if (odd !== undefined) refuseNode(call, `it joins ${dtype} and ${odd.dtype}`, 'export the model again');
  const count = elementCount(shape);
  call.work.spendCopy(count * first.data.BYTES_PER_ELEMENT);
  const joined = newLike(first.data, count);
  // Without elements there are no rows either, however long the other axes are.
  const rows = count === 0 ? 0 : elementCount(shape.slice(0, axis));
  let at = 0;
  for (let row = 0; row < rows; row++) {
    for (const { data } of parts) {
      const length = data.length / rows;
      joined.set(data.subarray(row * length, (row + 1) * length) as never, at);
      at += length;
    }
  }
  defineConstant(call, { dtype, shape, data: joined });
}

/** A constant's elements as numbers, repeated to another shape. 64-bit integers beyond 2^53 are refused. */
function broadcastNumbers(call: Call, index: number, shape: readonly number[]): ArrayLike<number> {
  const value = constantOf(call, index, 'input');
  const count = elementCount(shape);
  const isWhole = value.data.length === count;
  if (!isWhole) call.work.spendCopy(count * value.data.BYTES_PER_ELEMENT);
  const data = isWhole ? value.data : gathered(value.data, broadcastOffsets(value.shape, shape), count);
  if (!isBig(data)) return data;
  call.work.spendCopy(data.byteLength);
  return Float64Array.from(data, (entry) => exactNumber(call, entry));
}

function exactNumber(call: Call, entry: bigint): number {
  const value = Number(entry);
  if (Number.isSafeInteger(value)) return value;
  return refuseNode(
    call,
    `it computes with ${entry}, beyond the integers that are computed with`,
    'export the result as a constant',
  );
}

/** Element by element, with broadcasting. The result has the type of input `like`, if no other one is given. */
export function foldElementwise(
  call: Call,
  f: (...values: readonly number[]) => number,
  { like = 0, dtype = constantOf(call, like, 'input').dtype }: { readonly like?: number; readonly dtype?: DType } = {},
): void {
  const shapes = call.inputs.map((_, index) => operandOf(call, index).shape);
  const shape = broadcastShape(shapes);
  if (shape === undefined) {
    const text = `its inputs have the shapes ${shapes.map((one) => `[${one.join(', ')}]`).join(' and ')}`;
    refuseNode(call, `${text}, which do not go together`, 'the file contradicts itself; export the model again');
  }
  const count = elementCount(shape);
  const operands = call.inputs.map((_, index) => broadcastNumbers(call, index, shape));
  call.work.spendCopy(8 * count);
  const values = new Float64Array(count);
  const [a, b] = operands;
  if (operands.length === 1 && a !== undefined) for (let i = 0; i < count; i++) values[i] = f(a[i] as number);
  else if (operands.length === 2 && a !== undefined && b !== undefined)
    for (let i = 0; i < count; i++) values[i] = f(a[i] as number, b[i] as number);
  else for (let i = 0; i < count; i++) values[i] = f(...operands.map((operand) => operand[i] as number));
  defineConstant(call, { dtype, shape, data: asType(call, values, dtype) });
}

/** Limits of integer types that are computed with; what lies outside is refused. */
const RANGES: Readonly<Partial<Record<DType, readonly [number, number]>>> = {
  int4: [-8, 7],
  uint4: [0, 15],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

/** Numbers as elements of a type; fractions of integers are cut off. */
export function asType(call: Call, values: Float64Array, dtype: DType): ConstantData {
  if (isFloat(dtype)) return dtype === 'double' ? values : Float32Array.from(values);
  if (dtype === 'bool') return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
  const [least = 0, most = 0] = RANGES[dtype] ?? [];
  const whole = (value: number): number => {
    const cut = Math.trunc(value);
    if (cut >= least && cut <= most) return cut;
    return refuseNode(call, `it computes ${value}, which does not fit ${dtype}`, 'export the result as a constant');
  };
  const data = STORAGE[dtype].make(values.length);
  if (isBig(data)) for (let i = 0; i < values.length; i++) data[i] = BigInt(whole(values[i] as number));
  else for (let i = 0; i < values.length; i++) data[i] = whole(values[i] as number);
  return data;
}
