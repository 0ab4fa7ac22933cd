import { executeFloat } from '../../src/execute/float/execute-float.js';
import { DEFAULT_REQUANT_BITS, type Graph } from '../../src/ir/graph.js';
import type { Clamp, Op, OpKind, Window } from '../../src/ir/op.js';
import { inferOutputShapes } from '../../src/ir/shape.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { elementCount, F32, int, intRange, isInt, type TensorType } from '../../src/ir/tensor-type.js';
import { defined } from '../../src/support/invariant.js';
import { makeRandom } from '../../src/support/random.js';
import { realConstant } from './emitter.js';

/** Seeded random graphs of one operator, float or quantised, with an input that uses its whole range. */

export interface RandomOperator {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
}

interface Draw {
  readonly isFloat: boolean;
  readonly random: () => number;
  pick(min: number, max: number): number;
  flip(): boolean;
  choose<T>(list: readonly T[]): T;
}

/** An operator and what it reads: shapes of flowing inputs, then constants. */
interface Drawn {
  readonly op: Op;
  readonly inputs: readonly (readonly number[])[];
  readonly constants?: readonly Tensor[];
  /** The output has the input's scale and zero point. */
  readonly keeps?: boolean;
  /** Whether a clamp may be put on the output. */
  readonly clamps?: boolean;
}

/** The opset from which a file can say this; 7, the least that is read, otherwise. */
export function leastOpset({ graph }: RandomOperator): number {
  const { op } = defined(graph.nodes[0], 'the node');
  const isFloat = !isInt(defined(graph.types.get('y'), 'y').element);
  const isDilated = 'dilationH' in op && (op.dilationH > 1 || op.dilationW > 1);
  if (op.kind === 'average-pool' && isDilated) return 19;
  if (op.kind === 'depth-to-space' && op.order === 'column-first') return 11;
  if (!isFloat || (op.kind === 'max-pool' && isDilated) || op.kind === 'slice') return 10;
  return 7;
}

export function randomOperator(kind: OpKind, isFloat: boolean, seed: number): RandomOperator {
  const draw = makeDraw(isFloat, seed);
  const make = defined(DRAW[kind], `a random '${kind}'`);
  const drawn = make(draw);
  return isFloat ? floatOperator(draw, drawn) : integerOperator(draw, drawn);
}

/** Kinds that can be drawn for a float, or for an integer graph. */
export function drawableKinds(isFloat: boolean): readonly OpKind[] {
  const floatOnly: readonly OpKind[] = ['batch-norm', 'local-response-norm', 'reduce-mean'];
  return (Object.keys(DRAW) as OpKind[]).filter((kind) =>
    isFloat ? kind !== 'requantise' : !floatOnly.includes(kind),
  );
}

function makeDraw(isFloat: boolean, seed: number): Draw {
  const random = makeRandom(seed);
  const pick = (min: number, max: number): number => min + Math.floor(random() * (max - min + 1));
  return {
    isFloat,
    random,
    pick,
    flip: () => random() < 0.5,
    choose: (list) => defined(list[pick(0, list.length - 1)], 'a choice'),
  };
}

function mapShape({ pick }: Draw, channels = pick(1, 12)): readonly number[] {
  return [pick(4, 11), pick(4, 11), channels];
}

function window(d: Draw, dilates: boolean): Window {
  const [kernelH, kernelW] = [d.pick(1, 4), d.pick(1, 4)];
  const [dilationH, dilationW] = dilates && d.flip() ? [d.pick(1, 2), d.pick(1, 2)] : [1, 1];
  const pad = (kernel: number): number => d.pick(0, Math.min(2, kernel - 1));
  return {
    ...{ kernelH, kernelW, dilationH, dilationW },
    strideH: d.pick(1, 3),
    strideW: d.pick(1, 3),
    padTop: pad(kernelH),
    padLeft: pad(kernelW),
    padBottom: pad(kernelH),
    padRight: pad(kernelW),
  };
}

/** The input holds the kernel even without its padding. */
function windowMap(d: Draw, w: Window, channels: number): readonly number[] {
  const reach = (kernel: number, dilation: number): number => dilation * (kernel - 1) + 1;
  return [reach(w.kernelH, w.dilationH) + d.pick(0, 7), reach(w.kernelW, w.dilationW) + d.pick(0, 7), channels];
}

