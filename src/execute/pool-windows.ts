import type { Graph, GraphNode } from '../ir/graph.js';
import type { Window } from '../ir/op.js';
import { columnTaps, insidePicture, rowTaps, type Taps } from './taps.js';
import { inputType, mapShape, outputType } from './tensor-access.js';

/** The positions inside the picture that each output row and column of a pool reads. */
export interface PoolGeometry {
  readonly rows: Taps;
  readonly columns: Taps;
  readonly inW: number;
  readonly channels: number;
}

export function poolGeometry(graph: Graph, node: GraphNode, window: Window): PoolGeometry {
  const [inH, inW, channels] = mapShape(inputType(graph, node), `the input of node '${node.name}'`);
  const [outH, outW] = mapShape(outputType(graph, node), `the output of node '${node.name}'`);
  return {
    rows: insidePicture(rowTaps(window, inH, outH)),
    columns: insidePicture(columnTaps(window, inW, outW)),
    inW,
    channels,
  };
}

/** One window over the whole picture. */
export function globalGeometry(graph: Graph, node: GraphNode): PoolGeometry {
  const [inH, inW, channels] = mapShape(inputType(graph, node), `the input of node '${node.name}'`);
  const all = (extent: number): Taps => [Int32Array.from({ length: extent }, (_, position) => position)];
  return { rows: all(inH), columns: all(inW), inW, channels };
}

/** Elements inside the picture of each output position's window, [OH][OW]. */
export function windowCounts(g: PoolGeometry): readonly number[] {
  return g.rows.flatMap((rows) => g.columns.map((columns) => rows.length * columns.length));
}

/**
 * The sum or the maximum of every window's elements inside the picture, row by row, [OH][OW][C]; `start` is that of no
 * element. All channels of a position at a time, as they lie side by side.
 */
export function combineWindows(g: PoolGeometry, x: Float64Array, combine: 'sum' | 'max', start: number): Float64Array {
  const totals = new Float64Array(g.rows.length * g.columns.length * g.channels).fill(start);
  const include = combine === 'max' ? includeMaxima : includeSums;
  let at = 0;
  for (const rows of g.rows) {
    for (const columns of g.columns) {
      for (const iy of rows) {
        for (const ix of columns) include(totals, at, x, (iy * g.inW + ix) * g.channels, g.channels);
      }
      at += g.channels;
    }
  }
  return totals;
}

function includeSums(totals: Float64Array, at: number, x: Float64Array, from: number, count: number): void {
  for (let c = 0; c < count; c++) totals[at + c] = (totals[at + c] as number) + (x[from + c] as number);
}

function includeMaxima(totals: Float64Array, at: number, x: Float64Array, from: number, count: number): void {
  for (let c = 0; c < count; c++) totals[at + c] = Math.max(totals[at + c] as number, x[from + c] as number);
}
