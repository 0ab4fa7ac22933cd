import type { Window } from '../../ir/op.js';
import { kernelReach } from '../../ir/window.js';
import { type Call, refuse } from './call.js';
import { unsupportedOption } from './messages.js';
import { choice } from './options.js';

/** Sliding windows as TensorFlow places them. */

export const padding = choice(['SAME', 'VALID']);

export interface WindowOptions {
  readonly padding: 'SAME' | 'VALID';
  readonly stride_h: number;
  readonly stride_w: number;
}

/** Padding before and behind the extent of one axis. */
export type Sides = readonly [number, number];

/** SAME gives ceil(extent / stride) outputs; of an odd number of padded elements the larger half comes behind. */
export function paddedSides(kind: 'SAME' | 'VALID', extent: number, reach: number, stride: number): Sides {
  if (kind === 'VALID') return [0, 0];
  const total = Math.max(0, (Math.ceil(extent / stride) - 1) * stride + reach - extent);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** A numerical option that counts something. */
export function requirePositive(call: Call, options: Readonly<Record<string, number>>): void {
  const bad = Object.entries(options).filter(([, value]) => value < 1);
  if (bad.length === 0) return;
  const fix = 'the file is damaged; convert the model again';
  refuse(
    ...bad.map(([name, value]) => unsupportedOption(call.spot, name, `is ${value}, but it must be 1 or more`, fix)),
  );
}

export interface Kernel {
  readonly kernelH: number;
  readonly kernelW: number;
  readonly dilationH: number;
  readonly dilationW: number;
}

/** The window of a convolution or pool over a map of `height` x `width`. */
export function windowOver(
  options: WindowOptions,
  { kernelH, kernelW, dilationH, dilationW }: Kernel,
  height: number,
  width: number,
): Window {
  const [padTop, padBottom] = paddedSides(options.padding, height, kernelReach(kernelH, dilationH), options.stride_h);
  const [padLeft, padRight] = paddedSides(options.padding, width, kernelReach(kernelW, dilationW), options.stride_w);
  const strides = { strideH: options.stride_h, strideW: options.stride_w };
  return { kernelH, kernelW, ...strides, dilationH, dilationW, padTop, padLeft, padBottom, padRight };
}
