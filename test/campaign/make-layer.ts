import type { Op, Window } from '../../src/ir/op.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { type IntElement, int, intRange, type TensorType } from '../../src/ir/tensor-type.js';
import { invariant } from '../../src/support/invariant.js';
import { makePermutation, makePrelu, makeProduct, makeResponse } from './build-elements.js';
import { makeAdd, makeConcat, makeSlice } from './build-joins.js';
import { clampField, keep, type MadeLayer } from './made-layer.js';
import { makeMac } from './make-mac.js';
import type { LayerSpec, NetworkSpec, PointwiseKind, WindowSpec } from './network-spec.js';
import { makeRandom, mixSeed, type Random } from './random.js';

/** A layer, given a sample of each tensor that it reads; undefined where it does not fit them. */
export function makeLayer(
  name: string,
  layer: LayerSpec,
  inputs: readonly Tensor[],
  spec: NetworkSpec,
): MadeLayer | undefined {
  const [input] = inputs;
  if (input === undefined) return undefined;
  const random = makeRandom(mixSeed(spec.seed, 4, layer.id));
  const { type } = input;
  switch (layer.op) {
    case 'conv': {
      const [, , channels = 0] = type.shape;
      if (type.shape.length !== 3 || channels % layer.groups !== 0 || layer.out % layer.groups !== 0) return undefined;
      const op: Op = { kind: 'conv', groups: layer.groups, ...windowOf(layer) };
      const shape = [layer.out, ...layer.kernel, channels / layer.groups];
      return makeMac(name, op, layer, shape, input, spec.requantBits, random);
    }
    case 'dense': {
      if (type.shape.length !== 1) return undefined;
      const shape = [layer.out, type.shape[0] ?? 0];
      return makeMac(name, { kind: 'dense' }, layer, shape, input, spec.requantBits, random);
    }
    case 'max-pool':
      return keep(name, { kind: 'max-pool', ...windowOf(layer), ...clampField(layer.clamp, type) }, type);
    case 'average-pool': {
      const { countIncludePad } = layer;
      return keep(
        name,
        { kind: 'average-pool', countIncludePad, ...windowOf(layer), ...clampField(layer.clamp, type) },
        type,
      );
    }
    case 'global-average-pool':
    case 'relu':
    case 'flatten':
      return keep(name, { kind: layer.op }, type);
    case 'clip':
      return keep(name, { kind: 'clip', lo: realAt(type, layer.lo), hi: realAt(type, layer.hi) }, type);
    case 'pad':
      return keep(name, padOf(layer.pad, type), type);
    case 'reshape':
      return keep(name, { kind: 'reshape', shape: layer.shape }, type);
    case 'permute-channels':
      return makePermutation(name, layer, type, random);
    case 'upsample': {
      const [factorH, factorW] = layer.factor;
      return keep(name, { kind: 'upsample', factorH, factorW }, type);
    }
    case 'depth-to-space':
      return keep(name, { kind: 'depth-to-space', block: layer.block, order: layer.order }, type);
    case 'mul':
      return makeProduct(name, layer, inputs, random);
    case 'prelu':
      return makePrelu(type, layer.output, random);
    case 'local-response-norm':
      return makeResponse(layer, type, random);
    case 'add':
      return makeAdd(name, layer, inputs, random);
    case 'concat':
      return makeConcat(name, layer, inputs, random);
    case 'slice':
      return makeSlice(name, layer.begin, layer.end, type);
    default:
      return makePointwise(layer.op, int(layer.output.bits, layer.output.signed), type, random);
  }
}

function windowOf({ kernel, stride = [1, 1], dilation = [1, 1], pad = [0, 0, 0, 0] }: WindowSpec): Window {
  const [kernelH, kernelW] = kernel;
  const [strideH, strideW] = stride;
  const [dilationH, dilationW] = dilation;
  const [padTop, padLeft, padBottom, padRight] = pad;
  return { kernelH, kernelW, strideH, strideW, dilationH, dilationW, padTop, padLeft, padBottom, padRight };
}

/** The real value at a share of a type's range. */
function realAt({ element, quant }: TensorType, share: number): number {
  invariant(element.kind === 'int', 'an integer tensor');
  const { min, max } = intRange(element);
  return (min + share * (max - min) - (quant?.zeroPoint[0] ?? 0)) * (quant?.scale[0] ?? 1);
}

/** A table: the input covers -4..4 of a function's range, or any scale where it has none. */
function makePointwise(
  kind: PointwiseKind,
  element: IntElement,
  input: TensorType,
  random: Random,
): MadeLayer | undefined {
  if (input.element.kind !== 'int' || (kind !== 'requantise' && input.element.bits > 10)) return undefined;
  const { min, max } = intRange(element);
  const levels = max - min + 1;
  const inputSpan = (input.quant?.scale[0] ?? 1) * 2 ** input.element.bits;
  const [span, atLeastZero] = spanOf(kind, inputSpan * (0.4 + random.next()));
  const zeroPoint = atLeastZero ? min : random.integer(min, max);
  const quant = { scale: [span / levels], zeroPoint: [zeroPoint] };
  return { op: pointwiseOp(kind), constants: [], type: { shape: input.shape, element, quant } };
}

/** Width of a function's range, `free` where it has none of its own, and whether that begins at 0. */
function spanOf(kind: PointwiseKind, free: number): readonly [number, boolean] {
  if (kind === 'sigmoid' || kind === 'hard-sigmoid') return [1, true];
  return [kind === 'tanh' ? 2 : free, false];
}

function pointwiseOp(kind: PointwiseKind): Op {
  switch (kind) {
    case 'leaky-relu':
      return { kind, slope: 0.1 };
    case 'elu':
      return { kind, alpha: 1 };
    case 'hard-sigmoid':
      return { kind, alpha: 0.2, beta: 0.5 };
    default:
      return { kind };
  }
}

function padOf([top, left, bottom, right]: readonly [number, number, number, number], { quant }: TensorType): Op {
  const value = quant?.zeroPoint[0] ?? 0;
  return { kind: 'pad', before: [top, left, 0], after: [bottom, right, 0], mode: 'constant', value };
}
