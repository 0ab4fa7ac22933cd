import type { Graph, GraphNode } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { F32, type TensorType } from '../ir/tensor-type.js';
import { defined } from '../support/invariant.js';

/** How often each tensor is read, by nodes and as an output of the network. */
export function readCounts(graph: Graph): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const readers = [...graph.nodes.flatMap((node) => node.inputs), ...graph.outputs.map((output) => output.tensor)];
  for (const name of readers) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** The node that makes each tensor. */
export function producers(nodes: readonly GraphNode[]): Map<string, GraphNode> {
  return new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)));
}

/** The nodes of a graph under construction, in order; what makes a tensor may still be replaced. */
export class NodeList {
  readonly nodes: GraphNode[] = [];
  /** Where the maker of each tensor stands. */
  readonly #places = new Map<string, number>();

  makerOf(tensor: string): GraphNode | undefined {
    const at = this.#places.get(tensor);
    return at === undefined ? undefined : this.nodes[at];
  }

  push(node: GraphNode): void {
    this.#put(node, this.nodes.length);
  }

  /** Puts a node in the place of the one that makes a tensor. */
  replaceMaker(tensor: string, node: GraphNode): void {
    this.#put(node, defined(this.#places.get(tensor), `the maker of tensor '${tensor}'`));
  }

  #put(node: GraphNode, at: number): void {
    this.nodes[at] = node;
    for (const output of node.outputs) this.#places.set(output, at);
  }
}

/** `base`, or `base.2`, `base.3` ... where it is taken. */
export function freshName(taken: { has(name: string): boolean }, base: string): string {
  if (!taken.has(base)) return base;
  for (let i = 2; ; i++) if (!taken.has(`${base}.${i}`)) return `${base}.${i}`;
}

/** Puts a float constant in, under `base` or a name like it, which it returns. */
export function addConstant(
  graph: { readonly types: Map<string, TensorType>; readonly constants: Map<string, Tensor> },
  base: string,
  shape: readonly number[],
  data: Float32Array,
): string {
  const name = freshName(graph.types, base);
  const type = { shape, element: F32 };
  graph.types.set(name, type);
  graph.constants.set(name, { type, data });
  return name;
}
