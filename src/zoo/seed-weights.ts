import type { Kernel } from '../execute/executor.js';
import { prepareNode } from '../execute/executor.js';
import { FAST_FLOAT_KERNELS } from '../execute/fast/fast-float.js';
import { batchNormAffine } from '../execute/float/elementwise.js';
import { float32 } from '../execute/float/values.js';
import { typeOf } from '../execute/tensor-access.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { BatchNormOp } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { elementCount } from '../ir/tensor-type.js';
import type { Range } from '../quantize/observer.js';
import { isWeighted } from '../quantize/rules.js';
import { defined, InternalError } from '../support/invariant.js';
import { makeRandom } from '../support/random.js';
import { seededPictures } from './pictures.js';
import { countPlan, type Plan } from './plan.js';
import {
  type ChannelStatistics,
  channelStatistics,
  clampValues,
  fillEvenly,
  rootMeanSquare,
  scaleChannels,
} from './statistics.js';

/** A float network with weights, and the range of each tensor that flows over the pictures that they were made with. */
export interface SeededNetwork {
  readonly graph: Graph;
  readonly ranges: ReadonlyMap<string, Range>;
}

/** Called after each of all nodes. */
export type OnLayer = (done: number, total: number) => void;

/** What a walk through the network knows. */
interface Walk {
  readonly plan: Plan;
  /** The plan's graph; its constants come as the walk goes on. */
  readonly graph: Graph;
  readonly constants: Map<string, Tensor>;
  /** Tensors that somebody still reads, one array a frame. */
  readonly live: Map<string, readonly Float32Array[]>;
  /** The nodes that read a tensor, in their order. */
  readonly readers: ReadonlyMap<string, readonly GraphNode[]>;
  /** Numbers 0..1 for a node, whatever the nodes before it have drawn. */
  readonly randomOf: (node: GraphNode) => () => number;
}

/**
 * Random weights with which signals neither die nor grow: pictures go through the network, and each layer is scaled so
 * that every channel of its output has the mean and the deviation that training would give it. A batch normalisation has
 * its statistics from them; a layer without one has such a normalisation folded into its weights and its bias.
 * The same plan and seed give the same weights.
 */
export function seedWeights(plan: Plan, seed: number, onLayer: OnLayer = () => {}): SeededNetwork {
  const constants = new Map(plan.graph.constants);
  const graph = { ...plan.graph, constants };
  const places = new Map(graph.nodes.map((node, i) => [node, i + 1]));
  const randomOf = (node: GraphNode) => makeRandom(seed + 0x9e3779b9 * defined(places.get(node), 'a node'));
  const walk: Walk = { plan, graph, constants, live: new Map(), readers: readersOf(graph), randomOf };
  const ranges = new Map<string, Range>();
  for (const input of graph.inputs) {
    const pictures = seededPictures(input, typeOf(graph, input.tensor).shape, picturesFor(plan), seed);
    walk.live.set(input.tensor, pictures);
    ranges.set(input.tensor, rangeOf(pictures));
  }
  graph.nodes.forEach((node, i) => {
    const output = outputOf(node);
    const frames = valuesOf(walk, node);
    walk.live.set(output, frames);
    if (!isPassedOver(walk, output, node)) ranges.set(output, rangeOf(frames));
    for (const name of node.inputs) if (isLastReader(walk, name, node)) walk.live.delete(name);
    onLayer(i + 1, graph.nodes.length);
  });
  return { graph, ranges };
}

/** Pictures for a network: more of them make better statistics, and cost nothing where there is little to compute. */
function picturesFor(plan: Plan): number {
  return countPlan(plan).macs < SMALL_NETWORK ? 8 : 2;
}

const SMALL_NETWORK = 1e8;

function outputOf(node: GraphNode): string {
  return defined(node.outputs[0], `the output of node '${node.name}'`);
}

function readersOf(graph: Graph): ReadonlyMap<string, readonly GraphNode[]> {
  const readers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes)
    for (const name of node.inputs) readers.set(name, [...(readers.get(name) ?? []), node]);
  return readers;
}

function isLastReader({ readers }: Walk, name: string, node: GraphNode): boolean {
  return readers.get(name)?.at(-1) === node;
}

/**
 * Whether a tensor is none of the integer network: the normalisation or the clamp that alone reads it becomes part of the
 * node that makes it.
 */
function isPassedOver({ readers }: Walk, name: string, maker: GraphNode): boolean {
  const own = readers.get(name) ?? [];
  const [reader] = own;
  if (reader === undefined || own.length > 1) return false;
  if (reader.op.kind === 'batch-norm') return isWeighted(maker);
  const isClamp = reader.op.kind === 'relu' || reader.op.kind === 'clip';
  return isClamp && (isWeighted(maker) || maker.op.kind === 'batch-norm' || maker.op.kind === 'add');
}

