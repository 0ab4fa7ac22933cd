import type { Graph, GraphInput, GraphNode, GraphOutput } from '../ir/graph.js';
import type { OpKind, OpOf } from '../ir/op.js';
import type { Quantization } from '../ir/tensor-type.js';
import { elementCount } from '../ir/tensor-type.js';
import { defined } from '../support/invariant.js';
import {
  type ConstantOperand,
  placedColumns,
  Rewriter,
  TO_NCHW,
  TO_NHWC,
  transposedData,
} from './channels-last/rewriter.js';
import {
  axisPermutation,
  baseIndices,
  identityView,
  inversePermutation,
  isIdentity,
  permutedView,
  sameView,
  transposeView,
} from './channels-last/view.js';
import type { Pass } from './pass.js';

type Shape = readonly number[];

/**
 * Removes the transposes that an importer puts around feature-map operators, and the file's own. Each tensor is followed
 * as a view of one that is computed channels-last; elementwise operators work on that, reshapes cost nothing,
 * a dense layer has its weights permuted, and at the ends of the network the order becomes the `layout`. Where an operator
 * needs another order than its input has, a transpose stays.
 */
export const toChannelsLast: Pass = {
  name: 'to-channels-last',
  summary: 'removes transposes: feature maps become channels-last from end to end',
  needs: [],
  run(graph) {
    if (!graph.nodes.some(({ op }) => op.kind === 'transpose' || op.kind === 'reshape')) return graph;
    const rewriter = new Rewriter(graph);
    const inputs = graph.inputs.map((input) => placeInput(rewriter, input));
    for (const node of graph.nodes) rewrite(rewriter, node);
    const renamed = new Map<string, string>();
    const outputs = graph.outputs.map((output) => placeOutput(rewriter, output, renamed));
    renameTurned(rewriter, renamed);
    return rewriter.finish(inputs, outputs, renamed);
  },
};

/** Operators of one element at a time. */
const POINTWISE: ReadonlySet<OpKind> = new Set([
  'relu',
  'clip',
  'sigmoid',
  'tanh',
  'leaky-relu',
  'elu',
  'hard-sigmoid',
  'hard-swish',
  'swish',
  'requantise',
  'quantise',
  'dequantise',
]);

/** An input that is made channels-last before anything else is taken so from the start. */
function placeInput(rewriter: Rewriter, input: GraphInput): GraphInput {
  const { shape } = rewriter.oldType(input.tensor);
  if (shape.length !== 3 || input.layout !== 'nhwc' || !isTurned(rewriter.old, input.tensor)) return input;
  rewriter.turnInput(input.tensor, TO_NHWC);
  return { ...input, layout: 'nchw' };
}

/** Whether a tensor reaches a transpose to channels-last through elementwise operators only. */
function isTurned(graph: Graph, tensor: string): boolean {
  const reached = new Set([tensor]);
  return graph.nodes.some(({ op, inputs, outputs }) => {
    if (!inputs.some((name) => reached.has(name))) return false;
    if (op.kind === 'transpose') return op.perm.join() === TO_NHWC.join();
    if (POINTWISE.has(op.kind) || op.kind === 'add' || op.kind === 'mul' || op.kind === 'pad')
      for (const output of outputs) reached.add(output);
    return false;
  });
}

