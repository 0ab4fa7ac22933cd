import type { GraphNode } from '../ir/graph.js';
import type { SliceOp } from '../ir/op.js';
import type { TensorType } from '../ir/tensor-type.js';
import { UNIT_WINDOW } from '../ir/window.js';
import { defined } from '../support/invariant.js';
import { Draft } from './draft.js';
import type { Pass } from './pass.js';
import { putPermutation } from './put-movement.js';

/**
 * A slice that leaves out pixels in between, as shortcuts of residual networks do, is a slice in steps of 1 of what it
 * reads and a maximum over single pixels with its steps as strides. Channels that are taken in steps are put side by
 * side first.
 */
export const poolStridedSlice: Pass = {
  name: 'pool-strided-slice',
  summary: 'makes slices in steps max-pools of single pixels, and slices in steps of 1',
  needs: [],
  run(graph) {
    const draft = new Draft(graph);
    for (const node of graph.nodes) {
      if (isStridedSlice(draft, node)) part(draft, node);
      else draft.keep(node);
    }
    return draft.finish();
  },
};

/** Along an axis of which one position is taken, the step is of no matter. */
function stepsOf({ step, size }: SliceOp): readonly number[] {
  return step.map((value, axis) => (size[axis] === 1 ? 1 : value));
}

function isStridedSlice(draft: Draft, node: GraphNode): node is GraphNode<SliceOp> {
  const { op } = node;
  return (
    op.kind === 'slice' && op.step.some((step) => step > 1) && draft.typeOf(node.inputs[0] ?? '').shape.length === 3
  );
}

interface Piece {
  readonly begin: readonly number[];
  readonly size: readonly number[];
  readonly step: readonly number[];
}

function part(draft: Draft, node: GraphNode<SliceOp>): void {
  const { begin, size } = node.op;
  const step = stepsOf(node.op);
  const input = draft.current(node.inputs[0] ?? '');
  const ordered = sideBySide(draft, node, input, { begin, size, step });
  const channel = step[2] === 1 ? (begin[2] ?? 0) : 0;
  pixels(draft, node, ordered, {
    begin: [begin[0] ?? 0, begin[1] ?? 0, channel],
    size,
    step: [...step.slice(0, 2), 1],
  });
}

/** Channels taken in steps, in front of the others. Returns the tensor that holds them so. */
function sideBySide(draft: Draft, node: GraphNode, input: string, { begin, size, step }: Piece): string {
  const type = draft.typeOf(input);
  if (step[2] === 1) return input;
  const taken = Array.from({ length: size[2] ?? 0 }, (_, i) => (begin[2] ?? 0) + i * (step[2] ?? 1));
  const isTaken = new Set(taken);
  const others = [...Array(type.shape[2] ?? 0).keys()].filter((channel) => !isTaken.has(channel));
  return putPermutation(draft, `${node.name}.order`, input, [...taken, ...others], { type });
}

/** The slice of steps of 1 comes first where pixels have to be cut off before the first or behind the last. */
function pixels(draft: Draft, node: GraphNode, input: string, { begin, size, step }: Piece): void {
  const tensor = defined(node.outputs[0], `the output of node '${node.name}'`);
  const type = draft.typeOf(tensor);
  const region = size.map((count, axis) => (count - 1) * (step[axis] ?? 1) + 1);
  const { shape } = draft.typeOf(input);
  const strided = shape.map((extent, axis) => Math.floor((extent - 1) / (step[axis] ?? 1)) + 1);
  const isWhole = [0, 1].every((axis) => begin[axis] === 0 && strided[axis] === size[axis]);
  const op = { kind: 'max-pool' as const, ...UNIT_WINDOW, strideH: step[0] ?? 1, strideW: step[1] ?? 1 };
  const slice = (of: readonly number[]): SliceOp => ({ kind: 'slice', begin, size: of, step: [1, 1, 1] });
  const isPool = op.strideH > 1 || op.strideW > 1;
  if (!isPool) {
    cut(draft, node, input, slice(size), { type, tensor });
    return;
  }
  if (isWhole && strided[2] === size[2]) {
    draft.put(node.name, op, [input], { type, tensor });
    return;
  }
  if (isWhole) {
    const pooled = draft.put(`${node.name}.pixels`, op, [input], { type: { ...type, shape: strided } });
    cut(draft, node, pooled, slice(size), { type, tensor });
    return;
  }
  const cropped = draft.put(`${node.name}.region`, slice(region), [input], { type: { ...type, shape: region } });
  draft.put(node.name, op, [cropped], { type, tensor });
}

function cut(
  draft: Draft,
  node: GraphNode,
  input: string,
  op: SliceOp,
  result: { readonly type: TensorType; readonly tensor: string },
): void {
  draft.put(node.name, op, [input], result);
}
