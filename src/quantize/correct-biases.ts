import { prepareFloat } from '../execute/float/execute-float.js';
import { float32 } from '../execute/float/values.js';
import { realValues } from '../execute/frames.js';
import { prepareInteger } from '../execute/integer/execute-integer.js';
import { activationOf, typeOf } from '../execute/tensor-access.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { F32 } from '../ir/tensor-type.js';
import { freshName } from '../passes/edit.js';
import { defined } from '../support/invariant.js';
import type { CalibrationFrames } from './calibrate.js';
import { quantizeInputs } from './compare.js';
import { quantizeBias, realWeights } from './quantize-weights.js';
import { isWeighted, type WeightedOp } from './rules.js';
import { flowingInputs, outputOf } from './share-numbers.js';

/** More frames than these make the means hardly any better. */
const MOST_FRAMES = 32;

/**
 * The integer graph with biases that make up for what rounding changes in the mean of each channel. Layer after layer,
 * in integers with the biases corrected so far, over up to MOST_FRAMES of the frames: E[W x + b] of the float network
 * less E[V z] of this one goes into the bias, with V the rounded weights and z the layer's inputs here. Layers are
 * linear, so that both are taken on the mean inputs. (Empirical bias correction, Nagel et al., "Data-Free Quantization
 * Through Weight Equalization and Bias Correction", 2019.) `frames`: `count` frames of real values;
 * `onStep`: done and total.
 */
export function correctBiases(
  source: Graph,
  integer: Graph,
  frames: CalibrationFrames,
  count: number,
  onStep: (done: number, total: number) => void,
): Graph {
  const chosen = spread(frames, count);
  const total = chosen.length + integer.nodes.length;
  const means = floatMeans(source, chosen, (frame) => onStep(frame + 1, total));
  const draft: Draft = { source, means, types: new Map(integer.types), constants: new Map(integer.constants) };
  const live = new Map<string, readonly Tensor[]>();
  const inputs = chosen.map((frame) => quantizeInputs(integer, frame));
  for (const { tensor } of integer.inputs)
    live.set(
      tensor,
      inputs.map((values) => defined(values.get(tensor), `input '${tensor}'`)),
    );
  const lastReaders = new Map(integer.nodes.flatMap((node) => node.inputs.map((name) => [name, node] as const)));
  const nodes = integer.nodes.map((node, i) => {
    const corrected = isWeighted(node) ? correctLayer(draft, integer, node, live) : node;
    live.set(outputOf(node), runNode({ ...integer, types: draft.types, constants: draft.constants }, corrected, live));
    for (const name of node.inputs) if (lastReaders.get(name) === node) live.delete(name);
    onStep(chosen.length + i + 1, total);
    return corrected;
  });
  return { ...integer, nodes, types: draft.types, constants: draft.constants };
}

interface Draft {
  readonly source: Graph;
  /** Mean inputs of the layers in the float network. */
  readonly means: ReadonlyMap<string, Float32Array>;
  readonly types: Map<string, Tensor['type']>;
  readonly constants: Map<string, Tensor>;
}

/** Frames at even distances: neighbours may well be of one class. */
function spread(frames: CalibrationFrames, count: number): readonly ReadonlyMap<string, Tensor>[] {
  const wanted = Math.min(count, MOST_FRAMES);
  const chosen: ReadonlyMap<string, Tensor>[] = [];
  let index = 0;
  for (const frame of frames) {
    if (Math.floor((index * wanted) / count) >= chosen.length) chosen.push(frame);
    index += 1;
  }
  return chosen;
}

function floatMeans(
  source: Graph,
  frames: readonly ReadonlyMap<string, Tensor>[],
  onFrame: (frame: number) => void,
): ReadonlyMap<string, Float32Array> {
  const names = [...new Set(source.nodes.filter(isWeighted).map(inputOf))];
  const executor = prepareFloat(source);
  const means = new Map<string, Float32Array>();
  frames.forEach((frame, i) => {
    const values = executor.run(frame, { keep: names });
    for (const name of names) addShare(means, name, float32(values.get(name)?.data), frames.length);
    onFrame(i);
  });
  return means;
}

function inputOf(node: GraphNode): string {
  return defined(node.inputs[0], `the input of node '${node.name}'`);
}

