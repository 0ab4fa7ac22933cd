import { DEFAULT_REQUANT_BITS, type Graph, type GraphInput, type GraphNode, type GraphOutput } from '../../ir/graph.js';
import { tensorSubject } from '../../ir/messages.js';
import type { Op } from '../../ir/op.js';
import type { Tensor } from '../../ir/tensor.js';
import type { TensorType } from '../../ir/tensor-type.js';
import { type Diagnostic, DiagnosticCollector, HeddleError } from '../../support/diagnostics.js';
import { makeNamer } from '../names.js';
import { type Spot, tooMuch } from './messages.js';
import type { FileModel, FileTensor } from './model.js';
import type { Value } from './value.js';

/** Copies of constants take at most this much, and four times the file: a small file may name one constant often. */
const COPIED_BYTES = 2 ** 26;
const COPIED_TIMES = 4;

/** The graph under construction, and what is known of the file's tensors. */
export class Workspace {
  readonly model: FileModel;
  readonly file: string;
  readonly problems = new DiagnosticCollector();
  readonly values = new Map<number, Value>();
  /** The first operator that makes each tensor, by their numbers. */
  readonly makers: ReadonlyMap<number, number>;
  /** Numbers of the operators behind whose results only reshaping and changes of scale follow, up to the outputs. */
  readonly tail: ReadonlySet<number>;
  readonly #notes: Diagnostic[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #types = new Map<string, TensorType>();
  readonly #constants = new Map<string, Tensor>();
  readonly #namer = makeNamer();
  readonly #named = new Map<string, string>();
  #copyable: number;

  constructor(model: FileModel, tail: ReadonlySet<number>, file: string, size: number) {
    this.model = model;
    this.makers = new Map(
      model.operators.toReversed().flatMap(({ index, outputs }) => outputs.map((tensor) => [tensor, index] as const)),
    );
    this.tail = tail;
    this.file = file;
    this.#copyable = COPIED_BYTES + COPIED_TIMES * size;
    // The file's own names first, so that no intermediate tensor takes one.
    for (const { name } of model.tensors) this.#namer.unique(name);
  }

  get notes(): readonly Diagnostic[] {
    return this.#notes;
  }

  note(diagnostic: Diagnostic): void {
    this.#notes.push(diagnostic);
  }

  /** Where a message about a tensor points to. */
  spotOf(tensor: FileTensor): Spot {
    const place = { file: this.file, pointer: `tensor ${tensor.index}` };
    return { place, subject: tensorSubject(tensor.name) };
  }

  /** Before a constant is copied. NaN bytes, of extents beyond all numbers, are too many. @throws HeddleError where copies become unreasonable. */
  spendCopy(bytes: number): void {
    if (!(bytes <= this.#copyable))
      throw new HeddleError([tooMuch(this.file, 'bytes of copied constants', COPIED_BYTES)]);
    this.#copyable -= bytes;
  }

  /** A node and its output, both of this name or, as `isNew` asks, of one derived from it. Returns the name. */
  node(name: string, op: Op, inputs: readonly string[], type: TensorType, isNew = false): string {
    const own = isNew ? this.#namer.unique(name) : name;
    this.#nodes.push({ name: own, op, inputs, outputs: [own] });
    this.#types.set(own, type);
    return own;
  }

  input(name: string, type: TensorType): void {
    this.#types.set(name, type);
  }

  /** A constant that the file does not have. Returns its name, which is derived from the given one. */
  newConstant(name: string, tensor: Tensor): string {
    const own = this.#namer.unique(name);
    this.#constants.set(own, tensor);
    this.#types.set(own, tensor.type);
    return own;
  }

  /** A constant; for the second one of the same file's tensor and the same `use` the first one serves. */
  constant(source: FileTensor, use: string, make: () => Tensor): string {
    const key = `${source.index} ${use}`;
    const known = this.#named.get(key);
    if (known !== undefined) return known;
    const name = this.#constants.has(source.name) ? this.#namer.unique(source.name) : source.name;
    const tensor = make();
    this.#constants.set(name, tensor);
    this.#types.set(name, tensor.type);
    this.#named.set(key, name);
    return name;
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
