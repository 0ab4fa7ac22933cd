import type { AddOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { clampTo, roundHalfEven } from '../../support/fixed-point.js';
import { broadcastOffsets, forEachRow } from '../element-order.js';
import type { PrepareNode } from '../executor.js';
import { allocate, inputType, numeric, outputType } from '../tensor-access.js';
import { addParams } from './join-params.js';

/** y = clamp(zy + rne(sum_i m_i * (x_i - z_i) / 2^s)); inputs are broadcast to the output. */
export const prepareAdd: PrepareNode<AddOp> = (graph, node) => {
  const { inputZeroPoints, multipliers, shift, zeroPoint, lo, hi } = addParams(graph, node);
  const { element, shape } = outputType(graph, node);
  const count = elementCount(shape);
  const offsets = node.inputs.map((_, i) => broadcastOffsets(inputType(graph, node, i).shape, shape));
  return (inputs) => {
    const sums = new Float64Array(count);
    offsets.forEach((places, input) => {
      const x = numeric(inputs[input]);
      const multiplier = multipliers[input] as number;
      const zero = inputZeroPoints[input] as number;
      forEachRow(places, (base, last, from) => {
        for (let i = 0; i < last.length; i++) {
          const v = (x[base + (last[i] as number)] as number) - zero;
          sums[from + i] = (sums[from + i] as number) + multiplier * v;
        }
      });
    });
    const y = allocate(element, count);
    for (let i = 0; i < count; i++) {
      y[i] = clampTo(zeroPoint + roundHalfEven((sums[i] as number) / 2 ** shift), lo, hi);
    }
    return y;
  };
};
