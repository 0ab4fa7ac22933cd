import type { Graph, GraphNode } from '../../ir/graph.js';
import type { MulOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { requantise } from '../../support/fixed-point.js';
import { broadcastOffsets, forEachRow } from '../element-order.js';
import type { PrepareNode } from '../executor.js';
import { allocate, inputType, numeric, outputType } from '../tensor-access.js';
import { mulParams } from './join-params.js';
import { integerElement, tabulate } from './table.js';

/** y = clamp(zy + rne(m * product_i (x_i - z_i) / 2^s)); inputs are broadcast to the output. */
export const prepareMul: PrepareNode<MulOp> = (graph, node) => {
  const { inputZeroPoints, multiplier, shift, zeroPoint, lo, hi } = mulParams(graph, node);
  const { element, shape } = outputType(graph, node);
  const count = elementCount(shape);
  const offsets = node.inputs.map((_, i) => broadcastOffsets(inputType(graph, node, i).shape, shape));
  return (inputs) => {
    const products = new Float64Array(count).fill(1);
    offsets.forEach((places, input) => {
      const x = numeric(inputs[input]);
      const zero = inputZeroPoints[input] as number;
      forEachRow(places, (base, last, from) => {
        for (let i = 0; i < last.length; i++) {
          products[from + i] = (products[from + i] as number) * ((x[base + (last[i] as number)] as number) - zero);
        }
      });
    });
    const y = allocate(element, count);
    for (let i = 0; i < count; i++) y[i] = requantise(products[i] as number, multiplier, shift, zeroPoint, lo, hi);
    return y;
  };
};

/** The product of one tensor and constants of one value, as a table for inputs of up to MAX_TABLE_BITS bits. */
export function factorTable(graph: Graph, node: GraphNode<MulOp>): Int32Array | undefined {
  const { inputZeroPoints, multiplier, shift, zeroPoint, lo, hi } = mulParams(graph, node);
  const flowing = node.inputs.findIndex((name) => !graph.constants.has(name));
  let factor = 1;
  for (const [i, name] of node.inputs.entries()) {
    if (i === flowing) continue;
    const data = graph.constants.get(name)?.data;
    const [first] = data ?? [];
    if (data === undefined || !data.every((value: number | bigint) => value === first)) return undefined;
    factor *= Number(first) - (inputZeroPoints[i] as number);
  }
  const zero = inputZeroPoints[flowing] as number;
  return tabulate(integerElement(inputType(graph, node, flowing)), (q) =>
    requantise(factor * (q - zero), multiplier, shift, zeroPoint, lo, hi),
  );
}
