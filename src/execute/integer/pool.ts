import type { Graph, GraphNode } from '../../ir/graph.js';
import type { AveragePoolOp, GlobalAveragePoolOp, MaxPoolOp, Window } from '../../ir/op.js';
import { sameNumbers } from '../../ir/type-equality.js';
import { clampTo, divideHalfEven } from '../../support/fixed-point.js';
import { invariant } from '../../support/invariant.js';
import type { Kernel, PrepareNode } from '../executor.js';
import { columnTaps, insidePicture, rowTaps, type Taps } from '../taps.js';
import { activationOf, allocate, inputType, mapShape, numeric, outputType } from '../tensor-access.js';
import { centred } from './conv.js';
import { type OutputRange, outputRange } from './requant-params.js';

/** What the pools share: the positions inside the picture that each output row and column reads. */
interface PoolGeometry {
  readonly rows: Taps;
  readonly columns: Taps;
  readonly inW: number;
  readonly channels: number;
}

function poolGeometry(graph: Graph, node: GraphNode, window: Window): PoolGeometry {
  const [inH, inW, channels] = mapShape(inputType(graph, node), `the input of node '${node.name}'`);
  const [outH, outW] = mapShape(outputType(graph, node), `the output of node '${node.name}'`);
  return {
    rows: insidePicture(rowTaps(window, inH, outH)),
    columns: insidePicture(columnTaps(window, inW, outW)),
    inW,
    channels,
  };
}

/** The sum or the maximum of every window's elements inside the picture, [OH][OW][C]. */
function combineWindows(g: PoolGeometry, x: Int32Array, combine: 'sum' | 'max', start: number): Float64Array {
  const totals = new Float64Array(g.rows.length * g.columns.length * g.channels);
  const isMax = combine === 'max';
  let next = 0;
  for (const rows of g.rows) {
    for (const columns of g.columns) {
      for (let c = 0; c < g.channels; c++) {
        let total = start;
        for (let r = 0; r < rows.length; r++) {
          for (let k = 0; k < columns.length; k++) {
            const value = x[((rows[r] as number) * g.inW + (columns[k] as number)) * g.channels + c] as number;
            total = isMax ? Math.max(total, value) : total + value;
          }
        }
        totals[next++] = total;
      }
    }
  }
  return totals;
}

function requireSameNumbers(graph: Graph, node: GraphNode): void {
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
    const largest = combineWindows(geometry, new Int32Array(numeric(input)), 'max', min);
    const y = allocate(element, largest.length);
    for (let i = 0; i < y.length; i++) y[i] = clampTo(largest[i] as number, lo, hi);
    return y;
  };
};

/** y = clamp(zx + rne(sum (x - zx) / count)), with the exact rational; `wholeCount` where padding, which is zx, counts. */
function averageKernel(
  graph: Graph,
  node: GraphNode,
  range: OutputRange,
  g: PoolGeometry,
  wholeCount: number | undefined,
): Kernel {
  requireSameNumbers(graph, node);
  const { element } = outputType(graph, node);
  const counts = g.rows.flatMap((rows) => g.columns.map((columns) => wholeCount ?? rows.length * columns.length));
  return ([input]) => {
    const sums = combineWindows(g, centred(numeric(input), range.zeroPoint), 'sum', 0);
    const y = allocate(element, sums.length);
    for (let i = 0; i < y.length; i++) {
      const mean = divideHalfEven(sums[i] as number, counts[Math.floor(i / g.channels)] as number);
      y[i] = clampTo(range.zeroPoint + mean, range.lo, range.hi);
    }
    return y;
  };
}

/** The mean over the whole kernel, or over its positions inside the picture. */
export const prepareAveragePool: PrepareNode<AveragePoolOp> = (graph, node) => {
  const { kernelH, kernelW, countIncludePad, clamp } = node.op;
  const wholeCount = countIncludePad ? kernelH * kernelW : undefined;
  return averageKernel(graph, node, outputRange(graph, node, clamp), poolGeometry(graph, node, node.op), wholeCount);
};

/** The mean over all of the picture. */
export const prepareGlobalAveragePool: PrepareNode<GlobalAveragePoolOp> = (graph, node) => {
  const [inH, inW, channels] = mapShape(inputType(graph, node), `the input of node '${node.name}'`);
  const all = (extent: number): Taps => [Int32Array.from({ length: extent }, (_, position) => position)];
  const geometry = { rows: all(inH), columns: all(inW), inW, channels };
  return averageKernel(graph, node, outputRange(graph, node, node.op.clamp), geometry, undefined);
};
