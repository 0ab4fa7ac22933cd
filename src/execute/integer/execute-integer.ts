import type { Graph } from '../../ir/graph.js';
import type { Tensor } from '../../ir/tensor.js';
import { InternalError } from '../../support/invariant.js';
import { type Executor, type KernelTable, prepareExecutor, type RunOptions } from '../executor.js';
import { prepareAdd } from './add.js';
import { prepareClip, prepareFlatten, prepareRelu } from './clamps.js';
import { prepareConv } from './conv.js';
import { prepareDense } from './dense.js';
import { prepareAveragePool, prepareGlobalAveragePool, prepareMaxPool } from './pool.js';
import { prepareRequantise } from './requantise.js';
import { prepareSigmoid, prepareTanh } from './table.js';

/** The golden model: exact integers, written for reading, and independent of the hardware's order of work. */
const INTEGER_KERNELS: KernelTable = {
  conv: prepareConv,
  dense: prepareDense,
  'max-pool': prepareMaxPool,
  'average-pool': prepareAveragePool,
  'global-average-pool': prepareGlobalAveragePool,
  'batch-norm': (_graph, node) => {
    throw new InternalError(`batch-norm '${node.name}' in an integer graph, which verifyGraph refuses`);
  },
  relu: prepareRelu,
  clip: prepareClip,
  sigmoid: prepareSigmoid,
  tanh: prepareTanh,
  flatten: prepareFlatten,
  requantise: prepareRequantise,
  add: prepareAdd,
};

/** Resolves all constants of a verified integer graph; then `run` executes one frame a call. */
export function prepareInteger(graph: Graph): Executor {
  return prepareExecutor(graph, INTEGER_KERNELS, 'integer');
}

/** One frame through a verified integer graph; for many frames use prepareInteger. */
export function executeInteger(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  options: RunOptions = {},
): Map<string, Tensor> {
  return prepareInteger(graph).run(inputs, options);
}
