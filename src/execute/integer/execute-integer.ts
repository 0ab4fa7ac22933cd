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
import { FAST_KERNELS } from '../fast/fast-kernels.js';
import { prepareQuantise } from '../quantise.js';
import { prepareAdd } from './add.js';
import { prepareClip, prepareRelu } from './clamps.js';
import { prepareConcat } from './concat.js';
import { prepareConv } from './conv.js';
import { prepareConvTranspose } from './conv-transpose.js';
import { prepareDense } from './dense.js';
import { prepareLocalResponseNorm } from './local-response-norm.js';
import { prepareMul } from './mul.js';
import { prepareAveragePool, prepareGlobalAveragePool, prepareMaxPool } from './pool.js';
import { prepareRequantise } from './requantise.js';
import { prepareLeakyRelu, preparePrelu } from './slopes.js';
import { preparePointwise } from './table.js';

function floatOnly(_graph: Graph, node: { readonly name: string; readonly op: { readonly kind: string } }): never {
  throw new InternalError(`${node.op.kind} '${node.name}' with an integer output, which verifyGraph refuses`);
}

/**
 * The golden model, for nodes with an integer output: exact integers, written for reading, and independent of the
 * hardware's order of work.
 */
export const INTEGER_KERNELS: KernelTable = {
  conv: prepareConv,
  dense: prepareDense,
  'max-pool': prepareMaxPool,
  'average-pool': prepareAveragePool,
  'global-average-pool': prepareGlobalAveragePool,
  'batch-norm': floatOnly,
  relu: prepareRelu,
  clip: prepareClip,
  sigmoid: preparePointwise,
  tanh: preparePointwise,
  flatten: prepareReshape,
  requantise: prepareRequantise,
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
  'reduce-mean': floatOnly,
  quantise: prepareQuantise,
  dequantise: floatOnly,
};

/**
 * `plain`: the definition. `fast`: the same numbers from WebAssembly kernels, where there are some that are exact for the
 * node; the executor's `plainNodes` tells where not.
 */
export type KernelChoice = 'plain' | 'fast';

/** Resolves all constants of a verified integer graph; then `run` executes one frame a call. */
export function prepareInteger(graph: Graph, options: { readonly kernels?: KernelChoice } = {}): Executor {
  requireElements(graph, 'integer');
  const table = options.kernels === 'plain' ? INTEGER_KERNELS : { ...INTEGER_KERNELS, ...FAST_KERNELS };
  return prepareExecutor(graph, () => table);
}

/** One frame through a verified integer graph; for many frames use prepareInteger. */
export function executeInteger(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
  options: RunOptions = {},
): Map<string, Tensor> {
  return prepareInteger(graph).run(inputs, options);
}
