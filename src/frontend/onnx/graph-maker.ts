import { DEFAULT_REQUANT_BITS, type Graph, type GraphNode } from '../../ir/graph.js';
import type { Op, OpKind } from '../../ir/op.js';
import { inferOutputShapes } from '../../ir/shape.js';
import type { Tensor } from '../../ir/tensor.js';
import { type Element, F32, isInt, type Quantization, type TensorType } from '../../ir/tensor-type.js';
import { attributeProblems } from '../../ir/verify-attributes.js';
import type { Diagnostic } from '../../support/diagnostics.js';
import { defined } from '../../support/invariant.js';
import { UniqueNames } from './names.js';
import type { Constant } from './values.js';

/**
 * A quantisation that several tensors share, since operators between them keep it. In a file scale and zero point stand
 * at some reader or writer; what the others are follows. Unset: nobody has said yet.
 */
interface SharedQuant {
  quant: Quantization | undefined;
}

interface MadeType {
  readonly shape: readonly number[];
  readonly element: Element;
  readonly shared: SharedQuant;
}

/** What a new tensor is; left out: float32, or what the operator keeps of its input. */
export interface MadeElement {
  readonly element: Element;
  /** Left out: integers without a scale of their own, until a reader gives them one. */
  readonly quant?: Quantization;
}

/** Operators whose output has the input's element and quantisation. */
const KEEPS: ReadonlySet<OpKind> = new Set<OpKind>([
  'max-pool',
  'average-pool',
  'global-average-pool',
  'relu',
  'clip',
  'flatten',
  'slice',
  'pad',
  'transpose',
  'reshape',
  'upsample',
  'depth-to-space',
]);

/** Integers that no scale belongs to are taken as they are. */
const RAW: Quantization = { scale: [1], zeroPoint: [0] };

/** A node that is not in the graph yet. */
export interface PendingNode {
  readonly op: Op;
  readonly inputs: readonly string[];
  readonly output: string;
}

/** The graph as it grows. Tensors are made under passing names, which `rename` makes final. */
export class GraphMaker {
  readonly #types = new Map<string, MadeType>();
  readonly #constants = new Map<string, Tensor>();
  readonly #inputs: string[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #producers = new Map<string, GraphNode>();
  readonly #stored = new Map<Constant, Map<string, string>>();
  readonly #tensorNames = new UniqueNames();
  readonly #nodeNames = new UniqueNames();

  addInput(name: string, shape: readonly number[], element: Element): string {
    const tensor = this.#tensorNames.take(name);
    this.#inputs.push(tensor);
    this.#types.set(tensor, { shape, element, shared: { quant: undefined } });
    return tensor;
  }

  /** A constant of the graph; the same one where source and key have been given before. */
  storeConstant(source: Constant, key: string, make: () => Tensor): string {
    const known = this.#stored.get(source)?.get(key);
    if (known !== undefined) return known;
    const tensor = make();
    const name = this.#tensorNames.take(source.name);
    this.#constants.set(name, tensor);
    this.#types.set(name, { ...tensor.type, shared: { quant: tensor.type.quant } });
    this.#stored.set(source, (this.#stored.get(source) ?? new Map<string, string>()).set(key, name));
    return name;
  }

  /** The type that a node's output has, or why there is none. The node is not added. */
  typeOf(
    name: string,
    op: Op,
    inputs: readonly string[],
    made: MadeElement | undefined,
  ): MadeType | readonly Diagnostic[] {
    const node: GraphNode = { name, op, inputs, outputs: [name] };
    const problems = attributeProblems(node);
    if (problems.length > 0) return problems;
    const types = inputs.map((input) => this.type(input));
    const inferred = inferOutputShapes(node, types);
    if ('problems' in inferred) return inferred.problems;
    const shape = inferred.shapes[0] ?? [];
    const first = this.#types.get(inputs[0] ?? '');
    if (made === undefined && first !== undefined && KEEPS.has(op.kind)) {
      return { shape, element: first.element, shared: first.shared };
    }
    return { shape, element: made?.element ?? F32, shared: { quant: made?.quant } };
  }

