import type { Graph, GraphNode } from '../ir/graph.js';
import { Draft } from './draft.js';
import type { Pass } from './pass.js';

/** Of nodes that compute the same from the same tensors one is left: parts that several branches cut out, for one. */
export const shareEqual: Pass = {
  name: 'share-equal',
  summary: 'computes once what several nodes compute alike',
  needs: [],
  run(graph) {
    const draft = new Draft(graph);
    const outputs = new Set(graph.outputs.map((output) => output.tensor));
    const known = new Map<string, string>();
    for (const node of graph.nodes) {
      const [output = ''] = node.outputs;
      const key = keyOf(graph, draft, node);
      const first = known.get(key);
      if (first === undefined) known.set(key, output);
      // What leaves the network does so under its own name.
      if (first === undefined || outputs.has(output)) draft.keep(node);
      else draft.replace(output, first);
    }
    return draft.finish();
  },
};

/** Equal for nodes that compute the same. */
function keyOf(graph: Graph, draft: Draft, node: GraphNode): string {
  const inputs = node.inputs.map((name) => draft.current(name));
  return JSON.stringify([node.op, inputs, node.outputs.map((name) => graph.types.get(name))]);
}
