import type { MulOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { requantise } from '../../support/fixed-point.js';
import { broadcastOffsets, forEachRow } from '../element-order.js';
import type { PrepareNode } from '../executor.js';
import { allocate, inputType, numeric, outputType } from '../tensor-access.js';
import { mulParams } from './join-params.js';

/** y = clamp(zy + rne(m * product_i (x_i - z_i) / 2^s)); inputs are broadcast to the output. */
export const prepareMul: PrepareNode<MulOp> = (graph, node) => {
  const { inputZeroPoints, multiplier, shift, zeroPoint, lo, hi } = mulParams(graph, node);
  const { element, shape } = outputType(graph, node);
  const count = elementCount(shape);
  const offsets = node.inputs.map((_, i) => broadcastOffsets(inputType(graph, node, i).shape, shape));
  return (inputs) => {
    const products = new Float64Array(count).fill(1);
    offsets.forEach((places, input) => {
      const x = numeric(inputs[input]);
      const zero = inputZeroPoints[input] as number;
      forEachRow(places, (base, last, from) => {
        for (let i = 0; i < last.length; i++) {
          products[from + i] = (products[from + i] as number) * ((x[base + (last[i] as number)] as number) - zero);
        }
      });
    });
    const y = allocate(element, count);
    for (let i = 0; i < count; i++) y[i] = requantise(products[i] as number, multiplier, shift, zeroPoint, lo, hi);
    return y;
  };
};
