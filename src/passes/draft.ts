import { pruneTensors } from '../ir/builder.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import type { TensorType } from '../ir/tensor-type.js';
import { defined } from '../support/invariant.js';
import { freshName } from './edit.js';
import { liveNodes } from './remove-dead.js';

/** What an operator that is put in makes. */
export interface Result {
  readonly type: TensorType;
  /** The name of a tensor of the old graph, where it is that one. */
  readonly tensor?: string;
}

/** A graph under construction: the nodes of an old one in their order, with others in place of some of them. */
export class Draft {
  readonly old: Graph;
  readonly #nodes: GraphNode[] = [];
  readonly #types: Map<string, TensorType>;
  readonly #constants: Map<string, Tensor>;
  readonly #names: Set<string>;
  readonly #renamed = new Map<string, string>();
  #isChanged = false;

  constructor(old: Graph) {
    this.old = old;
    this.#types = new Map(old.types);
    this.#constants = new Map(old.constants);
    this.#names = new Set(old.nodes.map((node) => node.name));
  }

  typeOf(tensor: string): TensorType {
    return defined(this.#types.get(tensor), `the type of tensor '${tensor}'`);
  }

  /** Takes a node over as it is. */
  keep(node: GraphNode): void {
    this.#nodes.push({ ...node, inputs: node.inputs.map((name) => this.current(name)) });
  }

  /** Takes a node over with changes. */
  change(node: GraphNode, changes: Partial<GraphNode>): void {
    this.#isChanged = true;
    this.keep({ ...node, ...changes });
  }

  /** Puts an operator in; node and, unless it is an old one, tensor are called `base` or so. Returns the tensor. */
  put(base: string, op: Op, inputs: readonly string[], { type, tensor }: Result): string {
    const output = tensor ?? freshName(this.#types, base);
    const name = tensor === undefined ? freshName(this.#names, base) : base;
    this.#names.add(name);
    this.#types.set(output, type);
    this.change({ name, op, inputs, outputs: [output] }, {});
    return output;
  }

  constant(base: string, tensor: Tensor): string {
    const name = freshName(this.#types, base);
    this.#types.set(name, tensor.type);
    this.#constants.set(name, tensor);
    return name;
  }

  /** From here on `other` is read in place of `tensor`, whose node is left out. */
  replace(tensor: string, other: string): void {
    this.#isChanged = true;
    this.#renamed.set(tensor, this.current(other));
  }

  /** The tensor that is read in place of one of the old graph. */
  current(tensor: string): string {
    return this.#renamed.get(tensor) ?? tensor;
  }

  /** The new graph without what nothing reads any more; the old one where nothing was changed. */
  finish(): Graph {
    if (!this.#isChanged) return this.old;
    const graph = { ...this.old, nodes: this.#nodes, types: this.#types, constants: this.#constants };
    return pruneTensors({ ...graph, nodes: liveNodes(graph) });
  }
}
