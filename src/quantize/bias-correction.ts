import { prepareFloat } from '../execute/float/execute-float.js';
import { float32 } from '../execute/float/values.js';
import { typeOf } from '../execute/tensor-access.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { F32 } from '../ir/tensor-type.js';
import { defined } from '../support/invariant.js';
import { realWeights } from './quantize-weights.js';
import type { WeightedOp } from './rules.js';
import { outputOf } from './share-numbers.js';

/**
 * What a layer's bias has to be raised by, [oc], so that rounding its weights does not change the mean of any output
 * channel before the clamp. A layer is linear, so the mean of its error is the layer with the weights' errors, run on
 * the mean of its input: E[W x] - E[V x] = (W - V) E[x], with V the rounded weights. (Bias correction after Nagel et
 * al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019, with E[x] from calibration.)
 */
export function biasShift(source: Graph, node: GraphNode<WeightedOp>, rounded: Tensor, mean: Tensor): Tensor {
  const [x = '', weightName = ''] = node.inputs;
  const output = outputOf(node);
  const weights = float32(defined(source.constants.get(weightName), `the constant '${weightName}'`).data);
  const errors = realWeights(rounded);
  for (let i = 0; i < errors.length; i++) errors[i] = (weights[i] as number) - (errors[i] as number);
  const { clamp: _, ...op } = node.op;
  const error: Graph = {
    name: node.name,
    inputs: [{ tensor: x, layout: 'nhwc' }],
    outputs: [{ tensor: output, layout: 'nhwc', classOffset: 0 }],
    nodes: [{ ...node, op, inputs: [x, weightName] }],
    types: new Map([x, weightName, output].map((name) => [name, typeOf(source, name)])),
    constants: new Map([[weightName, { type: typeOf(source, weightName), data: errors }]]),
    requantBits: source.requantBits,
  };
  const y = defined(
    prepareFloat(error)
      .run(new Map([[x, mean]]))
      .get(output),
    `tensor '${output}'`,
  );
  return channelMeans(float32(y.data), defined(rounded.type.shape[0], 'the output channels'));
}

/** The mean of each channel, the last axis. */
function channelMeans(values: Float32Array, channels: number): Tensor {
  const sums = new Float64Array(channels);
  for (let i = 0; i < values.length; i++) sums[i % channels] = (sums[i % channels] as number) + (values[i] as number);
  const positions = values.length / channels;
  return { type: { shape: [channels], element: F32 }, data: Float32Array.from(sums, (sum) => sum / positions) };
}
