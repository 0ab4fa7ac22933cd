import { axisOffsets, broadcastOffsets, stridesOf } from '../../execute/element-order.js';
import { broadcastShape } from '../../ir/broadcast.js';
import type { TensorData } from '../../ir/tensor.js';
import { elementCount, intRange, isInt } from '../../ir/tensor-type.js';
import { quantiseValue } from '../../support/fixed-point.js';
import { defined } from '../../support/invariant.js';
import { gathered, permuted } from '../moved-data.js';
import { type Call, defineConstant, inputOf, numbersOf, outputOf, refuse, refuseUnlessKnown } from './call.js';
import { operandsDoNotFit, tooMuch, unsupportedType } from './messages.js';
import { remembered } from './tensors.js';
import type { Value } from './value.js';
import { realValues } from './weights.js';

/** Operators on constants: computed here, when somebody reads the result. */

/** Shapes and indices are computed with, not weights. */
const MOST_COMPUTED = 2 ** 16;

export function dataOf(value: Value): TensorData {
  return defined(value.data, 'the data of a constant')();
}

/** The result has the operand's elements in their order. */
export function foldReshape(call: Call, shape: readonly number[], input = 0): void {
  const value = inputOf(call, input);
  defineConstant(call, 0, { shape, numbers: numbersOf(call, outputOf(call)) }, value.data);
}

export function foldTranspose(call: Call, perm: readonly number[]): void {
  const value = inputOf(call, 0);
  const shape = perm.map((axis) => value.shape[axis] ?? 0);
  const compute = (): TensorData => {
    call.work.spendCopy(dataOf(value).byteLength);
    return permuted(dataOf(value), value.shape, perm);
  };
  defineConstant(call, 0, { shape, numbers: numbersOf(call, outputOf(call)) }, remembered(compute));
}

/** One entry an axis: where the result begins, how far it goes each time, backwards too, and how many elements it has. */
export interface Region {
  readonly begin: readonly number[];
  readonly step: readonly number[];
  readonly size: readonly number[];
}

/** The elements of a region, under a shape with the same number of elements. */
export function foldRegion(call: Call, value: Value, region: Region, shape: readonly number[], index = 0): void {
  const { begin, step, size } = region;
  const compute = (): TensorData => {
    const data = dataOf(value);
    call.work.spendCopy(elementCount(size) * data.BYTES_PER_ELEMENT);
    const strides = stridesOf(value.shape);
    const at = (position: number, axis: number): number => (begin[axis] ?? 0) + position * (step[axis] ?? 1);
    const offsets = axisOffsets(size, (position, axis) => at(position, axis) * (strides[axis] ?? 0));
    return gathered(data, offsets, elementCount(size));
  };
  defineConstant(call, index, { shape, numbers: numbersOf(call, outputOf(call, index)) }, remembered(compute));
}

/** Constants of equal type one behind the other along an axis of `shape`. */
export function foldJoin(call: Call, axis: number, shape: readonly number[]): void {
  const values = call.inputs.map((_, index) => inputOf(call, index));
  const compute = (): TensorData => {
    const parts = values.map(dataOf);
    const first = defined(parts[0], 'the first operand');
    const count = elementCount(shape);
    call.work.spendCopy(count * first.BYTES_PER_ELEMENT);
    const joined = new (first.constructor as new (length: number) => TensorData)(count);
    // Without elements there are no rows either, however long the other axes are.
    const rows = count === 0 ? 0 : elementCount(shape.slice(0, axis));
    let at = 0;
    for (let row = 0; row < rows; row++) {
      for (const part of parts) {
        const length = part.length / rows;
        joined.set(part.subarray(row * length, (row + 1) * length) as never, at);
        at += length;
      }
    }
    return joined;
  };
  const name = outputOf(call).element;
  const odd = values.find((value) => value.numbers.name !== name);
  if (odd !== undefined) {
    const text = `it joins ${odd.numbers.name} and ${name}`;
    refuse(unsupportedType(call.spot, text, 'the file contradicts itself; convert the model again'));
  }
  defineConstant(call, 0, { shape, numbers: numbersOf(call, outputOf(call)) }, remembered(compute));
}

