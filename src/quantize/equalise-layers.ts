import type { Executor } from '../execute/executor.js';
import { float32 } from '../execute/float/values.js';
import { constantInput, typeOf } from '../execute/tensor-access.js';
import { pruneTensors } from '../ir/builder.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { freshName } from '../passes/edit.js';
import { defined } from '../support/invariant.js';
import type { CalibrationFrames } from './calibrate.js';
import { type ChannelLinks, linkChannels } from './channel-links.js';
import { filterShape } from './filter-shape.js';
import { type ChannelValues, observeChannels } from './observe-channels.js';
import type { ResolvedOptions } from './options.js';
import { predictedNoise } from './predict-noise.js';
import { isWeighted, type WeightedOp } from './rules.js';
import { outputOf } from './share-numbers.js';

/**
 * The same network with channels that are weak beside the strongest of their tensor multiplied up, so that they use
 * more of the tensor's integers: the layer before gets the factor in its filters, the layers behind its inverse in
 * their weights. Factors are (largest of the tensor / largest of the channel, less a headroom)^exponent; of the exponents the one with
 * the least noise is taken, predicted from activations and weights together, for all channels that hang together. So a
 * depthwise layer, whose filters take any factor without a loss, equalises in full, and where the weights behind would
 * lose more than the activations gain nothing changes. (After "cross-layer equalization" of Nagel et al., "Data-Free
 * Quantization Through Weight Equalization and Bias Correction", 2019, and SmoothQuant of Xiao et al., 2022.)
 *
 * No factor lifts a channel beyond its tensor's largest value, so that on the calibration frames the network computes
 * the same, ReLU6 and other upper clamps included; on other frames a channel under such a clamp saturates at its
 * largest value so far, or higher, as the range of a tensor makes it saturate anyhow.
 */
export function equaliseLayers(
  graph: Graph,
  executor: Executor,
  frames: CalibrationFrames,
  options: ResolvedOptions,
): Graph {
  const links = linkChannels(graph);
  const free = graph.nodes.map(outputOf).filter((name) => !links.setsOf(name).every(links.isFixed));
  if (free.length === 0) return graph;
  const layers = graph.nodes.filter(isWeighted).map(outputOf);
  const seen = observeChannels(graph, executor, [...new Set([...free, ...layers])], frames, (done) =>
    options.onStep('equalise', done),
  );
  const factors = new Map<number, number>();
  for (const tensors of connected(free, links)) {
    const full = fullFactors(tensors, links, seen);
    const best = bestExponent(graph, tensors, links, seen, full, options);
    if (best > 0) for (const [set, factor] of full) factors.set(set, factor ** best);
  }
  return factors.size === 0 ? graph : applyFactors(graph, links, factors);
}

/** Tensors that share free channels, directly or by others. */
function connected(tensors: readonly string[], links: ChannelLinks): readonly (readonly string[])[] {
  let groups: { readonly tensors: string[]; readonly sets: Set<number> }[] = [];
  for (const tensor of tensors) {
    const sets = new Set([...links.setsOf(tensor)].filter((set) => !links.isFixed(set)));
    const touching = groups.filter((group) => [...sets].some((set) => group.sets.has(set)));
    const merged = {
      tensors: [...touching.flatMap((group) => group.tensors), tensor],
      sets: new Set([...touching.flatMap((group) => [...group.sets]), ...sets]),
    };
    groups = [...groups.filter((group) => !touching.includes(group)), merged];
  }
  return groups.map((group) => group.tensors);
}

/** What a channel may still grow beyond what calibration has shown: frames that it has not seen are often stronger. */
const HEADROOM = 1.5;
/** A channel seen this much weaker than its tensor's strongest, or never, gets this factor or none: it may be stronger elsewhere. */
const LARGEST_FACTOR = 2 ** 6;

/** The factor of each free set that brings its strongest channel near the largest value of a tensor. */
function fullFactors(
  tensors: readonly string[],
  links: ChannelLinks,
  seen: ReadonlyMap<string, ChannelValues>,
): ReadonlyMap<number, number> {
  const factors = new Map<number, number>();
  for (const tensor of tensors) {
    const { largest } = defined(seen.get(tensor), `the channels of tensor '${tensor}'`);
    const strongest = largest.reduce((a, b) => Math.max(a, b), 0);
    links.setsOf(tensor).forEach((set, c) => {
      const own = largest[c] as number;
      if (links.isFixed(set) || own === 0) return;
      factors.set(set, Math.min(factors.get(set) ?? LARGEST_FACTOR, Math.max(1, strongest / (own * HEADROOM))));
    });
  }
  return factors;
}

const EXPONENTS = [0, 0.25, 0.5, 0.75, 1];

function bestExponent(
  graph: Graph,
  tensors: readonly string[],
  links: ChannelLinks,
  seen: ReadonlyMap<string, ChannelValues>,
  full: ReadonlyMap<number, number>,
  options: ResolvedOptions,
): number {
  let best = { exponent: 0, noise: Number.POSITIVE_INFINITY };
  for (const exponent of EXPONENTS) {
    const factorsOf = (tensor: string): Float64Array =>
      Float64Array.from(links.setsOf(tensor), (set) => (full.get(set) ?? 1) ** exponent);
    const noise = tensors.reduce((sum, name) => sum + predictedNoise(graph, name, factorsOf(name), seen, options), 0);
    if (noise < best.noise) best = { exponent, noise };
  }
  return best.exponent;
}

/** The graph with the factors of its channels in the weights and biases. */
function applyFactors(graph: Graph, links: ChannelLinks, factors: ReadonlyMap<number, number>): Graph {
  const types = new Map(graph.types);
  const constants = new Map(graph.constants);
  const factorsOf = (tensor: string): Float64Array =>
    Float64Array.from(links.setsOf(tensor), (set) => factors.get(set) ?? 1);
  const store = (name: string, tensor: Tensor): string => {
    const own = freshName(types, `${name}.equalised`);
    types.set(own, tensor.type);
    constants.set(own, tensor);
    return own;
  };
  const nodes = graph.nodes.map((node): GraphNode => {
    if (!isWeighted(node)) return node;
    const [x = '', weightName = '', biasName] = node.inputs;
    const [before, after] = [factorsOf(x), factorsOf(outputOf(node))];
    const isOne = (factor: number): boolean => factor === 1;
    if (before.every(isOne) && after.every(isOne)) return node;
    const weight = store(weightName, scaledWeights(graph, node, before, after));
    if (biasName === undefined) return { ...node, inputs: [x, weight] };
    const bias = constantInput(graph, node, 2);
    const data = float32(bias.data).map((value, oc) => value * (after[oc] as number));
    return { ...node, inputs: [x, weight, store(biasName, { ...bias, data })] };
  });
  return pruneTensors({ ...graph, nodes, types, constants });
}

/** w * after[oc] / before[c]. */
function scaledWeights(graph: Graph, node: GraphNode<WeightedOp>, before: Float64Array, after: Float64Array): Tensor {
  const weight = constantInput(graph, node, 1);
  const { filterLength, channelOf } = filterShape(node, weight, before.length);
  const source = float32(weight.data);
  const data = new Float32Array(source.length);
  for (let oc = 0, i = 0; oc < after.length; oc++) {
    for (let at = 0; at < filterLength; at++, i++) {
      data[i] = ((source[i] as number) * (after[oc] as number)) / (before[channelOf(oc, at)] as number);
    }
  }
  return { type: typeOf(graph, defined(node.inputs[1], 'the weights')), data };
}
