import type { Window } from '../ir/op.js';
import { UNIT_WINDOW } from '../ir/window.js';

/** One number for both axes, or [high, wide]. */
export type Pair = number | readonly [number, number];

/**
 * `same`: as many outputs as ceil(extent / stride), the odd pixel of padding behind, as in TensorFlow; else pixels on
 * both sides of each axis.
 */
export type Pad = 'same' | Pair;

export interface WindowSettings {
  /** Default 1. */
  readonly stride?: Pair;
  readonly pad?: Pad;
  /** Default 1. */
  readonly dilation?: Pair;
  /** Pools: the last window may reach beyond the picture, as in Caffe; default false. */
  readonly ceil?: boolean;
}

interface Axis {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

/** The window over a map of [height, width]. Without `pad` it is (kernel - 1) / 2, rounded down, as in PyTorch. */
export function windowOf(kernel: Pair, settings: WindowSettings, [height, width]: readonly [number, number]): Window {
  const high = axisOf(kernel, settings, 0, height);
  const wide = axisOf(kernel, settings, 1, width);
  return {
    ...UNIT_WINDOW,
    ...{ kernelH: high.kernel, strideH: high.stride, dilationH: high.dilation },
    ...{ padTop: high.before, padBottom: high.after },
    ...{ kernelW: wide.kernel, strideW: wide.stride, dilationW: wide.dilation },
    ...{ padLeft: wide.before, padRight: wide.after },
  };
}

function part(pair: Pair, axis: 0 | 1): number {
  return typeof pair === 'number' ? pair : pair[axis];
}

function axisOf(kernels: Pair, settings: WindowSettings, axis: 0 | 1, extent: number): Axis {
  const kernel = part(kernels, axis);
  const stride = part(settings.stride ?? 1, axis);
  const dilation = part(settings.dilation ?? 1, axis);
  const reach = dilation * (kernel - 1) + 1;
  const { pad = Math.floor((reach - 1) / 2) } = settings;
  if (pad === 'same') {
    const total = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + reach - extent);
    return { kernel, stride, dilation, before: Math.floor(total / 2), after: Math.ceil(total / 2) };
  }
  const before = part(pad, axis);
  const rest = extent + 2 * before - reach;
  const missing = settings.ceil === true ? Math.ceil(rest / stride) * stride - rest : 0;
  return { kernel, stride, dilation, before, after: before + missing };
}
