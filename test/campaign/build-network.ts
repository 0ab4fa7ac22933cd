import { executeInteger } from '../../src/execute/integer/execute-integer.js';
import { allocate, numeric } from '../../src/execute/tensor-access.js';
import { makeBuilder } from '../../src/ir/builder.js';
import { DEFAULT_REQUANT_BITS, type Graph } from '../../src/ir/graph.js';
import type { Op, Window } from '../../src/ir/op.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { elementCount, type IntElement, int, intRange, type TensorType } from '../../src/ir/tensor-type.js';
import { AFTER_IMPORT, verifyGraph } from '../../src/ir/verify.js';
import { clampTo, MAX_SHIFT } from '../../src/support/fixed-point.js';
import { invariant } from '../../src/support/invariant.js';
import { makeAdd, makeConcat, makeSlice } from './build-joins.js';
import { clampField, keep, type MadeLayer, OUTPUT_SPAN, outputShape, zeroPointIn } from './made-layer.js';
import type { LayerSpec, MacSpec, NetworkSpec, PointwiseKind, WindowSpec } from './network-spec.js';
import { makeRandom, mixSeed, type Random } from './random.js';

/** A spec as the integer graph that it stands for; undefined where a layer does not fit the map that reaches it. */
export function buildNetwork(spec: NetworkSpec): Graph | undefined {
  const random = makeRandom(mixSeed(spec.seed, 1));
  const builder = makeBuilder(spec.name);
  const { shape, bits, signed } = spec.input;
  const element = int(bits, signed);
  const { min, max } = intRange(element);
  const zeroPoint = spec.input.zeroPoint === 'zero' ? clampTo(0, min, max) : random.integer(min, max);
  const inputType: TensorType = { shape, element, quant: { scale: [OUTPUT_SPAN / 2 ** bits], zeroPoint: [zeroPoint] } };
  let last = 0;
  const names = new Map([[0, builder.input('x', inputType)]]);
  /** The tensors of a random frame, by the id of the layer that makes them, for choosing scales. */
  const samples = new Map([[0, randomFrame(inputType, makeRandom(mixSeed(spec.seed, 2)))]]);
  for (const [index, layer] of spec.layers.entries()) {
    const from = layer.from ?? [last];
    const inputs = from.flatMap((id) => names.get(id) ?? []);
    const tensors = from.flatMap((id) => samples.get(id) ?? []);
    const name = `${layer.op}${index}`;
    const made = tensors.length < from.length ? undefined : makeLayer(name, layer, tensors, spec);
    if (made === undefined) return undefined;
    for (const [role, tensor] of made.constants) inputs.push(builder.constant(`${name}.${role}`, tensor));
    last = layer.id;
    names.set(last, builder.node(name, made.op, inputs, made.type));
    samples.set(last, runLayer(made, tensors, spec.requantBits));
  }
  const graph = builder.build([names.get(last) ?? 'x'], { requantBits: spec.requantBits });
  verifyGraph(graph, AFTER_IMPORT);
  return graph;
}

/** The layer alone on the tensors that it reads. */
function runLayer(layer: MadeLayer, inputs: readonly Tensor[], requantBits: number): Tensor {
  const builder = makeBuilder('layer');
  const names = inputs.map(({ type }, i) => builder.input(`x${i}`, type));
  const constants = layer.constants.map(([role, tensor]) => builder.constant(role, tensor));
  builder.node('y', layer.op, [...names, ...constants], layer.type);
  const tensors = new Map(inputs.map((tensor, i) => [`x${i}`, tensor]));
  const result = executeInteger(builder.build(['y'], { requantBits }), tensors).get('y');
  invariant(result !== undefined, 'a layer gives its output');
  return result;
}

function randomFrame(type: TensorType, random: Random): Tensor {
  invariant(type.element.kind === 'int', 'an integer tensor');
  const { min, max } = intRange(type.element);
  const data = allocate(type.element, elementCount(type.shape));
  for (let i = 0; i < data.length; i++) data[i] = random.integer(min, max);
  return { type, data };
}

