import type { AddSpec, ElementSpec, LayerSpec, MacSpec, NetworkSpec, WindowSpec } from './network-spec.js';

/** Layers in few words, for the cases of the campaign; whatever a case does not say is as common as it can be. */

export const U8: ElementSpec = { bits: 8, signed: false };
export const I8: ElementSpec = { bits: 8, signed: true };
export const bits = (count: number, signed: boolean): ElementSpec => ({ bits: count, signed });

export const PLAIN_WEIGHT: MacSpec['weight'] = { ...I8, perChannel: true, zeroPoint: 'none', fill: 'random' };
export const TENSOR_ZERO: MacSpec['weight'] = { ...U8, perChannel: false, zeroPoint: 'random', fill: 'random' };
export const CHANNEL_ZERO: MacSpec['weight'] = { ...U8, perChannel: true, zeroPoint: 'random', fill: 'random' };
export const MAC: MacSpec = { weight: PLAIN_WEIGHT, bias: 'int32', output: U8 };

export type Input = NetworkSpec['input'];
export const map = (height: number, width: number, channels: number, element: ElementSpec = U8): Input => ({
  shape: [height, width, channels],
  zeroPoint: 'random',
  ...element,
});
export const vector = (length: number, element: ElementSpec = U8): Input => ({
  shape: [length],
  zeroPoint: 'random',
  ...element,
});

export type ConvOptions = Partial<MacSpec> & Omit<WindowSpec, 'kernel'> & { readonly groups?: number };
export const conv = (out: number, kernel: WindowSpec['kernel'], options: ConvOptions = {}): LayerSpec => ({
  op: 'conv',
  id: 1,
  out,
  kernel,
  groups: 1,
  ...MAC,
  ...options,
});
export const dense = (out: number, options: Partial<MacSpec> = {}): LayerSpec => ({
  op: 'dense',
  id: 1,
  out,
  ...MAC,
  ...options,
});
export const maxPool = (kernel: WindowSpec['kernel'], options: Omit<WindowSpec, 'kernel'> = {}): LayerSpec => ({
  op: 'max-pool',
  id: 1,
  kernel,
  ...options,
});
export const averagePool = (
  kernel: WindowSpec['kernel'],
  countIncludePad: boolean,
  options: Omit<WindowSpec, 'kernel'> & { readonly clamp?: 'relu' } = {},
): LayerSpec => ({ op: 'average-pool', id: 1, kernel, countIncludePad, ...options });

export const pad = (top: number, left: number, bottom: number, right: number): LayerSpec => ({
  op: 'pad',
  id: 2,
  pad: [top, left, bottom, right],
});
export const flatten = (id: number, from: number): LayerSpec => ({ op: 'flatten', id, from: [from] });
export const reshape = (...shape: readonly number[]): LayerSpec => ({ op: 'reshape', id: 2, shape });

export const requantise = (id: number, output: ElementSpec, from = 0): LayerSpec => ({
  op: 'requantise',
  id,
  from: [from],
  output,
});
export const add = (from: readonly number[], options: Partial<AddSpec> = {}): LayerSpec => ({
  op: 'add',
  id: 9,
  from,
  output: U8,
  ...options,
});
export const concat = (
  from: readonly number[],
  options: { readonly axis?: number; readonly output?: ElementSpec } = {},
): LayerSpec => ({ op: 'concat', id: 9, from, ...options });
export const slice = (begin: readonly number[], end: readonly number[], id = 1): LayerSpec => ({
  op: 'slice',
  id,
  from: [0],
  begin,
  end,
});
export const wide = (id: number, element: ElementSpec): LayerSpec => ({
  ...conv(5, [1, 1], { output: element }),
  id,
  from: [0],
});

export type Case = readonly [name: string, input: Input, layer: LayerSpec | readonly LayerSpec[], requantBits?: number];
