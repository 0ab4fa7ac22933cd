import { executeFloat } from '../execute/float/execute-float.js';
import { executeInteger } from '../execute/integer/execute-integer.js';
import { pruneTensors } from '../ir/builder.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { isInt } from '../ir/tensor-type.js';
import { defined } from '../support/invariant.js';
import type { Pass } from './pass.js';

/** A node whose inputs are all constants becomes a constant, computed by the reference executor. */
export const foldConstants: Pass = {
  name: 'fold-constants',
  summary: 'computes nodes whose inputs are all constants',
  needs: [],
  run(graph) {
    const outputs = new Set(graph.outputs.map((output) => output.tensor));
    const constants = new Map(graph.constants);
    const kept: GraphNode[] = [];
    for (const node of graph.nodes) {
      const isFoldable =
        node.inputs.every((name) => constants.has(name)) && !node.outputs.some((name) => outputs.has(name));
      if (!isFoldable) kept.push(node);
      else for (const [name, tensor] of evaluate({ ...graph, constants }, node)) constants.set(name, tensor);
    }
    return kept.length === graph.nodes.length ? graph : pruneTensors({ ...graph, nodes: kept, constants });
  },
};

/** Outputs of a node that reads constants only. */
function evaluate(graph: Graph, node: GraphNode): ReadonlyMap<string, Tensor> {
  const [tensor] = node.outputs;
  const type = defined(graph.types.get(tensor ?? ''), `the type of tensor '${tensor}'`);
  const outputs = node.outputs.map((name) => ({ tensor: name, layout: 'nhwc' as const, classOffset: 0 }));
  const execute = isInt(type.element) ? executeInteger : executeFloat;
  return execute({ ...graph, inputs: [], nodes: [node], outputs }, new Map(), { keep: 'all' });
}
