import type { Graph, GraphNode } from '../ir/graph.js';
import type { TensorType } from '../ir/tensor-type.js';
import { sameNumbers } from '../ir/type-equality.js';
import { defined } from '../support/invariant.js';
import { numbersRule } from './rules.js';

/** Sets of tensors that have the same numbers: one element type, scale and zero point. */
export interface NumberGroups {
  /** The tensor that stands for the group. */
  readonly leaderOf: (tensor: string) => string;
  readonly unite: (a: string, b: string) => void;
}

function makeGroups(): NumberGroups {
  const parents = new Map<string, string>();
  const leaderOf = (tensor: string): string => {
    let leader = tensor;
    for (let next = parents.get(leader); next !== undefined; next = parents.get(leader)) leader = next;
    return leader;
  };
  const unite = (a: string, b: string): void => {
    const [from, to] = [leaderOf(a), leaderOf(b)];
    if (from !== to) parents.set(from, to);
  };
  return { leaderOf, unite };
}

/** The inputs of a node that flow. */
export function flowingInputs(graph: Graph, node: GraphNode): readonly string[] {
  return node.inputs.filter((name) => !graph.constants.has(name));
}

export function outputOf(node: GraphNode): string {
  return defined(node.outputs[0], `the output of node '${node.name}'`);
}

/**
 * The groups of a graph. Operators that only move or choose elements keep their input's numbers. A concat shares its
 * numbers with an input where that costs nothing: where nobody else reads the input, or where all inputs have the same
 * numbers anyway (the parts of a split that come together again). Elsewhere it brings the input to its own scale.
 * `fixed`: types of the tensors whose numbers are given.
 */
export function shareNumbers(graph: Graph, fixed: ReadonlyMap<string, TensorType>): NumberGroups {
  const groups = makeGroups();
  for (const node of graph.nodes) {
    if (numbersRule(node) === 'kept') groups.unite(defined(node.inputs[0], 'the input'), outputOf(node));
  }
  for (const node of graph.nodes.filter(({ op }) => op.kind === 'concat')) {
    const inputs = flowingInputs(graph, node);
    const given = inputs.map((input) => givenType(groups, fixed, input));
    const areAlike = inputs.length === node.inputs.length && haveSameNumbers(groups, inputs, given);
    inputs.forEach((input, i) => {
      const isFree = given[i] === undefined && isReadOnlyBy(graph, groups, input, node);
      if (areAlike || isFree) groups.unite(input, outputOf(node));
    });
  }
  return groups;
}

/** The given numbers of a tensor's group. */
function givenType(
  groups: NumberGroups,
  fixed: ReadonlyMap<string, TensorType>,
  tensor: string,
): TensorType | undefined {
  const leader = groups.leaderOf(tensor);
  return [...fixed].find(([name]) => groups.leaderOf(name) === leader)?.[1];
}

function haveSameNumbers(
  groups: NumberGroups,
  tensors: readonly string[],
  given: readonly (TensorType | undefined)[],
): boolean {
  const [first] = given;
  if (first !== undefined && given.every((type) => type !== undefined && sameNumbers(type, first))) return true;
  return new Set(tensors.map(groups.leaderOf)).size === 1;
}

/** Whether the tensors of a group end in `reader` alone; what keeps the numbers is within the group. */
function isReadOnlyBy(graph: Graph, groups: NumberGroups, tensor: string, reader: GraphNode): boolean {
  const leader = groups.leaderOf(tensor);
  const isMember = (name: string): boolean => groups.leaderOf(name) === leader;
  if (graph.outputs.some((output) => isMember(output.tensor))) return false;
  return graph.nodes.every((node) => {
    if (node === reader || !flowingInputs(graph, node).some(isMember)) return true;
    const rule = numbersRule(node);
    return (rule === 'kept' || rule === 'joined') && isMember(outputOf(node));
  });
}
