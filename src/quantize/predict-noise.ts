import { float32 } from '../execute/float/values.js';
import { constantInput } from '../execute/tensor-access.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import { defined } from '../support/invariant.js';
import { filterShape } from './filter-shape.js';
import type { ChannelValues } from './observe-channels.js';
import type { ResolvedOptions } from './options.js';
import { isWeighted, type WeightedOp } from './rules.js';
import { outputOf } from './share-numbers.js';

/**
 * Noise that rounding a tensor, and the weights that it meets, makes in its readers, relative to the readers' signal,
 * summed over the readers: layers with weights, and sums. `factors`: what the channels are multiplied by. Rounding to
 * a step d makes noise of the power d^2 / 12.
 */
export function predictedNoise(
  graph: Graph,
  tensor: string,
  factors: Float64Array,
  seen: ReadonlyMap<string, ChannelValues>,
  options: ResolvedOptions,
): number {
  const values = defined(seen.get(tensor), `the channels of tensor '${tensor}'`);
  const noise = channelNoise(values, factors, options.activationBits);
  let sum = 0;
  for (const node of graph.nodes) {
    if (node.inputs[0] === tensor && isWeighted(node))
      sum += layerNoise(graph, node, values, factors, noise, seen, options);
    if (node.inputs.includes(tensor) && node.op.kind === 'add') sum += relative(total(noise), total(values.power));
  }
  return sum;
}

/** The power of the rounding noise of each channel, without the factors again. */
function channelNoise({ largest, hasNegative }: ChannelValues, factors: Float64Array, bits: number): Float64Array {
  const top = largest.reduce((most, own, c) => Math.max(most, own * (factors[c] as number)), 0);
  const step = (hasNegative ? 2 * top : top) / (2 ** bits - 1);
  return factors.map((factor) => (step / factor) ** 2 / 12);
}

function layerNoise(
  graph: Graph,
  node: GraphNode<WeightedOp>,
  { power }: ChannelValues,
  factors: Float64Array,
  noise: Float64Array,
  seen: ReadonlyMap<string, ChannelValues>,
  { weightBits, layerWeightBits }: ResolvedOptions,
): number {
  const weight = constantInput(graph, node, 1);
  const weights = float32(weight.data);
  const { outChannels, filterLength, channelOf } = filterShape(node, weight, factors.length);
  const levels = 2 ** ((layerWeightBits.get(node.name) ?? weightBits) - 1) - 1;
  let sum = 0;
  for (let oc = 0, i = 0; oc < outChannels; oc++) {
    let largest = 0;
    let signal = 0;
    for (let at = 0; at < filterLength; at++, i++) {
      const c = channelOf(oc, at);
      const [w, factor] = [weights[i] as number, factors[c] as number];
      sum += w * w * (noise[c] as number);
      largest = Math.max(largest, Math.abs(w) / factor);
      signal += (power[c] as number) * factor * factor;
    }
    sum += ((largest / levels) ** 2 / 12) * signal;
  }
  return relative(sum, total(defined(seen.get(outputOf(node)), `the channels of '${node.name}'`).power));
}

function total(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}

/** Noise over signal; a tensor that is always 0 has no noise that matters. */
function relative(noise: number, signal: number): number {
  return signal > 0 ? noise / signal : 0;
}
