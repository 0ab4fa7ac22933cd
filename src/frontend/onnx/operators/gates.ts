import type { GraphNode } from '../../../ir/graph.js';
import type { Workspace } from '../workspace.js';

/** Exporters spell swish and hard-swish out, as a tensor times a function of itself. */

interface Gate {
  readonly x: string;
  /** What x times the gate is. */
  readonly kind: 'swish' | 'hard-swish';
  /** The gate goes from 0 to this. */
  readonly scale: number;
}

/** Numbers of single precision that are meant to be equal. */
const SAME = 1e-6;

function isNear(value: number | undefined, wanted: number): boolean {
  return value !== undefined && Math.abs(value - wanted) <= SAME * Math.abs(wanted);
}

/** The one value of a constant of one element. */
function numberOf(work: Workspace, tensor: string): number | undefined {
  const data = work.constantOf(tensor)?.data;
  return data?.length === 1 ? Number(data[0]) : undefined;
}

/** The operand and the number of a sum or product of both. */
function withNumber(
  work: Workspace,
  { inputs }: GraphNode,
): { readonly tensor: string; readonly value: number } | undefined {
  const [a = '', b = '', ...others] = inputs;
  if (others.length > 0) return undefined;
  const [first, second] = [numberOf(work, a), numberOf(work, b)];
  if (second !== undefined) return { tensor: a, value: second };
  return first === undefined ? undefined : { tensor: b, value: first };
}

/** x + 3 limited to 0..6. */
function shiftedClip(work: Workspace, { op, inputs }: GraphNode): Gate | undefined {
  if (op.kind !== 'clip' || op.lo !== 0 || op.hi !== 6) return undefined;
  const made = work.makerOf(inputs[0] ?? '');
  if (made?.op.kind !== 'add') return undefined;
  const shifted = withNumber(work, made);
  return shifted?.value === 3 ? { x: shifted.tensor, kind: 'hard-swish', scale: 6 } : undefined;
}

/** The function of x that a tensor is, if it is a gate, or a gate times a number. */
function gateOf(work: Workspace, tensor: string): Gate | undefined {
  const made = work.makerOf(tensor);
  if (made === undefined) return undefined;
  const { op, inputs } = made;
  const [x = ''] = inputs;
  if (op.kind === 'sigmoid') return { x, kind: 'swish', scale: 1 };
  if (op.kind === 'hard-sigmoid' && isNear(op.alpha, 1 / 6) && op.beta === 0.5)
    return { x, kind: 'hard-swish', scale: 1 };
  if (op.kind === 'clip') return shiftedClip(work, made);
  const scaled = op.kind === 'mul' ? withNumber(work, made) : undefined;
  const gate = scaled === undefined ? undefined : gateOf(work, scaled.tensor);
  return gate === undefined ? undefined : { ...gate, scale: gate.scale * (scaled?.value ?? 1) };
}

/** A tensor times its own gate; `scale` as the gate's. */
function gated(work: Workspace, [a = '', b = '', ...others]: readonly string[]): Gate | undefined {
  if (others.length > 0) return undefined;
  const [first, second] = [gateOf(work, a), gateOf(work, b)];
  if (second?.x === a) return second;
  return first?.x === b ? first : undefined;
}

/** The operator that a product of the tensors is, and its input. */
export function gatedProduct(
  work: Workspace,
  tensors: readonly string[],
): { readonly x: string; readonly kind: Gate['kind'] } | undefined {
  const [a = '', b = ''] = tensors;
  const direct = gated(work, tensors);
  if (direct !== undefined) return isNear(direct.scale, 1) ? direct : undefined;
  const factor = numberOf(work, b) ?? numberOf(work, a);
  const product = work.makerOf(numberOf(work, b) === undefined ? b : a);
  if (factor === undefined || product?.op.kind !== 'mul') return undefined;
  const scaled = gated(work, product.inputs);
  return isNear((scaled?.scale ?? 0) * factor, 1) ? scaled : undefined;
}
