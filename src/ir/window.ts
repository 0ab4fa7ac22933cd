import type { ConvTransposeOp, Window } from './op.js';

/** One pixel at a time. */
export const UNIT_WINDOW: Window = {
  ...{ kernelH: 1, kernelW: 1, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1 },
  ...{ padTop: 0, padLeft: 0, padBottom: 0, padRight: 0 },
};

/** Positions a kernel covers along one axis: `dilation * (kernel - 1) + 1`. */
export function kernelReach(kernel: number, dilation: number): number {
  return dilation * (kernel - 1) + 1;
}

/**
 * Output extent of a window along one axis, rounded down as ONNX does without ceil_mode:
 * `floor((extent + padLo + padHi - reach) / stride) + 1`; 0 where the kernel does not fit.
 */
export function windowOutput(
  extent: number,
  kernel: number,
  stride: number,
  dilation: number,
  padLo: number,
  padHi: number,
): number {
  return Math.max(0, Math.floor((extent + padLo + padHi - kernelReach(kernel, dilation)) / stride) + 1);
}

/** Output height and width of a window over a map of `height` x `width`. */
export function windowOutputs(
  w: Window,
  height: number,
  width: number,
): { readonly outH: number; readonly outW: number } {
  return {
    outH: windowOutput(height, w.kernelH, w.strideH, w.dilationH, w.padTop, w.padBottom),
    outW: windowOutput(width, w.kernelW, w.strideW, w.dilationW, w.padLeft, w.padRight),
  };
}

/** Output height and width of a transposed convolution; not positive where its padding leaves nothing. */
export function transposedOutputs(
  op: ConvTransposeOp,
  height: number,
  width: number,
): { readonly outH: number; readonly outW: number } {
  const reachH = kernelReach(op.kernelH, op.dilationH);
  const reachW = kernelReach(op.kernelW, op.dilationW);
  return {
    outH: (height - 1) * op.strideH + reachH + op.outputPadH - op.padTop - op.padBottom,
    outW: (width - 1) * op.strideW + reachW + op.outputPadW - op.padLeft - op.padRight,
  };
}

/** Index of the first output whose taps all fall on padding, which dilation makes possible on small maps. */
export function firstEmptyWindow(
  extent: number,
  kernel: number,
  stride: number,
  dilation: number,
  padLo: number,
  outputs: number,
): number | undefined {
  for (let index = 0; index < outputs; index++) {
    const start = index * stride - padLo;
    const tap = start >= 0 ? 0 : Math.ceil(-start / dilation);
    if (tap >= kernel || start + tap * dilation >= extent) return index;
  }
  return undefined;
}
