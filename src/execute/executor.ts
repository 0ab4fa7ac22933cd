import type { Graph, GraphNode } from '../ir/graph.js';
import type { Op, OpKind, OpOf } from '../ir/op.js';
import type { Tensor, TensorData } from '../ir/tensor.js';
import type { TensorType } from '../ir/tensor-type.js';
import { elementCount, elementName, intRange, isInt, typeName } from '../ir/tensor-type.js';
import { storageNameOf, storageOf } from '../ir/verify-constants.js';
import type { Diagnostic } from '../support/diagnostics.js';
import { DiagnosticCollector, HeddleError } from '../support/diagnostics.js';
import { defined, invariant } from '../support/invariant.js';
import { didYouMean } from '../support/text.js';
import {
  inputOutOfRange,
  missingInput,
  unknownTensor,
  wrongElementKind,
  wrongInputArray,
  wrongInputType,
} from './messages.js';
import { typeOf } from './tensor-access.js';

/** Computes a node's output from its inputs. It must not change them; it may return one of them. */
export interface Kernel {
  (inputs: readonly TensorData[]): TensorData;
  /** Why the node has a plain kernel where fast ones were asked for. */
  readonly plainBecause?: string;
}

/** Resolves what does not change between frames, once; HeddleError for what cannot be executed. */
export type PrepareNode<O extends Op> = (graph: Graph, node: GraphNode<O>) => Kernel;

export type KernelTable = { readonly [K in OpKind]: PrepareNode<OpOf<K>> };

export interface RunOptions {
  /** Tensors to hand out besides the outputs; 'all': every one that flows, the inputs too. */
  readonly keep?: 'all' | readonly string[];
}

export interface Executor {
  /**
   * Runs one frame. Returns the outputs and the kept tensors in the order in which they are computed;
   * every other tensor is freed after its last reader.
   */
  run(inputs: ReadonlyMap<string, Tensor>, options?: RunOptions): Map<string, Tensor>;
  /** Nodes that fast kernels were asked for and not found for. */
  readonly plainNodes: readonly PlainNode[];
}

export interface PlainNode {
  readonly node: string;
  readonly reason: string;
}

interface Step {
  readonly node: GraphNode;
  readonly output: string;
  readonly type: TensorType;
  readonly kernel: Kernel;
  /** Tensors that nobody reads after this step. */
  readonly lastReads: readonly string[];
}

/** Refuses a graph in which other elements flow, by tensor. */
export function requireElements(graph: Graph, elements: 'integer' | 'float32'): void {
  const problems = wrongElements(graph, elements);
  if (problems.length > 0) throw new HeddleError(problems);
}

/** Prepares every node with the kernels of its table; all nodes' diagnostics are thrown together. */
export function prepareExecutor(graph: Graph, tableOf: (node: GraphNode) => KernelTable): Executor {
  const problems = new DiagnosticCollector();
  const lastReader = lastReaders(graph);
  const steps = graph.nodes.flatMap((node): Step[] => {
    const kernel = collect(problems, () => prepareNode(graph, node, tableOf(node)));
    const output = defined(node.outputs[0], `the output of node '${node.name}'`);
    const lastReads = node.inputs.filter((name) => lastReader.get(name) === node.name);
    return kernel === undefined ? [] : [{ node, output, type: typeOf(graph, output), kernel, lastReads }];
  });
  problems.throwIfErrors();
  return {
    run: (inputs, options = {}) => runFrame(graph, steps, inputs, options),
    plainNodes: steps.flatMap(({ node, kernel: { plainBecause: reason } }) =>
      reason === undefined ? [] : [{ node: node.name, reason }],
    ),
  };
}

/** The node's kernel from the table. */
export function prepareNode(graph: Graph, node: GraphNode, table: KernelTable): Kernel {
  return (table[node.op.kind] as PrepareNode<Op>)(graph, node);
}

function collect<T>(problems: DiagnosticCollector, compute: () => T): T | undefined {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    problems.add(...error.diagnostics);
    return undefined;
  }
}

function wrongElements(graph: Graph, wanted: 'integer' | 'float32'): readonly Diagnostic[] {
  const flowing = [...graph.inputs.map((input) => input.tensor), ...graph.nodes.flatMap((node) => node.outputs)];
  return flowing
    .filter((name) => isInt(typeOf(graph, name).element) !== (wanted === 'integer'))
    .map((name) => wrongElementKind(name, elementName(typeOf(graph, name).element), wanted));
}

