import type { Graph, GraphNode } from '../ir/graph.js';
import { notConstant } from '../ir/messages.js';
import type { OpKind } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { isInt } from '../ir/tensor-type.js';
import { HeddleError } from '../support/diagnostics.js';
import { defined } from '../support/invariant.js';
import { type Executor, type KernelTable, prepareExecutor, prepareNode } from './executor.js';
import { FLOAT_KERNELS } from './float/execute-float.js';
import { INTEGER_KERNELS } from './integer/execute-integer.js';
import { outputType } from './tensor-access.js';

/** A node computes in what it puts out. */
function tableOf(graph: Graph, node: GraphNode): KernelTable {
  return isInt(outputType(graph, node).element) ? INTEGER_KERNELS : FLOAT_KERNELS;
}

/** Kinds whose inputs from the second on are parameters, which kernels resolve once. */
const PARAMETERS: Partial<Readonly<Record<OpKind, readonly string[]>>> = {
  conv: ['weight', 'bias'],
  'conv-transpose': ['weight', 'bias'],
  dense: ['weight', 'bias'],
  'batch-norm': ['scale', 'offset', 'mean', 'variance'],
  prelu: ['slope'],
};

/**
 * Resolves a graph as a front end returns it (verified at the level `imported`): float and integer nodes side by side.
 * What depends on constants only, such as a weight behind a dequantise, is computed here, once.
 */
export function prepareImported(graph: Graph): Executor {
  const folded = foldConstants(graph);
  const problems = folded.nodes.flatMap((node) =>
    (PARAMETERS[node.op.kind] ?? []).flatMap((role, i) => {
      const tensor = node.inputs[i + 1];
      return tensor === undefined || folded.constants.has(tensor) ? [] : [notConstant(node.name, role, tensor)];
    }),
  );
  if (problems.length > 0) throw new HeddleError(problems);
  return prepareExecutor(folded, (node) => tableOf(folded, node));
}

/** The graph with every tensor that depends on constants only as a constant, where it is not an output. */
function foldConstants(graph: Graph): Graph {
  const constants = new Map<string, Tensor>(graph.constants);
  const outputs = new Set(graph.outputs.map((output) => output.tensor));
  const nodes = graph.nodes.filter((node) => {
    const output = defined(node.outputs[0], `the output of node '${node.name}'`);
    if (outputs.has(output) || !node.inputs.every((name) => constants.has(name))) return true;
    const known = { ...graph, constants };
    const values = node.inputs.map((name) => defined(constants.get(name), `the constant '${name}'`).data);
    constants.set(output, {
      type: outputType(graph, node),
      data: prepareNode(known, node, tableOf(known, node))(values),
    });
    return false;
  });
  return { ...graph, nodes, constants };
}