/** Frames of a network's input: random ones, and all at either end of the range, where sums are widest. */
export function randomFrames(graph: Graph, seed: number, count: number): readonly Tensor[] {
  const type = graph.types.get(graph.inputs[0]?.tensor ?? '');
  invariant(type !== undefined && type.element.kind === 'int', 'an integer input');
  const { min, max } = intRange(type.element);
  return Array.from({ length: count }, (_, index) => {
    const frame = randomFrame(type, makeRandom(mixSeed(seed, 3, index)));
    if (index === 1) numeric(frame.data).fill(max);
    if (index === 2) numeric(frame.data).fill(min);
    return frame;
  });
}

function makeLayer(
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

function makeMac(
  name: string,
  op: Op,
  spec: MacSpec,
  shape: readonly number[],
  input: Tensor,
  requantBits: number,
  random: Random,
): MadeLayer | undefined {
  const weight = makeWeight(spec.weight, shape, input.type.quant?.scale[0] ?? 1, spec.logScale, random);
  const constants: [string, Tensor][] = [['weight', weight]];
  if (spec.bias !== 'none') constants.push(['bias', makeBias(spec, weight, requantBits, random)]);
  const out = outputShape(name, op, [input.type, ...constants.map(([, { type }]) => type)]);
  if (out === undefined) return undefined;
  const element = int(spec.output.bits, spec.output.signed);
  if (spec.logScale !== undefined) {
    const type: TensorType = { shape: out, element, quant: { scale: [1], zeroPoint: [zeroPointIn(element, random)] } };
    return { op: { ...op, ...clampField(spec.clamp, type) } as Op, constants, type };
  }
  const fitted = fittedQuantization({ op, constants }, out, element, input, requantBits, random);
  // Only the product of the scales counts: the weights' make up for an output range of about -4..4 of real values.
  const scale = OUTPUT_SPAN / 2 ** element.bits;
  const type: TensorType = { shape: out, element, quant: { scale: [scale], zeroPoint: [fitted.zeroPoint] } };
  const rescaled = constants.map(([role, tensor]) => [role, scaledBy(tensor, scale / fitted.scale)] as const);
  return { op: { ...op, ...clampField(spec.clamp, type) } as Op, constants: rescaled, type };
}

/** A tensor with its scales multiplied; a bias has none of its own. */
function scaledBy(tensor: Tensor, factor: number): Tensor {
  const { quant } = tensor.type;
  if (quant === undefined) return tensor;
  const scale = quant.scale.map((value) => value * factor);
  return { ...tensor, type: { ...tensor.type, quant: { ...quant, scale } } };
}

/** With `logScale` the output's scale is 1 and the weight's is what gives the wanted product. */
function makeWeight(
  spec: MacSpec['weight'],
  shape: readonly number[],
  inputScale: number,
  logScale: number | undefined,
  random: Random,
): Tensor {
  const [channels = 0] = shape;
  const count = elementCount(shape);
  const element = int(spec.bits, spec.signed);
  const { min, max } = intRange(element);
  const parts = spec.perChannel ? channels : 1;
  const zero = (): number => (spec.zeroPoint === 'random' ? random.integer(min, max) : clampTo(0, min, max));
  const zeroPoint = Array.from({ length: parts }, zero);
  const base = logScale === undefined ? 0.01 : 2 ** logScale / inputScale;
  const scale = Array.from({ length: parts }, (_, oc) => (oc === 0 ? base : base * 2 ** (-2 * random.next())));
  const data = allocate(element, count);
  const filter = count / channels;
  for (let i = 0; i < count; i++) {
    const own = zeroPoint[spec.perChannel ? Math.floor(i / filter) : 0] ?? 0;
    data[i] = weightValue(spec.fill, Math.floor(i / filter), own, min, max, random);
  }
  return { type: { shape, element, quant: { scale, zeroPoint, ...(spec.perChannel ? { axis: 0 } : {}) } }, data };
}

function weightValue(
  fill: MacSpec['weight']['fill'],
  channel: number,
  zeroPoint: number,
  min: number,
  max: number,
  random: Random,
): number {
  switch (fill) {
    case 'random':
      return random.integer(min, max);
    case 'extreme':
      return channel % 2 === 0 ? (random.chance(0.9) ? max : min) : random.chance(0.9) ? min : max;
    case 'sparse':
      return random.chance(0.2) ? random.integer(min, max) : zeroPoint;
    case 'dead':
      return channel % 3 === 0 ? zeroPoint : random.integer(min, max);
  }
}

function makeBias(spec: MacSpec, weight: Tensor, requantBits: number, random: Random): Tensor {
  const [channels = 0] = weight.type.shape;
  const wide = spec.bias === 'int64';
  // A wide bias makes results of scales that no product alone reaches.
  const reach = wide
    ? 2 ** Math.min(40, MAX_SHIFT - 4 - requantBits + spec.output.bits)
    : Math.min(24 * Math.sqrt(weight.data.length / channels) * 2 ** spec.weight.bits, 2 ** 30);
  const wanted = spec.logScale === undefined ? reach : 2 ** (spec.output.bits - spec.logScale);
  const limit = Math.min(wanted, wide ? 2 ** 46 : 2 ** 31 - 1);
  const values = Array.from({ length: channels }, (_, oc) =>
    spec.weight.fill === 'dead' && oc % 6 === 0 ? 0 : Math.round((2 * random.next() - 1) * limit),
  );
  const type: TensorType = { shape: [channels], element: int(wide ? 64 : 32, true) };
  return { type, data: wide ? BigInt64Array.from(values, BigInt) : Int32Array.from(values) };
}

/** Largest and smallest of the middle 90 %. */
function spread(values: ArrayLike<number>): { readonly low: number; readonly high: number } {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
  return { low: at(0.05), high: at(0.95) };
}

/**
 * A scale and zero point with which most of the layer's sums over the sample land inside the output's range: the sums are
 * looked at through a 16-bit output, coarser and coarser until nothing saturates.
 */
function fittedQuantization(
  layer: { readonly op: Op; readonly constants: MadeLayer['constants'] },
  shape: readonly number[],
  element: IntElement,
  input: Tensor,
  requantBits: number,
  random: Random,
): { readonly scale: number; readonly zeroPoint: number } {
  const weightScale = Math.max(...(layer.constants[0]?.[1].type.quant?.scale ?? [1]));
  /** What one step of the sums is worth. */
  const unit = weightScale * (input.type.quant?.scale[0] ?? 1);
  let step = unit / 1024;
  let low = -1;
  let high = 1;
  for (; step <= unit * 2 ** 26; step *= 4) {
    const type: TensorType = { shape, element: int(16, true), quant: { scale: [step], zeroPoint: [0] } };
    const seen = spread(numeric(runLayer({ ...layer, type }, [input], DEFAULT_REQUANT_BITS).data));
    if (seen.low <= -32768 || seen.high >= 32767) continue;
    low = seen.low * step;
    high = seen.high * step;
    break;
  }
  const { min, max } = intRange(element);
  // From a fifth outside to twice the room.
  const room = (0.8 + 1.2 * random.next()) * (element.bits <= 2 ? 0.25 : 1);
  const span = Math.max(high - low, Math.abs(high) / 50, 2 * step) * room;
  // The shift must be one of 1..47, for channels of a quarter of the largest scale too.
  const scale = clampTo(span / (max - min), unit * 2 ** (2 - requantBits), unit * 2 ** (MAX_SHIFT - 3 - requantBits));
  const middle = (high + low) / 2;
  return { scale, zeroPoint: clampTo(Math.round((max + min) / 2 - middle / scale), min, max) };
}
