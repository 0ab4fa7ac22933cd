import type { GraphNode } from '../ir/graph.js';
import type { FlattenOp, ReshapeOp, TransposeOp } from '../ir/op.js';
import { sameExtents } from '../ir/type-equality.js';
import { defined } from '../support/invariant.js';
import { baseIndices, permutedView } from './channels-last/view.js';
import { Draft } from './draft.js';
import { blocksOf, channelOrder, columnFirstOrder, patchesOf } from './element-patterns.js';
import type { Pass } from './pass.js';
import { putDepthToSpace, putPatches, putPermutation, reshaped } from './put-movement.js';

/**
 * Exporters write the shuffling of channels, and the moves between channels and pixels, as reshape, transpose, reshape.
 * A row of these is followed back to the tensor before it; where all together it is a permutation of channels, blocks
 * made of channels or channels made of blocks, the operator for it stands in the row's place. A row that leaves the
 * order of the elements as it is is one reshape, or one block where it makes a square map of a vector.
 */
export const recogniseShuffle: Pass = {
  name: 'recognise-shuffle',
  summary: 'makes permutations of channels and depth-to-space of rows of reshapes and transposes',
  needs: [],
  run(graph) {
    const draft = new Draft(graph);
    const placed = new Map<string, Placed>();
    for (const node of graph.nodes) {
      if (isMover(node)) moveOne(draft, placed, node);
      else if (node.op.kind === 'depth-to-space' && node.op.order === 'column-first')
        reorder(draft, node, node.op.block);
      else draft.keep(node);
    }
    return draft.finish();
  },
};

/** Blocks column-first are blocks depth-first of channels in another order. */
function reorder(draft: Draft, node: GraphNode, block: number): void {
  const tensor = defined(node.outputs[0], `the output of node '${node.name}'`);
  const type = draft.typeOf(tensor);
  const order = columnFirstOrder(block, type.shape.at(-1) ?? 1);
  putDepthToSpace(draft, node.name, draft.current(node.inputs[0] ?? ''), { block, order }, { type, tensor });
}

type MoverOp = ReshapeOp | FlattenOp | TransposeOp;

/** How a tensor that only moves made lies in the one before all of them. */
interface Placed {
  readonly base: string;
  /** For each element its place in the base; left out where all lie as in the base. */
  readonly places?: Int32Array;
}

function isMover(node: GraphNode): node is GraphNode<MoverOp> {
  return node.op.kind === 'reshape' || node.op.kind === 'flatten' || node.op.kind === 'transpose';
}

function moveOne(draft: Draft, placed: Map<string, Placed>, node: GraphNode<MoverOp>): void {
  const output = defined(node.outputs[0], `the output of node '${node.name}'`);
  const { base, places } = placeOf(draft, placed, node);
  if (places !== undefined && recognised(draft, node, base, places)) return;
  placed.set(output, places === undefined ? { base } : { base, places });
  if (places === undefined) reshapeAll(draft, node, base);
  // What reads on in the row may make sense of it; otherwise the node stays as it was.
  else draft.keep(node);
}

function placeOf(draft: Draft, placed: ReadonlyMap<string, Placed>, { op, inputs }: GraphNode<MoverOp>): Placed {
  const [input = ''] = inputs;
  const before = placed.get(input) ?? { base: draft.current(input) };
  if (op.kind !== 'transpose') return before;
  const turned = baseIndices(permutedView(draft.typeOf(input).shape, op.perm));
  const { base, places } = before;
  const composed = places === undefined ? turned : turned.map((place) => places[place] as number);
  return composed.every((place, i) => place === i) ? { base } : { base, places: composed };
}

/** One reshape from the base, or none where it has the shape already; a vector that becomes a map is a block. */
function reshapeAll(draft: Draft, node: GraphNode<MoverOp>, base: string): void {
  const output = defined(node.outputs[0], `the output of node '${node.name}'`);
  const type = draft.typeOf(output);
  const from = draft.typeOf(base).shape;
  const isOutput = draft.old.outputs.some(({ tensor }) => tensor === output);
  // Streams come in and leave under any shape.
  const isEnd = isOutput || draft.old.inputs.some(({ tensor }) => tensor === base);
  const block = isEnd ? undefined : blockOfVector(from, type.shape);
  if (sameExtents(from, type.shape) && !isOutput) draft.replace(output, base);
  else if (block !== undefined) {
    const pixel = asPixel(draft, node.name, base);
    const order = [...Array(draft.typeOf(pixel).shape[2] ?? 0).keys()];
    putDepthToSpace(draft, node.name, pixel, { block, order }, { type, tensor: output });
  } else if (node.op.kind !== 'transpose' && draft.current(node.inputs[0] ?? '') === base) draft.keep(node);
  else draft.change(node, { op: reshapeOp(type.shape), inputs: [base] });
}

function reshapeOp(shape: readonly number[]): ReshapeOp | FlattenOp {
  return shape.length === 1 ? { kind: 'flatten' } : { kind: 'reshape', shape };
}

/** A vector is a pixel of all its elements as channels. */
function pixelShape(shape: readonly number[]): readonly number[] {
  return shape.length === 1 ? [1, 1, ...shape] : shape;
}

function asPixel(draft: Draft, name: string, tensor: string): string {
  return reshaped(draft, name, tensor, pixelShape(draft.typeOf(tensor).shape));
}

/** The side of the map, where the one pixel of a vector becomes a square map of more than one in the same order. */
function blockOfVector(from: readonly number[], to: readonly number[]): number | undefined {
  const [height, width] = pixelShape(from);
  const [side = 1, other] = to;
  return height === 1 && width === 1 && to.length === 3 && side === other && side > 1 ? side : undefined;
}

/** Puts down what a row of moves is; false where it is nothing that there is an operator for. */
function recognised(draft: Draft, node: GraphNode<MoverOp>, base: string, places: Int32Array): boolean {
  const output = defined(node.outputs[0], `the output of node '${node.name}'`);
  const from = draft.typeOf(base);
  const type = draft.typeOf(output);
  const result = { type, tensor: output };
  const order = channelOrder(places, type.shape);
  if (order !== undefined) {
    putPermutation(draft, node.name, reshaped(draft, node.name, base, type.shape), order, result);
    return true;
  }
  const blocks = blocksOf(places, pixelShape(from.shape), type.shape);
  if (blocks !== undefined) {
    putDepthToSpace(draft, node.name, asPixel(draft, node.name, base), blocks, result);
    return true;
  }
  const patches = patchesOf(places, from.shape, type.shape);
  if (patches === undefined) return false;
  putPatches(draft, node.name, base, patches, result);
  return true;
}
