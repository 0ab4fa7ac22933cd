import type { RequantiseOp } from '../../ir/op.js';
import { requantise } from '../../support/fixed-point.js';
import type { PrepareNode } from '../executor.js';
import { allocate, numeric, outputType } from '../tensor-access.js';
import { tensorRequantParams } from './requant-params.js';

/** y = clamp(zy + rne((x - zx) * m / 2^s)). */
export const prepareRequantise: PrepareNode<RequantiseOp> = (graph, node) => {
  const p = tensorRequantParams(graph, node);
  const { element } = outputType(graph, node);
  return ([input]) => {
    const x = numeric(input);
    const y = allocate(element, x.length);
    for (let i = 0; i < x.length; i++) {
      y[i] = requantise((x[i] as number) - p.inputZeroPoint, p.multiplier, p.shift, p.zeroPoint, p.lo, p.hi);
    }
    return y;
  };
};
