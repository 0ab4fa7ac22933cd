import { axisOffsets, gather, stridesOf } from '../execute/element-order.js';
import type { TensorData } from '../ir/tensor.js';
import { elementCount } from '../ir/tensor-type.js';
import { viewWords, type Words } from '../support/typed-view.js';

/** Arrays of a file's constants: what graphs hold, and what is only computed with. */
export type FileData = TensorData | Float64Array | Uint32Array | BigUint64Array;

/** Axis i of the result is axis order[i] of the data, in an array of the same class; the same array where nothing moves. */
export function permuted<T extends FileData>(data: T, shape: readonly number[], order: readonly number[]): T {
  if (keepsOrder(shape, order)) return data;
  const strides = stridesOf(shape);
  const outShape = order.map((axis) => shape[axis] ?? 1);
  const offsets = axisOffsets(outShape, (position, axis) => position * (strides[order[axis] ?? 0] ?? 0));
  return gathered(data, offsets, elementCount(shape));
}

/** Whether a permutation leaves all elements in their order: axes of extent 1 may go anywhere. */
export function keepsOrder(shape: readonly number[], order: readonly number[]): boolean {
  const moving = order.filter((axis) => shape[axis] !== 1);
  return moving.every((axis, at) => at === 0 || axis > (moving[at - 1] ?? 0));
}

/** The elements at the given offsets, in an array of the same class. */
export function gathered<T extends FileData>(data: T, offsets: readonly Int32Array[], count: number): T {
  const moved = newLike(data, count);
  // 64-bit words move as the others do.
  gather(viewWords(data) as NumericWords, offsets, viewWords(moved) as NumericWords);
  return moved;
}

type NumericWords = Exclude<Words, BigUint64Array>;

/** An array of the same class; also for the subclass that file readers give. */
export function newLike<T extends FileData>(data: T, count: number): T {
  const arrayClass = data.slice(0, 0).constructor as new (length: number) => T;
  return new arrayClass(count);
}
