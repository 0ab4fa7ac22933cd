import type { Graph } from '../../ir/graph.js';
import type { Tensor } from '../../ir/tensor.js';
import { InternalError } from '../../support/invariant.js';
import {
  prepareDepthToSpace,
  preparePad,
  preparePermuteChannels,
  prepareReshape,
  prepareSlice,
  prepareTranspose,
  prepareUpsample,
} from '../data-movement.js';
import { type Executor, type KernelTable, prepareExecutor, type RunOptions, requireElements } from '../executor.js';
import { prepareDequantise } from '../quantise.js';
import { prepareConv, prepareDense } from './conv.js';
import { prepareConvTranspose } from './conv-transpose.js';
import {
  prepareBatchNorm,
  prepareClip,
  prepareLeakyRelu,
  preparePointwise,
  preparePrelu,
  prepareRelu,
} from './elementwise.js';
import { prepareAdd, prepareConcat, prepareMul } from './join.js';
import { prepareLocalResponseNorm } from './local-response-norm.js';
import { prepareAveragePool, prepareGlobalAveragePool, prepareMaxPool } from './pool.js';
import { prepareReduceMean } from './reduce-mean.js';

function integerOnly(_graph: Graph, node: { readonly name: string; readonly op: { readonly kind: string } }): never {
  throw new InternalError(`${node.op.kind} '${node.name}' with a float output, which verifyGraph refuses`);
}

/** The float reference, for nodes with a float output: tensors in float32, sums in double precision. */
export const FLOAT_KERNELS: KernelTable = {
  conv: prepareConv,
  dense: prepareDense,
  'max-pool': prepareMaxPool,
  'average-pool': prepareAveragePool,
  'global-average-pool': prepareGlobalAveragePool,
  'batch-norm': prepareBatchNorm,
  relu: prepareRelu,
  clip: prepareClip,
  sigmoid: preparePointwise,
  tanh: preparePointwise,
  flatten: prepareReshape,
  requantise: integerOnly,
  add: prepareAdd,
  'conv-transpose': prepareConvTranspose,
  'local-response-norm': prepareLocalResponseNorm,
  'leaky-relu': prepareLeakyRelu,
  prelu: preparePrelu,
  elu: preparePointwise,
  'hard-sigmoid': preparePointwise,
  'hard-swish': preparePointwise,
  swish: preparePointwise,
  mul: prepareMul,
  concat: prepareConcat,
  slice: prepareSlice,
  pad: preparePad,
  transpose: prepareTranspose,
  reshape: prepareReshape,
  upsample: prepareUpsample,
  'depth-to-space': prepareDepthToSpace,
  'permute-channels': preparePermuteChannels,
  'reduce-mean': prepareReduceMean,
  quantise: integerOnly,
  dequantise: prepareDequantise,
};

/** Resolves all constants of a verified float graph; then `run` executes one frame a call. */
export function prepareFloat(graph: Graph): Executor {
  requireElements(graph, 'float32');
  return prepareExecutor(graph, () => FLOAT_KERNELS);
}

/** One frame through a verified float graph; for many frames use prepareFloat. */
export function executeFloat(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  options: RunOptions = {},
): Map<string, Tensor> {
  return prepareFloat(graph).run(inputs, options);
}
