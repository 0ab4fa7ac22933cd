import type { Graph, GraphNode } from '../../ir/graph.js';
import type { RequantiseOp } from '../../ir/op.js';
import { type IntElement, isInt, type TensorType } from '../../ir/tensor-type.js';
import { quantiseValue, requantise } from '../../support/fixed-point.js';
import { invariant } from '../../support/invariant.js';
import type { PrepareNode } from '../executor.js';
import { type PointwiseOp, pointwiseFunction } from '../pointwise.js';
import { activationOf, allocate, inputType, numeric, outputType } from '../tensor-access.js';
import { tensorRequantParams } from './requant-params.js';

/** Inputs of more bits are refused by verifyGraph: the table would not fit a lookup memory. */
export const MAX_TABLE_BITS = 10;

/**
 * Output for every input of the type, as a lookup memory holds it: entry `q & (2^bits - 1)` is the output for q, so
 * negative inputs stand in the upper half.
 */
export function tabulate(element: IntElement, f: (q: number) => number): Int32Array {
  const size = 2 ** element.bits;
  const signedFrom = element.signed ? size / 2 : size;
  return Int32Array.from({ length: size }, (_, address) => f(address < signedFrom ? address : address - size));
}

export function integerElement(type: TensorType): IntElement {
  invariant(isInt(type.element), 'a table over a float tensor');
  return type.element;
}

/** A pointwise function as a table of 2^bits entries: q -> real -> f -> rne -> clamp to the output type. */
export function pointwiseTable(op: PointwiseOp, input: TensorType, output: TensorType): Int32Array {
  const x = activationOf(input, `the input of ${op.kind}`);
  const y = activationOf(output, `the output of ${op.kind}`);
  const f = pointwiseFunction(op);
  return tabulate(integerElement(input), (q) =>
    quantiseValue(f((q - x.zeroPoint) * x.scale), y.scale, y.zeroPoint, y.min, y.max),
  );
}

/** A requantise node as a table, for inputs of up to MAX_TABLE_BITS bits. */
export function requantiseTable(graph: Graph, node: GraphNode<RequantiseOp>): Int32Array {
  const p = tensorRequantParams(graph, node);
  return tabulate(integerElement(inputType(graph, node)), (q) =>
    requantise(q - p.inputZeroPoint, p.multiplier, p.shift, p.zeroPoint, p.lo, p.hi),
  );
}

/** y = table[x]. */
export const preparePointwise: PrepareNode<PointwiseOp> = (graph, node) => {
  const input = inputType(graph, node);
  const output = outputType(graph, node);
  const { bits } = integerElement(input);
  invariant(bits <= MAX_TABLE_BITS, `node '${node.name}' is a table of ${bits} address bits`);
  const table = pointwiseTable(node.op, input, output);
  return ([data]) => {
    const x = numeric(data);
    const y = allocate(output.element, x.length);
    for (let i = 0; i < x.length; i++) y[i] = table[(x[i] as number) & (table.length - 1)] as number;
    return y;
  };
};
