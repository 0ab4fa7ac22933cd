import type { Graph, GraphNode } from '../../ir/graph.js';
import type { Op } from '../../ir/op.js';
import type { Tensor } from '../../ir/tensor.js';
import type { TensorType } from '../../ir/tensor-type.js';
import { type Diagnostic, DiagnosticCollector } from '../../support/diagnostics.js';
import { defined } from '../../support/invariant.js';
import { freshName } from '../edit.js';

/** Element and quantisation: what makes a stored integer mean a real value. */
export type Numbers = Omit<TensorType, 'shape'>;

/** A constant of the old graph: float32, or integers whose quantisation gives the real values of a float32 tensor. */
export interface KnownValue {
  readonly tensor: Tensor;
  /** The constant of the new graph that holds it, if it is read. */
  readonly name: string;
}

/** The integer graph under construction, beside the mixed graph that it is made from. */
export interface Folding {
  readonly graph: Graph;
  readonly readers: ReadonlyMap<string, readonly GraphNode[]>;
  readonly outputs: ReadonlySet<string>;
  readonly nodes: GraphNode[];
  /** Types by name; those of the old graph stay until the end, so that their names are taken. */
  readonly types: Map<string, TensorType>;
  readonly constants: Map<string, Tensor>;
  /** For a tensor of the old graph, float or integer, the integer tensor of the new one with the same real values. */
  readonly carriers: Map<string, string>;
  /** Tensors of the old graph whose values are known now. */
  readonly values: Map<string, KnownValue>;
  /** Convolutions and dense layers that hand out their 32-bit sums, by the tensor that they make. */
  readonly sums: Map<string, GraphNode>;
  /** Nodes that have become a part of another one. */
  readonly absorbed: Set<GraphNode>;
  /** Tensors of which a problem has been told already. */
  readonly refused: Set<string>;
  readonly problems: DiagnosticCollector;
  /** Layers whose biases are not what the file has. */
  readonly roundedBiases: string[];
}

export function startFolding(graph: Graph): Folding {
  const readers = new Map<string, GraphNode[]>();
  for (const node of graph.nodes) {
    for (const name of new Set(node.inputs)) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  return {
    graph,
    readers,
    outputs: new Set(graph.outputs.map((output) => output.tensor)),
    nodes: [],
    types: new Map(graph.types),
    constants: new Map(graph.constants),
    carriers: new Map(),
    values: new Map([...graph.constants].map(([name, tensor]) => [name, { tensor, name }])),
    sums: new Map(),
    absorbed: new Set(),
    refused: new Set(),
    problems: new DiagnosticCollector(),
    roundedBiases: [],
  };
}

export function typeIn(graph: Graph, tensor: string): TensorType {
  return defined(graph.types.get(tensor), `the type of tensor '${tensor}'`);
}

/** The one output of a node. */
export function outputOf(node: GraphNode): string {
  return defined(node.outputs[0], `the output of node '${node.name}'`);
}

/** The integer tensor that stands for `tensor`, with its type. */
export interface Carrier {
  readonly name: string;
  readonly type: TensorType;
}

export function carrierOf(folding: Folding, tensor: string): Carrier | undefined {
  const name = folding.carriers.get(tensor);
  return name === undefined ? undefined : { name, type: defined(folding.types.get(name), `the type of '${name}'`) };
}

/** An integer tensor to be made. */
export interface Output {
  /** The float tensor of the old graph whose values it has. */
  readonly stands: string;
  readonly name: string;
  readonly type: TensorType;
}

/** Adds a node of the new graph. */
export function emit(
  folding: Folding,
  node: { readonly name: string; readonly op: Op; readonly inputs: readonly string[] },
  output: Output,
): void {
  folding.nodes.push({ ...node, outputs: [output.name] });
  folding.types.set(output.name, output.type);
  folding.carriers.set(output.stands, output.name);
}

/** Adds a node whose output stands for no tensor of the old graph; its name is derived from `base`. */
export function emitBetween(
  folding: Folding,
  base: string,
  node: { readonly op: Op; readonly inputs: readonly string[] },
  type: TensorType,
): Carrier {
  const taken = {
    has: (name: string) => folding.types.has(name) || folding.nodes.some((other) => other.name === name),
  };
  const name = freshName(taken, base);
  folding.nodes.push({ ...node, name, outputs: [name] });
  folding.types.set(name, type);
  return { name, type };
}

/** Adds a constant under `base` or a name like it. */
export function addConstant(folding: Folding, base: string, tensor: Tensor): string {
  const name = freshName(folding.types, base);
  folding.types.set(name, tensor.type);
  folding.constants.set(name, tensor);
  return name;
}

/** Tells why nothing can stand for `tensor`; what reads it is then not told again. */
export function refuse(folding: Folding, tensor: string, problems: readonly Diagnostic[]): void {
  folding.problems.addAll(problems);
  folding.refused.add(tensor);
}
