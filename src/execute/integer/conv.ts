import type { ConvOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { requantise } from '../../support/fixed-point.js';
import type { PrepareNode } from '../executor.js';
import { gatherPatch, type PatchGeometry, patchGeometry } from '../patch.js';
import { allocate, inputType, mapShape, type NumericData, numeric, outputType } from '../tensor-access.js';
import { type DotRows, dotRowsNarrow, dotRowsWide } from './dot-rows.js';
import { type RequantParams, requantParams } from './requant-params.js';

/** x - zeroPoint, in 32 bits whatever the type of x. */
export function centred(x: ArrayLike<number>, zeroPoint: number): Int32Array {
  const result = new Int32Array(x);
  if (zeroPoint !== 0) for (let i = 0; i < result.length; i++) result[i] = (result[i] as number) - zeroPoint;
  return result;
}

/** The dot product that is exact for the layer's sums, and fast where they allow it. */
export function dotRowsFor(params: RequantParams): DotRows {
  return params.partialBound < 2 ** 31 ? dotRowsNarrow : dotRowsWide;
}

/** The output of channel oc for a sum without its bias. */
export function finish(params: RequantParams, oc: number, sum: number): number {
  const acc = sum + (params.bias[oc] as number);
  const { multiplier, shift, zeroPoint, lo, hi } = params;
  return requantise(acc, multiplier[oc] as number, shift[oc] as number, zeroPoint, lo, hi);
}

/** All that a convolution needs besides its input. */
interface ConvPlan {
  readonly geometry: PatchGeometry;
  readonly params: RequantParams;
  readonly dotRows: DotRows;
}

/**
 * y[oy][ox][oc] = requantise(bias[oc] + sum (x - zx) * (w - zw)) over the taps and the channels of oc's group.
 * A padded tap holds zx, so its term is 0. `x` holds x - zx.
 */
function convolve({ geometry, params, dotRows }: ConvPlan, x: Int32Array, y: NumericData): void {
  const { outH, outW, groups, filterLength } = geometry;
  const { outChannels, weights } = params;
  const groupOut = outChannels / groups;
  const patch = new Int32Array(groups * filterLength);
  const sums = new Float64Array(outChannels);
  let next = 0;
  for (let oy = 0; oy < outH; oy++) {
    for (let ox = 0; ox < outW; ox++) {
      gatherPatch(geometry, x, oy, ox, patch);
      for (let g = 0; g < groups; g++) {
        dotRows(patch, g * filterLength, filterLength, weights, g * groupOut, (g + 1) * groupOut, sums);
      }
      for (let oc = 0; oc < outChannels; oc++) y[next++] = finish(params, oc, sums[oc] as number);
    }
  }
}

export const prepareConv: PrepareNode<ConvOp> = (graph, node) => {
  const params = requantParams(graph, node);
  const out = outputType(graph, node);
  const inShape = mapShape(inputType(graph, node), `the input of node '${node.name}'`);
  const outShape = mapShape(out, `the output of node '${node.name}'`);
  const plan = { geometry: patchGeometry(node.op, inShape, outShape), params, dotRows: dotRowsFor(params) };
  return ([input]) => {
    const y = allocate(out.element, elementCount(outShape));
    convolve(plan, centred(numeric(input), params.inputZeroPoint), y);
    return y;
  };
};
