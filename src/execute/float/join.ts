import type { Graph, GraphNode } from '../../ir/graph.js';
import type { AddOp, ConcatOp, MulOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { concatKernel } from '../concat.js';
import { broadcastOffsets, forEachRow } from '../element-order.js';
import type { Kernel, PrepareNode } from '../executor.js';
import { inputType, outputType } from '../tensor-access.js';
import { float32, realClamp } from './values.js';

/** Combines all inputs element by element, in double precision, each broadcast to the output. */
function combineKernel(
  graph: Graph,
  node: GraphNode<AddOp | MulOp>,
  start: number,
  combine: (total: number, x: number) => number,
): Kernel {
  const clamp = realClamp(node.op.clamp);
  const { shape } = outputType(graph, node);
  const offsets = node.inputs.map((_, i) => broadcastOffsets(inputType(graph, node, i).shape, shape));
  return (inputs) => {
    const totals = new Float64Array(elementCount(shape)).fill(start);
    offsets.forEach((places, input) => {
      const x = float32(inputs[input]);
      forEachRow(places, (base, last, from) => {
        for (let i = 0; i < last.length; i++) {
          totals[from + i] = combine(totals[from + i] as number, x[base + (last[i] as number)] as number);
        }
      });
    });
    return new Float32Array(totals).map(clamp);
  };
}

/** The clamped sum of all inputs. */
export const prepareAdd: PrepareNode<AddOp> = (graph, node) => combineKernel(graph, node, 0, (a, b) => a + b);

/** The clamped product of all inputs. */
export const prepareMul: PrepareNode<MulOp> = (graph, node) => combineKernel(graph, node, 1, (a, b) => a * b);

export const prepareConcat: PrepareNode<ConcatOp> = (graph, node) => concatKernel(graph, node, () => (x) => x);
