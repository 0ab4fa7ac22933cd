import type { ConvTransposeOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import type { PrepareNode } from '../executor.js';
import { allocate, inputType, mapShape, numeric, outputType } from '../tensor-access.js';
import { transposedGeometry, transposedSums } from '../transposed-conv.js';
import { centred } from './conv.js';
import { requantParams } from './requant-params.js';
import { makeRequantiser } from './requantise-sums.js';

/** y = requantise(bias[oc] + sum (x - zx) * (w - zw)) over the input pixels and taps that meet at the output pixel. */
export const prepareConvTranspose: PrepareNode<ConvTransposeOp> = (graph, node) => {
  const params = requantParams(graph, node);
  const out = outputType(graph, node);
  const outShape = mapShape(out, `the output of node '${node.name}'`);
  const inShape = mapShape(inputType(graph, node), `the input of node '${node.name}'`);
  const geometry = transposedGeometry(node.op, inShape, outShape);
  const requantise = makeRequantiser(params);
  return ([input]) => {
    const x = centred(numeric(input), params.inputZeroPoint);
    const y = allocate(out.element, elementCount(outShape));
    transposedSums(geometry, x, params.weights, (pixel, sums) => {
      requantise(sums, 0, y, pixel * params.outChannels);
    });
    return y;
  };
};
