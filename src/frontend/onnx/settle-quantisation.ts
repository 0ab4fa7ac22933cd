import type { GraphNode } from '../../ir/graph.js';
import type { OpKind } from '../../ir/op.js';
import { isInt, type Quantization } from '../../ir/tensor-type.js';
import { sameQuantization } from '../../ir/type-equality.js';
import type { Diagnostic } from '../../support/diagnostics.js';
import { defined } from '../../support/invariant.js';
import { notSupported } from './messages.js';
import type { Workspace } from './workspace.js';

/** Operators whose inputs and output are of one quantisation; behind a concatenation of raw integers too. */
const KEEPS: ReadonlySet<OpKind> = new Set<OpKind>([
  'max-pool',
  'average-pool',
  'global-average-pool',
  'relu',
  'clip',
  'flatten',
  'slice',
  'pad',
  'transpose',
  'reshape',
  'upsample',
  'depth-to-space',
  'permute-channels',
  'concat',
]);

/** Integers that no scale belongs to are taken as they are. */
const RAW: Quantization = { scale: [1], zeroPoint: [0] };

/** Accumulators of 64 bits are no tensors that a quantisation is kept for. */
const MOST_BITS = 32;

/**
 * In a file scale and zero point of integers stand at some reader or writer. What the tensors between them stand for
 * follows, backwards to the model's inputs and forwards again; what no node speaks of is taken as it is.
 */
export function settleQuantisation(work: Workspace): void {
  const unsettled = (tensor: string): boolean => {
    const { element, quant } = work.typeOf(tensor);
    return isInt(element) && quant === undefined && element.bits <= MOST_BITS;
  };
  const keeping = work.nodes.filter((node) => KEEPS.has(node.op.kind));
  for (const node of keeping.toReversed()) settleNode(work, node, unsettled);
  for (const node of keeping) settleNode(work, node, unsettled);
  for (const { inputs, outputs } of work.nodes) {
    for (const tensor of [...inputs, ...outputs]) if (unsettled(tensor)) work.setQuant(tensor, RAW);
  }
  work.problems.addAll(mixedConcats(work));
}

/** Integers of different meaning put behind each other would have to be requantised, which the file does not say. */
function mixedConcats(work: Workspace): readonly Diagnostic[] {
  return work.nodes.flatMap(({ op, name, inputs, outputs }) => {
    const type = work.typeOf(outputs[0] ?? '');
    const other = inputs.find((tensor) => !sameQuantization(work.typeOf(tensor).quant, type.quant));
    if (op.kind !== 'concat' || !isInt(type.element) || other === undefined) return [];
    const reason = `it puts integers of different scales or zero points behind each other: those of '${other}' and of its output`;
    const hint = 'dequantise them before, or use QLinearConcat, when the model is exported';
    return [notSupported({ file: work.files.file, node: name, opType: 'Concat' }, reason, hint)];
  });
}

/** All tensors of the node get the quantisation that one of them has. */
function settleNode(work: Workspace, { inputs, outputs }: GraphNode, unsettled: (tensor: string) => boolean): void {
  const tensors = [...outputs, ...inputs];
  const settled = tensors.find((tensor) => isInt(work.typeOf(tensor).element) && !unsettled(tensor));
  if (settled === undefined) return;
  const quant = defined(work.typeOf(settled).quant, `the quantisation of '${settled}'`);
  if (quant.axis !== undefined) return;
  for (const tensor of tensors) if (unsettled(tensor)) work.setQuant(tensor, quant);
}
