import type { Kernel } from '../execute/executor.js';
import { prepareNode } from '../execute/executor.js';
import { FLOAT_KERNELS } from '../execute/float/execute-float.js';
import { float32 } from '../execute/float/values.js';
import { typeOf } from '../execute/tensor-access.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { elementCount } from '../ir/tensor-type.js';
import type { Range } from '../quantize/observer.js';
import { isWeighted } from '../quantize/rules.js';
import { defined } from '../support/invariant.js';
import { makeRandom } from '../support/random.js';
import { seededPictures } from './pictures.js';
import type { Plan } from './plan.js';
import { type ChannelStatistics, channelStatistics, rootMeanSquare } from './statistics.js';

/** A float network with weights, and the range of each tensor that flows over the pictures that they were made with. */
export interface SeededNetwork {
  readonly graph: Graph;
  readonly ranges: ReadonlyMap<string, Range>;
}

/** What a walk through the network knows. */
interface Walk {
  readonly plan: Plan;
  /** The plan's graph; its constants come as the walk goes on. */
  readonly graph: Graph;
  readonly constants: Map<string, Tensor>;
  /** Tensors that somebody still reads, one array a frame. */
  readonly live: Map<string, readonly Float32Array[]>;
  readonly ranges: Map<string, Range>;
  /** Numbers 0..1 for a node, whatever the nodes before it have drawn. */
  readonly randomOf: (node: GraphNode) => () => number;
}

/**
 * Random weights with which signals neither die nor grow: pictures go through the network, and each layer is scaled so
 * that every channel of its output has the mean and the deviation that training would give it. A batch normalisation has
 * its statistics from them; a layer without one has such a normalisation folded into its weights and its bias.
 * The same plan and seed give the same weights.
 */
export function seedWeights(plan: Plan, seed: number): SeededNetwork {
  const constants = new Map<string, Tensor>();
  const graph = { ...plan.graph, constants };
  const places = new Map(graph.nodes.map((node, i) => [node, i + 1]));
  const randomOf = (node: GraphNode) => makeRandom(seed + 0x9e3779b9 * defined(places.get(node), 'a node'));
  const walk: Walk = { plan, graph, constants, live: new Map(), ranges: new Map(), randomOf };
  for (const input of graph.inputs)
    define(walk, input.tensor, seededPictures(input, typeOf(graph, input.tensor).shape, seed));
  const lastReads = lastReadsOf(graph);
  for (const node of graph.nodes) {
    define(walk, outputOf(node), valuesOf(walk, node));
    for (const name of lastReads.get(node) ?? []) walk.live.delete(name);
  }
  return { graph, ranges: walk.ranges };
}

function outputOf(node: GraphNode): string {
  return defined(node.outputs[0], `the output of node '${node.name}'`);
}

function lastReadsOf(graph: Graph): ReadonlyMap<GraphNode, readonly string[]> {
  const readers = new Map<string, GraphNode>();
  for (const node of graph.nodes) for (const name of [...node.inputs, ...node.outputs]) readers.set(name, node);
  const reads = new Map<GraphNode, string[]>();
  for (const [name, node] of readers) reads.set(node, [...(reads.get(node) ?? []), name]);
  return reads;
}

function define({ live, ranges }: Walk, name: string, frames: readonly Float32Array[]): void {
  live.set(name, frames);
  ranges.set(name, rangeOf(frames));
}

/** With 0 inside, which has to be an integer exactly. */
function rangeOf(frames: readonly Float32Array[]): Range {
  let [min, max] = [0, 0];
  for (const values of frames) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return { min, max };
}

/** The output of a node, whose constants are made first. */
function valuesOf(walk: Walk, node: GraphNode): readonly Float32Array[] {
  if (isWeighted(node)) return layerValues(walk, node);
  if (node.op.kind === 'batch-norm') normalise(walk, node);
  return run(walk, node);
}

function run(walk: Walk, node: GraphNode): readonly Float32Array[] {
  const kernel: Kernel = prepareNode(walk.graph, node, FLOAT_KERNELS);
  const inputs = node.inputs.map((name) => walk.live.get(name));
  const frames = defined(inputs[0], 'the first input').length;
  return Array.from({ length: frames }, (_, frame) => {
    const values = inputs.map((of, i) => of?.[frame] ?? constant(walk, node.inputs[i] ?? '').data);
    return float32(kernel(values));
  });
}