const ARITHMETIC: ReadonlySet<string> = new Set(['INT32', 'INT64', 'FLOAT32']);

/** Element by element, of numbers without scale. */
export function foldArithmetic(
  call: Call<{ readonly fused_activation_function: string }>,
  f: (a: number, b: number) => number,
): void {
  const values = [inputOf(call, 0), inputOf(call, 1)] as const;
  const numbers = numbersOf(call, outputOf(call));
  const names = [...values.map((value) => value.numbers.name), numbers.name];
  if (!ARITHMETIC.has(numbers.name) || new Set(names).size > 1 || call.options.fused_activation_function !== 'NONE') {
    const text = `it computes constants of ${names.join(', ')}`;
    refuse(unsupportedType(call.spot, text, 'export the result as a constant'));
  }
  const shape = broadcastShape(values.map((value) => value.shape));
  if (shape === undefined || elementCount(shape) > MOST_COMPUTED) {
    const text = `constants of [${values.map((value) => value.shape.join(', ')).join('] and [')}] are not computed with`;
    refuseUnlessKnown(call.inputs, () => operandsDoNotFit(call.spot, text, 'export the result as a constant'));
  }
  const compute = (): TensorData => {
    const [a, b] = values.map((value) => {
      const wide = gathered(dataOf(value), broadcastOffsets(value.shape, shape), elementCount(shape));
      return Array.from(wide as ArrayLike<number | bigint>, Number);
    });
    return converted(
      call,
      (a ?? []).map((x, i) => f(x, b?.[i] ?? 0)),
      numbers.name,
    );
  };
  defineConstant(call, 0, { shape, numbers }, remembered(compute));
}

/** Numbers as elements of a type that is computed with: fractions are cut off, and what does not fit is refused. */
export function converted(call: Call, values: ArrayLike<number>, name: string): TensorData {
  if (values.length > MOST_COMPUTED) refuse(tooMuch(call.work.file, 'elements in a computed constant', MOST_COMPUTED));
  const list = Array.from(values, (value) => (name === 'FLOAT32' ? value : Math.trunc(value)));
  const limit = name === 'INT32' ? 2 ** 31 : Number.MAX_SAFE_INTEGER;
  if (name !== 'FLOAT32' && !list.every((value) => value >= -limit && value < limit)) {
    refuse(unsupportedType(call.spot, `a computed value does not fit ${name}`, 'export the result as a constant'));
  }
  if (name === 'INT32') return Int32Array.from(list);
  return name === 'INT64' ? BigInt64Array.from(list, BigInt) : Float32Array.from(list);
}

/** Integers to the real values that they stand for; halves are float32 already. */
export function foldDequantize(call: Call): void {
  const value = inputOf(call, 0);
  const compute = (): TensorData => realValues(call, value, 'input');
  defineConstant(call, 0, { shape: value.shape, numbers: numbersOf(call, outputOf(call)) }, remembered(compute));
}

/** Floats to integers of the output's scale, as the graph's own quantise does it. */
export function foldQuantize(call: Call): void {
  const value = inputOf(call, 0);
  const numbers = numbersOf(call, outputOf(call));
  const { element, quant } = numbers;
  if (
    value.numbers.name !== 'FLOAT32' ||
    element === undefined ||
    !isInt(element) ||
    element.bits > 8 ||
    quant === undefined ||
    quant.axis !== undefined
  ) {
    const text = `it turns constants of ${value.numbers.name} into ${numbers.name}`;
    refuse(unsupportedType(call.spot, text, 'export the result as a constant'));
  }
  const { min, max } = intRange(element);
  const [scale = 1] = quant.scale;
  const [zeroPoint = 0] = quant.zeroPoint;
  const toInteger = (real: number): number => quantiseValue(Math.fround(real / scale), 1, zeroPoint, min, max);
  const compute = (): TensorData => {
    const reals = dataOf(value) as Float32Array;
    call.work.spendCopy(reals.length);
    return element.signed ? Int8Array.from(reals, toInteger) : Uint8Array.from(reals, toInteger);
  };
  defineConstant(call, 0, { shape: value.shape, numbers }, remembered(compute));
}
