/**
 * Dot products of one patch with many filters, the golden model's only hot loop. |x| < 2^17 and |w| < 2^8, so a product
 * fits 32 bits; four filters share each load of the patch.
 */
export type DotRows = (
  patch: Int32Array,
  from: number,
  length: number,
  weights: Int16Array,
  firstRow: number,
  rowEnd: number,
  sums: Float64Array,
) => void;

/** sums[row] = sum of patch[from + i] * weights[row * length + i], where no partial sum leaves 32 bits. */
export const dotRowsNarrow: DotRows = (patch, from, length, weights, firstRow, rowEnd, sums) => {
  const end = from + length;
  let row = firstRow;
  for (; row + 4 <= rowEnd; row += 4) {
    let w0 = row * length;
    let w1 = w0 + length;
    let w2 = w1 + length;
    let w3 = w2 + length;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let i = from; i < end; i++) {
      const x = patch[i] as number;
      a = (a + Math.imul(x, weights[w0++] as number)) | 0;
      b = (b + Math.imul(x, weights[w1++] as number)) | 0;
      c = (c + Math.imul(x, weights[w2++] as number)) | 0;
      d = (d + Math.imul(x, weights[w3++] as number)) | 0;
    }
    sums[row] = a;
    sums[row + 1] = b;
    sums[row + 2] = c;
    sums[row + 3] = d;
  }
  for (; row < rowEnd; row++) {
    let w = row * length;
    let sum = 0;
    for (let i = from; i < end; i++) sum = (sum + Math.imul(patch[i] as number, weights[w++] as number)) | 0;
    sums[row] = sum;
  }
};

/** The same for sums of up to 2^53, which doubles hold exactly. */
export const dotRowsWide: DotRows = (patch, from, length, weights, firstRow, rowEnd, sums) => {
  for (let row = firstRow; row < rowEnd; row++) {
    const w = row * length;
    let sum = 0;
    for (let i = 0; i < length; i++) sum += (patch[from + i] as number) * (weights[w + i] as number);
    sums[row] = sum;
  }
};