function constant({ constants }: Walk, name: string): Tensor {
  return defined(constants.get(name), `the constant '${name}'`);
}

function setConstant({ graph, constants }: Walk, name: string, value: (i: number) => number): void {
  const type = typeOf(graph, name);
  const data = new Float32Array(elementCount(type.shape));
  for (let i = 0; i < data.length; i++) data[i] = value(i);
  constants.set(name, { type, data });
}

/** Uniform in -limit..limit. */
function symmetric(random: () => number, limit: number): () => number {
  return () => limit * (2 * random() - 1);
}

/** Offsets of normalised channels are drawn from -SPREAD..SPREAD of their deviation, deviations within SPREAD of 1. */
const SPREAD = 0.25;

/** Fewer values than this tell nothing of a channel: after a global pool, all channels of a layer are taken together. */
const ENOUGH_SAMPLES = 32;

/** A channel that varies less than this part of its layer's values is not blown up to full strength. */
const WEAKEST_CHANNEL = 0.05;

/** Weights of a layer, and its output. */
function layerValues(walk: Walk, node: GraphNode): readonly Float32Array[] {
  const [, weight = '', bias] = node.inputs;
  const random = walk.randomOf(node);
  const { shape } = typeOf(walk.graph, weight);
  setConstant(walk, weight, symmetric(random, Math.sqrt(3 / elementCount(shape.slice(1)))));
  if (bias !== undefined) setConstant(walk, bias, () => 0);
  const frames = run(walk, node);
  if (isNormalised(walk, node)) return frames;
  const statistics = channelStatistics(frames, shape[0] ?? 1);
  const { slope, offset } = standardised(statistics, walk.plan.gains.get(node.name) ?? 1, bias !== undefined, random);
  const filterLength = elementCount(shape.slice(1));
  const weights = float32(constant(walk, weight).data);
  for (let i = 0; i < weights.length; i++) {
    weights[i] = (weights[i] as number) * (slope[Math.floor(i / filterLength)] as number);
  }
  if (bias !== undefined) setConstant(walk, bias, (c) => offset[c] as number);
  return frames.map((values) =>
    values.map((value, i) => value * (slope[i % slope.length] as number) + (offset[i % slope.length] as number)),
  );
}

/** Whether a batch normalisation follows, and nothing else. */
function isNormalised({ graph }: Walk, node: GraphNode): boolean {
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(outputOf(node)));
  return readers.length === 1 && readers[0]?.op.kind === 'batch-norm';
}

/** What brings channels with these statistics to a deviation of `gain`: slope * x + offset. */
function standardised(
  statistics: ChannelStatistics,
  gain: number,
  hasOffset: boolean,
  random: () => number,
): { readonly slope: Float64Array; readonly offset: Float64Array } {
  const { mean, deviation, samples } = statistics;
  const strength = rootMeanSquare(statistics);
  const slope = deviation.map((own) => {
    const spread = samples < ENOUGH_SAMPLES || !hasOffset ? strength : Math.max(own, WEAKEST_CHANNEL * strength);
    return spread === 0 ? 1 : gain / spread;
  });
  const draw = symmetric(random, gain * SPREAD);
  const offset = mean.map((m, c) => {
    if (!hasOffset) return 0;
    return draw() - (samples < ENOUGH_SAMPLES ? 0 : m * (slope[c] as number));
  });
  return { slope, offset };
}

/** Makes the parameters of a batch normalisation: mean and variance are those of its input. */
function normalise(walk: Walk, node: GraphNode): void {
  const [x = '', scale = '', offset = '', mean = '', variance = ''] = node.inputs;
  const frames = defined(walk.live.get(x), `the values of '${x}'`);
  const statistics = channelStatistics(frames, typeOf(walk.graph, scale).shape[0] ?? 1);
  const gain = walk.plan.gains.get(node.name) ?? 1;
  const random = walk.randomOf(node);
  const [around1, around0] = [symmetric(random, SPREAD), symmetric(random, gain * SPREAD)];
  const least = WEAKEST_CHANNEL * rootMeanSquare(statistics);
  setConstant(walk, scale, () => gain * (1 + around1()));
  setConstant(walk, offset, () => around0());
  setConstant(walk, mean, (c) => statistics.mean[c] as number);
  setConstant(walk, variance, (c) => Math.max(statistics.deviation[c] as number, least) ** 2);
}
