import type { DenseOp } from '../../ir/op.js';
import { dotVector } from '../dot-rows.js';
import type { PrepareNode } from '../executor.js';
import { allocate, numeric, outputType } from '../tensor-access.js';
import { centred } from './conv.js';
import { requantParams } from './requant-params.js';
import { makeRequantiser } from './requantise-sums.js';

/** y[o] = requantise(bias[o] + sum over i of (x[i] - zx) * (w[o][i] - zw)). */
export const prepareDense: PrepareNode<DenseOp> = (graph, node) => {
  const params = requantParams(graph, node);
  const { element } = outputType(graph, node);
  const requantise = makeRequantiser(params);
  const sums = new Float64Array(params.outChannels);
  return ([input]) => {
    const x = centred(numeric(input), params.inputZeroPoint);
    const y = allocate(element, params.outChannels);
    dotVector(x, params.weights, params.outChannels, sums);
    requantise(sums, 0, y, 0);
    return y;
  };
};
