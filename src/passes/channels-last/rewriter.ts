import { pruneTensors } from '../../ir/builder.js';
import type { Graph, GraphInput, GraphNode, GraphOutput } from '../../ir/graph.js';
import type { Op } from '../../ir/op.js';
import type { Tensor, TensorData } from '../../ir/tensor.js';
import { elementCount, type TensorType } from '../../ir/tensor-type.js';
import { defined } from '../../support/invariant.js';
import { viewWords } from '../../support/typed-view.js';
import { freshName } from '../edit.js';
import {
  axisPermutation,
  baseIndices,
  identityView,
  inversePermutation,
  isIdentity,
  permutedView,
  transposeView,
  type View,
} from './view.js';

type Shape = readonly number[];

/** [C][H][W] is [H][W][C] with its axes so. */
export const TO_NHWC: readonly number[] = [1, 2, 0];
export const TO_NCHW: readonly number[] = [2, 0, 1];

/** A tensor of the old graph, as it is to be found in the new one. */
export interface Placed {
  /** Tensor of the new graph. */
  readonly base: string;
  readonly view: View;
}

/** A constant, or one read through a dequantise node. */
export interface ConstantOperand {
  readonly name: string;
  readonly tensor: Tensor;
  readonly dequantise: GraphNode | undefined;
}

/** The new graph under construction, and where the old one's tensors are in it. */
export class Rewriter {
  readonly old: Graph;
  readonly #nodes: GraphNode[] = [];
  readonly #types: Map<string, TensorType>;
  readonly #constants: Map<string, Tensor>;
  readonly #placed = new Map<string, Placed>();
  readonly #wholes = new Map<string, string>();
  readonly #turned = new Map<string, string>();
  readonly #nodeNames: Set<string>;
  /** Constants behind a dequantise node, which is put down where something reads it as it is. */
  readonly #wrapped = new Map<string, GraphNode>();

  constructor(old: Graph) {
    this.old = old;
    this.#types = new Map(old.types);
    this.#constants = new Map(old.constants);
    this.#nodeNames = new Set(old.nodes.map((node) => node.name));
  }

  oldType(tensor: string): TensorType {
    return defined(this.old.types.get(tensor), `the type of tensor '${tensor}'`);
  }

  /** Whether a node of the new graph makes a tensor of this name. */
  isMade(tensor: string): boolean {
    return this.#nodes.some(({ outputs }) => outputs.includes(tensor));
  }

