import type { Graph, GraphNode } from '../../ir/graph.js';
import type { AddOp, BatchNormOp, ClipOp, FlattenOp, ReluOp, SigmoidOp, TanhOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import type { Kernel, PrepareNode } from '../executor.js';
import { POINTWISE_FUNCTIONS } from '../pointwise.js';
import { constantInput, outputType } from '../tensor-access.js';
import { float32, realClamp } from './values.js';

function mapKernel(f: (x: number) => number): Kernel {
  return ([input]) => float32(input).map(f);
}

export const prepareRelu: PrepareNode<ReluOp> = () => mapKernel(realClamp({ lo: 0 }));
export const prepareClip: PrepareNode<ClipOp> = (_graph, node) => mapKernel(realClamp(node.op));
export const prepareSigmoid: PrepareNode<SigmoidOp> = () => mapKernel(POINTWISE_FUNCTIONS.sigmoid);
export const prepareTanh: PrepareNode<TanhOp> = () => mapKernel(POINTWISE_FUNCTIONS.tanh);
export const prepareFlatten: PrepareNode<FlattenOp> =
  () =>
  ([input]) =>
    float32(input);

/** y = slope[c] * x + offset[c] is what a batch normalisation does to channel c; in double precision. */
export interface ChannelAffine {
  readonly slope: Float64Array;
  readonly offset: Float64Array;
}

/** slope = scale / sqrt(variance + epsilon), offset = offset - mean * slope. */
export function batchNormAffine(graph: Graph, node: GraphNode<BatchNormOp>): ChannelAffine {
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((i) => float32(constantInput(graph, node, i).data));
  const at = (values: Float32Array | undefined, c: number): number => values?.[c] ?? Number.NaN;
  const slope = Float64Array.from(scale ?? [], (s, c) => s / Math.sqrt(at(variance, c) + node.op.epsilon));
  return { slope, offset: slope.map((s, c) => at(offset, c) - at(mean, c) * s) };
}

export const prepareBatchNorm: PrepareNode<BatchNormOp> = (graph, node) => {
  const { slope, offset } = batchNormAffine(graph, node);
  const channels = slope.length;
  return ([input]) =>
    float32(input).map((x, i) => x * (slope[i % channels] as number) + (offset[i % channels] as number));
};

/** The clamped sum of all inputs; one of one value per channel is repeated at each pixel. */
export const prepareAdd: PrepareNode<AddOp> = (graph, node) => {
  const clamp = realClamp(node.op.clamp);
  const count = elementCount(outputType(graph, node).shape);
  return (inputs) => {
    const sums = new Float64Array(count);
    for (const x of inputs.map(float32)) {
      for (let i = 0; i < count; i++) sums[i] = (sums[i] as number) + (x[i % x.length] as number);
    }
    return new Float32Array(sums).map(clamp);
  };
};
