import { executeFloat } from '../../../src/execute/float/execute-float.js';
import { executeInteger } from '../../../src/execute/integer/execute-integer.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Op } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { intRange, isInt, type TensorType } from '../../../src/ir/tensor-type.js';
import { normaliseMultiplier } from '../../../src/support/fixed-point.js';

/** References that are written by coordinates and in big integers, one element after the other. */

/** Every place of a shape, in C order. */
export function places(shape: readonly number[]): readonly (readonly number[])[] {
  return shape.reduce<readonly (readonly number[])[]>(
    (outer, extent) => outer.flatMap((place) => Array.from({ length: extent }, (_, i) => [...place, i])),
    [[]],
  );
}

/** The element at a place; axes of extent 1 are repeated and missing ones in front are skipped. */
export function at(tensor: Tensor, place: readonly number[]): number {
  const { shape } = tensor.type;
  const own = place.slice(place.length - shape.length);
  return Number(tensor.data[shape.reduce((index, extent, axis) => index * extent + ((own[axis] ?? 0) % extent), 0)]);
}

/** One node over its inputs; those after the first are constants unless `flowing` counts them in. */
export function nodeGraph(op: Op, inputs: readonly Tensor[], output: TensorType, flowing = 1): Graph {
  const names = inputs.map((_, i) => `x${i}`);
  const types = new Map([...inputs.map((tensor, i) => [`x${i}`, tensor.type] as const), ['y', output] as const]);
  return {
    name: 'test',
    inputs: names.slice(0, flowing).map((tensor) => ({ tensor, layout: 'nhwc' })),
    outputs: [{ tensor: 'y', layout: 'nhwc', classOffset: 0 }],
    nodes: [{ name: 'n', op, inputs: names, outputs: ['y'] }],
    types,
    constants: new Map(inputs.slice(flowing).map((tensor, i) => [`x${i + flowing}`, tensor])),
    requantBits: 18,
  };
}

/** What the executor of the output's element makes of the inputs. */
export function runNode(op: Op, inputs: readonly Tensor[], output: TensorType, flowing = 1): readonly number[] {
  const graph = nodeGraph(op, inputs, output, flowing);
  const execute = isInt(output.element) ? executeInteger : executeFloat;
  const values = new Map(inputs.slice(0, flowing).map((tensor, i) => [`x${i}`, tensor]));
  return Array.from(execute(graph, values).get('y')?.data as Iterable<number>);
}

/** Numerator / 2^shift, ties to even, by the remainder. */
export function roundedShift(numerator: bigint, shift: number): bigint {
  const divisor = 2n ** BigInt(shift);
  let remainder = numerator % divisor;
  if (remainder < 0n) remainder += divisor;
  const floor = (numerator - remainder) / divisor;
  const twice = remainder * 2n;
  return twice > divisor || (twice === divisor && floor % 2n !== 0n) ? floor + 1n : floor;
}

export function zeroOf(type: TensorType): number {
  return type.quant?.zeroPoint[0] ?? 0;
}

export function scaleOf(type: TensorType): number {
  return type.quant?.scale[0] ?? Number.NaN;
}

/** clamp(zero point of the type + rne(acc * scale as an 18-bit multiplier)). */
export function scaled(acc: bigint, scale: number, type: TensorType): number {
  const { multiplier, shift } = normaliseMultiplier(Math.abs(scale), 18) ?? { multiplier: Number.NaN, shift: 1 };
  return clamped(roundedShift(acc * BigInt(Math.sign(scale) * multiplier), shift), type);
}

export function clamped(q: bigint, type: TensorType): number {
  const { min, max } = isInt(type.element) ? intRange(type.element) : { min: 0, max: 0 };
  return Number([BigInt(min), q + BigInt(zeroOf(type)), BigInt(max)].sort((a, b) => (a < b ? -1 : 1))[1]);
}