  newShape(tensor: string): Shape {
    return defined(this.#types.get(tensor), `the type of tensor '${tensor}'`).shape;
  }

  placedAt(tensor: string): Placed {
    const found = this.#placed.get(tensor);
    if (found !== undefined) return found;
    if (this.#wrapped.has(tensor)) this.#putWrapped(tensor);
    return { base: tensor, view: identityView(elementCount(this.oldType(tensor).shape)) };
  }

  place(tensor: string, placed: Placed): void {
    this.#placed.set(tensor, placed);
  }

  /** An input in another order of axes. */
  turnInput(tensor: string, perm: readonly number[]): void {
    const type = this.oldType(tensor);
    const shape = perm.map((axis) => type.shape[axis] ?? 1);
    this.#types.set(tensor, { ...type, shape });
    this.place(tensor, { base: tensor, view: permutedView(shape, inversePermutation(perm)) });
  }

  /** Puts a node down whose output stands for the old node's, in the given shape and view. */
  put(node: GraphNode, result: { readonly shape: Shape; readonly view: View }): void {
    const output = defined(node.outputs[0], `the output of node '${node.name}'`);
    this.#types.set(output, { ...this.oldType(output), shape: result.shape });
    this.place(output, { base: output, view: result.view });
    this.#nodes.push(node);
  }

  /** Puts a node down as it was, all its inputs in the shape and order that they had. */
  keep(node: GraphNode): void {
    const inputs = node.inputs.map((name) => this.whole(name));
    const [output = ''] = node.outputs;
    const { shape } = this.oldType(output);
    this.put({ ...node, inputs }, { shape, view: identityView(elementCount(shape)) });
  }

  holdBack(node: GraphNode): void {
    this.#wrapped.set(defined(node.outputs[0], `the output of node '${node.name}'`), node);
  }

  #putWrapped(tensor: string): void {
    const node = defined(this.#wrapped.get(tensor), `the constant behind '${tensor}'`);
    this.#wrapped.delete(tensor);
    this.#nodes.push(node);
  }

  constantOperand(tensor: string): ConstantOperand | undefined {
    const dequantise = this.#wrapped.get(tensor) ?? this.#nodes.find((node) => isWrapped(node, tensor, this.old));
    const name = dequantise?.inputs[0] ?? tensor;
    const constant = this.old.constants.get(name);
    return constant === undefined ? undefined : { name, tensor: constant, dequantise };
  }

  /** Adds a constant derived from another one, read through a dequantise where that was. Returns what to read. */
  deriveConstant(from: ConstantOperand, tensor: Tensor): string {
    const name = this.#addTensor(`${from.name}.nhwc`, tensor.type);
    this.#constants.set(name, tensor);
    if (from.dequantise === undefined) return name;
    const wrapped = from.dequantise;
    const output = this.#addTensor(`${wrapped.outputs[0]}.nhwc`, {
      ...this.oldType(wrapped.outputs[0] ?? ''),
      shape: tensor.type.shape,
    });
    this.#nodes.push({ ...wrapped, name: this.#nodeName(output), inputs: [name], outputs: [output] });
    return output;
  }

  #addTensor(wanted: string, type: TensorType): string {
    const name = freshName(this.#types, wanted);
    this.#types.set(name, type);
    return name;
  }

  /** A name that no tensor has. */
  freeName(wanted: string): string {
    return freshName(this.#types, wanted);
  }

  #nodeName(wanted: string): string {
    const name = freshName(this.#nodeNames, wanted);
    this.#nodeNames.add(name);
    return name;
  }

  /** A node that only moves elements. Returns its output. */
  move(op: Op, input: string, shape: Shape, like: TensorType): string {
    const output = this.#addTensor(`${input}.${op.kind}`, { ...like, shape });
    this.#nodes.push({ name: this.#nodeName(output), op, inputs: [input], outputs: [output] });
    return output;
  }

  /** The base under another shape of as many elements. */
  reshaped(base: string, shape: Shape, like: TensorType): string {
    if (this.newShape(base).join() === shape.join()) return base;
    const op: Op = shape.length === 1 ? { kind: 'flatten' } : { kind: 'reshape', shape };
    return this.move(op, base, shape, like);
  }

  /** A tensor in the shape and order that it had, made by reshapes and a transpose where it is not so already. */
  whole(tensor: string): string {
    const known = this.#wholes.get(tensor);
    if (known !== undefined) return known;
    const { base, view } = this.placedAt(tensor);
    const type = this.oldType(tensor);
    const made = this.#turnBack(base, view, type);
    this.#wholes.set(tensor, made);
    return made;
  }

  /**
   * A feature map [C][H][W] whose elements lie in no order of its axes, shuffled channels for one, is put down as
   * [H][W][C], so that what reads it works channels-last.
   */
  settle(tensor: string): void {
    const { base, view } = this.placedAt(tensor);
    const type = this.oldType(tensor);
    const { shape } = type;
    if (shape.length !== 3 || isIdentity(view) || type.quant?.axis !== undefined) return;
    if (axisPermutation(view, shape, this.newShape(base)) !== undefined) return;
    const turned = transposeView(view, shape, TO_NHWC);
    if (turned === undefined) return;
    const map = TO_NHWC.map((axis) => shape[axis] ?? 1);
    const made = this.#turnBack(base, turned, { ...type, shape: map });
    this.place(tensor, { base: made, view: permutedView(map, TO_NCHW) });
  }

  /** The elements of the base in the order of a view, made once for all that ask. */
  #turnBack(base: string, view: View, type: TensorType): string {
    const key = JSON.stringify([base, view, type.shape]);
    const made = this.#turned.get(key) ?? this.#turnAnew(base, view, type);
    this.#turned.set(key, made);
    return made;
  }