function placeOutput(rewriter: Rewriter, output: GraphOutput, renamed: Map<string, string>): GraphOutput {
  const { tensor } = output;
  rewriter.settle(tensor);
  const { base, view } = rewriter.placedAt(tensor);
  const { shape } = rewriter.oldType(tensor);
  const baseShape = rewriter.newShape(base);
  const isInput = rewriter.old.inputs.some((input) => input.tensor === base);
  const isTaken = rewriter.isMade(tensor);
  const isOther = renamed.has(base) || rewriter.old.outputs.some((other) => other.tensor === base);
  const claim = (name: string, layout: GraphOutput['layout']): GraphOutput => {
    if (name !== tensor) renamed.set(name, tensor);
    return { ...output, tensor: name, layout };
  };
  if (base === tensor && isIdentity(view) && baseShape.join() === shape.join()) return output;
  const free = base === tensor || !(isTaken || isInput || isOther);
  if (isIdentity(view) && baseShape.join() === shape.join() && free) return claim(base, output.layout);
  const perm = axisPermutation(view, shape, baseShape);
  if (shape.length === 3 && perm?.join() === TO_NCHW.join() && output.layout === 'nhwc' && free)
    return claim(base, 'nchw');
  const made = rewriter.whole(tensor);
  const isOwnInput = rewriter.old.inputs.some((input) => input.tensor === tensor);
  if (made === base || made === tensor || isOwnInput) return { ...output, tensor: made };
  // What is handed out has the file's name; what was computed in another order has one of its own.
  if (isTaken) renamed.set(tensor, rewriter.freeName(`${tensor}.inner`));
  return claim(made, output.layout);
}

/** What is computed channels-last takes the file's name for the tensor, where the transpose back is gone. */
function renameTurned(rewriter: Rewriter, renamed: Map<string, string>): void {
  const fixed = new Set([...rewriter.old.inputs, ...rewriter.old.outputs].map((end) => end.tensor));
  const taken = new Set(renamed.values());
  for (const { op, inputs, outputs } of rewriter.old.nodes) {
    if (op.kind !== 'transpose') continue;
    const [from = '', to = ''] = [inputs[0], outputs[0]];
    const { base } = rewriter.placedAt(to);
    // A transpose towards channels-last reads what has the file's name already.
    if (!isIdentity(rewriter.placedAt(from).view)) continue;
    if (base !== from || fixed.has(from) || fixed.has(to) || renamed.has(from) || taken.has(to)) continue;
    renamed.set(from, to);
    taken.add(to);
  }
}

function rewrite(rewriter: Rewriter, node: GraphNode): void {
  const { op } = node;
  const [input = ''] = node.inputs;
  if (op.kind === 'dequantise' && rewriter.old.constants.has(input)) rewriter.holdBack(node);
  else if (op.kind === 'transpose') turn(rewriter, node, op.perm);
  else if (op.kind === 'reshape' || op.kind === 'flatten')
    rewriter.place(node.outputs[0] ?? '', rewriter.placedAt(input));
  else if (POINTWISE.has(op.kind) && hasNoAxis(rewriter, node)) pointwise(rewriter, node);
  else if (op.kind === 'add' || op.kind === 'mul' || op.kind === 'prelu') elementwise(rewriter, node);
  else if (op.kind === 'dense') dense(rewriter, node as GraphNode<OpOf<'dense'>>);
  else if (op.kind === 'concat') concat(rewriter, node, op);
  else if (op.kind === 'slice' || op.kind === 'pad' || op.kind === 'reduce-mean') alongAxes(rewriter, node, op);
  else rewriter.keep(node);
}

/** Quantisation along an axis stays where it is: only a tensor's own order gives the axis its meaning. */
function hasNoAxis(rewriter: Rewriter, { inputs, outputs }: GraphNode): boolean {
  return [...inputs, ...outputs].every((name) => rewriter.oldType(name).quant?.axis === undefined);
}

function turn(rewriter: Rewriter, node: GraphNode, perm: readonly number[]): void {
  const [input = ''] = node.inputs;
  const [output = ''] = node.outputs;
  const { shape } = rewriter.oldType(input);
  const { base, view } = rewriter.placedAt(input);
  const turned = transposeView(view, shape, perm);
  if (turned !== undefined) {
    rewriter.place(output, { base, view: turned });
    return;
  }
  const whole = rewriter.whole(input);
  const view2 = permutedView(shape, perm);
  rewriter.place(output, { base: whole, view: view2 });
}

function pointwise(rewriter: Rewriter, node: GraphNode): void {
  const { base, view } = rewriter.placedAt(node.inputs[0] ?? '');
  rewriter.put({ ...node, inputs: [base] }, { shape: rewriter.newShape(base), view });
}