function lastReaders(graph: Graph): ReadonlyMap<string, string> {
  const readers = new Map<string, string>();
  for (const node of graph.nodes) for (const name of node.inputs) readers.set(name, node.name);
  return readers;
}

function runFrame(
  graph: Graph,
  steps: readonly Step[],
  inputs: ReadonlyMap<string, Tensor>,
  options: RunOptions,
): Map<string, Tensor> {
  checkInputs(graph, inputs);
  const isWanted = wantedTensors(graph, options.keep ?? []);
  const live = new Map<string, TensorData>();
  const results = new Map<string, Tensor>();
  const define = (name: string, type: TensorType, data: TensorData): void => {
    live.set(name, data);
    if (isWanted(name)) results.set(name, { type, data });
  };
  for (const { tensor } of graph.inputs) {
    define(tensor, typeOf(graph, tensor), defined(inputs.get(tensor), `input '${tensor}'`).data);
  }
  for (const step of steps) {
    const data = step.kernel(step.node.inputs.map((name) => valueNamed(graph, live, name)));
    invariant(data.length === elementCount(step.type.shape), `node '${step.node.name}' computes a wrong shape`);
    define(step.output, step.type, data);
    for (const name of step.lastReads) live.delete(name);
  }
  return results;
}

function valueNamed(graph: Graph, live: ReadonlyMap<string, TensorData>, name: string): TensorData {
  return defined(live.get(name) ?? graph.constants.get(name)?.data, `the value of tensor '${name}'`);
}

function wantedTensors(graph: Graph, keep: 'all' | readonly string[]): (name: string) => boolean {
  if (keep === 'all') return () => true;
  const flows = (name: string): boolean => graph.types.has(name) && !graph.constants.has(name);
  const unknown = keep.filter((name) => !flows(name));
  if (unknown.length > 0) {
    const flowing = [...graph.types.keys()].filter(flows);
    throw new HeddleError(unknown.map((name) => unknownTensor(name, 'flowing tensor', didYouMean(name, flowing))));
  }
  const wanted = new Set([...keep, ...graph.outputs.map((output) => output.tensor)]);
  return (name) => wanted.has(name);
}

function checkInputs(graph: Graph, inputs: ReadonlyMap<string, Tensor>): void {
  const problems = new DiagnosticCollector();
  for (const { tensor } of graph.inputs) {
    const value = inputs.get(tensor);
    const type = typeOf(graph, tensor);
    if (value === undefined) problems.add(missingInput(tensor));
    else if (!hasType(value, type)) problems.add(wrongInputType(tensor, typeName(value.type), typeName(type)));
    else problems.add(...(wrongArray(tensor, value) ?? outOfRange(tensor, value, type)));
  }
  const known = new Set(graph.inputs.map((input) => input.tensor));
  for (const name of inputs.keys())
    if (!known.has(name)) problems.add(unknownTensor(name, 'input', didYouMean(name, known)));
  problems.throwIfErrors();
}

function hasType(value: Tensor, type: TensorType): boolean {
  return typeName(value.type) === typeName(type) && value.data.length === elementCount(type.shape);
}

/** Kernels read the memory of an array as its elements, so it has to be of the class that keeps the type. */
function wrongArray(tensor: string, { type, data }: Tensor): readonly Diagnostic[] | undefined {
  const found = storageNameOf(data);
  const wanted = defined(storageOf(type.element), `the array that keeps '${tensor}'`);
  return found === wanted ? undefined : [wrongInputArray(tensor, found, wanted, elementName(type.element))];
}

/** The first element outside the input's type, where its typed array does not rule this out. */
function outOfRange(tensor: string, value: Tensor, type: TensorType): readonly Diagnostic[] {
  const { data } = value;
  if (!isInt(type.element)) return [];
  if (type.element.bits === 8) return [];
  const { min, max } = intRange(type.element);
  for (let i = 0; i < data.length; i++) {
    const element = Number(data[i]);
    if (!(element >= min && element <= max)) return [inputOutOfRange(tensor, i, element, min, max)];
  }
  return [];
}
