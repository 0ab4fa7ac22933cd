import type { Graph } from '../../ir/graph.js';
import type { Tensor } from '../../ir/tensor.js';
import { InternalError } from '../../support/invariant.js';
import { type Executor, type KernelTable, prepareExecutor, type RunOptions } from '../executor.js';
import { prepareConv, prepareDense } from './conv.js';
import {
  prepareAdd,
  prepareBatchNorm,
  prepareClip,
  prepareFlatten,
  prepareRelu,
  prepareSigmoid,
  prepareTanh,
} from './elementwise.js';
import { prepareAveragePool, prepareGlobalAveragePool, prepareMaxPool } from './pool.js';

/** The float reference: tensors in float32, sums in double precision. */
const FLOAT_KERNELS: KernelTable = {
  conv: prepareConv,
  dense: prepareDense,
  'max-pool': prepareMaxPool,
  'average-pool': prepareAveragePool,
  'global-average-pool': prepareGlobalAveragePool,
  'batch-norm': prepareBatchNorm,
  relu: prepareRelu,
  clip: prepareClip,
  sigmoid: prepareSigmoid,
  tanh: prepareTanh,
  flatten: prepareFlatten,
  requantise: (_graph, node) => {
    throw new InternalError(`requantise '${node.name}' in a float graph, which verifyGraph refuses`);
  },
  add: prepareAdd,
};

/** Resolves all constants of a verified float graph; then `run` executes one frame a call. */
export function prepareFloat(graph: Graph): Executor {
  return prepareExecutor(graph, FLOAT_KERNELS, 'float32');
}

/** One frame through a verified float graph; for many frames use prepareFloat. */
export function executeFloat(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  options: RunOptions = {},
): Map<string, Tensor> {
  return prepareFloat(graph).run(inputs, options);
}
