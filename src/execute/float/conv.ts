import type { Graph, GraphNode } from '../../ir/graph.js';
import type { ConvOp, DenseOp } from '../../ir/op.js';
import type { PrepareNode } from '../executor.js';
import { gatherPatch, patchGeometry } from '../patch.js';
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

/** sums[row] = sum of patch[from + i] * weights[row * length + i], in double precision; two rows share a load. */
function dotRows(
  patch: Float32Array,
  from: number,
  length: number,
  weights: Float32Array,
  firstRow: number,
  rowEnd: number,
  sums: Float64Array,
): void {
  let row = firstRow;
  for (; row + 2 <= rowEnd; row += 2) {
    const w0 = row * length;
    const w1 = w0 + length;
    let a = 0;
    let b = 0;
    for (let i = 0; i < length; i++) {
      const x = patch[from + i] as number;
      a += x * (weights[w0 + i] as number);
      b += x * (weights[w1 + i] as number);
    }
    sums[row] = a;
    sums[row + 1] = b;
  }
  for (; row < rowEnd; row++) {
    const w = row * length;
    let sum = 0;
    for (let i = 0; i < length; i++) sum += (patch[from + i] as number) * (weights[w + i] as number);
    sums[row] = sum;
  }
}

/** y[oy][ox][oc] = clamp(bias[oc] + sum x * w); padding is 0. */
export const prepareConv: PrepareNode<ConvOp> = (graph, node) => {
  const { weights, bias } = filtersOf(graph, node);
  const clamp = realClamp(node.op.clamp);
  const outShape = mapShape(outputType(graph, node), `the output of node '${node.name}'`);
  const inShape = mapShape(inputType(graph, node), `the input of node '${node.name}'`);
  const geometry = patchGeometry(node.op, inShape, outShape);
  const [outH, outW, outChannels] = outShape;
  const { groups, filterLength } = geometry;
  const groupOut = outChannels / groups;
  const patch = new Float32Array(groups * filterLength);
  const sums = new Float64Array(outChannels);
  return ([input]) => {
    const x = float32(input);
    const y = new Float32Array(outH * outW * outChannels);
    let next = 0;
    for (let oy = 0; oy < outH; oy++) {
      for (let ox = 0; ox < outW; ox++) {
        gatherPatch(geometry, x, oy, ox, patch);
        for (let g = 0; g < groups; g++) {
          dotRows(patch, g * filterLength, filterLength, weights, g * groupOut, (g + 1) * groupOut, sums);
        }
        for (let oc = 0; oc < outChannels; oc++) y[next++] = clamp((sums[oc] as number) + (bias[oc] as number));
      }
    }
    return y;
  };
};

/** y[o] = clamp(bias[o] + sum over i of x[i] * w[o][i]). */
export const prepareDense: PrepareNode<DenseOp> = (graph, node) => {
  const { weights, bias } = filtersOf(graph, node);
  const clamp = realClamp(node.op.clamp);
  const sums = new Float64Array(bias.length);
  return ([input]) => {
    const x = float32(input);
    dotRows(x, 0, x.length, weights, 0, bias.length, sums);
    return bias.map((offset, o) => clamp((sums[o] as number) + offset));
  };
};
