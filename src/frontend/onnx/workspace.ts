import { pruneTensors } from '../../ir/builder.js';
import { DEFAULT_REQUANT_BITS, type Graph, type GraphInput, type GraphNode, type GraphOutput } from '../../ir/graph.js';
import type { Op } from '../../ir/op.js';
import type { Tensor } from '../../ir/tensor.js';
import type { Quantization, TensorType } from '../../ir/tensor-type.js';
import { type Diagnostic, DiagnosticCollector, HeddleError } from '../../support/diagnostics.js';
import { defined } from '../../support/invariant.js';
import { makeSuggester } from '../../support/text.js';
import { makeNamer } from '../names.js';
import type { ExternalFiles } from './external-data.js';
import { tooMuchCopied } from './messages.js';
import type { NodeProto } from './model-proto.js';
import { mainNode } from './node-names.js';
import type { Value } from './values.js';

/** Copies of constants take at most this much, and four times the file: a small file may name one constant often. */
const COPIED_BYTES = 2 ** 26;
const COPIED_TIMES = 4;

/** Graphs without trained weights, made of ConstantOfShape, are exchanged for tests: VGG-19 has 575 million bytes of them. */
const FILLED_BYTES = 600_000_000;

/** What a workspace is made for. */
export interface Source {
  readonly files: ExternalFiles;
  /** Bytes of the file. */
  readonly size: number;
  /** Versions of the operator sets that the model names; '' is ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  /** The file's own tensor names, which no derived tensor may take. */
  readonly names: Iterable<string>;
  /** Nodes behind whose results only reshaping and changes of scale follow, up to the outputs. */
  readonly tail: ReadonlySet<NodeProto>;
  /** Names of the tensors that some node reads, and of the outputs. */
  readonly read: ReadonlySet<string>;
}

/** The graph under construction, and what is known of the file's tensors. */
export class Workspace {
  readonly files: ExternalFiles;
  /** Versions of the operator sets that the model names; '' is ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly tail: ReadonlySet<NodeProto>;
  /** Names of the file's tensors that some node reads, and of its outputs. */
  readonly read: ReadonlySet<string>;
  readonly problems = new DiagnosticCollector();
  /** For names that are misspelt, of operators and tensors alike. */
  readonly suggest = makeSuggester();
  /** By the file's names. */
  readonly values = new Map<string, Value>();
  readonly #notes: Diagnostic[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #makers = new Map<string, GraphNode>();
  readonly #types = new Map<string, TensorType>();
  readonly #constants = new Map<string, Tensor>();
  readonly #namer = makeNamer();
  /** By the tensor that the node makes. */
  readonly #nodeNames = new Map<string, string>();
  #copyable: number;
  #fillable = FILLED_BYTES;

  constructor({ files, size, opsets, names, tail, read }: Source) {
    this.files = files;
    this.opsets = opsets;
    this.tail = tail;
    this.read = read;
    this.#copyable = COPIED_BYTES + COPIED_TIMES * size;
    for (const name of names) this.#namer.unique(name);
  }

  get notes(): readonly Diagnostic[] {
    return this.#notes;
  }

  note(diagnostic: Diagnostic): void {
    this.#notes.push(diagnostic);
  }

  /** The name, or with `.2`, `.3` ... behind it where it is taken. */
  unique(name: string): string {
    return this.#namer.unique(name);
  }

  /** Before a constant is copied. NaN bytes, of extents beyond all numbers, are too many. @throws HeddleError where copies become unreasonable. */
  spendCopy(bytes: number): void {
    if (!(bytes <= this.#copyable)) throw new HeddleError([tooMuchCopied(this.files.file, COPIED_BYTES)]);
    this.#copyable -= bytes;
  }

  /** Before a constant of one repeated value is made. @throws HeddleError where they become unreasonable. */
  spendFill(bytes: number): void {
    if (!(bytes <= this.#fillable)) throw new HeddleError([tooMuchCopied(this.files.file, FILLED_BYTES)]);
    this.#fillable -= bytes;
  }

  /** A node of one output, which bears the given name as it is: the file's for the result of its node. It is named after it. */
  node(output: string, op: Op, inputs: readonly string[], type: TensorType): string {
    const node = { name: output, op, inputs, outputs: [output] };
    this.#nodes.push(node);
    this.#makers.set(output, node);
    this.#types.set(output, type);
    return output;
  }

  /** The node that does the work of one of the file gets that one's name; `made`: how many nodes there were before. */
  nameNode(name: string, made: number): void {
    const [output] = mainNode(this.#nodes.slice(made))?.outputs ?? [];
    if (output !== undefined) this.#nodeNames.set(output, name);
  }

  input(name: string, type: TensorType): void {
    this.#types.set(name, type);
  }

  /** A constant of the graph under the given name of a constant of the file, or one derived from it. */
  constant(name: string, tensor: Tensor): string {
    const value = this.values.get(name);
    const isFree = value !== undefined && value.kind !== 'flowing' && !this.#types.has(name);
    const own = isFree ? name : this.unique(name);
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

  /** The node that makes a tensor of the graph; inputs and constants have none. */
  makerOf(tensor: string): GraphNode | undefined {
    return this.#makers.get(tensor);
  }

  constantOf(tensor: string): Tensor | undefined {
    return this.#constants.get(tensor);
  }

  /** The graph as far as it has come, unverified. `renamed`: tensors that nodes make, under new names. */
  build(
    name: string,
    inputs: readonly GraphInput[],
    outputs: readonly GraphOutput[],
    renamed: ReadonlyMap<string, string>,
  ): Graph {
    const own = (tensor: string): string => renamed.get(tensor) ?? tensor;
    const live = this.#liveNodes(outputs, renamed);
    const namer = makeNamer();
    const ownNames = live.map((node) => this.#nodeNames.get(node.name));
    for (const taken of ownNames) if (taken !== undefined) namer.unique(taken);
    const rename = ({ name: node, op, inputs: from, outputs: to }: GraphNode, at: number): GraphNode => ({
      name: ownNames[at] ?? namer.unique(own(node)),
      op,
      inputs: from.map(own),
      outputs: to.map(own),
    });
    return pruneTensors({
      name,
      inputs,
      outputs,
      nodes: live.map(rename),
      types: new Map([...this.#types].map(([tensor, type]) => [own(tensor), type])),
      constants: this.#constants,
      requantBits: DEFAULT_REQUANT_BITS,
    });
  }

  /** What only a pattern read that became one operator is left out. */
  #liveNodes(outputs: readonly GraphOutput[], renamed: ReadonlyMap<string, string>): readonly GraphNode[] {
    const wanted = new Set(outputs.map(({ tensor }) => tensor));
    const isWanted = (tensor: string): boolean => wanted.has(renamed.get(tensor) ?? tensor);
    const live = this.#nodes.toReversed().filter((node) => {
      if (!node.outputs.some(isWanted)) return false;
      for (const input of node.inputs) wanted.add(renamed.get(input) ?? input);
      return true;
    });
    return live.reverse();
  }
}
