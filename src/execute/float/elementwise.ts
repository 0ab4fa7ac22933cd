import type { Graph, GraphNode } from '../../ir/graph.js';
import type { BatchNormOp, ClipOp, LeakyReluOp, PreluOp, ReluOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { broadcastOffsets, gather } from '../element-order.js';
import type { Kernel, PrepareNode } from '../executor.js';
import { type PointwiseOp, pointwiseFunction } from '../pointwise.js';
import { constantInput, inputType } from '../tensor-access.js';
import { float32, realClamp } from './values.js';

function mapKernel(f: (x: number) => number): Kernel {
  return ([input]) => float32(input).map(f);
}

export const prepareRelu: PrepareNode<ReluOp> = () => mapKernel(realClamp({ lo: 0 }));
export const prepareClip: PrepareNode<ClipOp> = (_graph, node) => mapKernel(realClamp(node.op));
export const preparePointwise: PrepareNode<PointwiseOp> = (_graph, node) => mapKernel(pointwiseFunction(node.op));
export const prepareLeakyRelu: PrepareNode<LeakyReluOp> = (_graph, { op }) =>
  mapKernel((x) => (x > 0 ? x : op.slope * x));

export const preparePrelu: PrepareNode<PreluOp> = (graph, node) => {
  const { shape } = inputType(graph, node);
  const slope = constantInput(graph, node, 1);
  const slopes = new Float32Array(elementCount(shape));
  gather(float32(slope.data), broadcastOffsets(slope.type.shape, shape), slopes);
  return ([input]) => float32(input).map((x, i) => (x > 0 ? x : (slopes[i] as number) * x));
};

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
