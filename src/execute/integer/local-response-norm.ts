import type { LocalResponseNormOp } from '../../ir/op.js';
import { requantise } from '../../support/fixed-point.js';
import { defined } from '../../support/invariant.js';
import type { PrepareNode } from '../executor.js';
import { allocate, inputType, numeric, outputType } from '../tensor-access.js';
import { cellOf, responseParams } from './response-params.js';

/** y = clamp(zy + rne(v * T[cell of the sum of squares] / 2^s)), v = x - zx, over the neighbouring channels that there are. */
export const prepareLocalResponseNorm: PrepareNode<LocalResponseNormOp> = (graph, node) => {
  const p = responseParams(graph, node);
  const channels = defined(inputType(graph, node).shape.at(-1), `the channels of node '${node.name}'`);
  const { element } = outputType(graph, node);
  return ([input]) => {
    const x = numeric(input);
    const y = allocate(element, x.length);
    const value = (i: number): number => (x[i] as number) - p.inputZeroPoint;
    for (let i = 0; i < x.length; i++) {
      const pixel = i - (i % channels);
      const end = Math.min(pixel + channels - 1, i + p.above);
      let squares = 0;
      for (let k = Math.max(pixel, i - p.below); k <= end; k++) squares += value(k) ** 2;
      const multiplier = p.multipliers[cellOf(squares, p.cellBits)] as number;
      y[i] = requantise(value(i), multiplier, p.shift, p.zeroPoint, p.lo, p.hi);
    }
    return y;
  };
};
