/** Filters, row by row: weights of a float layer, or centred integer weights. */
export type Filters = Int16Array | Float32Array;

/** Dot products are made for so many patches at once, which share the loads of the filters. */
export const PATCHES_AT_ONCE = 2;

/**
 * sums[p * sumPitch + row] = sum over i of patches[p * patchPitch + from + i] * filters[row * length + i], in this order,
 * for both patches and the rows firstRow..rowEnd-1. In double precision, so integers are exact below 2^53. The only
 * hot loop of the plain executors: four filters and two patches share each load.
 */
export function dotRows(
  patches: Float64Array,
  patchPitch: number,
  from: number,
  length: number,
  filters: Filters,
  firstRow: number,
  rowEnd: number,
  sums: Float64Array,
  sumPitch: number,
): void {
  const other = from + patchPitch;
  let row = firstRow;
  for (; row + 4 <= rowEnd; row += 4) {
    const w0 = row * length;
    const w1 = w0 + length;
    const w2 = w1 + length;
    const w3 = w2 + length;
    let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < length; i++) {
      const a = patches[from + i] as number;
      const b = patches[other + i] as number;
      const v0 = filters[w0 + i] as number;
      a0 += a * v0;
      b0 += b * v0;
      const v1 = filters[w1 + i] as number;
      a1 += a * v1;
      b1 += b * v1;
      const v2 = filters[w2 + i] as number;
      a2 += a * v2;
      b2 += b * v2;
      const v3 = filters[w3 + i] as number;
      a3 += a * v3;
      b3 += b * v3;
    }
    sums[row] = a0;
    sums[row + 1] = a1;
    sums[row + 2] = a2;
    sums[row + 3] = a3;
    sums[sumPitch + row] = b0;
    sums[sumPitch + row + 1] = b1;
    sums[sumPitch + row + 2] = b2;
    sums[sumPitch + row + 3] = b3;
  }
  for (; row < rowEnd; row++) {
    const w = row * length;
    let a = 0;
    let b = 0;
    for (let i = 0; i < length; i++) {
      a += (patches[from + i] as number) * (filters[w + i] as number);
      b += (patches[other + i] as number) * (filters[w + i] as number);
    }
    sums[row] = a;
    sums[sumPitch + row] = b;
  }
}
