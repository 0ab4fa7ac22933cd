import type { Graph, GraphNode } from '../ir/graph.js';
import { isInt, type TensorType } from '../ir/tensor-type.js';
import { sameNumbers } from '../ir/type-equality.js';
import { defined } from '../support/invariant.js';
import { freshName } from './edit.js';
import type { Pass } from './pass.js';

/**
 * A concat brings each input to the output's scale and zero point. Where they differ, that becomes a requantise of its
 * own, which is what the hardware has an engine for; two concats that want the same of a tensor share it.
 */
export const requantiseConcat: Pass = {
  name: 'requantise-concat',
  summary: "makes a requantise of a concat's inputs that have another scale than its output",
  needs: [],
  run(graph) {
    const types = new Map(graph.types);
    const names = new Set(graph.nodes.map((node) => node.name));
    const made: { readonly from: string; readonly to: TensorType; readonly tensor: string }[] = [];
    const nodes: GraphNode[] = [];
    for (const node of graph.nodes) {
      nodes.push(
        node.op.kind === 'concat' ? { ...node, inputs: node.inputs.map((name) => brought(node, name)) } : node,
      );
    }
    return made.length === 0 ? graph : { ...graph, types, nodes };

    function brought(node: GraphNode, name: string): string {
      const from = typeOf(graph, name);
      const to = typeOf(graph, node.outputs[0] ?? '');
      if (!isInt(to.element) || graph.constants.has(name) || sameNumbers(from, to)) return name;
      const known = made.find((candidate) => candidate.from === name && sameNumbers(candidate.to, to));
      if (known !== undefined) return known.tensor;
      const tensor = freshName(types, `${name}/scaled`);
      const nodeName = freshName(names, `${node.name}/${name}`);
      names.add(nodeName);
      types.set(tensor, { ...to, shape: from.shape });
      nodes.push({ name: nodeName, op: { kind: 'requantise' }, inputs: [name], outputs: [tensor] });
      made.push({ from: name, to, tensor });
      return tensor;
    }
  },
};

function typeOf(graph: Graph, tensor: string): TensorType {
  return defined(graph.types.get(tensor), `the type of tensor '${tensor}'`);
}
