import type { OpKind } from '../../ir/op.js';
import { legalName } from '../names.js';
import type { GraphProto, NodeProto } from './model-proto.js';

/** The names that the file's nodes of one output have for themselves, where these are legal and no other node's. */
export function ownNames({ node: nodes }: GraphProto): ReadonlyMap<NodeProto, string> {
  const counts = new Map<string, number>();
  const named = nodes.map((node) => [node, legalName(node.name, '')] as const);
  for (const [, name] of named) counts.set(name, (counts.get(name) ?? 0) + 1);
  const outputs = ({ output }: NodeProto): number => output.filter((name) => name !== '').length;
  return new Map(named.filter(([node, name]) => name !== '' && counts.get(name) === 1 && outputs(node) === 1));
}

/** What stands around an operator: changes of the order of axes, of the shape and of the kind of numbers. */
const AROUND: ReadonlySet<OpKind> = new Set(['transpose', 'reshape', 'flatten', 'quantise', 'dequantise']);

/** Of the graph's nodes that a node of the file became, the one that does its work. */
export function mainNode<N extends { readonly op: { readonly kind: OpKind } }>(made: readonly N[]): N | undefined {
  return made.findLast(({ op }) => !AROUND.has(op.kind)) ?? made.at(-1);
}
