import { axisOffsets, gather, stridesOf } from '../../src/execute/element-order.js';
import type { NumericData } from '../../src/execute/tensor-access.js';
import type { TensorData } from '../../src/ir/tensor.js';

/** A feature map [H][W][C] is [1, C, H, W] in a file, every other tensor has an axis of 1 in front. */

type Shape = readonly number[];

const isMap = (shape: Shape): boolean => shape.length === 3;

/** The dimensions in the file. */
export function fileDims(shape: Shape): readonly number[] {
  const [height = 0, width = 0, channels = 0] = shape;
  return isMap(shape) ? [1, channels, height, width] : [1, ...shape];
}

/** Where an axis of a tensor of that rank stands in the file. */
export function fileAxis(rank: number, axis: number): number {
  return rank === 3 ? ([2, 3, 1][axis] ?? 0) : axis + 1;
}

/** A list with one entry an axis in the file's order, with `first` for the batch axis. */
export function byFileAxis(values: readonly number[], first: number): readonly number[] {
  const ordered = values.length === 3 ? [values[2] ?? 0, values[0] ?? 0, values[1] ?? 0] : values;
  return [first, ...ordered];
}

/** Elements of a tensor of `shape` with its axes in another order, as transpose: axis i of the result is axis perm[i]. */
export function permuted<D extends TensorData>(data: D, shape: Shape, perm: readonly number[]): D {
  const strides = stridesOf(shape);
  const result = data.slice() as D;
  const offsets = axisOffsets(
    perm.map((axis) => shape[axis] ?? 0),
    (position, axis) => position * (strides[perm[axis] ?? 0] ?? 0),
  );
  gather(data as NumericData, offsets, result as NumericData);
  return result;
}

/** Elements in the file's order. */
export function toFile<D extends TensorData>(data: D, shape: Shape): D {
  return isMap(shape) ? permuted(data, shape, [2, 0, 1]) : data;
}

/** Elements of [H][W][C] from the file's order. */
export function fromFile<D extends TensorData>(data: D, shape: Shape): D {
  const [height = 0, width = 0, channels = 0] = shape;
  return isMap(shape) ? permuted(data, [channels, height, width], [1, 2, 0]) : data;
}
