import type { Window } from '../ir/op.js';

/** Input position of every kernel tap, by output position; PADDED where the tap lies outside the picture. */
export type Taps = readonly Int32Array[];

export const PADDED = -1;

function taps(
  outExtent: number,
  inExtent: number,
  kernel: number,
  stride: number,
  dilation: number,
  pad: number,
): Taps {
  return Array.from({ length: outExtent }, (_, out) =>
    Int32Array.from({ length: kernel }, (_unused, tap) => {
      const position = out * stride + tap * dilation - pad;
      return position >= 0 && position < inExtent ? position : PADDED;
    }),
  );
}

/** Rows that each output row reads. */
export function rowTaps(window: Window, inH: number, outH: number): Taps {
  return taps(outH, inH, window.kernelH, window.strideH, window.dilationH, window.padTop);
}

/** Columns that each output column reads. */
export function columnTaps(window: Window, inW: number, outW: number): Taps {
  return taps(outW, inW, window.kernelW, window.strideW, window.dilationW, window.padLeft);
}

/** Only the positions inside the picture. */
export function insidePicture(all: Taps): Taps {
  return all.map((positions) => positions.filter((position) => position !== PADDED));
}