  #turnAnew(base: string, view: View, type: TensorType): string {
    if (isIdentity(view)) return this.reshaped(base, type.shape, type);
    const perm = axisPermutation(view, type.shape, this.newShape(base));
    if (perm !== undefined) return this.move({ kind: 'transpose', perm }, base, type.shape, type);
    const split = this.reshaped(base, view.factors, type);
    const shape = view.order.map((index) => view.factors[index] ?? 1);
    const turned = this.move({ kind: 'transpose', perm: view.order }, split, shape, type);
    return this.reshaped(turned, type.shape, type);
  }

  finish(inputs: readonly GraphInput[], outputs: readonly GraphOutput[], renamed: ReadonlyMap<string, string>): Graph {
    const rename = (name: string): string => renamed.get(name) ?? name;
    const renameKeys = <T>(map: ReadonlyMap<string, T>): Map<string, T> => {
      const taken = new Set(renamed.values());
      const isGone = (key: string): boolean => taken.has(key) && !renamed.has(key);
      return new Map([...map].flatMap(([key, value]) => (isGone(key) ? [] : [[rename(key), value] as const])));
    };
    const names = new Set(this.#nodes.map(({ name }) => name));
    const nodes = this.#nodes.map((node) => ({
      ...node,
      // Nodes that are named after their outputs stay so, unless another node has that name.
      name: node.name === node.outputs[0] && !names.has(rename(node.name)) ? rename(node.name) : node.name,
      inputs: node.inputs.map(rename),
      outputs: node.outputs.map(rename),
    }));
    return pruneTensors({
      ...this.old,
      inputs,
      outputs: outputs.map((output) => ({ ...output, tensor: rename(output.tensor) })),
      nodes: liveNodes(nodes, new Set(outputs.map((output) => rename(output.tensor)))),
      types: renameKeys(this.#types),
      constants: this.#constants,
    });
  }
}

function isWrapped(node: GraphNode, tensor: string, old: Graph): boolean {
  return node.op.kind === 'dequantise' && node.outputs[0] === tensor && old.constants.has(node.inputs[0] ?? '');
}

/** Nodes that were put down for a reader that then did not want them are left out. */
function liveNodes(nodes: readonly GraphNode[], wanted: Set<string>): readonly GraphNode[] {
  const kept = nodes.toReversed().filter((node) => {
    const isRead = node.outputs.some((output) => wanted.has(output));
    if (isRead) for (const input of node.inputs) wanted.add(input);
    return isRead;
  });
  return kept.reverse();
}

/** The elements of a constant with its axes put in another order. */
export function transposedData(data: TensorData, shape: Shape, perm: readonly number[]): TensorData {
  const turned = perm.map((axis) => shape[axis] ?? 1);
  const indices = baseIndices(permutedView(shape, perm));
  const result = data.slice();
  if (elementCount(turned) === data.length)
    for (let i = 0; i < result.length; i++) result[i] = data[indices[i] as number] as never;
  return result;
}

/** The rows of a matrix with the element of each column at that column's place. */
export function placedColumns(data: TensorData, rows: number, columns: number, places: Int32Array): TensorData {
  const sources = new Int32Array(columns);
  places.forEach((place, column) => {
    sources[place] = column;
  });
  const placed = data.slice();
  const [from, to] = [viewWords(data), viewWords(placed)];
  for (let start = 0; start < rows * columns; start += columns)
    for (let i = 0; i < columns; i++) to[start + i] = from[start + (sources[i] as number)] as never;
  return placed;
}
