import type { GraphNode } from '../ir/graph.js';
import type { PadOp } from '../ir/op.js';
import { defined } from '../support/invariant.js';
import { Draft, type Result } from './draft.js';
import type { Pass } from './pass.js';

/**
 * Engines pad with a constant, pixels or channels. A pad of both becomes two. One that repeats or mirrors the edge of a
 * map becomes a concatenation of its rows, and one of its columns: each that is put on is a slice of its own.
 */
export const splitPad: Pass = {
  name: 'split-pad',
  summary: 'parts pads of pixels and channels, and makes concatenations of those that repeat or mirror the edge',
  needs: [],
  run(graph) {
    const draft = new Draft(graph);
    for (const node of graph.nodes) {
      if (!isPad(node) || !parted(draft, node)) draft.keep(node);
    }
    return draft.finish();
  },
};

function isPad(node: GraphNode): node is GraphNode<PadOp> {
  return node.op.kind === 'pad';
}

/** Puts down what the pad becomes; false where it stays as it is. */
function parted(draft: Draft, node: GraphNode<PadOp>): boolean {
  const { before, after, mode } = node.op;
  const padsAxis = (axis: number): boolean => (before[axis] ?? 0) + (after[axis] ?? 0) > 0;
  if (before.length !== 3) return false;
  const padsPixels = padsAxis(0) || padsAxis(1);
  if (mode === 'constant' && padsPixels && padsAxis(2)) {
    partConstant(draft, node);
    return true;
  }
  if (mode === 'constant' || padsAxis(2)) return false;
  const axes = [0, 1].filter(padsAxis);
  let tensor = draft.current(node.inputs[0] ?? '');
  axes.forEach((axis, i) => {
    const isLast = i === axes.length - 1;
    tensor = joined(draft, node, tensor, axis, isLast ? resultOf(draft, node) : undefined);
  });
  return true;
}

function resultOf(draft: Draft, node: GraphNode): Result {
  const tensor = defined(node.outputs[0], `the output of node '${node.name}'`);
  return { type: draft.typeOf(tensor), tensor };
}

/** Channels first: there are fewer pixels then. */
function partConstant(draft: Draft, node: GraphNode<PadOp>): void {
  const { op } = node;
  const input = draft.current(node.inputs[0] ?? '');
  const type = draft.typeOf(input);
  const [height = 1, width = 1] = type.shape;
  const ofAxes = (list: readonly number[], axes: readonly number[]): readonly number[] =>
    list.map((count, axis) => (axes.includes(axis) ? count : 0));
  const part = (axes: readonly number[]): PadOp => ({
    ...op,
    before: ofAxes(op.before, axes),
    after: ofAxes(op.after, axes),
  });
  const result = resultOf(draft, node);
  const shape = [height, width, result.type.shape[2] ?? 1];
  const wide = draft.put(`${node.name}.channels`, part([2]), [input], { type: { ...type, shape } });
  draft.put(node.name, part([0, 1]), [wide], result);
}

/** The tensor with rows (axis 0) or columns (axis 1) of its own before and behind it. */
function joined(
  draft: Draft,
  node: GraphNode<PadOp>,
  tensor: string,
  axis: number,
  result: Result | undefined,
): string {
  const { before, after, mode } = node.op;
  const type = draft.typeOf(tensor);
  const extent = type.shape[axis] ?? 1;
  const [first, last] = [before[axis] ?? 0, after[axis] ?? 0];
  const cut = (position: number): string => {
    const begin = type.shape.map((_, other) => (other === axis ? position : 0));
    const size = type.shape.map((count, other) => (other === axis ? 1 : count));
    const op = { kind: 'slice', begin, size, step: [1, 1, 1] } as const;
    return draft.put(`${node.name}.edge`, op, [tensor], { type: { ...type, shape: size } });
  };
  const places = (count: number, mirrored: (i: number) => number, edge: number): readonly number[] =>
    Array.from({ length: count }, (_, i) => (mode === 'edge' ? edge : mirrored(i)));
  const inputs = [
    ...places(first, (i) => first - i, 0).map(cut),
    tensor,
    ...places(last, (i) => extent - 2 - i, extent - 1).map(cut),
  ];
  const shape = type.shape.map((count, other) => (other === axis ? count + first + last : count));
  const base = result === undefined ? `${node.name}.rows` : node.name;
  return draft.put(base, { kind: 'concat', axis }, inputs, result ?? { type: { ...type, shape } });
}
