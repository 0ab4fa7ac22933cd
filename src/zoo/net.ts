import { type GraphBuilder, makeBuilder } from '../ir/builder.js';
import type { Op } from '../ir/op.js';
import { elementCount, F32 } from '../ir/tensor-type.js';
import { UNIT_WINDOW } from '../ir/window.js';
import { defined } from '../support/invariant.js';
import type { Plan } from './plan.js';
import { type Pair, type WindowSettings, windowOf } from './windows.js';

/** Activation functions by the names that papers use. */
export type Activation =
  | 'linear'
  | 'relu'
  | 'relu6'
  | 'leaky-relu'
  | 'tanh'
  | 'sigmoid'
  | 'hard-sigmoid'
  | 'hard-swish'
  | 'swish';

/** What the layers of a network have in common; each may say otherwise. */
export interface Style {
  /** Whether convolutions are followed by a batch normalisation. */
  readonly norm: boolean;
  readonly act: Activation;
  /** Whether a convolution has a bias; default: where no normalisation follows. */
  readonly bias?: boolean;
  /** Standard deviation that the output is to have; see Plan. Default 1. */
  readonly gain?: number;
}

export interface ConvSettings extends WindowSettings, Partial<Style> {
  readonly groups?: number;
  /** Whether the channels are as given whatever the width: classes, boxes. Default false. */
  readonly exact?: boolean;
}

export interface NetSettings extends Style {
  /** Height and width of the picture. */
  readonly input: Pair;
  /** Channels of the picture; default 3. */
  readonly channels?: number;
  /** Factor for the channels of all layers that are not exact; default 1. */
  readonly width?: number;
}

/**
 * A network under construction. Each method adds a layer and gives the tensor that it makes. Layers are numbered within
 * their part: `stage2.block1.conv3`.
 */
export interface Net {
  /** The picture. */
  readonly image: string;
  /** The same network, with the names of layers beginning with `part`. */
  at(part: string): Net;
  shapeOf(x: string): readonly number[];
  channelsOf(x: string): number;
  /** `channels` at the network's width: a multiple of 8, at most a tenth below what it should be. */
  wide(channels: number): number;
  conv(x: string, channels: number, kernel: Pair, settings?: ConvSettings): string;
  /** One filter a channel. */
  depthwise(x: string, kernel: Pair, settings?: ConvSettings): string;
  /** Transposed convolution that makes the map `factor` times as large, with a kernel of that size and a bias. */
  convTranspose(x: string, channels: number, factor: number): string;
  dense(x: string, outputs: number, settings?: Partial<Style> & { readonly exact?: boolean }): string;
  norm(x: string, gain?: number): string;
  act(x: string, kind: Activation): string;
  maxPool(x: string, kernel: Pair, settings?: WindowSettings): string;
  /** Padding does not count. */
  averagePool(x: string, kernel: Pair, settings?: WindowSettings): string;
  globalPool(x: string): string;
  flatten(x: string): string;
  add(xs: readonly string[]): string;
  mul(xs: readonly string[]): string;
  concat(xs: readonly string[]): string;
  /** Channels from..from+count. */
  slice(x: string, from: number, count: number): string;
  /** Channel c of C goes to (c mod C/groups) * groups + c / (C/groups): each group gives to all. */
  shuffle(x: string, groups: number): string;
  upsample(x: string, factor: number): string;
  /** Local response normalisation as in Caffe: over `size` channels. */
  lrn(x: string, size: number, alpha: number, beta: number): string;
  finish(outputs: readonly string[]): Plan;
}

/** Pixels 0..255 as real values of mean 0 and standard deviation near 1. */
const PREPROCESSING = { mean: [128], std: [64], bgr: false };

/** Epsilon of batch normalisations. */
const EPSILON = 1e-5;

/**
 * Strength of signals that a local response normalisation reads: about that of Caffe's networks, for whose pixels of 0..255 its
 * parameters were chosen. Signals near 1 it would leave as they are.
 */
