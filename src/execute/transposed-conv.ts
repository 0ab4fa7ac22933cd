import type { ConvTransposeOp } from '../ir/op.js';

type MapShape = readonly [number, number, number];

/** Which kernel row (or column) meets which input row, for one output row: pairs, as two lists. */
interface Meetings {
  readonly taps: readonly number[];
  readonly positions: readonly number[];
}

/** Input position i and tap k meet at output i * stride + k * dilation - pad. */
function meetingsOf(
  outExtent: number,
  inExtent: number,
  [kernel, stride, dilation, pad]: readonly [number, number, number, number],
): readonly Meetings[] {
  return Array.from({ length: outExtent }, (_, out) => {
    const taps: number[] = [];
    const positions: number[] = [];
    for (let tap = 0; tap < kernel; tap++) {
      const position = (out + pad - tap * dilation) / stride;
      if (!Number.isInteger(position) || position < 0 || position >= inExtent) continue;
      taps.push(tap);
      positions.push(position);
    }
    return { taps, positions };
  });
}

/** All that the sums of a transposed convolution need besides their numbers. */
export interface TransposedGeometry {
  readonly rows: readonly Meetings[];
  readonly columns: readonly Meetings[];
  readonly inW: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelW: number;
  /** Elements of a filter: kh * kw * C / groups. */
  readonly filterLength: number;
  readonly groups: number;
}

export function transposedGeometry(
  op: ConvTransposeOp,
  [inH, inW, inChannels]: MapShape,
  [outH, outW, outChannels]: MapShape,
): TransposedGeometry {
  return {
    rows: meetingsOf(outH, inH, [op.kernelH, op.strideH, op.dilationH, op.padTop]),
    columns: meetingsOf(outW, inW, [op.kernelW, op.strideW, op.dilationW, op.padLeft]),
    inW,
    inChannels,
    outChannels,
    kernelW: op.kernelW,
    filterLength: (op.kernelH * op.kernelW * inChannels) / op.groups,
    groups: op.groups,
  };
}

/**
 * For each output pixel, in raster order, `emit(pixel, sums)` with each channel's sum of x * w. Sums are in double
 * precision, which is exact for integers below 2^53. Weights are [oc][kh][kw][c/groups].
 */
export function transposedSums(
  g: TransposedGeometry,
  x: ArrayLike<number>,
  weights: ArrayLike<number>,
  emit: (pixel: number, sums: Float64Array) => void,
): void {
  const sums = new Float64Array(g.outChannels);
  let pixel = 0;
  for (const rows of g.rows) {
    for (const columns of g.columns) {
      for (let oc = 0; oc < g.outChannels; oc++) sums[oc] = pixelSum(g, x, weights, rows, columns, oc);
      emit(pixel++, sums);
    }
  }
}

function pixelSum(
  g: TransposedGeometry,
  x: ArrayLike<number>,
  weights: ArrayLike<number>,
  rows: Meetings,
  columns: Meetings,
  oc: number,
): number {
  const perGroup = g.inChannels / g.groups;
  const firstChannel = Math.floor(oc / (g.outChannels / g.groups)) * perGroup;
  let sum = 0;
  for (let row = 0; row < rows.taps.length; row++) {
    for (let column = 0; column < columns.taps.length; column++) {
      const pixel = (rows.positions[row] as number) * g.inW + (columns.positions[column] as number);
      const tap = (rows.taps[row] as number) * g.kernelW + (columns.taps[column] as number);
      const from = pixel * g.inChannels + firstChannel;
      const filter = oc * g.filterLength + tap * perGroup;
      for (let c = 0; c < perGroup; c++) sum += (x[from + c] as number) * (weights[filter + c] as number);
    }
  }
  return sum;
}
