import type { Graph, GraphNode } from '../../ir/graph.js';
import type { LeakyReluOp, PreluOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { type Multiplier, requantise } from '../../support/fixed-point.js';
import { defined } from '../../support/invariant.js';
import { broadcastOffsets, gather } from '../element-order.js';
import type { Kernel, PrepareNode } from '../executor.js';
import { allocate, inputType, numeric, outputType } from '../tensor-access.js';
import { slopeParams } from './slope-params.js';
import { integerElement, tabulate } from './table.js';

/** y = clamp(zy + rne(v * m / 2^s)), v = x - zx; the multiplier depends on v's sign, below 0 on the element too. */
function slopeKernel(
  graph: Graph,
  node: GraphNode<LeakyReluOp | PreluOp>,
  slopeOf: (element: number) => number,
): Kernel {
  const { inputZeroPoint, positive, negative, zeroPoint, lo, hi } = slopeParams(graph, node);
  const { element } = outputType(graph, node);
  return ([input]) => {
    const x = numeric(input);
    const y = allocate(element, x.length);
    for (let i = 0; i < x.length; i++) {
      const v = (x[i] as number) - inputZeroPoint;
      const { multiplier, shift } = v >= 0 ? positive : (negative[slopeOf(i)] as Multiplier);
      y[i] = requantise(v, multiplier, shift, zeroPoint, lo, hi);
    }
    return y;
  };
}

/** The node as a table, for inputs of up to MAX_TABLE_BITS bits; undefined where its slopes differ. */
export function slopeTable(graph: Graph, node: GraphNode<LeakyReluOp | PreluOp>): Int32Array | undefined {
  const { inputZeroPoint, positive, negative, zeroPoint, lo, hi } = slopeParams(graph, node);
  const first = defined(negative[0], 'a slope');
  if (negative.some(({ multiplier, shift }) => multiplier !== first.multiplier || shift !== first.shift))
    return undefined;
  return tabulate(integerElement(inputType(graph, node)), (q) => {
    const v = q - inputZeroPoint;
    const { multiplier, shift } = v >= 0 ? positive : first;
    return requantise(v, multiplier, shift, zeroPoint, lo, hi);
  });
}

export const prepareLeakyRelu: PrepareNode<LeakyReluOp> = (graph, node) => slopeKernel(graph, node, () => 0);

export const preparePrelu: PrepareNode<PreluOp> = (graph, node) => {
  const { shape } = inputType(graph, node);
  const slope = inputType(graph, node, 1).shape;
  const places = new Int32Array(elementCount(shape));
  const ascending = Int32Array.from({ length: elementCount(slope) }, (_, place) => place);
  gather(ascending, broadcastOffsets(slope, shape), places);
  return slopeKernel(graph, node, (element) => places[element] as number);
};
