import { pruneTensors } from '../../ir/builder.js';
import type { Graph } from '../../ir/graph.js';
import type { Tensor } from '../../ir/tensor.js';
import { isInt } from '../../ir/tensor-type.js';
import { evaluateConstant, floatTensor } from './constants.js';
import { startFolding, typeIn } from './state.js';

/** Networks that keep their weights in integers and compute in float32. */

/** Whether integers flow, and not constants only. */
export function hasIntegerFlow(graph: Graph): boolean {
  const known = new Set(graph.constants.keys());
  if (graph.inputs.some((input) => isInt(typeIn(graph, input.tensor).element))) return true;
  return graph.nodes.some((node) => {
    const isKnown = node.inputs.every((name) => known.has(name));
    if (isKnown) for (const output of node.outputs) known.add(output);
    return !isKnown && node.outputs.some((output) => isInt(typeIn(graph, output).element));
  });
}

/** The graph with all that depends on constants computed, in float32. */
export function foldWeightsOnly(graph: Graph): Graph {
  const folding = startFolding(graph);
  const nodes = graph.nodes.filter((node) => !evaluateConstant(folding, node));
  if (nodes.length === graph.nodes.length) return graph;
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const values = [...folding.values].filter(([name]) => read.has(name));
  const constants = new Map(values.map(([name, { tensor }]): [string, Tensor] => [name, floatTensor(tensor)]));
  const types = new Map([...graph.types, ...[...constants].map(([name, { type }]) => [name, type] as const)]);
  return pruneTensors({ ...graph, nodes, types, constants });
}
