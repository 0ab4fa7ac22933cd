import type { Graph, GraphNode } from '../../ir/graph.js';
import type { AddOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { defined, invariant } from '../../support/invariant.js';
import { viewBytes } from '../../support/typed-view.js';
import type { Kernel } from '../executor.js';
import { type AddParams, addParams } from '../integer/join-params.js';
import { inputType, numeric, outputType } from '../tensor-access.js';
import {
  bytesRefusal,
  CONSTANTS_BYTES,
  flipOf,
  integerElement,
  LIMITS_BYTES,
  roomRefusal,
  Space,
  SUMS_AT_ONCE,
  SUMS_BYTES,
  writeConstants,
  writeLimits,
} from './memory-layout.js';
import { simdMachine } from './simd-machine.js';

/** Elements that the kernel makes at a time: the last ones may reach beyond the end. */
const AT_ONCE = 8;
/** The multipliers of both inputs, four times each. */
const MULTIPLIER_BYTES = 32;

/** The kernel of the sum of two tensors of one shape, or why there is none. */
export function prepareFastAdd(graph: Graph, node: GraphNode<AddOp>): Kernel | string {
  const types = node.inputs.map((_, i) => inputType(graph, node, i));
  const output = outputType(graph, node);
  const params = addParams(graph, node);
  const refusal = bytesRefusal(types, output) ?? shapesRefusal([...types, output].map(({ shape }) => shape.join()));
  if (refusal !== undefined) return refusal;
  // Bytes less a zero point of their type are at most 255 in magnitude.
  if (params.multipliers.reduce((sum, m) => sum + 255 * m, 0) >= 2 ** 31) return 'its sums may leave 32 bits';
  const count = elementCount(output.shape);
  const head = headOf(params);
  const space = new Space();
  const constants = space.take(CONSTANTS_BYTES);
  const multipliers = space.take(MULTIPLIER_BYTES);
  const sums = space.take(SUMS_AT_ONCE * SUMS_BYTES);
  const y = space.take(count + AT_ONCE);
  const terms = types.map((type, i) => {
    const { flip, offset } = flipOf(type);
    return { at: space.take(count + AT_ONCE), flip, zero: (params.inputZeroPoints[i] as number) + offset };
  });
  const a = defined(terms[0], 'the first input');
  const b = defined(terms[1], 'the second input');
  const machine = defined(simdMachine(), 'the machine of the fast kernels');
  const noRoom = roomRefusal(machine, space.end);
  if (noRoom !== undefined) return noRoom;
  const isSigned = integerElement(output).signed;
  return ([first, second]) => {
    invariant(machine.reserve(space.end), 'the memory of the fast kernels has shrunk');
    machine.bytes.set(head, 0);
    machine.bytes.set(viewBytes(numeric(first)), a.at);
    machine.bytes.set(viewBytes(numeric(second)), b.at);
    const { add, requantise } = machine.kernels;
    const tile = SUMS_AT_ONCE * AT_ONCE;
    for (let i = 0; i < count; i += tile) {
      const part = Math.min(tile, count - i);
      add(a.at + i, b.at + i, part, sums, multipliers, a.flip, a.zero, b.flip, b.zero);
      requantise(sums, Math.ceil(part / AT_ONCE), constants, y + i, AT_ONCE, AT_ONCE);
    }
    const bytes = machine.bytes.slice(y, y + count);
    return isSigned ? new Int8Array(bytes.buffer) : bytes;
  };
}

/** Limits, constants of a block, and multipliers, from address 0 on. */
function headOf(params: AddParams): Uint8Array {
  const head = new Uint8Array(LIMITS_BYTES + CONSTANTS_BYTES + MULTIPLIER_BYTES);
  writeLimits(head, params);
  writeConstants(head, LIMITS_BYTES, new Float64Array(), new Float64Array(AT_ONCE).fill(2 ** -params.shift));
  const multipliers = new Int32Array(head.buffer, LIMITS_BYTES + CONSTANTS_BYTES);
  params.multipliers.forEach((multiplier, i) => {
    multipliers.fill(multiplier, 4 * i, 4 * i + 4);
  });
  return head;
}

function shapesRefusal(shapes: readonly string[]): string | undefined {
  if (shapes.length !== 3) return `it adds ${shapes.length - 1} tensors, and the fast kernel adds two`;
  return new Set(shapes).size > 1 ? 'its inputs differ in shape, and the fast kernel does not broadcast' : undefined;
}
