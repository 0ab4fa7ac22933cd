import type { Graph, GraphNode } from '../../ir/graph.js';
import type { AveragePoolOp, GlobalAveragePoolOp, MaxPoolOp, Window } from '../../ir/op.js';
import { sameNumbers } from '../../ir/type-equality.js';
import { clampTo, divideHalfEven } from '../../support/fixed-point.js';
import { invariant } from '../../support/invariant.js';
import type { Kernel, PrepareNode } from '../executor.js';
import { columnTaps, insidePicture, rowTaps, type Taps } from '../taps.js';
import { activationOf, allocate, inputType, mapShape, numeric, outputType } from '../tensor-access.js';
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

/** Combines the elements of every window, channel by channel, and turns the result into the output. */
function poolKernel(
  graph: Graph,
  node: GraphNode,
  g: PoolGeometry,
  start: number,
  combine: (total: number, x: number) => number,
  finish: (total: number, inside: number) => number,
): Kernel {
  const { element } = outputType(graph, node);
  invariant(sameNumbers(inputType(graph, node), outputType(graph, node)), `pool '${node.name}' changes its scale`);
  return ([input]) => {
    const x = Int32Array.from(numeric(input));
    const y = allocate(element, g.rows.length * g.columns.length * g.channels);
    let next = 0;
    for (const rows of g.rows) {
      for (const columns of g.columns) {
        for (let c = 0; c < g.channels; c++) {
          let total = start;
          for (const iy of rows) {
            for (const ix of columns) total = combine(total, x[(iy * g.inW + ix) * g.channels + c] as number);
          }
          y[next++] = finish(total, rows.length * columns.length);
        }
      }
    }
    return y;
  };
}

/** y = clamp(max of the window); padding holds the type's minimum, so it never wins. */
export const prepareMaxPool: PrepareNode<MaxPoolOp> = (graph, node) => {
  const { min } = activationOf(inputType(graph, node), `the input of node '${node.name}'`);
  const { lo, hi } = outputRange(graph, node, node.op.clamp);
  return poolKernel(graph, node, poolGeometry(graph, node, node.op), min, Math.max, (max) => clampTo(max, lo, hi));
};

/** The exact rational mean of `count` elements, of which `inside` sum up to `total` and the others are zx. */
function mean(range: OutputRange, total: number, inside: number, count: number): number {
  const centredTotal = total - inside * range.zeroPoint;
  return clampTo(range.zeroPoint + divideHalfEven(centredTotal, count), range.lo, range.hi);
}

/** y = clamp(zx + rne(sum (x - zx) / count)); count is the whole kernel or its positions inside the picture. */
export const prepareAveragePool: PrepareNode<AveragePoolOp> = (graph, node) => {
  const range = outputRange(graph, node, node.op.clamp);
  const whole = node.op.kernelH * node.op.kernelW;
  const finish = node.op.countIncludePad
    ? (total: number, inside: number): number => mean(range, total, inside, whole)
    : (total: number, inside: number): number => mean(range, total, inside, inside);
  return poolKernel(graph, node, poolGeometry(graph, node, node.op), 0, (a, b) => a + b, finish);
};

/** The average over all of the picture. */
export const prepareGlobalAveragePool: PrepareNode<GlobalAveragePoolOp> = (graph, node) => {
  const [inH, inW, channels] = mapShape(inputType(graph, node), `the input of node '${node.name}'`);
  const range = outputRange(graph, node, node.op.clamp);
  const all = (extent: number): Taps => [Int32Array.from({ length: extent }, (_, position) => position)];
  const geometry = { rows: all(inH), columns: all(inW), inW, channels };
  return poolKernel(
    graph,
    node,
    geometry,
    0,
    (a, b) => a + b,
    (total, inside) => mean(range, total, inside, inside),
  );
};
