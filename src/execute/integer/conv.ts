import type { ConvOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { makeConvolve } from '../convolve.js';
import type { PrepareNode } from '../executor.js';
import { patchGeometry } from '../patch.js';
import { allocate, inputType, mapShape, numeric, outputType } from '../tensor-access.js';
import { packedDotGroup } from './packed-filters.js';
import { requantParams } from './requant-params.js';
import { makeRequantiser } from './requantise-sums.js';

/** x - zeroPoint, in doubles, which hold all sums of products exactly. */
export function centred(x: ArrayLike<number>, zeroPoint: number): Float64Array {
  const result = new Float64Array(x);
  if (zeroPoint !== 0) for (let i = 0; i < result.length; i++) result[i] = (result[i] as number) - zeroPoint;
  return result;
}

/**
 * y[oy][ox][oc] = requantise(bias[oc] + sum (x - zx) * (w - zw)) over the taps and the channels of oc's group.
 * A padded tap holds zx, so its term is 0.
 */
export const prepareConv: PrepareNode<ConvOp> = (graph, node) => {
  const params = requantParams(graph, node);
  const { element } = outputType(graph, node);
  const inShape = mapShape(inputType(graph, node), `the input of node '${node.name}'`);
  const outShape = mapShape(outputType(graph, node), `the output of node '${node.name}'`);
  const geometry = patchGeometry(node.op, inShape, outShape);
  const dotGroup = packedDotGroup(params, geometry.groups);
  const convolve = makeConvolve(geometry, params.weights, params.outChannels, dotGroup);
  const requantise = makeRequantiser(params);
  return ([input]) => {
    const y = allocate(element, elementCount(outShape));
    convolve(centred(numeric(input), params.inputZeroPoint), (pixel, sums, from) =>
      requantise(sums, from, y, pixel * params.outChannels),
    );
    return y;
  };
};