export const BEFORE_LRN = { gain: 100 };

/** What the parts of a network share. */
interface Draft {
  readonly builder: GraphBuilder;
  readonly settings: NetSettings;
  readonly image: string;
  readonly gains: Map<string, number>;
  /** Layers so far, by the beginning of their names. */
  readonly counts: Map<string, number>;
}

export function makeNet(name: string, settings: NetSettings): Net {
  const { input, channels = 3 } = settings;
  const [height, width] = typeof input === 'number' ? [input, input] : input;
  const builder = makeBuilder(name);
  const type = { shape: [height, width, channels], element: F32 };
  const image = builder.input('image', type, { preprocessing: PREPROCESSING });
  return netOf({ builder, settings, image, gains: new Map(), counts: new Map() }, '');
}

/** The network with names that begin with `prefix`. */
function netOf(draft: Draft, prefix: string): Net {
  const { builder, settings } = draft;
  const nameOf = (kind: string): string => {
    const start = `${prefix}${kind}`;
    const number = (draft.counts.get(start) ?? 0) + 1;
    draft.counts.set(start, number);
    return `${start}${number}`;
  };
  const shapeOf = (x: string): readonly number[] => builder.typeOf(x).shape;
  const channelsOf = (x: string): number => defined(shapeOf(x).at(-1), `the channels of '${x}'`);
  const node = (kind: string, op: Op, inputs: readonly string[]): string => builder.node(nameOf(kind), op, inputs);
  const wide = (channels: number): number => scaledChannels(channels, settings.width ?? 1);
  const window = (x: string, kernel: Pair, of: WindowSettings) => windowOf(kernel, of, mapExtents(shapeOf(x)));
  const net: Net = {
    image: draft.image,
    at: (part) => netOf(draft, `${prefix}${part}.`),
    shapeOf,
    channelsOf,
    wide,
    conv(x, channels, kernel, of = {}) {
      const groups = of.groups ?? 1;
      const outChannels = of.exact === true ? channels : wide(channels);
      const op: Op = { kind: 'conv', ...window(x, kernel, of), groups };
      const shape = [outChannels, op.kernelH, op.kernelW, channelsOf(x) / groups];
      return styled(draft, nameOf('conv'), op, x, shape, of);
    },
    depthwise(x, kernel, of = {}) {
      const op: Op = { kind: 'conv', ...window(x, kernel, of), groups: channelsOf(x) };
      return styled(draft, nameOf('depthwise'), op, x, [channelsOf(x), op.kernelH, op.kernelW, 1], of);
    },
    convTranspose(x, channels, factor) {
      const tiles = { kernelH: factor, kernelW: factor, strideH: factor, strideW: factor };
      const op: Op = { kind: 'conv-transpose', ...UNIT_WINDOW, ...tiles, groups: 1, outputPadH: 0, outputPadW: 0 };
      const shape = [wide(channels), factor, factor, channelsOf(x)];
      return styled(draft, nameOf('up'), op, x, shape, { norm: false, act: 'linear' });
    },
    dense(x, outputs, { exact = false, ...of } = {}) {
      const shape = [exact ? outputs : wide(outputs), elementCount(shapeOf(x))];
      return styled(draft, nameOf('dense'), { kind: 'dense' }, x, shape, { norm: false, ...of });
    },
    norm: (x, gain) => normOf(draft, nameOf('norm'), x, gain),
    act: (x, kind) => activated(builder, nameOf(kind), x, kind),
    maxPool: (x, kernel, of = {}) => node('pool', { kind: 'max-pool', ...window(x, kernel, of) }, [x]),
    averagePool: (x, kernel, of = {}) =>
      node('pool', { kind: 'average-pool', ...window(x, kernel, of), countIncludePad: false }, [x]),
    globalPool: (x) => node('pool', { kind: 'global-average-pool' }, [x]),
    flatten: (x) => node('flatten', { kind: 'flatten' }, [x]),
    add: (xs) => node('add', { kind: 'add' }, xs),
    mul: (xs) => node('mul', { kind: 'mul' }, xs),
    concat: (xs) => node('concat', { kind: 'concat', axis: 2 }, xs),
    slice(x, from, count) {
      const [height = 0, width = 0] = shapeOf(x);
      return node('slice', { kind: 'slice', begin: [0, 0, from], size: [height, width, count], step: [1, 1, 1] }, [x]);
    },
    shuffle: (x, groups) => node('shuffle', { kind: 'permute-channels', order: shuffled(channelsOf(x), groups) }, [x]),
    upsample: (x, factor) => node('upsample', { kind: 'upsample', factorH: factor, factorW: factor }, [x]),
    lrn: (x, size, alpha, beta) => node('lrn', { kind: 'local-response-norm', size, alpha, beta, bias: 1 }, [x]),
    finish: (outputs) => ({ graph: builder.build(outputs), gains: draft.gains }),
  };
  return net;
}