function addShare(means: Map<string, Float32Array>, name: string, values: Float32Array, count: number): void {
  const mean = means.get(name) ?? new Float32Array(values.length);
  means.set(name, mean);
  for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) + (values[i] as number) / count;
}

/** The layer with a bias of its own; `live` holds its input of every frame. */
function correctLayer(
  draft: Draft,
  integer: Graph,
  node: GraphNode<WeightedOp>,
  live: ReadonlyMap<string, readonly Tensor[]>,
): GraphNode {
  const [x = '', weightName = '', biasName] = node.inputs;
  const original = defined(
    draft.source.nodes.find(({ name }) => name === node.name),
    `node '${node.name}' in float`,
  );
  const [, floatWeight = '', floatBias] = original.inputs;
  const weight = defined(integer.constants.get(weightName), `the constant '${weightName}'`);
  const means = new Map<string, Float32Array>();
  const values = defined(live.get(x), `tensor '${x}'`);
  for (const value of values) addShare(means, x, realValues(value), values.length);
  const floats = float32(draft.source.constants.get(floatWeight)?.data);
  const wanted = meanSums(draft.source, original, floats, defined(draft.means.get(x), 'a mean input'));
  const found = meanSums(draft.source, original, realWeights(weight), defined(means.get(x), 'a mean input'));
  const own = floatBias === undefined ? undefined : float32(draft.source.constants.get(floatBias)?.data);
  const bias = wanted.map((sum, oc) => (own?.[oc] ?? 0) + sum - (found[oc] as number));
  const { scale } = activationOf(typeOf(integer, x), `tensor '${x}'`);
  const type = { shape: [bias.length], element: F32 };
  const tensor = quantizeBias({ type, data: bias }, scale, weight.type.quant?.scale ?? []);
  const name = biasName ?? freshName(draft.types, `${node.name}.bias`);
  draft.types.set(name, tensor.type);
  draft.constants.set(name, tensor);
  return { ...node, inputs: [x, weightName, name] };
}

/** The layer's sums without bias and clamp, with the given weights and input: the mean of each output channel. */
function meanSums(source: Graph, node: GraphNode, weights: Float32Array, input: Float32Array): Float32Array {
  const [x = '', weightName = ''] = node.inputs;
  const { clamp: _clamp, ...op } = node.op as WeightedOp;
  const constants = new Map([[weightName, { type: typeOf(source, weightName), data: weights }]]);
  const layer = alone({ ...source, constants }, { ...node, op, inputs: [x, weightName] });
  const y = prepareFloat(layer).run(new Map([[x, { type: typeOf(source, x), data: input }]]));
  return channelMeans(float32(y.get(outputOf(node))?.data), typeOf(source, weightName).shape[0] ?? 1);
}

/** The mean of each channel, the last axis. */
function channelMeans(values: Float32Array, channels: number): Float32Array {
  const sums = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) sums[i % channels] = (sums[i % channels] as number) + (values[i] as number);
  return Float32Array.from(sums, (sum) => (sum * channels) / values.length);
}

/** One node with its constants as a graph. */
function alone(graph: Graph, node: GraphNode): Graph {
  const inputs = [...new Set(flowingInputs(graph, node))];
  const names = [...node.inputs, ...node.outputs];
  return {
    ...graph,
    inputs: inputs.map((tensor) => ({ tensor, layout: 'nhwc' })),
    outputs: [{ tensor: outputOf(node), layout: 'nhwc', classOffset: 0 }],
    nodes: [node],
    types: new Map(names.map((name) => [name, typeOf(graph, name)])),
    constants: new Map([...graph.constants].filter(([name]) => names.includes(name))),
  };
}

/** The node's output of every frame. */
function runNode(graph: Graph, node: GraphNode, live: ReadonlyMap<string, readonly Tensor[]>): readonly Tensor[] {
  const executor = prepareInteger(alone(graph, node));
  const inputs = [...new Set(flowingInputs(graph, node))];
  const columns = inputs.map((name) => defined(live.get(name), `tensor '${name}'`));
  return (columns[0] ?? []).map((_, frame) => {
    const values = new Map(inputs.map((name, i) => [name, defined(columns[i]?.[frame], `tensor '${name}'`)]));
    return defined(executor.run(values).get(outputOf(node)), `tensor '${outputOf(node)}'`);
  });
}
