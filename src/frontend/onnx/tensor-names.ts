import { legalName, makeNamer } from '../names.js';
import type { GraphProto } from './model-proto.js';

/** All names of tensors in a graph of a file; '' stands for operands that are left out. */
export function tensorNames({ input, output, initializer, node }: GraphProto): readonly string[] {
  return [
    ...[...input, ...initializer, ...output].map(({ name }) => name),
    ...node.flatMap((one) => [...one.input, ...one.output]).filter((name) => name !== ''),
  ];
}

/** The graph with names that Heddle's graphs may have: nearly always itself. */
export function withLegalNames(graph: GraphProto): GraphProto {
  const names = [...new Set(tensorNames(graph))];
  if (names.every((name) => legalName(name, '') === name && name !== '')) return graph;
  const namer = makeNamer();
  const legal = new Map(names.map((name) => [name, namer.unique(legalName(name, 'unnamed'))]));
  const own = (name: string): string => legal.get(name) ?? name;
  const named = <T extends { readonly name: string }>(list: readonly T[]): readonly T[] =>
    list.map((one) => ({ ...one, name: own(one.name) }));
  return {
    ...graph,
    input: named(graph.input),
    output: named(graph.output),
    initializer: named(graph.initializer),
    node: graph.node.map((node) => ({ ...node, input: node.input.map(own), output: node.output.map(own) })),
  };
}
