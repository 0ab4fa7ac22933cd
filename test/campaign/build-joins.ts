import { allocate } from '../../src/execute/tensor-access.js';
import type { Op } from '../../src/ir/op.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { elementCount, int, intRange, type TensorType } from '../../src/ir/tensor-type.js';
import { clampField, keep, type MadeLayer, outputShape, scaleOf, spanOf, zeroPointIn } from './made-layer.js';
import type { AddSpec, ElementSpec } from './network-spec.js';
import type { Random } from './random.js';

/** Layers that bring streams together or take a part of one. */

/** Undefined where the maps differ. */
export function makeAdd(name: string, spec: AddSpec, inputs: readonly Tensor[], random: Random): MadeLayer | undefined {
  const types = inputs.map(({ type }) => type);
  const [first] = types;
  if (first === undefined || types.some(({ shape }) => String(shape) !== String(first.shape))) return undefined;
  const constants = spec.constant === undefined ? [] : [['constant', addend(spec.constant, first, random)] as const];
  const op: Op = { kind: 'add' };
  const shape = outputShape(name, op, [...types, ...constants.map(([, { type }]) => type)]);
  if (shape === undefined) return undefined;
  const element = int(spec.output.bits, spec.output.signed);
  const scale =
    spec.logScale === undefined
      ? (Math.max(...types.map(spanOf)) * (0.4 + 1.2 * random.next())) / 2 ** element.bits
      : scaleOf(first) * 2 ** spec.logScale;
  const type: TensorType = { shape, element, quant: { scale: [scale], zeroPoint: [zeroPointIn(element, random)] } };
  return { op: { ...op, ...clampField(spec.clamp, type) }, constants, type };
}

/** A constant operand of about the first input's range, with a zero point of its own. */
function addend(kind: NonNullable<AddSpec['constant']>, input: TensorType, random: Random): Tensor {
  const shape = { one: [1], channel: [input.shape.at(-1) ?? 1], map: input.shape }[kind];
  const element = int(8, random.chance(0.5));
  const { min, max } = intRange(element);
  const data = allocate(element, elementCount(shape));
  for (let i = 0; i < data.length; i++) data[i] = random.integer(min, max);
  const quant = { scale: [(spanOf(input) * (0.3 + random.next())) / 256], zeroPoint: [random.integer(min, max)] };
  return { type: { shape, element, quant }, data };
}

/** Undefined where the maps do not fit beside each other. */
export function makeConcat(
  name: string,
  { axis, output }: { readonly axis?: number; readonly output?: ElementSpec },
  inputs: readonly Tensor[],
  random: Random,
): MadeLayer | undefined {
  const types = inputs.map(({ type }) => type);
  const [first] = types;
  if (first === undefined) return undefined;
  const op: Op = { kind: 'concat', axis: axis ?? first.shape.length - 1 };
  const shape = outputShape(name, op, types);
  if (shape === undefined) return undefined;
  if (output === undefined) return { op, constants: [], type: { ...first, shape } };
  const element = int(output.bits, output.signed);
  const scale = (Math.max(...types.map(spanOf)) * (0.6 + 0.8 * random.next())) / 2 ** element.bits;
  const quant = { scale: [scale], zeroPoint: [zeroPointIn(element, random)] };
  return { op, constants: [], type: { shape, element, quant } };
}

/** Undefined where the part does not lie in the map. */
export function makeSlice(
  name: string,
  begin: readonly number[],
  end: readonly number[],
  input: TensorType,
): MadeLayer | undefined {
  const size = end.map((to, axis) => to - (begin[axis] ?? 0));
  return keep(name, { kind: 'slice', begin, size, step: begin.map(() => 1) }, input);
}
