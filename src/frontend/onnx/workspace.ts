import { DEFAULT_REQUANT_BITS, type Graph, type GraphInput, type GraphNode, type GraphOutput } from '../../ir/graph.js';
import type { Op } from '../../ir/op.js';
import type { Tensor } from '../../ir/tensor.js';
import type { Quantization, TensorType } from '../../ir/tensor-type.js';
import { type Diagnostic, DiagnosticCollector } from '../../support/diagnostics.js';
import { defined } from '../../support/invariant.js';
import type { ExternalFiles } from './external-data.js';
import type { Value } from './values.js';

/** The graph under construction, and what is known of the file's tensors. */
export class Workspace {
  readonly files: ExternalFiles;
  /** Versions of the operator sets that the model names; '' is ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly problems = new DiagnosticCollector();
  /** By the file's names. */
  readonly values = new Map<string, Value>();
  readonly #notes: Diagnostic[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #types = new Map<string, TensorType>();
  readonly #constants = new Map<string, Tensor>();
  readonly #taken: Set<string>;
  readonly #next = new Map<string, number>();

  /** `reserved`: the file's own tensor names, which no derived tensor may take. */
  constructor(files: ExternalFiles, opsets: ReadonlyMap<string, number>, reserved: Iterable<string>) {
    this.files = files;
    this.opsets = opsets;
    this.#taken = new Set(reserved);
  }

  get notes(): readonly Diagnostic[] {
    return this.#notes;
  }

  note(diagnostic: Diagnostic): void {
    this.#notes.push(diagnostic);
  }

  /** The name, or with `.2`, `.3` ... behind it where it is taken. */
  unique(name: string): string {
    let result = name;
    let next = this.#next.get(name) ?? 2;
    while (this.#taken.has(result)) result = `${name}.${next++}`;
    this.#next.set(name, next);
    this.#taken.add(result);
    return result;
  }

  /** A node of one output, which bears the given name as it is: the file's for the result of its node. */
  node(output: string, op: Op, inputs: readonly string[], type: TensorType): string {
    this.#nodes.push({ name: output, op, inputs, outputs: [output] });
    this.#types.set(output, type);
    return output;
  }

  input(name: string, type: TensorType): void {
    this.#types.set(name, type);
  }

  /** A constant of the graph under a name derived from the given one. */
  constant(name: string, tensor: Tensor): string {
    const own = this.unique(name);
    this.#constants.set(own, tensor);
    this.#types.set(own, tensor.type);
    return own;
  }

  /** Type of a tensor of the graph. */
  typeOf(tensor: string): TensorType {
    return defined(this.#types.get(tensor), `the type of tensor '${tensor}'`);
  }

  /** Says which real values the integers of a tensor stand for, where that was not known when it was made. */
  setQuant(tensor: string, quant: Quantization): void {
    this.#types.set(tensor, { ...this.typeOf(tensor), quant });
  }

  /** The nodes so far, in order. */
  get nodes(): readonly GraphNode[] {
    return this.#nodes;
  }

  /** The graph as far as it has come, unverified. */
  build(name: string, inputs: readonly GraphInput[], outputs: readonly GraphOutput[]): Graph {
    return {
      name,
      inputs,
      outputs,
      nodes: this.#nodes,
      types: this.#types,
      constants: this.#constants,
      requantBits: DEFAULT_REQUANT_BITS,
    };
  }
}
