import type { Graph, GraphNode } from '../../ir/graph.js';
import type { ConvOp, DenseOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { makeConvolve } from '../convolve.js';
import { dotVector } from '../dot-rows.js';
import type { PrepareNode } from '../executor.js';
import { patchGeometry } from '../patch.js';
import { constantInput, inputType, mapShape, outputType } from '../tensor-access.js';
import { float32, realClamp } from './values.js';

interface Filters {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
}

function filtersOf(graph: Graph, node: GraphNode<ConvOp | DenseOp>): Filters {
  const weight = constantInput(graph, node, 1);
  const bias =
    node.inputs.length > 2 ? constantInput(graph, node, 2).data : new Float32Array(weight.type.shape[0] ?? 0);
  return { weights: float32(weight.data), bias: float32(bias) };
}

/** y[oy][ox][oc] = clamp(bias[oc] + sum x * w); padding is 0. */
export const prepareConv: PrepareNode<ConvOp> = (graph, node) => {
  const { weights, bias } = filtersOf(graph, node);
  const clamp = realClamp(node.op.clamp);
  const outShape = mapShape(outputType(graph, node), `the output of node '${node.name}'`);
  const inShape = mapShape(inputType(graph, node), `the input of node '${node.name}'`);
  const convolve = makeConvolve(patchGeometry(node.op, inShape, outShape), weights, bias.length);
  return ([input]) => {
    const y = new Float32Array(elementCount(outShape));
    convolve(new Float64Array(float32(input)), (pixel, sums, from) => {
      const at = pixel * bias.length;
      for (let oc = 0; oc < bias.length; oc++) y[at + oc] = clamp((sums[from + oc] as number) + (bias[oc] as number));
    });
    return y;
  };
};

/** y[o] = clamp(bias[o] + sum over i of x[i] * w[o][i]). */
export const prepareDense: PrepareNode<DenseOp> = (graph, node) => {
  const { weights, bias } = filtersOf(graph, node);
  const clamp = realClamp(node.op.clamp);
  const sums = new Float64Array(bias.length);
  return ([input]) => {
    const x = new Float64Array(float32(input));
    dotVector(x, weights, bias.length, sums);
    return bias.map((offset, o) => clamp((sums[o] as number) + offset));
  };
};
