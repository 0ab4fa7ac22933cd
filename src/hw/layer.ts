import type { ResponseParams } from '../execute/integer/response-params.js';
import type { Window } from '../ir/op.js';
import type { Multiplier } from '../support/fixed-point.js';
import { beatsPerPixel, type FeatureMap } from './feature-map.js';

/**
 * A layer is one engine's work, before its parallelism is chosen: what comes in, what goes out, and the numbers.
 * Layers are made from graph nodes by lower.ts.
 */

/** A stream as the graph knows it: a tensor, and the map whose pixels are its beats. */
export interface LayerEnd {
  readonly tensor: string;
  readonly map: FeatureMap;
}

interface LayerBase {
  /** Name of the graph node. */
  readonly name: string;
  /** All streams that it reads, in the order of its ports; one but for layers that join several. */
  readonly inputs: readonly LayerEnd[];
  /** The first of them. */
  readonly input: FeatureMap;
  readonly output: FeatureMap;
  /** Graph tensors at the two ends. */
  readonly inputTensor: string;
  readonly outputTensor: string;
  /** Multiply-accumulates a frame; 0 where the layer multiplies nothing by a weight. */
  readonly macs: number;
}

/** Numbers of a layer with weights, as the RTL wants them: signed weights, all zero points but zw' folded. */
export interface MacNumbers {
  /** [oc][filterLength], signed, of weightBits: w, or w - 2^(bits-1) where the model's weights are unsigned. */
  readonly weights: Int16Array;
  readonly weightBits: number;
  readonly filterLength: number;
  /** zw' per output channel: the zero point of the stored weights. */
  readonly weightZeroPoint: Int32Array;
  /** Per output channel: bias - zx * sum(w - zw), an integer below 2^53. */
  readonly bias: Float64Array;
  readonly multiplier: Float64Array;
  readonly shift: Uint8Array;
  readonly requantBits: number;
  /** Range of the final sum per output channel. */
  readonly accMin: Float64Array;
  readonly accMax: Float64Array;
  readonly inputZeroPoint: number;
  readonly outputZeroPoint: number;
  readonly clampLo: number;
  readonly clampHi: number;
}

export interface ConvLayer extends LayerBase {
  readonly kind: 'conv';
  readonly window: Window;
  readonly groups: number;
  readonly numbers: MacNumbers;
}

export interface DepthwiseLayer extends LayerBase {
  readonly kind: 'depthwise';
  readonly window: Window;
  /** Output channels of each input channel. */
  readonly multiplier: number;
  readonly numbers: MacNumbers;
}

/** Takes any map; its weights are [out][height * width * channels] in the map's own order. */
export interface DenseLayer extends LayerBase {
  readonly kind: 'dense';
  readonly numbers: MacNumbers;
}

interface PoolNumbers {
  readonly mode: 'max' | 'average';
  readonly window: Window;
  readonly countIncludePad: boolean;
  readonly zeroPoint: number;
  readonly clampLo: number;
  readonly clampHi: number;
}

/** Overlapping windows: through a window memory. */
export interface PoolLayer extends LayerBase, PoolNumbers {
  readonly kind: 'pool';
}

/** Windows that do not overlap, global ones too: accumulates on arrival. */
export interface PoolStreamLayer extends LayerBase, PoolNumbers {
  readonly kind: 'pool-stream';
}

/** A function of one element: 2^bits output integers, indexed by the input's bit pattern. */
export interface LookupLayer extends LayerBase {
  readonly kind: 'lookup';
  readonly table: Int32Array;
  /** The operator that the table stands for, for people: `sigmoid`. */
  readonly of: string;
}

/**
 * Streams of the same height, width and channels, one at least:
 * `y = clamp(zeroPoint + rne((sum_i multipliers[i] * (x_i - inputZeroPoints[i]) + constant) / 2^shift), lo, hi)`.
 */
export interface AddLayer extends LayerBase {
  readonly kind: 'add';
  readonly inputZeroPoints: readonly number[];
  readonly multipliers: readonly number[];
  readonly shift: number;
  readonly zeroPoint: number;
  readonly clampLo: number;
  readonly clampHi: number;
  /** What the constant operands add before the shift: one value, one a channel, or one an element; empty without any. */
  readonly constant: Float64Array;
}

/** Several maps beside each other along an axis; all have the output's type. */
export interface ConcatLayer extends LayerBase {
  readonly kind: 'concat';
  /** Its inputs take turns: pixel by pixel, row by row, or frame by frame. */
  readonly axis: 'channels' | 'columns' | 'rows';
  /** Lanes at most: where the pixels of input and output differ, no beat may hold channels of two. */
  readonly mostLanes?: number;
}

/** Lanes that a join may have: up to a whole pixel, or less. */
export function mostLanes(layer: JoinLayer): number {
  const own = layer.kind === 'concat' ? layer.mostLanes : undefined;
  return own ?? 2 ** Math.ceil(Math.log2(layer.output.channels));
}

