import { executeInteger } from '../../src/execute/integer/execute-integer.js';
import { makeBuilder } from '../../src/ir/builder.js';
import type { Clamp, Op } from '../../src/ir/op.js';
import { inferOutputShapes } from '../../src/ir/shape.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { type IntElement, intRange, type TensorType } from '../../src/ir/tensor-type.js';
import { clampTo } from '../../src/support/fixed-point.js';
import { invariant } from '../../src/support/invariant.js';
import type { MacSpec } from './network-spec.js';
import type { Random } from './random.js';

/** A layer of a network under construction, and what all kinds of layers need to be made. */

export interface MadeLayer {
  readonly op: Op;
  readonly constants: readonly (readonly [string, Tensor])[];
  readonly type: TensorType;
}

/** Real values that an output's range spans, about. */
export const OUTPUT_SPAN = 8;

/** The layer alone on the tensors that it reads. */
export function runLayer(layer: MadeLayer, inputs: readonly Tensor[], requantBits: number): Tensor {
  const builder = makeBuilder('layer');
  const names = inputs.map(({ type }, i) => builder.input(`x${i}`, type));
  const constants = layer.constants.map(([role, tensor]) => builder.constant(role, tensor));
  builder.node('y', layer.op, [...names, ...constants], layer.type);
  const tensors = new Map(inputs.map((tensor, i) => [`x${i}`, tensor]));
  const result = executeInteger(builder.build(['y'], { requantBits }), tensors).get('y');
  invariant(result !== undefined, 'a layer gives its output');
  return result;
}

export const scaleOf = ({ quant }: TensorType): number => quant?.scale[0] ?? 1;

/** Real values that a type spans. */
export function spanOf(type: TensorType): number {
  invariant(type.element.kind === 'int', 'an integer tensor');
  return scaleOf(type) * 2 ** type.element.bits;
}

/** A layer whose output has its input's quantisation; undefined where its window does not fit. */
export function keep(name: string, op: Op, input: TensorType): MadeLayer | undefined {
  const shape = outputShape(name, op, [input]);
  return shape === undefined ? undefined : { op, constants: [], type: { ...input, shape } };
}

export function outputShape(name: string, op: Op, inputs: readonly TensorType[]): readonly number[] | undefined {
  const inferred = inferOutputShapes({ name, op, inputs: inputs.map(String), outputs: [name] }, inputs);
  return 'problems' in inferred ? undefined : inferred.shapes[0];
}

export function clampField(clamp: MacSpec['clamp'], { element, quant }: TensorType): { clamp?: Clamp } {
  invariant(element.kind === 'int', 'an integer tensor');
  const zeroPoint = quant?.zeroPoint[0] ?? 0;
  const { min, max } = intRange(element);
  if (clamp === undefined) return {};
  const third = Math.floor((max - min) / 3);
  return { clamp: clamp === 'relu' ? { lo: zeroPoint } : { lo: min + Math.floor(third / 2), hi: max - third } };
}

export function zeroPointIn(element: IntElement, random: Random): number {
  const { min, max } = intRange(element);
  return random.chance(0.3) ? clampTo(0, min, max) : random.integer(min, max);
}
