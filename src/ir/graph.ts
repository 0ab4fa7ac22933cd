import type { Op } from './op.js';
import type { Tensor } from './tensor.js';
import type { TensorType } from './tensor-type.js';

/** Order of the axes in the file that the model came from; Heddle itself is always channels-last. */
export type SourceLayout = 'nhwc' | 'nchw';

/** `real = (pixel - mean) / std`, in pixel units (0..255), per channel in the model's own order, after `bgr`. */
export interface Preprocessing {
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** true: the model wants blue first; pictures come in red first. */
  readonly bgr: boolean;
}

export interface GraphInput {
  /** Name of the tensor. */
  readonly tensor: string;
  readonly layout: SourceLayout;
  readonly preprocessing?: Preprocessing;
}

export interface GraphOutput {
  readonly tensor: string;
  readonly layout: SourceLayout;
  /** Index of the first real class: 1 where class 0 is a background. */
  readonly classOffset: number;
}

export interface GraphNode<O extends Op = Op> {
  readonly name: string;
  readonly op: O;
  /** Names of tensors; an operator's optional inputs are left out at the end. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * A network. Immutable; a pass makes a new one. Every tensor, constant or flowing, has a type in `types`;
 * constants have a value in `constants` too. Nodes stand in topological order (verifyGraph holds this).
 */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly GraphOutput[];
  readonly nodes: readonly GraphNode[];
  readonly types: ReadonlyMap<string, TensorType>;
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Significant bits of a requantisation multiplier, 8..31. */
  readonly requantBits: number;
}

export const DEFAULT_REQUANT_BITS = 18;

/**
 * What a graph may hold. `imported`, as a front end returns it: float and integer tensors side by side, quantise and
 * dequantise, any order of axes, transposes, integers of up to 32 bits between nodes. `network`, after the import's
 * passes: wholly float or wholly integer, feature maps channels-last.
 */
export type GraphLevel = 'imported' | 'network';
