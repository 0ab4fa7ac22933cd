import { DEFAULT_CLOCK_MHZ } from '../../src/explore/choose.js';
import { invariant } from '../../src/support/invariant.js';
import { buildNetwork, randomFrames } from './build-network.js';
import { PLAIN_WEIGHT, U8 } from './layer-makers.js';
import { FRAMES } from './make-cases.js';
import type { LayerSpec } from './network-spec.js';
import type { Case } from './prove.js';

/** Networks that the campaign once found something with, each with what it was. */

interface Regression {
  readonly title: string;
  readonly shape: readonly number[];
  readonly multiplierBudget: number;
  readonly layers: readonly LayerSpec[];
}

const MAC = { weight: PLAIN_WEIGHT, bias: 'int32', output: U8 } as const;

const REGRESSIONS: readonly Regression[] = [
  {
    title:
      'a slow layer still makes rows that the next one drops when the output is through: the run must wait for them',
    shape: [4, 6, 4],
    multiplierBudget: 4,
    layers: [
      { op: 'conv', id: 1, out: 6, groups: 1, kernel: [3, 3], ...MAC },
      { op: 'conv', id: 2, out: 12, groups: 6, kernel: [3, 3], stride: [2, 2], pad: [2, 1, 0, 0], ...MAC },
      { op: 'global-average-pool', id: 3 },
    ],
  },
  {
    title: 'the last output waits for the end of an input frame whose last rows nothing needs: part of the latency',
    shape: [8, 9, 3],
    multiplierBudget: 16,
    layers: [{ op: 'max-pool', id: 1, kernel: [2, 2], stride: [5, 5] }],
  },
  {
    title: 'an average over more padding than picture: its divisor has more bits than its sum',
    shape: [1, 1, 3],
    multiplierBudget: 1,
    layers: [
      {
        op: 'average-pool',
        id: 1,
        kernel: [25, 25],
        stride: [25, 25],
        pad: [24, 24, 24, 24],
        countIncludePad: true,
      },
    ],
  },
];

export function regressionDesigns(): readonly Case[] {
  return REGRESSIONS.map(({ title, shape, multiplierBudget, layers }, index) => {
    const input = { ...U8, shape, zeroPoint: 'random' } as const;
    const spec = { name: `regression${index}`, seed: index, input, requantBits: 18, layers };
    const graph = buildNetwork(spec);
    invariant(graph !== undefined, `network '${title}' fits together`);
    const sizing = { clockMHz: DEFAULT_CLOCK_MHZ, multiplierBudget };
    return { title, graph, sizing, frames: randomFrames(graph, index, FRAMES), seed: index, spec };
  });
}