function mapExtents([height = 0, width = 0]: readonly number[]): readonly [number, number] {
  return [height, width];
}

/** As TensorFlow's model library rounds: to the nearest multiple of 8, the next where more than a tenth would be lost. */
function scaledChannels(channels: number, width: number): number {
  if (width === 1) return channels;
  const wanted = channels * width;
  const nearest = Math.max(8, Math.floor((wanted + 4) / 8) * 8);
  return nearest < 0.9 * wanted ? nearest + 8 : nearest;
}

/** A layer with weights of the given shape, with the bias, the normalisation and the activation that its style asks for. */
function styled(
  { builder, settings, gains }: Draft,
  name: string,
  op: Op,
  x: string,
  shape: readonly number[],
  of: Partial<Style>,
): string {
  const { norm = settings.norm, act = settings.act, gain } = of;
  const bias = of.bias ?? settings.bias ?? !norm;
  const weight = builder.parameter(`${name}.weight`, { shape, element: F32 });
  const offsets = { shape: shape.slice(0, 1), element: F32 };
  const inputs = bias ? [x, weight, builder.parameter(`${name}.bias`, offsets)] : [x, weight];
  const y = builder.node(name, op, inputs);
  if (!norm && gain !== undefined) gains.set(name, gain);
  const normed = norm ? normOf({ builder, gains }, `${name}.norm`, y, gain) : y;
  return activated(builder, `${name}.${act}`, normed, act);
}

function normOf(
  { builder, gains }: Pick<Draft, 'builder' | 'gains'>,
  name: string,
  x: string,
  gain: number | undefined,
): string {
  const type = { shape: builder.typeOf(x).shape.slice(-1), element: F32 };
  const parameters = ['scale', 'offset', 'mean', 'variance'].map((part) => builder.parameter(`${name}.${part}`, type));
  if (gain !== undefined) gains.set(name, gain);
  return builder.node(name, { kind: 'batch-norm', epsilon: EPSILON }, [x, ...parameters]);
}

const ACTIVATIONS: Readonly<Record<Exclude<Activation, 'linear'>, Op>> = {
  relu: { kind: 'relu' },
  relu6: { kind: 'clip', lo: 0, hi: 6 },
  'leaky-relu': { kind: 'leaky-relu', slope: 0.1 },
  tanh: { kind: 'tanh' },
  sigmoid: { kind: 'sigmoid' },
  'hard-sigmoid': { kind: 'hard-sigmoid', alpha: 1 / 6, beta: 0.5 },
  'hard-swish': { kind: 'hard-swish' },
  swish: { kind: 'swish' },
};

function activated(builder: GraphBuilder, name: string, x: string, act: Activation): string {
  return act === 'linear' ? x : builder.node(name, ACTIVATIONS[act], [x]);
}

/** Channels [groups][C / groups] become [C / groups][groups]. */
function shuffled(channels: number, groups: number): readonly number[] {
  return Array.from({ length: channels }, (_, c) => (c % groups) * (channels / groups) + Math.floor(c / groups));
}
