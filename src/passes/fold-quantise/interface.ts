import type { Graph } from '../../ir/graph.js';
import { isInt } from '../../ir/tensor-type.js';
import { freshName } from '../edit.js';
import { unquantisedNetworkInput } from '../messages.js';
import { emit, type Folding, typeIn } from './state.js';
import { wantedBy } from './wanted.js';

/** The network's inputs and outputs keep their names; float ones get the integer type that they are quantised to. */

export function foldInputs(folding: Folding): void {
  for (const { tensor } of folding.graph.inputs) {
    folding.carriers.set(tensor, tensor);
    const type = typeIn(folding.graph, tensor);
    if (isInt(type.element)) continue;
    const wanted = wantedBy(folding, tensor);
    if ('numbers' in wanted) {
      folding.types.set(tensor, { shape: type.shape, ...wanted.numbers });
      continue;
    }
    folding.carriers.delete(tensor);
    folding.refused.add(tensor);
    folding.problems.add(unquantisedNetworkInput(tensor, wanted.reason));
  }
}

/**
 * The new graph, in which each output's tensor has the name of old. Where that tensor is an input or another output too,
 * a requantise that changes nothing makes one of its own.
 */
export function finishOutputs(folding: Folding): Graph {
  const renamed = new Map<string, string>();
  const taken = new Set([...folding.graph.inputs.map((input) => input.tensor)]);
  for (const { tensor } of folding.graph.outputs) {
    const name = folding.carriers.get(tensor);
    if (name === undefined || folding.constants.has(name)) continue;
    if (name === tensor || (!taken.has(name) && !renamed.has(name) && !folding.outputs.has(name))) {
      renamed.set(name, tensor);
      taken.add(tensor);
      continue;
    }
    copyOutput(folding, name, tensor);
  }
  const now = (name: string): string => renamed.get(name) ?? name;
  const nodes = folding.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map(now),
    outputs: node.outputs.map(now),
  }));
  const types = new Map(folding.types);
  for (const [name, tensor] of renamed) types.set(tensor, typeIn({ ...folding.graph, types: folding.types }, name));
  return { ...folding.graph, nodes, types, constants: folding.constants };
}

function copyOutput(folding: Folding, from: string, tensor: string): void {
  const type = typeIn({ ...folding.graph, types: folding.types }, from);
  const name = freshName({ has: (other) => folding.nodes.some((node) => node.name === other) }, tensor);
  emit(folding, { name, op: { kind: 'requantise' }, inputs: [from] }, { stands: tensor, name: tensor, type });
}
