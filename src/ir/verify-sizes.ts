import type { Diagnostic } from '../support/diagnostics.js';
import type { Graph, GraphNode } from './graph.js';
import { badExtent, nodeSubject, tensorSubject, tooLarge } from './messages.js';
import { elementCount, type TensorType } from './tensor-type.js';

const LARGEST_EXTENT = 2 ** 20;
const MOST_ELEMENTS = 2 ** 31;
/** What a model may have of each: many times what the largest published networks have. */
export const MOST_NODES = 2 ** 15;
export const MOST_TENSORS = 2 ** 16;
/** Files hold eight at most; what moves elements descends an axis at a time. */
export const MOST_AXES = 32;
/** Three orders of magnitude above the largest published image networks; beyond it the counters of the reports are not exact. */
const MOST_MACS = 2 ** 43;

function isLegalExtent(extent: number): boolean {
  return Number.isInteger(extent) && extent >= 1 && extent <= LARGEST_EXTENT;
}

/** Whether shapes can be computed from this one without surprises. */
export function hasUsableSize({ shape }: TensorType): boolean {
  return shape.length <= MOST_AXES && shape.every(isLegalExtent) && elementCount(shape) <= MOST_ELEMENTS;
}

/** Tensors whose shapes nothing can be built from. */
export function sizeProblems(graph: Graph): readonly Diagnostic[] {
  return [...graph.types].flatMap(([name, { shape }]) => {
    if (shape.length > MOST_AXES) return [tooLarge(tensorSubject(name), 'axes', shape.length, MOST_AXES)];
    if (!shape.every(isLegalExtent)) return [badExtent(name, shape, LARGEST_EXTENT)];
    const count = elementCount(shape);
    return count > MOST_ELEMENTS ? [tooLarge(tensorSubject(name), 'elements', count, MOST_ELEMENTS)] : [];
  });
}

/**
 * Multiply-accumulate operations of a layer with weights for one frame; undefined for others or where types are missing.
 * A transposed convolution multiplies each input pixel by all taps, those included that fall on its padding.
 */
export function nodeMacs(
  { op, inputs: [x = '', weights = ''], outputs: [y = ''] }: GraphNode,
  types: ReadonlyMap<string, TensorType>,
): number | undefined {
  const weight = types.get(weights)?.shape;
  const isTransposed = op.kind === 'conv-transpose';
  const map = types.get(isTransposed ? x : y)?.shape;
  if (weight === undefined || map === undefined) return undefined;
  if (isTransposed) return elementCount(map.slice(0, -1)) * elementCount(weight);
  return op.kind === 'conv' || op.kind === 'dense' ? elementCount(map) * elementCount(weight.slice(1)) : undefined;
}

export function costProblems(
  nodes: readonly GraphNode[],
  types: ReadonlyMap<string, TensorType>,
): readonly Diagnostic[] {
  return nodes.flatMap((node) => {
    const macs = nodeMacs(node, types);
    return macs !== undefined && macs > MOST_MACS
      ? [tooLarge(nodeSubject(node.name), 'multiplications per frame', macs, MOST_MACS)]
      : [];
  });
}
