import type { LocalResponseNormOp } from '../../ir/op.js';
import { defined } from '../../support/invariant.js';
import type { PrepareNode } from '../executor.js';
import { inputType } from '../tensor-access.js';
import { float32 } from './values.js';

/** y[c] = x[c] / (bias + alpha / size * sum of x[i]^2)^beta, over the neighbouring channels i that there are. */
export const prepareLocalResponseNorm: PrepareNode<LocalResponseNormOp> = (graph, node) => {
  const { size, alpha, beta, bias } = node.op;
  const channels = defined(inputType(graph, node).shape.at(-1), `the channels of node '${node.name}'`);
  const below = Math.floor((size - 1) / 2);
  const above = Math.ceil((size - 1) / 2);
  return ([input]) => {
    const x = float32(input);
    return x.map((value, i) => {
      const pixel = i - (i % channels);
      const end = Math.min(pixel + channels - 1, i + above);
      let squares = 0;
      for (let k = Math.max(pixel, i - below); k <= end; k++) squares += (x[k] as number) ** 2;
      return value / (bias + (alpha / size) * squares) ** beta;
    });
  };
};
