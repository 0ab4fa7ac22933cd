import type { GraphNode } from '../ir/graph.js';
import type { ConvOp, ConvTransposeOp, DenseOp, Op, OpKind } from '../ir/op.js';

/**
 * Where the output of an operator gets its numbers (element, scale, zero point) from.
 *   calibrated  from the values that calibration sees
 *   fixed       from the range of the function itself
 *   kept        they are those of the first input
 *   joined      one of all inputs, see shareNumbers
 *   refused     nowhere: it has no integer form
 *   absent      it never comes to the quantiser
 */
export type NumbersRule = 'calibrated' | 'fixed' | 'kept' | 'joined' | 'refused' | 'absent';

export const NUMBERS_RULES: Readonly<Record<OpKind, NumbersRule>> = {
  conv: 'calibrated',
  'conv-transpose': 'calibrated',
  dense: 'calibrated',
  add: 'calibrated',
  mul: 'calibrated',
  'leaky-relu': 'calibrated',
  prelu: 'calibrated',
  elu: 'calibrated',
  'hard-swish': 'calibrated',
  swish: 'calibrated',
  'local-response-norm': 'calibrated',
  sigmoid: 'fixed',
  tanh: 'fixed',
  'hard-sigmoid': 'fixed',
  'max-pool': 'kept',
  'average-pool': 'kept',
  'global-average-pool': 'kept',
  relu: 'kept',
  clip: 'kept',
  flatten: 'kept',
  slice: 'kept',
  pad: 'kept',
  transpose: 'kept',
  reshape: 'kept',
  upsample: 'kept',
  'depth-to-space': 'kept',
  'permute-channels': 'kept',
  concat: 'joined',
  'reduce-mean': 'refused',
  'batch-norm': 'absent',
  requantise: 'absent',
  quantise: 'absent',
  dequantise: 'absent',
};

export function numbersRule(node: GraphNode): NumbersRule {
  return NUMBERS_RULES[node.op.kind];
}

/** Tables over their input, or over sums of its squares: it has MAX_TABLE_BITS bits at most. */
export const TABLE_KINDS: ReadonlySet<OpKind> = new Set([
  ...(['sigmoid', 'tanh', 'elu', 'hard-sigmoid', 'hard-swish', 'swish', 'local-response-norm'] as const),
]);

export type WeightedOp = ConvOp | ConvTransposeOp | DenseOp;

/** A layer with weights, one filter for each output channel. */
export function isWeighted(node: GraphNode<Op>): node is GraphNode<WeightedOp> {
  const { kind } = node.op;
  return kind === 'conv' || kind === 'conv-transpose' || kind === 'dense';
}
