import type { Graph, GraphNode } from '../../ir/graph.js';
import type { AveragePoolOp, GlobalAveragePoolOp, MaxPoolOp } from '../../ir/op.js';
import { sameNumbers } from '../../ir/type-equality.js';
import { clampTo, divideHalfEven } from '../../support/fixed-point.js';
import { invariant } from '../../support/invariant.js';
import type { Kernel, PrepareNode } from '../executor.js';
import { combineWindows, globalGeometry, type PoolGeometry, poolGeometry, windowCounts } from '../pool-windows.js';
import { activationOf, allocate, inputType, numeric, outputType } from '../tensor-access.js';
import { centred } from './conv.js';
import { type OutputRange, outputRange } from './requant-params.js';

/** verifyGraph holds this: a pool does not requantise. */
export function requireSameNumbers(graph: Graph, node: GraphNode): void {
  invariant(sameNumbers(inputType(graph, node), outputType(graph, node)), `pool '${node.name}' changes its numbers`);
}

/** y = clamp(max of the window); padding holds the type's minimum, so it never wins. */
export const prepareMaxPool: PrepareNode<MaxPoolOp> = (graph, node) => {
  requireSameNumbers(graph, node);
  const { element } = outputType(graph, node);
  const { min } = activationOf(inputType(graph, node), `the input of node '${node.name}'`);
  const { lo, hi } = outputRange(graph, node, node.op.clamp);
  const geometry = poolGeometry(graph, node, node.op);
  return ([input]) => {
    const largest = combineWindows(geometry, centred(numeric(input), 0), 'max', min);
    const y = allocate(element, largest.length);
    for (let i = 0; i < y.length; i++) y[i] = clampTo(largest[i] as number, lo, hi);
    return y;
  };
};

/** y = clamp(zx + rne(sum (x - zx) / count)), with the exact rational; one count for each output position. */
function averageKernel(
  graph: Graph,
  node: GraphNode,
  range: OutputRange,
  geometry: PoolGeometry,
  counts: readonly number[],
): Kernel {
  requireSameNumbers(graph, node);
  const { element } = outputType(graph, node);
  const { channels } = geometry;
  return ([input]) => {
    const sums = combineWindows(geometry, centred(numeric(input), range.zeroPoint), 'sum', 0);
    const y = allocate(element, sums.length);
    counts.forEach((count, pixel) => {
      for (let i = pixel * channels; i < (pixel + 1) * channels; i++) {
        y[i] = clampTo(range.zeroPoint + divideHalfEven(sums[i] as number, count), range.lo, range.hi);
      }
    });
    return y;
  };
}

/** The mean over the whole kernel, where padding, which is zx, counts, or over its positions inside the picture. */
export const prepareAveragePool: PrepareNode<AveragePoolOp> = (graph, node) => {
  const { kernelH, kernelW, countIncludePad, clamp } = node.op;
  const geometry = poolGeometry(graph, node, node.op);
  const inside = windowCounts(geometry);
  const counts = countIncludePad ? inside.map(() => kernelH * kernelW) : inside;
  return averageKernel(graph, node, outputRange(graph, node, clamp), geometry, counts);
};

/** The mean over all of the picture. */
export const prepareGlobalAveragePool: PrepareNode<GlobalAveragePoolOp> = (graph, node) => {
  const geometry = globalGeometry(graph, node);
  return averageKernel(graph, node, outputRange(graph, node, node.op.clamp), geometry, windowCounts(geometry));
};
