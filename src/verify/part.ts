import { runFramesParallel } from '../execute/threads/run-frames.js';
import { pruneTensors } from '../ir/builder.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { HeddleError } from '../support/diagnostics.js';
import { defined } from '../support/invariant.js';
import { noSuchLayer } from './messages.js';

/**
 * The named nodes of a network, and all between them, as a network of its own: what they read from outside are its
 * inputs, what is read of them outside its outputs. HeddleError with every name that no node has.
 */
export function partOf(graph: Graph, names: readonly string[]): Graph {
  const known = graph.nodes.map((node) => node.name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new HeddleError(unknown.map((name) => noSuchLayer(name, known)));
  const named = new Set(names);
  const after = reach(graph.nodes, named, 'inputs', 'outputs');
  const before = reach(graph.nodes.toReversed(), named, 'outputs', 'inputs');
  const nodes = graph.nodes.filter((node) => after.has(node.name) && before.has(node.name));
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const inside = new Set(nodes.map((node) => node.name));
  const readInside = new Set(nodes.flatMap((node) => node.inputs));
  const readOutside = new Set([
    ...graph.nodes.filter((node) => !inside.has(node.name)).flatMap((node) => node.inputs),
    ...graph.outputs.map(({ tensor }) => tensor),
  ]);
  const inputs = [...readInside].filter((tensor) => !made.has(tensor) && !graph.constants.has(tensor));
  const outputs = [...made].filter((tensor) => readOutside.has(tensor));
  return pruneTensors({
    ...graph,
    name: `${graph.name}_part`,
    nodes,
    inputs: inputs.map((tensor) => ({ tensor, layout: 'nhwc' })),
    outputs: outputs.map(
      (tensor) => graph.outputs.find((end) => end.tensor === tensor) ?? { tensor, layout: 'nhwc', classOffset: 0 },
    ),
  });
}

/** Nodes that are named or that data of a named one flows into, along `from` and `to`. */
function reach(
  nodes: readonly GraphNode[],
  named: ReadonlySet<string>,
  from: 'inputs' | 'outputs',
  to: 'inputs' | 'outputs',
): ReadonlySet<string> {
  const tensors = new Set<string>();
  const reached = new Set<string>();
  for (const node of nodes) {
    if (!named.has(node.name) && !node[from].some((tensor) => tensors.has(tensor))) continue;
    reached.add(node.name);
    for (const tensor of node[to]) tensors.add(tensor);
  }
  return reached;
}

/** The tensors that come into a part of a network, frame by frame, as the golden model of the whole has them. */
export async function partFrames(
  whole: Graph,
  part: Graph,
  frames: readonly ReadonlyMap<string, Tensor>[],
  options: { readonly signal?: AbortSignal; readonly jobs?: number } = {},
): Promise<readonly ReadonlyMap<string, Tensor>[]> {
  const keep = part.inputs.map(({ tensor }) => tensor);
  const inputs = new Map(
    whole.inputs.map(({ tensor }) => [
      tensor,
      { frame: (index: number) => defined(frames[index]?.get(tensor), `frame ${index} of '${tensor}'`) },
    ]),
  );
  const taken: ReadonlyMap<string, Tensor>[] = [];
  for await (const tensors of runFramesParallel(whole, inputs, frames.length, { keep, ...options }))
    taken.push(new Map(keep.map((name) => [name, defined(tensors.get(name), `the tensor '${name}'`)])));
  return taken;
}