/** Weights of one scale or one a channel; unsigned ones with zero points as trained models have them. */
function weight(d: Draw, shape: readonly number[]): Tensor {
  const count = elementCount(shape);
  if (d.isFloat) {
    return { type: { shape, element: F32 }, data: Float32Array.from({ length: count }, () => 2 * d.random() - 1) };
  }
  const isSigned = d.flip();
  const isPerChannel = isSigned && d.flip();
  const entries = isPerChannel ? (shape[0] ?? 1) : 1;
  const scale = Array.from({ length: entries }, () => Math.fround(0.002 + 0.01 * d.random()));
  const zeroPoint = scale.map(() => (isSigned ? 0 : d.pick(90, 160)));
  const data = isSigned
    ? Int8Array.from({ length: count }, () => d.pick(-127, 127))
    : Uint8Array.from({ length: count }, () => d.pick(0, 255));
  const quant = { scale, zeroPoint, ...(isPerChannel ? { axis: 0 } : {}) };
  return { type: { shape, element: int(8, isSigned), quant }, data };
}

function bias(d: Draw, channels: number): Tensor {
  if (d.isFloat) return weight(d, [channels]);
  const data = Int32Array.from({ length: channels }, () => d.pick(-20_000, 20_000));
  return { type: { shape: [channels], element: int(32, true) }, data };
}

/** A constant operand: quantised by itself in an integer graph. */
function operand(d: Draw, shape: readonly number[]): Tensor {
  const drawn = weight({ ...d, flip: () => false }, shape);
  return drawn;
}

function convolution(d: Draw, kind: 'conv' | 'conv-transpose'): Drawn {
  const groups = d.choose([1, 1, 2, 3]);
  const isDepthwise = d.pick(0, 3) === 0;
  const perGroup = isDepthwise ? 1 : d.pick(1, 5);
  const out = groups * d.pick(1, 5);
  const w = window(d, true);
  const weights = weight(d, [out, w.kernelH, w.kernelW, perGroup]);
  const constants = [weights, ...(d.flip() ? [bias(d, out)] : [])];
  const inputs = [windowMap(d, w, groups * perGroup)];
  if (kind === 'conv') return { op: { kind, ...w, groups }, inputs, constants, clamps: true };
  const op: Op = { kind, ...w, groups, outputPadH: d.pick(0, w.strideH - 1), outputPadW: d.pick(0, w.strideW - 1) };
  return { op, inputs, constants, clamps: true };
}

function elementwise(d: Draw, kind: 'add' | 'mul'): Drawn {
  const shape = mapShape(d);
  if (d.flip()) return { op: { kind }, inputs: [shape, shape], clamps: true };
  const own = d.choose([shape, shape.slice(2), [1, 1, shape[2] ?? 1], [1]]);
  return { op: { kind }, inputs: [shape], constants: [operand(d, own)], clamps: true };
}

function moved(op: Op, shape: readonly number[]): Drawn {
  return { op, inputs: [shape], keeps: true };
}

