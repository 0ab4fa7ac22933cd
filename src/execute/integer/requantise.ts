import type { RequantiseOp } from '../../ir/op.js';
import type { Element } from '../../ir/tensor-type.js';
import { requantise } from '../../support/fixed-point.js';
import type { PrepareNode } from '../executor.js';
import { allocate, type NumericData, numeric, outputType } from '../tensor-access.js';
import { type TensorRequantParams, tensorRequantParams } from './requant-params.js';

/** y = clamp(zy + rne((x - zx) * m / 2^s)) for every element. */
export function requantiseAll(x: NumericData, p: TensorRequantParams, element: Element): NumericData {
  const y = allocate(element, x.length);
  for (let i = 0; i < x.length; i++) {
    y[i] = requantise((x[i] as number) - p.inputZeroPoint, p.multiplier, p.shift, p.zeroPoint, p.lo, p.hi);
  }
  return y;
}

export const prepareRequantise: PrepareNode<RequantiseOp> = (graph, node) => {
  const params = tensorRequantParams(graph, node);
  const { element } = outputType(graph, node);
  return ([input]) => requantiseAll(numeric(input), params, element);
};
