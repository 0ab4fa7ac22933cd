import type { Graph, GraphNode } from '../../ir/graph.js';
import type { ConcatOp, RequantiseOp } from '../../ir/op.js';
import { sameNumbers } from '../../ir/type-equality.js';
import { requantise } from '../../support/fixed-point.js';
import { concatKernel } from '../concat.js';
import type { Kernel } from '../executor.js';
import { tensorRequantParams } from '../integer/requant-params.js';
import { allocate, inputType, type NumericData, numeric, outputType } from '../tensor-access.js';
import { bytesRefusal, integerElement } from './memory-layout.js';

/** Requantisation of bytes by a table of all of them. */

export function prepareFastRequantise(graph: Graph, node: GraphNode<RequantiseOp>): Kernel | string {
  const refusal = bytesRefusal([inputType(graph, node)], outputType(graph, node));
  if (refusal !== undefined) return refusal;
  const convert = byteTable(graph, node, 0);
  return ([data]) => convert(numeric(data));
}

export function prepareFastConcat(graph: Graph, node: GraphNode<ConcatOp>): Kernel | string {
  const types = node.inputs.map((_, i) => inputType(graph, node, i));
  const output = outputType(graph, node);
  const refusal = bytesRefusal(types, output);
  if (refusal !== undefined) return refusal;
  return concatKernel(graph, node, (i) => {
    const type = inputType(graph, node, i);
    return sameNumbers(type, output) ? (x) => x : byteTable(graph, node, i);
  });
}

/** Brings input i of a node to its output's numbers: y = table[x & 255]. */
function byteTable(graph: Graph, node: GraphNode<RequantiseOp | ConcatOp>, i: number): (x: NumericData) => NumericData {
  const p = tensorRequantParams(graph, node, i);
  const { element } = outputType(graph, node);
  const isSigned = integerElement(inputType(graph, node, i)).signed;
  const table = Int16Array.from({ length: 256 }, (_, byte) => {
    const x = isSigned && byte >= 128 ? byte - 256 : byte;
    return requantise(x - p.inputZeroPoint, p.multiplier, p.shift, p.zeroPoint, p.lo, p.hi);
  });
  return (x) => {
    const y = allocate(element, x.length);
    for (let e = 0; e < x.length; e++) y[e] = table[(x[e] as number) & 255] as number;
    return y;
  };
}
