import type { NumericData } from './tensor-access.js';

/**
 * Data movement is separable: the place of an element in another tensor is a sum of one offset for each axis, and each
 * offset depends on the position along that axis only. Slices, transposes, repetition, padding and blocks all are so.
 */
export type AxisOffsets = readonly Int32Array[];

/** How far apart neighbours along each axis of a tensor in C order lie. */
export function stridesOf(shape: readonly number[]): readonly number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const extent of [...shape].reverse()) {
    strides.unshift(stride);
    stride *= extent;
  }
  return strides;
}

/**
 * One offset list an axis: `offset(position, axis)` for every position of the shape. Without elements there are none,
 * however long the other axes are.
 */
export function axisOffsets(shape: readonly number[], offset: (position: number, axis: number) => number): AxisOffsets {
  if (shape.includes(0)) return shape.map(() => new Int32Array(0));
  return shape.map((extent, axis) => Int32Array.from({ length: extent }, (_, position) => offset(position, axis)));
}

/** Offsets into a tensor of `shape` for each position of a result that it is broadcast to, axes aligned at the end. */
export function broadcastOffsets(shape: readonly number[], result: readonly number[]): AxisOffsets {
  const strides = stridesOf(shape);
  const missing = result.length - shape.length;
  return axisOffsets(result, (position, axis) => {
    const own = axis - missing;
    return own < 0 || shape[own] === 1 ? 0 : position * (strides[own] ?? 0);
  });
}

const ONE_ELEMENT = new Int32Array(1);

/** Calls `visit` for each row, in C order, with the sum of the outer axes' offsets and the offsets of the last axis. */
export function forEachRow(offsets: AxisOffsets, visit: (base: number, last: Int32Array, start: number) => void): void {
  const last = offsets.at(-1) ?? ONE_ELEMENT;
  let start = 0;
  const descend = (axis: number, base: number): void => {
    if (axis >= offsets.length - 1) {
      visit(base, last, start);
      start += last.length;
      return;
    }
    const own = offsets[axis] as Int32Array;
    for (let position = 0; position < own.length; position++) descend(axis + 1, base + (own[position] as number));
  };
  descend(0, 0);
}

/** y[n] = x[the sum of n's offsets], n in C order. */
export function gather(x: NumericData | Uint32Array, offsets: AxisOffsets, y: NumericData | Uint32Array): void {
  forEachRow(offsets, (base, last, start) => {
    for (let i = 0; i < last.length; i++) y[start + i] = x[base + (last[i] as number)] as number;
  });
}

/** y[origin + the sum of n's offsets] = x[n], n in C order. */
export function scatter(x: NumericData, offsets: AxisOffsets, y: NumericData, origin: number): void {
  forEachRow(offsets, (base, last, start) => {
    const from = origin + base;
    for (let i = 0; i < last.length; i++) y[from + (last[i] as number)] = x[start + i] as number;
  });
}
