/**
 * Networks as plain data: what the generators make, what shrinking simplifies, and what a failing case prints. Weights
 * and frames follow from the seeds.
 */

export interface ElementSpec {
  readonly bits: number;
  readonly signed: boolean;
}

export interface WindowSpec {
  readonly kernel: readonly [number, number];
  readonly stride?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  /** top, left, bottom, right. */
  readonly pad?: readonly [number, number, number, number];
}

/** What conv and dense layers share. */
export interface MacSpec {
  readonly weight: ElementSpec & {
    /** One scale a tensor, or one an output channel. */
    readonly perChannel: boolean;
    /** `none` is zero, which a signed weight has; `random` per tensor or channel, as `perChannel` says. */
    readonly zeroPoint: 'none' | 'random';
    /** `extreme`: every weight at an end of its range; `sparse`: mostly zeros; `dead`: every third channel all zero. */
    readonly fill: 'random' | 'extreme' | 'sparse' | 'dead';
  };
  readonly bias: 'none' | 'int32' | 'int64';
  readonly output: ElementSpec;
  /** Clamp at the output's zero point: what a fused ReLU leaves. `narrow` clamps on both sides. */
  readonly clamp?: 'relu' | 'narrow';
  /** Factor of the output's real range; 1 when left out. */
  readonly stretch?: number;
  /** log2 of the requantisation scale of channel 0; fitted to the layer's sums when left out. */
  readonly logScale?: number;
}

export interface AddSpec {
  readonly output: ElementSpec;
  readonly clamp?: MacSpec['clamp'];
  /** A constant operand beside the streams: one value, one a channel, or one an element. */
  readonly constant?: 'one' | 'channel' | 'map';
  /** log2 of the output's scale over the first input's; random, with the sum well inside the output, when left out. */
  readonly logScale?: number;
}

/** Functions of one element, each a table. */
export type PointwiseKind =
  | 'sigmoid'
  | 'tanh'
  | 'requantise'
  | 'leaky-relu'
  | 'elu'
  | 'hard-sigmoid'
  | 'hard-swish'
  | 'swish';

interface Identified {
  /** From 1 on. Seeds the layer's numbers and names it, so that leaving others out changes neither. */
  readonly id: number;
  /** What it reads: layers by id, or the network's inputs 0, -1, -2 ...; the layer before it when left out. */
  readonly from?: readonly number[];
}

export type LayerSpec = Identified &
  (
    | ({ readonly op: 'conv'; readonly out: number; readonly groups: number } & WindowSpec & MacSpec)
    | ({ readonly op: 'dense'; readonly out: number } & MacSpec)
    | ({ readonly op: 'max-pool'; readonly clamp?: 'relu' } & WindowSpec)
    | ({ readonly op: 'average-pool'; readonly countIncludePad: boolean; readonly clamp?: 'relu' } & WindowSpec)
    | { readonly op: 'global-average-pool' }
    | { readonly op: PointwiseKind; readonly output: ElementSpec }
    // Elements of the zero point around the map: top, left, bottom, right.
    | { readonly op: 'pad'; readonly pad: readonly [number, number, number, number] }
    | { readonly op: 'reshape'; readonly shape: readonly number[] }
    | { readonly op: 'relu' | 'flatten' }
    | ({ readonly op: 'add' } & AddSpec)
    // Along the channels without an axis; with the numbers of its first input without an output.
    | { readonly op: 'concat'; readonly axis?: number; readonly output?: ElementSpec }
    // First and last, and one more, of each axis.
    | { readonly op: 'slice'; readonly begin: readonly number[]; readonly end: readonly number[] }
    // A shuffle of groups, or any order.
    | { readonly op: 'permute-channels'; readonly groups?: number }
    | { readonly op: 'upsample'; readonly factor: readonly [number, number] }
    | { readonly op: 'depth-to-space'; readonly block: number; readonly order: 'depth-first' | 'column-first' }
    | { readonly op: 'mul'; readonly output: ElementSpec; readonly clamp?: 'relu' }
    | { readonly op: 'prelu'; readonly output: ElementSpec }
    | { readonly op: 'local-response-norm'; readonly size: number; readonly output: ElementSpec }
    // Ends as shares of the tensor's range.
    | { readonly op: 'clip'; readonly lo: number; readonly hi: number }
  );

export interface InputSpec extends ElementSpec {
  readonly shape: readonly number[];
  readonly zeroPoint: 'zero' | 'random';
}

export interface NetworkSpec {
  readonly name: string;
  readonly seed: number;
  readonly input: InputSpec;
  /** Inputs -1, -2 ... Those that nothing reads are left out of the network. */
  readonly moreInputs?: readonly InputSpec[];
  readonly requantBits: number;
  /** Layers whose results are outputs although others read them; those that nobody reads are outputs anyway. */
  readonly outputs?: readonly number[];
  /** Each behind those that it reads. */
  readonly layers: readonly LayerSpec[];
}

export function inputsOf(spec: NetworkSpec): readonly InputSpec[] {
  return [spec.input, ...(spec.moreInputs ?? [])];
}

/** Ids of what the layer at a place of the list reads. */
export function sourcesOf({ layers }: Pick<NetworkSpec, 'layers'>, place: number): readonly number[] {
  return layers[place]?.from ?? [layers[place - 1]?.id ?? 0];
}

/** Ids of the layers whose results are outputs, in the order of the layers. */
export function outputsOf(spec: NetworkSpec): readonly number[] {
  const read = new Set(spec.layers.flatMap((_, place) => sourcesOf(spec, place)));
  return spec.layers.map(({ id }) => id).filter((id) => !read.has(id) || spec.outputs?.includes(id));
}
