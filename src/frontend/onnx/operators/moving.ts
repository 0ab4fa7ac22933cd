import type { Op } from '../../../ir/op.js';
import { type Call, emitAs, operandOf, type Result, refuseNode, tensorOf } from '../call.js';
import { graphShape } from '../values.js';
import { type SameNumbers, sameNumbers } from './elementwise-numbers.js';

/** Operators that move elements, whatever these stand for. */

/** An operand in the file and in the graph, where its first axis may be missing. */
export interface Movable {
  readonly tensor: string;
  /** The file's shape. */
  readonly shape: readonly number[];
  readonly numbers: SameNumbers;
  /** 1 where the graph has no batch axis. */
  readonly skipped: 0 | 1;
}

export function movable(call: Call, index = 0): Movable {
  const value = operandOf(call, index);
  const numbers = sameNumbers(call, index);
  if (numbers.quant?.axis !== undefined) {
    const text = `its input has a scale for each index of axis ${numbers.quant.axis}`;
    refuseNode(call, text, 'quantise what flows through the network per tensor');
  }
  const skipped = graphShape(value.shape).length < value.shape.length ? 1 : 0;
  return { tensor: tensorOf(call, value), shape: value.shape, numbers, skipped };
}

/** Lists of one entry for each of the file's axes, as the graph has them. */
export function ofGraph<T>({ skipped }: Movable, list: readonly T[]): readonly T[] {
  return list.slice(skipped);
}

/** Emits a node that moves the elements of one operand. `made`: its result in the graph; `shape`: in the file. */
export function emitMoved(
  call: Call,
  { tensor, numbers }: Movable,
  op: Op,
  { made, shape, index = 0 }: Pick<Result, 'shape'> & { readonly made: readonly number[]; readonly index?: number },
): void {
  emitAs(call, op, [tensor], { made, shape, ...numbers, index });
}
