import { pruneTensors } from '../../ir/builder.js';
import type { Graph, GraphNode } from '../../ir/graph.js';
import type { Tensor } from '../../ir/tensor.js';
import type { TensorType } from '../../ir/tensor-type.js';
import { defined } from '../../support/invariant.js';
import { freshName } from '../edit.js';
import type { Order } from './orders.js';

/** An operator without the order of channels on the one side, and the order that is left on the other. */
export interface Passed {
  readonly order: Order;
  readonly node: GraphNode;
}

/** A graph whose nodes are changed in their places. */
export class Rewiring {
  readonly #old: Graph;
  #nodes: readonly GraphNode[];
  readonly #types: Map<string, TensorType>;
  readonly #constants: Map<string, Tensor>;
  readonly #outputs: ReadonlySet<string>;

  constructor(graph: Graph) {
    this.#old = graph;
    this.#nodes = graph.nodes;
    this.#types = new Map(graph.types);
    this.#constants = new Map(graph.constants);
    this.#outputs = new Set(graph.outputs.map((output) => output.tensor));
  }

  get nodes(): readonly GraphNode[] {
    return this.#nodes;
  }

  shapeOf(tensor: string): readonly number[] {
    return defined(this.#types.get(tensor), `the type of tensor '${tensor}'`).shape;
  }

  constantOf(tensor: string): Tensor | undefined {
    return this.#constants.get(tensor);
  }

  /** Inputs that are no constants. */
  flowingInputs(node: GraphNode): readonly string[] {
    return node.inputs.filter((name) => !this.#constants.has(name));
  }

  readersOf(tensor: string): readonly GraphNode[] {
    return this.#nodes.filter((node) => node.inputs.includes(tensor));
  }

  makerOf(tensor: string): GraphNode | undefined {
    return this.#nodes.find((node) => node.outputs.includes(tensor));
  }

  isOutput(tensor: string): boolean {
    return this.#outputs.has(tensor);
  }

  /** Whether `reader` alone sees the tensor. */
  isReadOnlyBy(tensor: string, reader: GraphNode): boolean {
    const readers = this.readersOf(tensor);
    return readers.length === 1 && readers[0] === reader && !this.isOutput(tensor);
  }

  addConstant(base: string, tensor: Tensor): string {
    const name = freshName(this.#types, base);
    this.#types.set(name, tensor.type);
    this.#constants.set(name, tensor);
    return name;
  }

  /** Puts nodes in the places of others; those that `undefined` stands for are left out. */
  replaceNodes(replacements: ReadonlyMap<GraphNode, GraphNode | undefined>): void {
    this.#nodes = this.#nodes.flatMap((node) => {
      const changed = replacements.has(node) ? replacements.get(node) : node;
      return changed === undefined ? [] : [changed];
    });
  }

  /** From here on every node reads `other` in place of `tensor`. */
  readInstead(tensor: string, other: string): void {
    const rename = (name: string): string => (name === tensor ? other : name);
    this.#nodes = this.#nodes.map((node) =>
      node.inputs.includes(tensor) ? { ...node, inputs: node.inputs.map(rename) } : node,
    );
  }

  finish(): Graph {
    if (this.#nodes === this.#old.nodes) return this.#old;
    return pruneTensors({ ...this.#old, nodes: this.#nodes, types: this.#types, constants: this.#constants });
  }
}
