import type { GraphNode } from '../../ir/graph.js';
import type { Op, OpKind } from '../../ir/op.js';
import { sameNumbers } from '../../ir/type-equality.js';
import { type Folding, type Numbers, outputOf, typeIn } from './state.js';

/**
 * The integer type that a float tensor gets is the one that its readers quantise it to. Operators between it and
 * its quantise that only move elements, take the largest or clamp do not matter: they may as well work on the
 * integers, since quantising rounds monotonically.
 */
export type Wanted =
  | { readonly numbers: Numbers; readonly name: string | undefined }
  /** No node reads it quantised: why. */
  | { readonly reason: string };

const COMMUTES: ReadonlySet<OpKind> = new Set<OpKind>([
  'max-pool',
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
]);

/** Whether op(quantise(x)) equals quantise(op(x)) for every x. */
export function commutesWithQuantise(op: Op): boolean {
  return COMMUTES.has(op.kind);
}

/** The type to give to `tensor`, and the name of a quantised tensor of the old graph that is just that. */
export function wantedBy(folding: Folding, tensor: string): Wanted {
  const quantises: GraphNode[] = [];
  const obstacle = obstacleBehind(folding, tensor, quantises);
  if (obstacle !== undefined) return { reason: obstacle };
  const [first] = quantises;
  if (first === undefined) return { reason: 'nothing quantises it' };
  const numbersOf = (node: GraphNode): Numbers => numbers(typeIn(folding.graph, outputOf(node)));
  const wanted = numbersOf(first);
  const shape = typeIn(folding.graph, tensor).shape;
  const other = quantises.find((node) => !sameNumbers({ shape, ...wanted }, { shape, ...numbersOf(node) }));
  if (other !== undefined) {
    return { reason: `'${first.name}' and '${other.name}' quantise it to different types, scales or zero points` };
  }
  if (wanted.quant?.axis !== undefined) return { reason: `'${first.name}' quantises it per axis` };
  const direct = quantises.find((node) => node.inputs[0] === tensor);
  return { numbers: wanted, name: direct === undefined ? undefined : outputOf(direct) };
}

function numbers({ element, quant }: Numbers): Numbers {
  return quant === undefined ? { element } : { element, quant };
}

/** Collects the quantise nodes that `tensor` ends in; why it does not, where it reaches anything else. */
function obstacleBehind(folding: Folding, tensor: string, quantises: GraphNode[]): string | undefined {
  if (folding.outputs.has(tensor)) return `'${tensor}' is an output of the network in float32`;
  for (const reader of folding.readers.get(tensor) ?? []) {
    if (reader.op.kind === 'quantise') {
      quantises.push(reader);
      continue;
    }
    if (!commutesWithQuantise(reader.op)) {
      return `node '${reader.name}' ('${reader.op.kind}') reads '${tensor}' without a quantise between`;
    }
    const obstacle = obstacleBehind(folding, outputOf(reader), quantises);
    if (obstacle !== undefined) return obstacle;
  }
  return undefined;
}
