import { allocate } from '../execute/tensor-access.js';
import type { ConvOp } from '../ir/op.js';
import { int, type TensorType } from '../ir/tensor-type.js';
import { sameExtents } from '../ir/type-equality.js';
import { UNIT_WINDOW } from '../ir/window.js';
import type { Draft, Result } from './draft.js';
import { type Blocks, isInOrder, type Patches } from './element-patterns.js';

/** Operators that only move elements, put into a draft. */

/** The tensor under another shape. Returns what to read. */
export function reshaped(draft: Draft, base: string, tensor: string, shape: readonly number[]): string {
  const type = draft.typeOf(tensor);
  if (sameExtents(type.shape, shape)) return tensor;
  const op = shape.length === 1 ? { kind: 'flatten' as const } : { kind: 'reshape' as const, shape };
  return draft.put(`${base}.reshape`, op, [tensor], { type: { ...type, shape } });
}

export function putPermutation(
  draft: Draft,
  base: string,
  tensor: string,
  order: readonly number[],
  result: Result,
): string {
  return draft.put(base, { kind: 'permute-channels', order }, [tensor], result);
}

/** Blocks depth-first, which is what the hardware has; channels in another order are put in that order before. */
export function putDepthToSpace(draft: Draft, base: string, tensor: string, blocks: Blocks, result: Result): string {
  const { block, order } = blocks;
  const ordered = isInOrder(order)
    ? tensor
    : putPermutation(draft, `${base}.order`, tensor, order, { type: draft.typeOf(tensor) });
  return draft.put(base, { kind: 'depth-to-space', block, order: 'depth-first' }, [ordered], result);
}

/** The weight 1. */
const ONE: Pick<TensorType, 'element' | 'quant'> = { element: int(8, true), quant: { scale: [1], zeroPoint: [0] } };

/**
 * Space to depth is a depthwise convolution with as many outputs a channel as a patch has pixels, each of which takes
 * one of them: a sum of one element times 1 at equal scales is the element, exactly.
 */
export function putPatches(
  draft: Draft,
  base: string,
  tensor: string,
  { height, width, order }: Patches,
  result: Result,
): string {
  const channels = draft.typeOf(tensor).shape.at(-1) ?? 1;
  const taps = height * width;
  const window = { ...UNIT_WINDOW, kernelH: height, kernelW: width, strideH: height, strideW: width };
  const op: ConvOp = { kind: 'conv', ...window, groups: channels };
  const type: TensorType = { shape: [channels * taps, height, width, 1], ...ONE };
  const data = allocate(type.element, channels * taps * taps);
  for (let oc = 0; oc < channels * taps; oc++) data[oc * taps + (oc % taps)] = 1;
  const weight = draft.constant(`${base}.weight`, { type, data });
  if (isInOrder(order)) return draft.put(base, op, [tensor, weight], result);
  const patches = draft.put(`${base}.patches`, op, [tensor, weight], { type: result.type });
  return putPermutation(draft, base, patches, order, result);
}
