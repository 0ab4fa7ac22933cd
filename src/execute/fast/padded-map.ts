import type { Window } from '../../ir/op.js';

export type MapShape = readonly [number, number, number];

/** Elements that kernels may read behind the last one: a step of a run, or a vector of channels. */
const SLACK = 16;

/** A feature map with its border, in which every tap of every window lies inside. All distances are in bytes. */
export interface PaddedMap {
  readonly elementBytes: number;
  readonly pixelPitch: number;
  readonly rowPitch: number;
  /** From the border's first element to the picture's. */
  readonly start: number;
  readonly bytes: number;
  readonly hasBorder: boolean;
}

export function padMap(window: Window, input: MapShape, output: MapShape, elementBytes: number): PaddedMap {
  const [inH, inW, channels] = input;
  const reach = (out: number, stride: number, kernel: number, dilation: number): number =>
    (out - 1) * stride + (kernel - 1) * dilation + 1;
  const height = Math.max(window.padTop + inH, reach(output[0], window.strideH, window.kernelH, window.dilationH));
  const width = Math.max(window.padLeft + inW, reach(output[1], window.strideW, window.kernelW, window.dilationW));
  const pixelPitch = channels * elementBytes;
  const rowPitch = width * pixelPitch;
  return {
    elementBytes,
    pixelPitch,
    rowPitch,
    start: window.padTop * rowPitch + window.padLeft * pixelPitch,
    bytes: height * rowPitch + SLACK * elementBytes,
    hasBorder: height > inH || width > inW,
  };
}

/** Where the window of each output position begins; the last one again `more` times. */
export function pixelOffsets(window: Window, [outH, outW]: MapShape, map: PaddedMap, more: number): Int32Array {
  const last = outH * outW - 1;
  return Int32Array.from({ length: last + 1 + more }, (_, i) => {
    const pixel = Math.min(i, last);
    const row = Math.floor(pixel / outW) * window.strideH;
    const column = (pixel % outW) * window.strideW;
    return row * map.rowPitch + column * map.pixelPitch;
  });
}

/** From the beginning of a window to each of its taps, row by row. */
export function tapOffsets(window: Window, map: PaddedMap): readonly number[] {
  return Array.from({ length: window.kernelH * window.kernelW }, (_, tap) => {
    const row = Math.floor(tap / window.kernelW) * window.dilationH;
    const column = (tap % window.kernelW) * window.dilationW;
    return row * map.rowPitch + column * map.pixelPitch;
  });
}
