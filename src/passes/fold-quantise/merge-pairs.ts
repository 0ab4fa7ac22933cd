import type { Graph, GraphNode } from '../../ir/graph.js';
import { elementName } from '../../ir/tensor-type.js';
import { outputOf, typeIn } from './state.js';

/**
 * Exporters give each reader of a tensor a quantise and dequantise of its own. Those that do the same to the same tensor
 * become one, so that a tensor is told by its name; what is an output of the network stays.
 */
export function mergePairs(graph: Graph): Graph {
  const outputs = new Set(graph.outputs.map((output) => output.tensor));
  const first = new Map<string, string>();
  const merged = new Map<string, string>();
  const nodes: GraphNode[] = [];
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => merged.get(name) ?? name);
    const renamed = inputs.every((name, i) => name === node.inputs[i]) ? node : { ...node, inputs };
    const output = outputOf(node);
    if (node.op.kind === 'quantise' || node.op.kind === 'dequantise') {
      const { element, quant } = typeIn(graph, output);
      const key = JSON.stringify([node.op.kind, inputs[0], elementName(element), quant]);
      const same = first.get(key);
      if (same !== undefined && !outputs.has(output)) {
        merged.set(output, same);
        continue;
      }
      first.set(key, same ?? output);
    }
    nodes.push(renamed);
  }
  return { ...graph, nodes };
}
