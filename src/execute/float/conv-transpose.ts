import type { ConvTransposeOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import type { PrepareNode } from '../executor.js';
import { constantInput, inputType, mapShape, outputType } from '../tensor-access.js';
import { transposedGeometry, transposedSums } from '../transposed-conv.js';
import { float32, realClamp } from './values.js';

/** y = clamp(bias[oc] + sum of x * w over the input pixels and taps that meet at the output pixel). */
export const prepareConvTranspose: PrepareNode<ConvTransposeOp> = (graph, node) => {
  const weights = float32(constantInput(graph, node, 1).data);
  const outShape = mapShape(outputType(graph, node), `the output of node '${node.name}'`);
  const inShape = mapShape(inputType(graph, node), `the input of node '${node.name}'`);
  const geometry = transposedGeometry(node.op, inShape, outShape);
  const bias =
    node.inputs.length > 2 ? float32(constantInput(graph, node, 2).data) : new Float32Array(geometry.outChannels);
  const clamp = realClamp(node.op.clamp);
  return ([input]) => {
    const y = new Float32Array(elementCount(outShape));
    transposedSums(geometry, float32(input), weights, (pixel, sums) => {
      y.set(
        sums.map((sum, oc) => clamp(sum + (bias[oc] as number))),
        pixel * sums.length,
      );
    });
    return y;
  };
};
