import { pruneTensors } from '../ir/builder.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import { HeddleError } from '../support/diagnostics.js';
import { onlyDeadReaders } from './messages.js';
import type { Pass } from './pass.js';

/** Nodes on which no output of the network depends, and the tensors that nobody mentions any more, are dropped. */
export const removeDead: Pass = {
  name: 'remove-dead',
  summary: 'drops nodes and constants that no output depends on',
  needs: [],
  run(graph) {
    const nodes = liveNodes(graph);
    const pruned = pruneTensors({ ...graph, nodes });
    const read = new Set(nodes.flatMap((node) => node.inputs));
    const orphans = graph.inputs.filter((input) => !read.has(input.tensor));
    if (orphans.length > 0) throw new HeddleError(orphans.map((input) => onlyDeadReaders(input.tensor)));
    return nodes.length === graph.nodes.length && pruned.types.size === graph.types.size ? graph : pruned;
  },
};

/** The nodes on which an output of the network depends, in order. */
export function liveNodes(graph: Graph): readonly GraphNode[] {
  const live = new Set(graph.outputs.map((output) => output.tensor));
  const kept: GraphNode[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((output) => live.has(output))) continue;
    kept.push(node);
    for (const input of node.inputs) live.add(input);
  }
  return kept.reverse();
}