const DRAW: { readonly [K in OpKind]?: (draw: Draw) => Drawn } = {
  conv: (d) => convolution(d, 'conv'),
  'conv-transpose': (d) => convolution(d, 'conv-transpose'),
  dense(d) {
    const [inputs, out] = [d.pick(1, 200), d.pick(1, 60)];
    const constants = [weight(d, [out, inputs]), ...(d.flip() ? [bias(d, out)] : [])];
    return { op: { kind: 'dense' }, inputs: [[inputs]], constants, clamps: true };
  },
  'max-pool'(d) {
    const w = window(d, true);
    return moved({ kind: 'max-pool', ...w }, windowMap(d, w, d.pick(1, 12)));
  },
  'average-pool'(d) {
    const w = window(d, d.pick(0, 3) === 0);
    return moved({ kind: 'average-pool', ...w, countIncludePad: d.flip() }, windowMap(d, w, d.pick(1, 12)));
  },
  'global-average-pool': (d) => moved({ kind: 'global-average-pool' }, mapShape(d, d.pick(20, 60))),
  'batch-norm'(d) {
    const shape = mapShape(d);
    const parameters = [0, 1, 2].map(() => weight(d, shape.slice(2)));
    const variance = weight(d, shape.slice(2));
    const positive: Tensor = { ...variance, data: (variance.data as Float32Array).map((v) => Math.abs(v) + 0.1) };
    const constants = [...parameters, positive];
    return { op: { kind: 'batch-norm', epsilon: Math.fround(1e-3 * d.random()) }, inputs: [shape], constants };
  },
  relu: (d) => moved({ kind: 'relu' }, mapShape(d)),
  clip: (d) =>
    moved({ kind: 'clip', lo: Math.fround(-0.4 * d.random()), hi: Math.fround(0.9 * d.random()) }, mapShape(d)),
  sigmoid: (d) => ({ op: { kind: 'sigmoid' }, inputs: [mapShape(d)] }),
  tanh: (d) => ({ op: { kind: 'tanh' }, inputs: [mapShape(d)] }),
  flatten: (d) => moved({ kind: 'flatten' }, mapShape(d)),
  requantise: (d) => ({ op: { kind: 'requantise' }, inputs: [mapShape(d)], clamps: true }),
  add: (d) => elementwise(d, 'add'),
  mul: (d) => elementwise(d, 'mul'),
  'local-response-norm'(d) {
    const [alpha, beta, offset] = [Math.fround(d.random()), Math.fround(d.random()), Math.fround(1 + d.random())];
    const op: Op = { kind: 'local-response-norm', size: d.choose([1, 3, 5]), alpha, beta, bias: offset };
    return { op, inputs: [mapShape(d)] };
  },
  'leaky-relu': (d) => ({ op: { kind: 'leaky-relu', slope: Math.fround(d.random() - 0.2) }, inputs: [mapShape(d)] }),
  prelu(d) {
    const shape = mapShape(d);
    return { op: { kind: 'prelu' }, inputs: [shape], constants: [operand(d, shape.slice(2))] };
  },
  elu: (d) => ({ op: { kind: 'elu', alpha: Math.fround(0.5 + d.random()) }, inputs: [mapShape(d)] }),
  'hard-sigmoid'(d) {
    const [alpha, beta] = [Math.fround(0.1 + d.random()), Math.fround(d.random())];
    return { op: { kind: 'hard-sigmoid', alpha, beta }, inputs: [mapShape(d)] };
  },
  'hard-swish': (d) => ({ op: { kind: 'hard-swish' }, inputs: [mapShape(d)] }),
  swish: (d) => ({ op: { kind: 'swish' }, inputs: [mapShape(d)] }),
  concat(d) {
    const [height = 1, width = 1] = mapShape(d);
    const inputs = Array.from({ length: d.pick(2, 4) }, () => [height, width, d.pick(1, 6)]);
    return { op: { kind: 'concat', axis: 2 }, inputs };
  },
  slice(d) {
    const shape = mapShape(d);
    const begin = shape.map((extent) => d.pick(0, Math.floor(extent / 2)));
    const step = shape.map(() => d.pick(1, 2));
    const size = shape.map((extent, i) => d.pick(1, Math.ceil((extent - (begin[i] ?? 0)) / (step[i] ?? 1))));
    return moved({ kind: 'slice', begin, size, step }, shape);
  },
  pad(d) {
    const amounts = (): number[] => [d.pick(0, 3), d.pick(0, 3), d.pick(0, 1)];
    const mode = d.choose(['constant', 'edge', 'reflect'] as const);
    const shape = mapShape(d, d.pick(2, 12));
    const value = d.isFloat ? Math.fround(d.random()) : 100;
    return moved({ kind: 'pad', before: amounts(), after: amounts(), mode, value }, shape);
  },
  transpose: (d) =>
    moved(
      {
        kind: 'transpose',
        perm: d.choose([
          [1, 0, 2],
          [2, 0, 1],
          [0, 2, 1],
        ]),
      },
      mapShape(d),
    ),
  reshape(d) {
    const shape = mapShape(d);
    const [height = 1, width = 1, channels = 1] = shape;
    return moved(
      {
        kind: 'reshape',
        shape: d.choose([
          [height * width, 1, channels],
          [height, width * channels],
        ]),
      },
      shape,
    );
  },
  upsample: (d) => moved({ kind: 'upsample', factorH: d.pick(1, 3), factorW: d.pick(1, 3) }, mapShape(d)),
  'depth-to-space'(d) {
    const block = d.pick(2, 3);
    const order = d.choose(['depth-first', 'column-first'] as const);
    return moved({ kind: 'depth-to-space', block, order }, mapShape(d, block * block * d.pick(1, 3)));
  },
  'permute-channels'(d) {
    const shape = mapShape(d);
    const order = Array.from({ length: shape.at(-1) ?? 1 }, (_, channel) => channel).sort(() => d.random() - 0.5);
    return moved({ kind: 'permute-channels', order }, shape);
  },
  'reduce-mean': (d) => ({
    op: { kind: 'reduce-mean', axes: d.choose([[0, 1], [2], [0], [0, 1, 2]]), keepDims: d.flip() },
    inputs: [mapShape(d)],
  }),
};