/** Beats of an input in its turn; the channels of a pixel where those are what is joined. */
export function turnBeats({ axis }: ConcatLayer, map: FeatureMap, lanes: number): number {
  const pixels = { channels: 1, columns: map.width, rows: map.height * map.width }[axis];
  return pixels * beatsPerPixel({ map, lanes });
}

/** A part of a map: rows, columns and channels without gaps. */
export interface SliceLayer extends LayerBase {
  readonly kind: 'slice';
  readonly rowFrom: number;
  readonly columnFrom: number;
  readonly channelFrom: number;
}

/** Any fixed choice of the pixel's channels: output channel c is input channel `order[c]`, or `padValue` where that is -1. */
export interface PermuteLayer extends LayerBase {
  readonly kind: 'permute';
  readonly order: Int32Array;
  readonly padValue: number;
}

/** Rows and columns of `value` around a map. */
export interface PadLayer extends LayerBase {
  readonly kind: 'pad';
  readonly padTop: number;
  readonly padLeft: number;
  readonly padBottom: number;
  readonly padRight: number;
  readonly value: number;
}

/** Each pixel as a block of equal ones. */
export interface UpsampleLayer extends LayerBase {
  readonly kind: 'upsample';
  readonly factorH: number;
  readonly factorW: number;
}

/** Each pixel as a block of pixels of fewer channels, the channels of the block's first pixel first. */
export interface DepthToSpaceLayer extends LayerBase {
  readonly kind: 'depth-to-space';
  readonly block: number;
}

/** What a product is brought to. */
interface ScaledOutput {
  readonly zeroPoint: number;
  readonly clampLo: number;
  readonly clampHi: number;
  readonly requantBits: number;
}

/**
 * `y = clamp(zeroPoint + rne(multiplier * (a - za) * (b - zb) / 2^shift), lo, hi)`: two maps, or a map and behind it a
 * vector that multiplies each of its pixels (`gate`).
 */
export interface MulLayer extends LayerBase, ScaledOutput, Multiplier {
  readonly kind: 'mul';
  readonly gate: boolean;
  readonly inputZeroPoints: readonly [number, number];
}

/** A multiplier where v = x - inputZeroPoint is 0 or more, another one below: one for all channels, or one a channel. */
export interface PreluLayer extends LayerBase, ScaledOutput {
  readonly kind: 'prelu';
  readonly inputZeroPoint: number;
  readonly positive: Multiplier;
  readonly negative: readonly Multiplier[];
}

/** Local response normalisation across channels. */
export interface ResponseLayer extends LayerBase, ScaledOutput {
  readonly kind: 'local-response-norm';
  readonly params: ResponseParams;
}

export type Layer =
  | ConvLayer
  | DepthwiseLayer
  | DenseLayer
  | PoolLayer
  | PoolStreamLayer
  | LookupLayer
  | AddLayer
  | ConcatLayer
  | SliceLayer
  | PermuteLayer
  | PadLayer
  | UpsampleLayer
  | DepthToSpaceLayer
  | MulLayer
  | PreluLayer
  | ResponseLayer;
export type LayerKind = Layer['kind'];
export type MacLayer = ConvLayer | DepthwiseLayer | DenseLayer;
/** Layers that hold a window memory and finish positions fold by fold. */
export type WindowLayer = MacLayer | PoolLayer;
/** Layers that bring several streams together. */
export type JoinLayer = AddLayer | ConcatLayer | MulLayer;
/** Layers with a buffer of rows that are read several times. */
export type RowBufferLayer = UpsampleLayer | DepthToSpaceLayer;

export function isWindowLayer(layer: Layer): layer is WindowLayer {
  return isMacLayer(layer) || layer.kind === 'pool';
}

export function isMacLayer(layer: Layer): layer is MacLayer {
  return layer.kind === 'conv' || layer.kind === 'depthwise' || layer.kind === 'dense';
}

export function isJoinLayer(layer: Layer): layer is JoinLayer {
  return layer.kind === 'add' || layer.kind === 'concat' || layer.kind === 'mul';
}

/** The network as layers between input and output streams. */
export interface LayerGraph {
  readonly name: string;
  readonly inputs: readonly LayerEnd[];
  /** Every layer after those whose streams it reads. */
  readonly layers: readonly Layer[];
  /** Graph tensors that are other names of a stream (flatten costs no hardware), and that stream's own tensor. */
  readonly aliases: ReadonlyMap<string, string>;
  /** The graph's output tensors, with the map of the stream that carries each. */
  readonly outputs: readonly LayerEnd[];
}

/** The tensor by which the stream that carries a graph tensor goes: the one that its layer, or the input, makes. */
export function streamTensor(network: LayerGraph, tensor: string): string {
  return network.aliases.get(tensor) ?? tensor;
}
