import type { Graph, GraphNode } from '../ir/graph.js';
import type {
  DepthToSpaceOp,
  FlattenOp,
  PadMode,
  PadOp,
  PermuteChannelsOp,
  ReshapeOp,
  SliceOp,
  TransposeOp,
  UpsampleOp,
} from '../ir/op.js';
import { elementCount } from '../ir/tensor-type.js';
import { defined } from '../support/invariant.js';
import { type AxisOffsets, axisOffsets, gather, scatter, stridesOf } from './element-order.js';
import type { Kernel, PrepareNode } from './executor.js';
import { allocate, inputType, mapShape, numeric, outputType } from './tensor-access.js';

/** Operators that only move elements: the same for floats and for integers, of any rank. */

/** The same elements under another shape. */
export const prepareReshape: PrepareNode<ReshapeOp | FlattenOp> =
  () =>
  ([input]) =>
    numeric(input);

function gatherKernel(graph: Graph, node: GraphNode, offsets: AxisOffsets): Kernel {
  const { element, shape } = outputType(graph, node);
  const count = elementCount(shape);
  return ([input]) => {
    const y = allocate(element, count);
    gather(numeric(input), offsets, y);
    return y;
  };
}

export const prepareTranspose: PrepareNode<TransposeOp> = (graph, node) => {
  const strides = stridesOf(inputType(graph, node).shape);
  const { shape } = outputType(graph, node);
  const offsets = axisOffsets(shape, (position, axis) => position * (strides[node.op.perm[axis] ?? 0] ?? 0));
  return gatherKernel(graph, node, offsets);
};

export const prepareSlice: PrepareNode<SliceOp> = (graph, node) => {
  const { begin, step, size } = node.op;
  const strides = stridesOf(inputType(graph, node).shape);
  const source = (position: number, axis: number): number => (begin[axis] ?? 0) + position * (step[axis] ?? 1);
  return gatherKernel(
    graph,
    node,
    axisOffsets(size, (position, axis) => source(position, axis) * (strides[axis] ?? 0)),
  );
};

export const prepareUpsample: PrepareNode<UpsampleOp> = (graph, node) => {
  const factors = [node.op.factorH, node.op.factorW, 1];
  const strides = stridesOf(inputType(graph, node).shape);
  const { shape } = outputType(graph, node);
  const source = (position: number, axis: number): number => Math.floor(position / (factors[axis] ?? 1));
  return gatherKernel(
    graph,
    node,
    axisOffsets(shape, (position, axis) => source(position, axis) * (strides[axis] ?? 0)),
  );
};

export const prepareDepthToSpace: PrepareNode<DepthToSpaceOp> = (graph, node) => {
  const { block, order } = node.op;
  const [, inW, inChannels] = mapShape(inputType(graph, node), `the input of node '${node.name}'`);
  const { shape } = outputType(graph, node);
  // What one step of the place in the block, down and to the right, and one output channel add to the input channel.
  const outChannels = inChannels / (block * block);
  const [down, right, channel] =
    order === 'depth-first' ? [block * outChannels, outChannels, 1] : [block, 1, block * block];
  const offsets = axisOffsets(shape, (position, axis) => {
    if (axis === 2) return position * channel;
    const pixel = Math.floor(position / block) * (axis === 0 ? inW * inChannels : inChannels);
    return pixel + (position % block) * (axis === 0 ? down : right);
  });
  return gatherKernel(graph, node, offsets);
};

export const preparePermuteChannels: PrepareNode<PermuteChannelsOp> = (graph, node) => {
  const { shape } = outputType(graph, node);
  const strides = stridesOf(shape);
  const source = (position: number, axis: number): number =>
    axis === shape.length - 1 ? defined(node.op.order[position], 'a channel of the order') : position;
  return gatherKernel(
    graph,
    node,
    axisOffsets(shape, (position, axis) => source(position, axis) * (strides[axis] ?? 0)),
  );
};

/** Where the element at `position`, counted from the first element inside, is taken from. */
function paddedSource(mode: PadMode, position: number, extent: number): number {
  const last = extent - 1;
  if (mode === 'reflect') return last - Math.abs(last - Math.abs(position));
  return Math.min(Math.max(position, 0), last);
}

export const preparePad: PrepareNode<PadOp> = (graph, node) => {
  const { before, mode, value } = node.op;
  const input = inputType(graph, node);
  const { element, shape } = outputType(graph, node);
  if (mode === 'constant') {
    const strides = stridesOf(shape);
    const offsets = axisOffsets(
      input.shape,
      (position, axis) => (position + (before[axis] ?? 0)) * (strides[axis] ?? 0),
    );
    return ([data]) => {
      const y = allocate(element, elementCount(shape)).fill(value);
      scatter(numeric(data), offsets, y, 0);
      return y;
    };
  }
  const strides = stridesOf(input.shape);
  const source = (position: number, axis: number): number =>
    paddedSource(mode, position - (before[axis] ?? 0), input.shape[axis] ?? 1);
  return gatherKernel(
    graph,
    node,
    axisOffsets(shape, (position, axis) => source(position, axis) * (strides[axis] ?? 0)),
  );
};
