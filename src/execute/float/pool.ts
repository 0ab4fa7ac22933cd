import type { Graph, GraphNode } from '../../ir/graph.js';
import type { AveragePoolOp, Clamp, GlobalAveragePoolOp, MaxPoolOp, Window } from '../../ir/op.js';
import type { Kernel, PrepareNode } from '../executor.js';
import { columnTaps, insidePicture, rowTaps, type Taps } from '../taps.js';
import { inputType, mapShape, outputType } from '../tensor-access.js';
import { float32, realClamp } from './values.js';

type Shape = readonly [number, number, number];

function shapes(graph: Graph, node: GraphNode): { readonly input: Shape; readonly output: Shape } {
  return {
    input: mapShape(inputType(graph, node), `the input of node '${node.name}'`),
    output: mapShape(outputType(graph, node), `the output of node '${node.name}'`),
  };
}

function windowTaps(graph: Graph, node: GraphNode, window: Window): readonly [Taps, Taps] {
  const { input, output } = shapes(graph, node);
  return [insidePicture(rowTaps(window, input[0], output[0])), insidePicture(columnTaps(window, input[1], output[1]))];
}

/** Combines each window's elements inside the picture, channel by channel, in double precision. */
function poolKernel(
  [, inW, channels]: Shape,
  [allRows, allColumns]: readonly [Taps, Taps],
  clamp: Clamp | undefined,
  start: number,
  combine: (total: number, x: number) => number,
  finish: (total: number, inside: number) => number,
): Kernel {
  const limit = realClamp(clamp);
  return ([input]) => {
    const x = float32(input);
    const y = new Float32Array(allRows.length * allColumns.length * channels);
    let next = 0;
    for (const rows of allRows) {
      for (const columns of allColumns) {
        for (let c = 0; c < channels; c++) {
          let total = start;
          for (const iy of rows) {
            for (const ix of columns) total = combine(total, x[(iy * inW + ix) * channels + c] as number);
          }
          y[next++] = limit(finish(total, rows.length * columns.length));
        }
      }
    }
    return y;
  };
}

const sum = (a: number, b: number): number => a + b;

/** The maximum of each window; padding never wins. */
export const prepareMaxPool: PrepareNode<MaxPoolOp> = (graph, node) => {
  const taps = windowTaps(graph, node, node.op);
  const { input } = shapes(graph, node);
  return poolKernel(input, taps, node.op.clamp, Number.NEGATIVE_INFINITY, Math.max, (max) => max);
};

/** The mean over the whole kernel, padding counted as zeros, or over its positions inside the picture. */
export const prepareAveragePool: PrepareNode<AveragePoolOp> = (graph, node) => {
  const taps = windowTaps(graph, node, node.op);
  const whole = node.op.kernelH * node.op.kernelW;
  const { countIncludePad, clamp } = node.op;
  const finish = (total: number, inside: number): number => total / (countIncludePad ? whole : inside);
  return poolKernel(shapes(graph, node).input, taps, clamp, 0, sum, finish);
};

export const prepareGlobalAveragePool: PrepareNode<GlobalAveragePoolOp> = (graph, node) => {
  const { input } = shapes(graph, node);
  const all = (extent: number): Taps => [Int32Array.from({ length: extent }, (_, position) => position)];
  return poolKernel(input, [all(input[0]), all(input[1])], node.op.clamp, 0, sum, (total, inside) => total / inside);
};
