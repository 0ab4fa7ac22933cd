/** Filters, row by row: weights of a float layer, or centred integer weights, one or two of them an element. */
export type Filters = Int16Array | Float32Array | Float64Array;

/** Patches that dotRows takes at a time. */
export const PATCHES_AT_ONCE = 4;

/** Several patches, `pitch` elements from one to the next, of which `length` elements from `from` on count. */
export interface Patches {
  readonly data: Float64Array;
  readonly pitch: number;
  readonly from: number;
  readonly length: number;
}

/**
 * sums[p * sumPitch + row] = sum over i of patches[p][i] * filters[row * length + i], in this order, for four patches and
 * the rows firstRow..rowEnd-1. In double precision, so integers are exact below 2^53. The only hot loop of the plain
 * executors: two filters and four patches share each load. `| 0` spares checks that a sum of indices stays in 32 bits.
 */
export function dotRows(
  patches: Patches,
  filters: Filters,
  firstRow: number,
  rowEnd: number,
  sums: Float64Array,
  sumPitch: number,
): void {
  const { data, pitch, length, from: a } = patches;
  const [b, c, d] = [a + pitch, a + 2 * pitch, a + 3 * pitch];
  let row = firstRow;
  for (; row + 2 <= rowEnd; row += 2) {
    const [w0, w1] = [row * length, (row + 1) * length];
    let [a0, a1, b0, b1, c0, c1, d0, d1] = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < length; i++) {
      const v0 = filters[(w0 + i) | 0] as number;
      const v1 = filters[(w1 + i) | 0] as number;
      const xa = data[(a + i) | 0] as number;
      a0 += xa * v0;
      a1 += xa * v1;
      const xb = data[(b + i) | 0] as number;
      b0 += xb * v0;
      b1 += xb * v1;
      const xc = data[(c + i) | 0] as number;
      c0 += xc * v0;
      c1 += xc * v1;
      const xd = data[(d + i) | 0] as number;
      d0 += xd * v0;
      d1 += xd * v1;
    }
    sums[row] = a0;
    sums[row + 1] = a1;
    sums[sumPitch + row] = b0;
    sums[sumPitch + row + 1] = b1;
    sums[2 * sumPitch + row] = c0;
    sums[2 * sumPitch + row + 1] = c1;
    sums[3 * sumPitch + row] = d0;
    sums[3 * sumPitch + row + 1] = d1;
  }
  if (row < rowEnd) {
    for (let p = 0; p < PATCHES_AT_ONCE; p++) sums[p * sumPitch + row] = dot(data, a + p * pitch, filters, row, length);
  }
}

/** The same for a single patch, which is all of `x`. */
export function dotVector(x: Float64Array, filters: Filters, rows: number, sums: Float64Array): void {
  const { length } = x;
  let row = 0;
  for (; row + 4 <= rows; row += 4) {
    const [w0, w1, w2, w3] = [row * length, (row + 1) * length, (row + 2) * length, (row + 3) * length];
    let [a0, a1, a2, a3] = [0, 0, 0, 0];
    for (let i = 0; i < length; i++) {
      const v = x[i] as number;
      a0 += v * (filters[(w0 + i) | 0] as number);
      a1 += v * (filters[(w1 + i) | 0] as number);
      a2 += v * (filters[(w2 + i) | 0] as number);
      a3 += v * (filters[(w3 + i) | 0] as number);
    }
    sums[row] = a0;
    sums[row + 1] = a1;
    sums[row + 2] = a2;
    sums[row + 3] = a3;
  }
  for (; row < rows; row++) sums[row] = dot(x, 0, filters, row, length);
}

function dot(x: Float64Array, from: number, filters: Filters, row: number, length: number): number {
  const w = row * length;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += (x[(from + i) | 0] as number) * (filters[(w + i) | 0] as number);
  return sum;
}
