import type { Window } from '../../src/ir/op.js';
import { type EngineCase, NUMBERS, type Numbers, weightedGraph } from './engine-bench.js';

/** The grids of the engines' benches: geometries, channels with their folding, and numbers, combined by cycling. */

type Pair = readonly [number, number];

export interface Geometry {
  readonly size: Pair;
  readonly kernel: Pair;
  readonly stride?: Pair;
  readonly dilation?: Pair;
  /** top, left, bottom, right */
  readonly pad?: readonly [number, number, number, number];
}

export const GEOMETRIES: readonly Geometry[] = [
  { size: [4, 5], kernel: [3, 3], pad: [1, 1, 1, 1] },
  { size: [4, 7], kernel: [2, 2] },
  { size: [7, 6], kernel: [3, 3], stride: [2, 2], pad: [0, 0, 1, 1] },
  { size: [5, 4], kernel: [1, 1] },
  { size: [7, 5], kernel: [1, 1], stride: [2, 2] },
  { size: [6, 5], kernel: [3, 2], stride: [2, 1], pad: [1, 0, 0, 1] },
  { size: [6, 5], kernel: [3, 3], dilation: [2, 2], pad: [2, 2, 2, 2] },
  { size: [7, 8], kernel: [2, 2], stride: [1, 3], dilation: [2, 1], pad: [1, 0, 1, 0] },
  { size: [1, 1], kernel: [3, 3], pad: [1, 1, 1, 1] },
  { size: [10, 7], kernel: [3, 3], stride: [3, 3], pad: [1, 2, 2, 0] },
  { size: [4, 3], kernel: [5, 5], pad: [2, 2, 2, 2] },
  { size: [2, 9], kernel: [2, 3], stride: [1, 2], pad: [1, 0, 0, 2] },
  { size: [2, 11], kernel: [1, 4], pad: [0, 3, 0, 0] },
  { size: [9, 1], kernel: [3, 1], stride: [2, 1], dilation: [3, 1], pad: [1, 0, 2, 0] },
];

/**
 * Half of the geometries, for engines: hd_window is tested alone over all of them, and random ones with every engine are
 * in the campaign. Convolutions and depthwise ones take different halves.
 */
export const EVEN_GEOMETRIES = GEOMETRIES.filter((_, index) => index % 2 === 0);
export const ODD_GEOMETRIES = GEOMETRIES.filter((_, index) => index % 2 === 1);

export type Taps = 'one' | 'column' | 'kernel';
export const TAPS: readonly Taps[] = ['one', 'column', 'kernel'];

export function tapCount(taps: Taps, [kernelH, kernelW]: Pair): number {
  return { one: 1, column: kernelH, kernel: kernelH * kernelW }[taps];
}

export function windowOf({ kernel, stride, dilation, pad }: Geometry): Window {
  const [strideH, strideW] = stride ?? [1, 1];
  const [dilationH, dilationW] = dilation ?? [1, 1];
  const [padTop, padLeft, padBottom, padRight] = pad ?? [0, 0, 0, 0];
  const [kernelH, kernelW] = kernel;
  return { kernelH, kernelW, strideH, strideW, dilationH, dilationW, padTop, padLeft, padBottom, padRight };
}

function outExtent(extent: number, pads: number, kernel: number, dilation: number, stride: number): number {
  return Math.floor((extent + pads - (kernel - 1) * dilation - 1) / stride) + 1;
}

export function outputSize(geometry: Geometry): Pair {
  const w = windowOf(geometry);
  const [height, width] = geometry.size;
  return [
    outExtent(height, w.padTop + w.padBottom, w.kernelH, w.dilationH, w.strideH),
    outExtent(width, w.padLeft + w.padRight, w.kernelW, w.dilationW, w.strideW),
  ];
}

export function cycled<T>(values: readonly T[], index: number): T {
  return values[index % values.length] as T;
}

/** Channels of a conv and how they are folded. */
export interface ConvChannels {
  readonly groups: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly pe: number;
  readonly simd: number;
  readonly lanesIn: number;
  readonly lanesOut: number;
  readonly r: number;
}

export function convCase(
  geometry: Geometry,
  channels: ConvChannels,
  taps: Taps,
  numbers: Numbers,
  index: number,
): EngineCase {
  const { groups, inputs, outputs, pe, simd, lanesIn, lanesOut, r } = channels;
  const { kernel, size } = geometry;
  const graph = weightedGraph({
    numbers,
    node: { kind: 'conv', ...windowOf(geometry), groups },
    xShape: [...size, inputs],
    yShape: [...outputSize(geometry), outputs],
    weightShape: [outputs, ...kernel, inputs / groups],
    seed: 100 * index,
  });
  const folding = { pe, simd, taps: tapCount(taps, kernel), requantisers: r };
  const name = `${index} ${size.join('x')} k${kernel.join('x')} ${inputs}>${outputs}/${groups} ${taps}`;
  return { name, graph, folding, lanesIn, lanesOut, tight: index % 2 === 1 };
}

/** The forms of window memory that a kernel has. */
export function tapsOf(kernel: Pair): readonly Taps[] {
  return TAPS.filter((taps, i) => TAPS.findIndex((other) => tapCount(other, kernel) === tapCount(taps, kernel)) === i);
}

/** Each geometry with each form of window memory, over all channels and numbers in turn. */
export function gridOf<C>(
  geometries: readonly Geometry[],
  channels: readonly C[],
  make: (geometry: Geometry, channels: C, taps: Taps, numbers: Numbers, index: number) => EngineCase,
): readonly EngineCase[] {
  const combined = geometries.flatMap((geometry) => tapsOf(geometry.kernel).map((taps) => ({ geometry, taps })));
  return combined.map(({ geometry, taps }, index) =>
    make(geometry, cycled(channels, index), taps, cycled(NUMBERS, index), index),
  );
}
