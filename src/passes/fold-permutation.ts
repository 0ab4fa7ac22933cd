import type { GraphNode } from '../ir/graph.js';
import type { PermuteChannelsOp } from '../ir/op.js';
import { defined } from '../support/invariant.js';
import { isInOrder } from './element-patterns.js';
import type { Order } from './fold-permutation/orders.js';
import { passBackward, passForward } from './fold-permutation/passing.js';
import { type Passed, Rewiring } from './fold-permutation/rewiring.js';
import type { Pass } from './pass.js';

/**
 * A permutation of channels costs nothing where the filters of a layer before or behind it can stand in another order.
 * It is moved there past operators that treat every channel alike; two that meet become one, and the identity vanishes.
 * One that reaches no such layer stays where it is.
 */
export const foldPermutation: Pass = {
  name: 'fold-permutation',
  summary: 'moves permutations of channels into the weights of the layers around them',
  needs: ['recognise-shuffle'],
  run(graph) {
    const work = new Rewiring(graph);
    // Each turn leaves fewer permutations.
    for (let isChanged = true; isChanged; )
      isChanged = work.nodes.filter(isPermutation).some((node) => fold(work, node));
    return work.finish();
  },
};

type PermutationNode = GraphNode<PermuteChannelsOp>;

function isPermutation(node: GraphNode): node is PermutationNode {
  return node.op.kind === 'permute-channels';
}

/** Folds one permutation; false where it has to stay. */
function fold(work: Rewiring, node: PermutationNode): boolean {
  if (isInOrder(node.op.order)) return dropIdentity(work, node);
  return foldBackward(work, node) || foldForward(work, node);
}

function endsOf(node: GraphNode): readonly [string, string] {
  return [
    defined(node.inputs[0], `the input of node '${node.name}'`),
    defined(node.outputs[0], `the output of node '${node.name}'`),
  ];
}

function dropIdentity(work: Rewiring, node: PermutationNode): boolean {
  const [input, output] = endsOf(node);
  if (!work.isOutput(output)) {
    work.replaceNodes(new Map([[node, undefined]]));
    work.readInstead(output, input);
    return true;
  }
  // An output keeps its name: under that the tensor leaves by a reshape to the shape that it has.
  const op = { kind: 'reshape', shape: work.shapeOf(output) } as const;
  work.replaceNodes(new Map([[node, { ...node, op }]]));
  return true;
}

/** Towards the inputs, through nodes whose outputs nobody else reads. */
function foldBackward(work: Rewiring, node: PermutationNode): boolean {
  const [input, output] = endsOf(node);
  const passed = new Map<GraphNode, GraphNode | undefined>([[node, undefined]]);
  let reader: GraphNode = node;
  let tensor = input;
  let { order }: { order: Order } = node.op;
  while (!isInOrder(order)) {
    const maker: GraphNode | undefined = work.isReadOnlyBy(tensor, reader) ? work.makerOf(tensor) : undefined;
    const step: Passed | undefined = maker === undefined ? undefined : passBackward(work, maker, order);
    if (maker === undefined || step === undefined) return false;
    // The last node before the permutation makes what that made.
    passed.set(maker, reader === node ? { ...step.node, outputs: [output] } : step.node);
    [reader, order] = [maker, step.order];
    tensor = work.flowingInputs(maker)[0] ?? '';
  }
  work.replaceNodes(passed);
  return true;
}

/** Towards the outputs; where several nodes read a tensor, all of them have to take the order. */
function foldForward(work: Rewiring, node: PermutationNode): boolean {
  const [input, output] = endsOf(node);
  const passed = new Map<GraphNode, GraphNode | undefined>([[node, undefined]]);
  let tensor = output;
  let { order }: { order: Order } = node.op;
  while (!isInOrder(order)) {
    const readers = work.readersOf(tensor);
    if (work.isOutput(tensor) || readers.length === 0) return false;
    const steps = readers.map((reader) => [reader, passForward(work, reader, tensor, order)] as const);
    for (const [reader, step] of steps) passed.set(reader, step?.node);
    const [[only, last] = []] = steps;
    const areTaken = steps.every(([, step]) => step !== undefined && isInOrder(step.order));
    if (areTaken) break;
    if (only === undefined || last === undefined || steps.length > 1) return false;
    [tensor, order] = [endsOf(only)[1], last.order];
  }
  work.replaceNodes(passed);
  work.readInstead(output, input);
  return true;
}
