import type { GraphNode } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { defined } from '../support/invariant.js';
import type { WeightedOp } from './rules.js';

/** How the weights [oc][...][c/groups] of a layer lie. */
export interface FilterShape {
  readonly outChannels: number;
  /** Weights of an output channel. */
  readonly filterLength: number;
  /** The input channel that weight `at` of output channel `oc` is multiplied with. */
  readonly channelOf: (oc: number, at: number) => number;
}

/** Of a layer that reads `inChannels` channels. */
export function filterShape({ op }: GraphNode<WeightedOp>, weight: Tensor, inChannels: number): FilterShape {
  const outChannels = defined(weight.type.shape[0], 'the output channels');
  const groups = op.kind === 'dense' ? 1 : op.groups;
  const [perGroup, outPerGroup] = [inChannels / groups, outChannels / groups];
  return {
    outChannels,
    filterLength: weight.data.length / outChannels,
    channelOf: (oc, at) => Math.floor(oc / outPerGroup) * perGroup + (at % perGroup),
  };
}