  /** Gives a tensor that is being made its type. */
  setType(tensor: string, type: MadeType): void {
    this.#types.set(tensor, type);
  }

  /** The type as known now: integers whose scale nobody has given yet have none. */
  type(tensor: string): TensorType {
    const { shape, element, shared } = defined(this.#types.get(tensor), `the type of tensor '${tensor}'`);
    return shared.quant === undefined ? { shape, element } : { shape, element, quant: shared.quant };
  }

  /** Gives a tensor, and those it shares it with, their quantisation, unless they have one already. */
  setQuant(tensor: string, quant: Quantization): void {
    const { shared } = defined(this.#types.get(tensor), `the type of tensor '${tensor}'`);
    shared.quant ??= quant;
  }

  /** Puts nodes into the graph under final names: `rename` gives those of tensors, `name` those of nodes. */
  commit(
    pending: readonly PendingNode[],
    wantedTensor: (tensor: string) => string,
    wantedNode: (node: PendingNode) => string,
  ): (tensor: string) => string {
    const final = new Map<string, string>();
    for (const { output } of pending) final.set(output, this.#tensorNames.take(wantedTensor(output)));
    const rename = (tensor: string): string => final.get(tensor) ?? tensor;
    for (const node of pending) {
      const name = this.#nodeNames.take(wantedNode(node));
      const output = rename(node.output);
      const made: GraphNode = { name, op: node.op, inputs: node.inputs.map(rename), outputs: [output] };
      this.#nodes.push(made);
      this.#producers.set(output, made);
      this.#types.set(output, defined(this.#types.get(node.output), `the type of '${node.output}'`));
      this.#types.delete(node.output);
    }
    return rename;
  }

  /** The node in the graph that makes a tensor; undefined for inputs and constants. */
  producer(tensor: string): GraphNode | undefined {
    return this.#producers.get(tensor);
  }

  /**
   * The graph, without nodes that no output needs. `outputs` are pairs of the file's name and the tensor; a tensor
   * takes its output's name where it can, and a reshape to its own shape stands for a second name.
   */
  finish(name: string, outputs: readonly (readonly [string, string])[]): Graph {
    for (const [wanted, tensor] of outputs) this.#nameOutput(wanted, tensor);
    const nodes = this.#neededNodes(outputs.map(([wanted]) => wanted));
    const used = new Set([...this.#inputs, ...nodes.flatMap((node) => [...node.inputs, ...node.outputs])]);
    const types = new Map([...used].map((tensor) => [tensor, this.#finalType(tensor)]));
    return {
      name,
      inputs: this.#inputs.map((tensor) => ({ tensor, layout: 'nhwc' })),
      outputs: outputs.map(([tensor]) => ({ tensor, layout: 'nhwc', classOffset: 0 })),
      nodes,
      types,
      constants: new Map([...this.#constants].filter(([tensor]) => used.has(tensor))),
      requantBits: DEFAULT_REQUANT_BITS,
    };
  }

  #finalType(tensor: string): TensorType {
    const type = this.type(tensor);
    const isWide = isInt(type.element) && type.element.bits > 32;
    return type.quant !== undefined || !isInt(type.element) || isWide ? type : { ...type, quant: RAW };
  }

  #nameOutput(wanted: string, tensor: string): void {
    if (wanted === tensor) return;
    const type = defined(this.#types.get(tensor), `the type of output '${tensor}'`);
    this.setType(wanted, type);
    const node: GraphNode = {
      name: this.#nodeNames.take(wanted),
      op: { kind: 'reshape', shape: type.shape },
      inputs: [tensor],
      outputs: [wanted],
    };
    this.#nodes.push(node);
  }

  #neededNodes(outputs: readonly string[]): readonly GraphNode[] {
    const needed = new Set(outputs);
    const kept: GraphNode[] = [];
    for (const node of [...this.#nodes].reverse()) {
      if (!node.outputs.some((output) => needed.has(output))) continue;
      for (const input of node.inputs) needed.add(input);
      kept.push(node);
    }
    return kept.reverse();
  }
}
