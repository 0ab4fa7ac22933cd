import type { Graph, GraphNode } from '../ir/graph.js';
import type { ConcatOp } from '../ir/op.js';
import { elementCount } from '../ir/tensor-type.js';
import { axisOffsets, scatter, stridesOf } from './element-order.js';
import type { Kernel } from './executor.js';
import { allocate, inputType, type NumericData, numeric, outputType } from './tensor-access.js';

/** Puts the inputs one behind the other along the axis; `convert(i)` first brings input i to the output's numbers. */
export function concatKernel(
  graph: Graph,
  node: GraphNode<ConcatOp>,
  convert: (input: number) => (x: NumericData) => NumericData,
): Kernel {
  const { element, shape } = outputType(graph, node);
  const strides = stridesOf(shape);
  let before = 0;
  const parts = node.inputs.map((_, i) => {
    const own = inputType(graph, node, i).shape;
    const origin = before * (strides[node.op.axis] ?? 0);
    before += own[node.op.axis] ?? 0;
    return {
      origin,
      offsets: axisOffsets(own, (position, axis) => position * (strides[axis] ?? 0)),
      convert: convert(i),
    };
  });
  return (inputs) => {
    const y = allocate(element, elementCount(shape));
    parts.forEach((part, i) => {
      scatter(part.convert(numeric(inputs[i])), part.offsets, y, part.origin);
    });
    return y;
  };
}
