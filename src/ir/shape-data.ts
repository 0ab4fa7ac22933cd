import type { Diagnostic } from '../support/diagnostics.js';
import { broadcastShape, broadcastsTo } from './broadcast.js';
import type { GraphNode } from './graph.js';
import { axesDoNotFit, shapesDoNotFit, shapeText, wrongRank } from './messages.js';
import type { OpOf } from './op.js';
import { elementCount } from './tensor-type.js';
import { sameExtents } from './type-equality.js';

/** Shapes of the operators that move, join and broadcast elements, of any rank. */

type Shape = readonly number[];

type Result = { readonly shapes: readonly Shape[] } | { readonly problems: readonly Diagnostic[] };

const one = (shape: Shape): Result => ({ shapes: [shape] });
const refuse = (problem: Diagnostic): Result => ({ problems: [problem] });

export function broadcastResult(_op: OpOf<'add' | 'mul'>, node: GraphNode, inputs: readonly Shape[]): Result {
  const shape = broadcastShape(inputs);
  if (shape !== undefined) return one(shape);
  const text = `its inputs have the shapes ${inputs.map(shapeText).join(' and ')}, which do not go together`;
  const fix = 'all inputs have one shape, or extents of 1 where they are repeated, axes aligned at the end';
  return refuse(shapesDoNotFit(node.name, text, fix));
}

export function preluShape(_op: OpOf<'prelu'>, node: GraphNode, [x = [], slope = []]: readonly Shape[]): Result {
  if (broadcastsTo(slope, x)) return one(x);
  const text = `the slope has the shape ${shapeText(slope)}, which does not fit the input's ${shapeText(x)}`;
  return refuse(shapesDoNotFit(node.name, text, 'give one slope, or one for each channel'));
}

export function concatShape(op: OpOf<'concat'>, node: GraphNode, inputs: readonly Shape[]): Result {
  const [first = []] = inputs;
  if (op.axis >= first.length) return refuse(axesDoNotFit(node.name, `axis ${op.axis}`, first));
  const others = (shape: Shape): Shape => shape.filter((_, axis) => axis !== op.axis);
  const odd = inputs.find((shape) => shape.length !== first.length || !sameExtents(others(shape), others(first)));
  if (odd !== undefined) {
    const text = `inputs of the shapes ${shapeText(first)} and ${shapeText(odd)} cannot be joined along axis ${op.axis}`;
    return refuse(shapesDoNotFit(node.name, text, 'all extents but that of the axis have to be equal'));
  }
  const extent = inputs.reduce((sum, shape) => sum + (shape[op.axis] ?? 0), 0);
  return one(first.map((value, axis) => (axis === op.axis ? extent : value)));
}

export function sliceShape(op: OpOf<'slice'>, node: GraphNode, [x = []]: readonly Shape[]): Result {
  if (![op.begin, op.size, op.step].every((list) => list.length === x.length))
    return refuse(axesDoNotFit(node.name, `a region of rank ${op.size.length}`, x));
  const axis = x.findIndex((extent, i) => {
    const last = (op.begin[i] ?? 0) + ((op.size[i] ?? 0) - 1) * (op.step[i] ?? 1);
    return last >= extent;
  });
  if (axis < 0) return one(op.size);
  const text = `along axis ${axis} it reads ${op.size[axis]} elements from ${op.begin[axis]} on in steps of ${op.step[axis]}, but there are ${x[axis]}`;
  return refuse(shapesDoNotFit(node.name, text, 'keep begin + (size - 1) * step within the extent'));
}

export function padShape(op: OpOf<'pad'>, node: GraphNode, [x = []]: readonly Shape[]): Result {
  if (op.before.length !== x.length || op.after.length !== x.length)
    return refuse(axesDoNotFit(node.name, `padding of rank ${op.before.length}`, x));
  const axis = x.findIndex((extent, i) => Math.max(op.before[i] ?? 0, op.after[i] ?? 0) >= extent);
  if (op.mode === 'reflect' && axis >= 0) {
    const text = `along axis ${axis} it mirrors more elements than the ${x[axis]} that there are, less one`;
    return refuse(shapesDoNotFit(node.name, text, 'pad less, or with a constant'));
  }
  return one(x.map((extent, i) => extent + (op.before[i] ?? 0) + (op.after[i] ?? 0)));
}

export function transposeShape(op: OpOf<'transpose'>, node: GraphNode, [x = []]: readonly Shape[]): Result {
  const isPermutation = op.perm.length === x.length && x.every((_, axis) => op.perm.includes(axis));
  if (!isPermutation) return refuse(axesDoNotFit(node.name, `perm [${op.perm.join(', ')}]`, x));
  return one(op.perm.map((axis) => x[axis] ?? 0));
}

export function reshapeShape(op: OpOf<'reshape'>, node: GraphNode, [x = []]: readonly Shape[]): Result {
  if (elementCount(op.shape) === elementCount(x)) return one(op.shape);
  const text = `${elementCount(x)} elements of the shape ${shapeText(x)} cannot have the shape ${shapeText(op.shape)}`;
  return refuse(shapesDoNotFit(node.name, text, 'keep the number of elements'));
}

export function reduceMeanShape(op: OpOf<'reduce-mean'>, node: GraphNode, [x = []]: readonly Shape[]): Result {
  if (op.axes.some((axis) => axis >= x.length))
    return refuse(axesDoNotFit(node.name, `axes [${op.axes.join(', ')}]`, x));
  const isReduced = (axis: number): boolean => op.axes.includes(axis);
  return one(op.keepDims ? x.map((extent, axis) => (isReduced(axis) ? 1 : extent)) : x.filter((_, i) => !isReduced(i)));
}

export function upsampleShape(op: OpOf<'upsample'>, node: GraphNode, [x = []]: readonly Shape[]): Result {
  const [height = 0, width = 0, channels = 0] = x;
  if (x.length !== 3) return refuse(notAMap(node, x));
  return one([height * op.factorH, width * op.factorW, channels]);
}

export function depthToSpaceShape(op: OpOf<'depth-to-space'>, node: GraphNode, [x = []]: readonly Shape[]): Result {
  const [height = 0, width = 0, channels = 0] = x;
  if (x.length !== 3) return refuse(notAMap(node, x));
  const block = op.block * op.block;
  if (channels % block === 0) return one([height * op.block, width * op.block, channels / block]);
  const text = `${channels} channels do not divide into blocks of ${op.block}x${op.block} pixels`;
  return refuse(shapesDoNotFit(node.name, text, 'the channels must be a multiple of block * block'));
}

export function permuteChannelsShape(
  op: OpOf<'permute-channels'>,
  node: GraphNode,
  [x = []]: readonly Shape[],
): Result {
  const isPermutation = op.order.length === x.at(-1) && new Set(op.order).size === op.order.length;
  if (isPermutation && op.order.every((channel) => channel < op.order.length)) return one(x);
  const text = `its order of ${op.order.length} channels is no permutation of the channels of an input of the shape ${shapeText(x)}`;
  return refuse(shapesDoNotFit(node.name, text, 'list each input channel once, counted from 0'));
}

export function notAMap(node: GraphNode, shape: Shape): Diagnostic {
  const fix = 'feature maps are channels-last, without a batch axis';
  return wrongRank(node.name, 'input', 'a feature map [H, W, C]', shape, fix);
}
