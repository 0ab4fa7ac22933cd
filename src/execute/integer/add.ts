import type { AddOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { clampTo, roundHalfEven } from '../../support/fixed-point.js';
import { defined, invariant } from '../../support/invariant.js';
import type { PrepareNode } from '../executor.js';
import { allocate, numeric, outputType } from '../tensor-access.js';
import { addParams } from './requant-params.js';

/** y = clamp(zy + rne(sum_i m_i * (x_i - z_i) / 2^s)); an input of one value per channel is repeated at each pixel. */
export const prepareAdd: PrepareNode<AddOp> = (graph, node) => {
  const { inputZeroPoints, multipliers, shift, zeroPoint, lo, hi } = addParams(graph, node);
  const out = outputType(graph, node);
  const count = elementCount(out.shape);
  // Activations are below 2^17 after their zero point, so 2^5 inputs of 31-bit multipliers stay exact.
  const bound = multipliers.reduce((sum, multiplier) => sum + multiplier * 2 ** 17, 0);
  invariant(bound < 2 ** 53, `the sums of node '${node.name}' leave the exact range`);
  return (inputs) => {
    const sums = new Float64Array(count);
    inputs.forEach((data, input) => {
      const x = numeric(data);
      const multiplier = defined(multipliers[input], 'a multiplier');
      const offset = defined(inputZeroPoints[input], 'a zero point');
      for (let i = 0; i < count; i++)
        sums[i] = (sums[i] as number) + multiplier * ((x[i % x.length] as number) - offset);
    });
    const y = allocate(out.element, count);
    for (let i = 0; i < count; i++) {
      y[i] = clampTo(zeroPoint + roundHalfEven((sums[i] as number) / 2 ** shift), lo, hi);
    }
    return y;
  };
};