/** The graph over inputs x0, x1, ..., constants c0, c1, ... */
function oneNode(drawn: Drawn, inputs: readonly Tensor[], output: TensorType): RandomOperator {
  const constants = new Map((drawn.constants ?? []).map((tensor, i) => [`c${i}`, tensor]));
  const names = inputs.map((_, i) => `x${i}`);
  const flowing = new Map(inputs.map((tensor, i) => [`x${i}`, tensor]));
  const graph: Graph = {
    name: drawn.op.kind,
    inputs: names.map((tensor) => ({ tensor, layout: 'nhwc' })),
    outputs: [{ tensor: 'y', layout: 'nhwc', classOffset: 0 }],
    nodes: [{ name: 'n', op: drawn.op, inputs: [...names, ...constants.keys()], outputs: ['y'] }],
    types: new Map([...[...flowing, ...constants].map(([name, { type }]) => [name, type] as const), ['y', output]]),
    constants,
    requantBits: DEFAULT_REQUANT_BITS,
  };
  return { graph, inputs: flowing };
}

function outputShape({ op, inputs, constants = [] }: Drawn): readonly number[] {
  const types = [...inputs.map((shape) => ({ shape, element: F32 })), ...constants.map(({ type }) => type)];
  const names = types.map((_, i) => `t${i}`);
  const inferred = inferOutputShapes({ name: 'n', op, inputs: names, outputs: ['y'] }, types);
  if ('problems' in inferred) throw new Error(inferred.problems.map((problem) => problem.text).join('; '));
  return defined(inferred.shapes[0], 'the shape');
}

function realInput(d: Draw, shape: readonly number[]): Tensor {
  const data = Float32Array.from({ length: elementCount(shape) }, () => 4 * d.random() - 2);
  return { type: { shape, element: F32 }, data };
}

function floatOperator(d: Draw, drawn: Drawn): RandomOperator {
  const inputs = drawn.inputs.map((shape) => realInput(d, shape));
  return oneNode(drawn, inputs, { shape: outputShape(drawn), element: F32 });
}

/** Integers over the whole range of a type. */
function integerInput(d: Draw, shape: readonly number[], isSigned: boolean): Tensor {
  const { min, max } = intRange(int(8, isSigned));
  const quant = { scale: [Math.fround(0.005 + 0.03 * d.random())], zeroPoint: [d.pick(min + 60, max - 60)] };
  const values = Array.from({ length: elementCount(shape) }, () => d.pick(min, max));
  const data = isSigned ? Int8Array.from(values) : Uint8Array.from(values);
  return { type: { shape, element: int(8, isSigned), quant }, data };
}

/** The output's scale and zero point are those of what the operator makes of the real values. */
function integerOperator(d: Draw, drawn: Drawn): RandomOperator {
  const isSigned = d.flip();
  const inputs = drawn.inputs.map((shape) => integerInput(d, shape, isSigned));
  const shape = outputShape(drawn);
  const first = defined(inputs[0], 'the input').type;
  if (drawn.keeps === true) return oneNode(drawn, inputs, { ...first, shape });
  const { lo, hi } = realRange(drawn, inputs, shape);
  const scale = Math.fround(((hi - lo) / 255) * (0.7 + 0.6 * d.random()));
  const { min, max } = intRange(int(8, isSigned));
  const zero = Math.max(min, Math.min(max, Math.round(min - lo / scale)));
  const output: TensorType = { shape, element: int(8, isSigned), quant: { scale: [scale], zeroPoint: [zero] } };
  const clamp: Clamp = { lo: Math.max(min, zero - 20), hi: Math.min(max, zero + 60) };
  const op = drawn.clamps === true && d.pick(0, 2) === 0 ? ({ ...drawn.op, clamp } as Op) : drawn.op;
  return oneNode({ ...drawn, op }, inputs, output);
}

/** Smallest and largest real value of the output, 0 included. */
function realRange(
  drawn: Drawn,
  inputs: readonly Tensor[],
  shape: readonly number[],
): { readonly lo: number; readonly hi: number } {
  const real = (tensor: Tensor): Tensor => ({
    type: { shape: tensor.type.shape, element: F32 },
    data: realConstant(tensor),
  });
  const op: Op = drawn.op.kind === 'requantise' ? { kind: 'clip' } : drawn.op;
  const constants = (drawn.constants ?? []).map(real);
  const { graph } = oneNode({ ...drawn, op, constants }, inputs.map(real), { shape, element: F32 });
  const values = executeFloat(graph, new Map(inputs.map((tensor, i) => [`x${i}`, real(tensor)])));
  const data = values.get('y')?.data as Float32Array;
  return { lo: data.reduce((a, b) => Math.min(a, b), -1e-3), hi: data.reduce((a, b) => Math.max(a, b), 1e-3) };
}
