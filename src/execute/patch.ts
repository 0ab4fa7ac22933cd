import type { ConvOp } from '../ir/op.js';
import type { Taps } from './taps.js';
import { columnTaps, PADDED, rowTaps } from './taps.js';

/** Where a convolution reads: [H][W][C] in, one patch [groups][kh][kw][C/groups] for each output position. */
export interface PatchGeometry {
  readonly outH: number;
  readonly outW: number;
  readonly inW: number;
  readonly channels: number;
  readonly groups: number;
  readonly rows: Taps;
  readonly columns: Taps;
  /** Elements of one group's patch: kh * kw * C / groups, the length of one filter. */
  readonly filterLength: number;
}

export function patchGeometry(
  op: ConvOp,
  [inH, inW, channels]: readonly [number, number, number],
  [outH, outW]: readonly [number, number, number],
): PatchGeometry {
  return {
    outH,
    outW,
    inW,
    channels,
    groups: op.groups,
    rows: rowTaps(op, inH, outH),
    columns: columnTaps(op, inW, outW),
    filterLength: (op.kernelH * op.kernelW * channels) / op.groups,
  };
}

/**
 * Copies the patch of output position `pixel` (in raster order) to patches[at...]; a padded tap is 0. Filters then read
 * each group's part in order.
 */
export function gatherPatch(g: PatchGeometry, x: Float64Array, pixel: number, patches: Float64Array, at: number): void {
  const rows = g.rows[Math.floor(pixel / g.outW)] as Int32Array;
  const columns = g.columns[pixel % g.outW] as Int32Array;
  const groupChannels = g.channels / g.groups;
  let tap = 0;
  for (let ky = 0; ky < rows.length; ky++) {
    for (let kx = 0; kx < columns.length; kx++, tap++) {
      const iy = rows[ky] as number;
      const ix = columns[kx] as number;
      const isPadded = iy === PADDED || ix === PADDED;
      let from = (iy * g.inW + ix) * g.channels;
      for (let group = 0; group < g.groups; group++) {
        const to = at + group * g.filterLength + tap * groupChannels;
        for (let c = 0; c < groupChannels; c++) patches[to + c] = isPadded ? 0 : (x[from++] as number);
      }
    }
  }
}
