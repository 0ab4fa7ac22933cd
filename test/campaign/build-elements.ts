import { allocate } from '../../src/execute/tensor-access.js';
import type { Op } from '../../src/ir/op.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { int, type TensorType } from '../../src/ir/tensor-type.js';
import { clampField, keep, type MadeLayer, outputShape, spanOf, zeroPointIn } from './made-layer.js';
import type { ElementSpec, LayerSpec } from './network-spec.js';
import type { Random } from './random.js';

/** Layers that move elements, multiply tensors, or have a slope a channel. */

type Spec<K extends LayerSpec['op']> = Extract<LayerSpec, { readonly op: K }>;

/** Channels dealt out by turns, as a channel shuffle does; or any order where there are no groups. */
export function makePermutation(
  name: string,
  { groups }: Spec<'permute-channels'>,
  input: TensorType,
  random: Random,
): MadeLayer | undefined {
  const channels = input.shape.at(-1) ?? 1;
  if (groups !== undefined && channels % groups !== 0) return undefined;
  const order =
    groups === undefined
      ? random.shuffled(Array.from({ length: channels }, (_, c) => c))
      : Array.from({ length: channels }, (_, c) => (c % groups) * (channels / groups) + Math.floor(c / groups));
  return keep(name, { kind: 'permute-channels', order }, input);
}

/** Of two maps, or of a map and a value for each of its channels; undefined where they do not fit. */
export function makeProduct(
  name: string,
  spec: Spec<'mul'>,
  inputs: readonly Tensor[],
  random: Random,
): MadeLayer | undefined {
  const types = inputs.map(({ type }) => type);
  const op: Op = { kind: 'mul' };
  const shape = outputShape(name, op, types);
  if (shape === undefined) return undefined;
  const span = types.reduce((product, type) => product * spanOf(type), 0.1 + 0.4 * random.next());
  const type = typeOf(shape, spec.output, span, random);
  return { op: { ...op, ...clampField(spec.clamp, type) }, constants: [], type };
}

/** Slopes of -0.5 to 1.5, one a channel. */
export function makePrelu(input: TensorType, output: ElementSpec, random: Random): MadeLayer {
  const channels = input.shape.at(-1) ?? 1;
  const element = int(8, true);
  const data = allocate(element, channels);
  for (let i = 0; i < channels; i++) data[i] = random.integer(-32, 96);
  const slope = { type: { shape: [channels], element, quant: { scale: [1 / 64], zeroPoint: [0] } }, data };
  const type = typeOf(input.shape, output, spanOf(input) * (0.5 + random.next()), random);
  return { op: { kind: 'prelu' }, constants: [['slope', slope]], type };
}

export function makeResponse(
  { size, output }: Spec<'local-response-norm'>,
  input: TensorType,
  random: Random,
): MadeLayer {
  const op: Op = { kind: 'local-response-norm', size, alpha: random.pick([0.5, 1, 2]), beta: 0.75, bias: 1 };
  return { op, constants: [], type: typeOf(input.shape, output, spanOf(input), random) };
}

function typeOf(shape: readonly number[], { bits, signed }: ElementSpec, span: number, random: Random): TensorType {
  const element = int(bits, signed);
  return { shape, element, quant: { scale: [span / 2 ** bits], zeroPoint: [zeroPointIn(element, random)] } };
}