/** With 0 inside, which has to be an integer exactly. */
function rangeOf(frames: readonly Float32Array[]): Range {
  let min = 0;
  let max = 0;
  for (const values of frames) {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return { min, max };
}

/** The output of a node, whose constants are made first. What nobody else reads is overwritten where that will do. */
function valuesOf(walk: Walk, node: GraphNode): readonly Float32Array[] {
  if (isWeighted(node)) return layerValues(walk, node);
  if (isBatchNorm(node)) return normalisedValues(walk, node);
  switch (node.op.kind) {
    case 'relu':
      return clampedValues(walk, node, 0);
    case 'clip':
      return clampedValues(walk, node, node.op.lo, node.op.hi);
    default:
      return run(walk, node);
  }
}

function isBatchNorm(node: GraphNode): node is GraphNode<BatchNormOp> {
  return node.op.kind === 'batch-norm';
}

/** The values of a node's first input, to be written over. */
function ownInput(walk: Walk, node: GraphNode): readonly Float32Array[] {
  const [x = ''] = node.inputs;
  const frames = defined(walk.live.get(x), `the values of '${x}'`);
  return isLastReader(walk, x, node) ? frames : frames.map((values) => values.slice());
}

function clampedValues(
  walk: Walk,
  node: GraphNode,
  lo = Number.NEGATIVE_INFINITY,
  hi = Number.POSITIVE_INFINITY,
): readonly Float32Array[] {
  const frames = ownInput(walk, node);
  clampValues(frames, lo, hi);
  return frames;
}

function run(walk: Walk, node: GraphNode): readonly Float32Array[] {
  const kernel: Kernel = prepareNode(walk.graph, node, FAST_FLOAT_KERNELS);
  const inputs = node.inputs.map((name) => walk.live.get(name));
  const frames = defined(inputs[0], 'the first input').length;
  return Array.from({ length: frames }, (_, frame) =>
    float32(kernel(inputs.map((of, i) => of?.[frame] ?? constant(walk, node.inputs[i] ?? '').data))),
  );
}

function constant({ constants }: Walk, name: string): Tensor {
  return defined(constants.get(name), `the constant '${name}'`);
}

/** A new constant of zeros, to be written. */
function newConstant({ graph, constants }: Walk, name: string): Float32Array {
  const type = typeOf(graph, name);
  const data = new Float32Array(elementCount(type.shape));
  constants.set(name, { type, data });
  return data;
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
  if (interpolates(node, walk.constants.get(weight))) return run(walk, node);
  const random = walk.randomOf(node);
  const { shape } = typeOf(walk.graph, weight);
  const filterLength = elementCount(shape.slice(1));
  const weights = newConstant(walk, weight);
  fillEvenly(weights, Math.sqrt(3 / filterLength), random);
  const biases = bias === undefined ? undefined : newConstant(walk, bias);
  const frames = run(walk, node);
  if (isNormalised(walk, node)) return frames;
  const statistics = channelStatistics(frames, shape[0] ?? 1);
  const gain = walk.plan.gains.get(node.name) ?? 1;
  const { slope, offset } = standardised(statistics, gain, biases !== undefined, random);
  slope.forEach((factor, oc) => {
    for (let i = oc * filterLength; i < (oc + 1) * filterLength; i++) weights[i] = (weights[i] as number) * factor;
  });
  biases?.set(offset);
  scaleChannels(frames, slope, offset);
  return frames;
}

/** Whether a layer enlarges by interpolation, whose weights are not trained: one filter for all channels. */
function interpolates({ op }: GraphNode, weight: Tensor | undefined): boolean {
  if (op.kind !== 'conv-transpose' || weight === undefined || op.groups !== weight.type.shape[0]) return false;
  const taps = weight.data.length / op.groups;
  const { data } = weight;
  return (
    data.some((value: number | bigint) => Number(value) !== 0) &&
    data.every((value: number | bigint, i: number) => value === data[i % taps])
  );
}

/** Whether a batch normalisation follows, and nothing else. */
function isNormalised({ readers }: Walk, node: GraphNode): boolean {
  const own = readers.get(outputOf(node)) ?? [];
  return own.length === 1 && own[0]?.op.kind === 'batch-norm';
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
  const areTogether = samples < ENOUGH_SAMPLES || !hasOffset;
  const slope = deviation.map((own) => {
    const spread = areTogether ? strength : Math.max(own, WEAKEST_CHANNEL * strength);
    return spread === 0 ? 1 : gain / spread;
  });
  const draws = new Float32Array(mean.length);
  if (hasOffset) fillEvenly(draws, gain * SPREAD, random);
  const offset = mean.map((m, c) => (draws[c] as number) - (areTogether ? 0 : m * (slope[c] as number)));
  return { slope, offset };
}

/** The output of a batch normalisation, whose mean and variance are those of its input. */
function normalisedValues(walk: Walk, node: GraphNode<BatchNormOp>): readonly Float32Array[] {
  const frames = ownInput(walk, node);
  const [scale, offset, mean, variance] = node.inputs.slice(1).map((name) => newConstant(walk, name));
  const statistics = channelStatistics(frames, defined(scale, 'the scale').length);
  const gain = walk.plan.gains.get(node.name) ?? 1;
  const random = walk.randomOf(node);
  if (scale === undefined || offset === undefined || mean === undefined || variance === undefined)
    throw new InternalError(`batch-norm '${node.name}' without its parameters`);
  fillEvenly(scale, gain * SPREAD, random);
  scale.set(scale.map((around0) => gain + around0));
  fillEvenly(offset, gain * SPREAD, random);
  mean.set(statistics.mean);
  const least = WEAKEST_CHANNEL * rootMeanSquare(statistics);
  variance.set(statistics.deviation.map((own) => Math.max(own, least) ** 2));
  const affine = batchNormAffine(walk.graph, node);
  scaleChannels(frames, affine.slope, affine.offset);
  return frames;
}
