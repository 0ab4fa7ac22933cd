import { DEFAULT_CLOCK_MHZ } from '../../src/explore/choose.js';
import { invariant } from '../../src/support/invariant.js';
import { buildNetwork, randomFrames } from './build-network.js';
import { PLAIN_WEIGHT, U8 } from './layer-makers.js';
import type { LayerSpec, MacSpec, NetworkSpec, WindowSpec } from './network-spec.js';
import type { Case } from './prove.js';

/** Networks of the shape that people build, with the sizing that the compiler chooses: wider and deeper than random ones. */

const RELU: MacSpec = { weight: PLAIN_WEIGHT, bias: 'int32', output: U8, clamp: 'relu' };
const UINT8: MacSpec = {
  ...RELU,
  weight: { bits: 8, signed: false, perChannel: false, zeroPoint: 'random', fill: 'random' },
};

type Layer = (id: number) => LayerSpec;
const conv =
  (
    out: number,
    kernel: number,
    stride: number,
    mac: MacSpec,
    window: Partial<WindowSpec> & { groups?: number } = {},
  ): Layer =>
  (id) => {
    const before = Math.floor((kernel - 1) / 2);
    const after = kernel - 1 - before;
    // Stride 2 pads at the far side only, as TensorFlow does on even maps.
    const pad = stride === 1 ? [before, before, after, after] : [0, 0, kernel - 1, kernel - 1];
    return {
      op: 'conv',
      id,
      out,
      kernel: [kernel, kernel],
      stride: [stride, stride],
      pad: pad as [number, number, number, number],
      groups: 1,
      ...mac,
      ...window,
    };
  };
const depthwise = (channels: number, stride: number, mac: MacSpec): Layer =>
  conv(channels, 3, stride, mac, { groups: channels });
const dense =
  (out: number, mac: MacSpec): Layer =>
  (id) => ({ op: 'dense', id, out, ...mac });
const maxPool =
  (kernel: number, stride: number): Layer =>
  (id) => ({ op: 'max-pool', id, kernel: [kernel, kernel], stride: [stride, stride] });
const simple =
  (op: 'flatten' | 'global-average-pool'): Layer =>
  (id) => ({ op, id });

const NETWORKS: Readonly<Record<string, readonly [shape: readonly number[], layers: readonly Layer[]]>> = {
  mobile: [
    [24, 24, 3],
    [
      conv(8, 3, 2, UINT8),
      depthwise(8, 1, UINT8),
      conv(16, 1, 1, UINT8),
      depthwise(16, 2, UINT8),
      conv(24, 1, 1, UINT8),
      depthwise(24, 1, UINT8),
      conv(40, 1, 1, UINT8),
      simple('global-average-pool'),
      simple('flatten'),
      dense(10, UINT8),
    ],
  ],
  vgg: [
    [20, 20, 3],
    [
      conv(8, 3, 1, RELU),
      conv(8, 3, 1, RELU),
      maxPool(2, 2),
      conv(16, 3, 1, RELU),
      conv(16, 3, 1, RELU),
      maxPool(2, 2),
      conv(32, 3, 1, RELU),
      simple('flatten'),
      dense(48, RELU),
      dense(10, RELU),
    ],
  ],
  alex: [
    [31, 31, 3],
    [
      conv(12, 7, 2, RELU, { pad: [2, 2, 2, 2] }),
      maxPool(3, 2),
      conv(18, 5, 1, RELU, { groups: 2 }),
      maxPool(3, 2),
      conv(24, 3, 1, RELU, { dilation: [2, 2], pad: [2, 2, 2, 2] }),
      conv(16, 3, 1, RELU, { groups: 2 }),
      simple('flatten'),
      dense(20, RELU),
    ],
  ],
};

/** Multipliers per network: the compiler's default, and more and more in parallel. */
const BUDGETS = [undefined, 60, 250] as const;

export function largerDesigns(seed: number, frames: number): readonly Case[] {
  return Object.entries(NETWORKS).flatMap(([title, [shape, layers]]) =>
    BUDGETS.map((budget): Case => {
      const name = budget === undefined ? title : `${title}_${budget}`;
      const spec: NetworkSpec = {
        name,
        seed,
        input: { ...U8, shape, zeroPoint: 'random' },
        requantBits: 18,
        layers: layers.map((layer, index) => layer(index + 1)),
      };
      const graph = buildNetwork(spec);
      invariant(graph !== undefined, `network '${title}' fits together`);
      const sizing = { clockMHz: DEFAULT_CLOCK_MHZ, ...(budget === undefined ? {} : { multiplierBudget: budget }) };
      return { title: name, graph, sizing, frames: randomFrames(graph, seed, frames), seed, spec };
    }),
  );
}
