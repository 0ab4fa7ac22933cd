import type { ConcatOp } from '../../ir/op.js';
import { sameNumbers } from '../../ir/type-equality.js';
import { concatKernel } from '../concat.js';
import type { PrepareNode } from '../executor.js';
import { inputType, outputType } from '../tensor-access.js';
import { tensorRequantParams } from './requant-params.js';
import { requantiseAll } from './requantise.js';

/** The inputs one behind the other, each brought to the output's scale and zero point first. */
export const prepareConcat: PrepareNode<ConcatOp> = (graph, node) => {
  const out = outputType(graph, node);
  return concatKernel(graph, node, (input) => {
    if (sameNumbers(inputType(graph, node, input), out)) return (x) => x;
    const params = tensorRequantParams(graph, node, input);
    return (x) => requantiseAll(x, params, out.element);
  });
};