/** Brings a tensor of the old shape, or one that broadcasts to it, into the order `perm` of the result's axes. */
function inOrder(rewriter: Rewriter, tensor: string, rank: number, perm: readonly number[]): string {
  const type = rewriter.oldType(tensor);
  const shape = [...Array<number>(rank - type.shape.length).fill(1), ...type.shape];
  const inverse = inversePermutation(perm);
  const wanted = inverse.map((axis) => shape[axis] ?? 1);
  const { base, view } = rewriter.placedAt(tensor);
  if (sameView(view, permutedView(wanted, perm))) return rewriter.reshaped(base, wanted, type);
  const whole = rewriter.reshaped(rewriter.whole(tensor), shape, type);
  return rewriter.move({ kind: 'transpose', perm: inverse }, whole, wanted, type);
}

/** A constant that broadcasts, in the order `perm` of the result's axes, without leading axes of 1. */
function constantInOrder(
  rewriter: Rewriter,
  operand: ConstantOperand,
  name: string,
  { rank, perm }: { readonly rank: number; readonly perm: readonly number[] },
): string {
  const { type, data } = operand.tensor;
  const missing = rank - type.shape.length;
  const shape = [...Array<number>(missing).fill(1), ...type.shape];
  const inverse = inversePermutation(perm);
  const turned = inverse.map((axis) => shape[axis] ?? 1);
  const first = turned.findIndex((extent) => extent !== 1);
  const kept = first < 0 ? turned.slice(-1) : turned.slice(first);
  if (kept.join() === type.shape.join() && isIdentity(permutedView(shape, inverse))) return name;
  const quant =
    type.quant === undefined ? {} : { quant: turnedQuantization(type.quant, missing, { perm, turned, kept }) };
  return rewriter.deriveConstant(operand, {
    type: { ...type, shape: kept, ...quant },
    data: transposedData(data, shape, inverse),
  });
}

function turnedQuantization(
  quant: Quantization,
  missing: number,
  { perm, turned, kept }: { readonly perm: readonly number[]; readonly turned: Shape; readonly kept: Shape },
): Quantization {
  if (quant.axis === undefined) return quant;
  const axis = (perm[quant.axis + missing] ?? 0) - (turned.length - kept.length);
  return { ...quant, axis };
}

/** The order of axes in which a node of several inputs works: that of its first input that is not in the file's order. */
function commonOrder(rewriter: Rewriter, tensors: readonly string[], rank: number): readonly number[] | undefined {
  for (const tensor of tensors) {
    rewriter.settle(tensor);
    const { base, view } = rewriter.placedAt(tensor);
    const { shape } = rewriter.oldType(tensor);
    if (isIdentity(view) || shape.length !== rank) continue;
    return axisPermutation(view, shape, rewriter.newShape(base));
  }
  return undefined;
}

function elementwise(rewriter: Rewriter, node: GraphNode): void {
  const [output = ''] = node.outputs;
  const { shape } = rewriter.oldType(output);
  const rank = shape.length;
  const operands = node.inputs.map((name) => ({ name, constant: rewriter.constantOperand(name) }));
  const flowing = operands.filter(({ constant }) => constant === undefined).map(({ name }) => name);
  const perm = commonOrder(rewriter, flowing, rank);
  if (perm === undefined) {
    rewriter.keep(node);
    return;
  }
  const inputs = operands.map(({ name, constant }) =>
    constant === undefined
      ? inOrder(rewriter, name, rank, perm)
      : constantInOrder(rewriter, constant, name, { rank, perm }),
  );
  const result = inversePermutation(perm).map((axis) => shape[axis] ?? 1);
  rewriter.put({ ...node, inputs }, { shape: result, view: permutedView(result, perm) });
}

