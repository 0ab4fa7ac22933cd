import type { ReduceMeanOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { axisOffsets, forEachRow, stridesOf } from '../element-order.js';
import type { PrepareNode } from '../executor.js';
import { inputType, outputType } from '../tensor-access.js';
import { float32 } from './values.js';

/** The mean over the operator's axes; sums are in double precision. */
export const prepareReduceMean: PrepareNode<ReduceMeanOp> = (graph, node) => {
  const { shape } = inputType(graph, node);
  const isReduced = (axis: number): boolean => node.op.axes.includes(axis);
  const strides = stridesOf(shape.map((extent, axis) => (isReduced(axis) ? 1 : extent)));
  const targets = axisOffsets(shape, (position, axis) => (isReduced(axis) ? 0 : position * (strides[axis] ?? 0)));
  const count = elementCount(outputType(graph, node).shape);
  const averaged = elementCount(shape) / count;
  return ([input]) => {
    const x = float32(input);
    const sums = new Float64Array(count);
    forEachRow(targets, (base, last, from) => {
      for (let i = 0; i < last.length; i++) {
        const target = base + (last[i] as number);
        sums[target] = (sums[target] as number) + (x[from + i] as number);
      }
    });
    return new Float32Array(sums.map((sum) => sum / averaged));
  };
};
