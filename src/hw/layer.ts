import type { Window } from '../ir/op.js';
import type { FeatureMap } from './feature-map.js';

/**
 * A layer is one engine's work, before its parallelism is chosen: what comes in, what goes out, and the numbers.
 * Layers are made from graph nodes by lower.ts.
 */

interface LayerBase {
  /** Name of the graph node. */
  readonly name: string;
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

export type Layer = ConvLayer | DepthwiseLayer | DenseLayer | PoolLayer | PoolStreamLayer | LookupLayer;
export type LayerKind = Layer['kind'];
export type MacLayer = ConvLayer | DepthwiseLayer | DenseLayer;
/** Layers that hold a window memory and finish positions fold by fold. */
export type WindowLayer = MacLayer | PoolLayer;

export function isWindowLayer(layer: Layer): layer is WindowLayer {
  return layer.kind !== 'pool-stream' && layer.kind !== 'lookup';
}

export function isMacLayer(layer: Layer): layer is MacLayer {
  return layer.kind === 'conv' || layer.kind === 'depthwise' || layer.kind === 'dense';
}

/** The network as a chain of layers between one input and one output stream. */
export interface LayerChain {
  readonly name: string;
  readonly inputTensor: string;
  readonly inputMap: FeatureMap;
  readonly layers: readonly Layer[];
  /** Graph tensors that are other names of a stream (flatten costs no hardware). */
  readonly aliases: ReadonlyMap<string, string>;
  readonly outputTensor: string;
}