/** The columns of the weights are put in the order in which the elements come. */
function dense(rewriter: Rewriter, node: GraphNode<OpOf<'dense'>>): void {
  const [input = '', weight = '', ...bias] = node.inputs;
  const { base, view } = rewriter.placedAt(input);
  const operand = rewriter.constantOperand(weight);
  if (isIdentity(view) || operand === undefined) {
    rewriter.keep(node);
    return;
  }
  const { type, data } = operand.tensor;
  const [outputs = 0, columns = 0] = type.shape;
  const turned = placedColumns(data, outputs, columns, baseIndices(view));
  const x = rewriter.reshaped(base, [columns], rewriter.oldType(input));
  const inputs = [
    x,
    rewriter.deriveConstant(operand, { type, data: turned }),
    ...bias.map((name) => rewriter.whole(name)),
  ];
  const { shape } = rewriter.oldType(node.outputs[0] ?? '');
  rewriter.put({ ...node, inputs }, { shape, view: identityView(elementCount(shape)) });
}

function concat(rewriter: Rewriter, node: GraphNode, op: OpOf<'concat'>): void {
  const { shape } = rewriter.oldType(node.outputs[0] ?? '');
  const flowing = node.inputs.filter((name) => !rewriter.old.constants.has(name));
  const perm = commonOrder(rewriter, flowing, shape.length);
  if (perm === undefined) {
    rewriter.keep(node);
    return;
  }
  const inputs = node.inputs.map((name) => inOrder(rewriter, name, shape.length, perm));
  const result = inversePermutation(perm).map((axis) => shape[axis] ?? 1);
  const axis = defined(perm[op.axis], 'the axis of a concat');
  rewriter.put({ ...node, op: { ...op, axis }, inputs }, { shape: result, view: permutedView(result, perm) });
}

function alongAxes(rewriter: Rewriter, node: GraphNode, op: OpOf<'slice' | 'pad' | 'reduce-mean'>): void {
  const [input = ''] = node.inputs;
  rewriter.settle(input);
  const { base, view } = rewriter.placedAt(input);
  const old = rewriter.oldType(input);
  const baseShape = rewriter.newShape(base);
  const perm = hasNoAxis(rewriter, node) ? axisPermutation(view, old.shape, baseShape) : undefined;
  if (perm === undefined) {
    rewriter.keep(node);
    return;
  }
  if (op.kind === 'reduce-mean') {
    reduceMean(rewriter, node, op, { base, baseShape, perm });
    return;
  }
  const inverse = inversePermutation(perm);
  const turned = (list: readonly number[]): readonly number[] => inverse.map((axis) => list[axis] ?? 0);
  const output = rewriter.oldType(node.outputs[0] ?? '').shape;
  const shape = turned(output);
  const moved: OpOf<'slice' | 'pad'> =
    op.kind === 'slice'
      ? { ...op, begin: turned(op.begin), size: turned(op.size), step: turned(op.step) }
      : { ...op, before: turned(op.before), after: turned(op.after) };
  rewriter.put({ ...node, op: moved, inputs: [base] }, { shape, view: permutedView(shape, perm) });
}

/** Over height and width it is a global pool. */
function reduceMean(
  rewriter: Rewriter,
  node: GraphNode,
  op: OpOf<'reduce-mean'>,
  { base, baseShape, perm }: { readonly base: string; readonly baseShape: Shape; readonly perm: readonly number[] },
): void {
  const axes = op.axes.map((axis) => perm[axis] ?? 0).sort((a, b) => a - b);
  const kept: Shape = baseShape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  if (baseShape.length === 3 && axes.join() === '0,1') {
    const pool: GraphNode = { ...node, op: { kind: 'global-average-pool' }, inputs: [base] };
    rewriter.put(pool, { shape: kept, view: identityView(elementCount(kept)) });
    return;
  }
  const moved: GraphNode = { ...node, op: { ...op, axes, keepDims: true }, inputs: [base] };
  // Dropping axes of extent 1 is a reshape, which a view does not see.
  rewriter.put(moved, { shape: kept, view: permutedView(kept, perm) });
}
