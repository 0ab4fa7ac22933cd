/**
 * The operators of the graph, one discriminated union. The same kinds serve float and integer graphs; the element
 * types of a node's tensors tell which it is. Dimension words are those of the RTL: kernelH, strideW, padTop ...
 *
 * Inputs by kind:
 *   conv                x [H][W][C], weight [oc][kh][kw][c/groups], bias? [oc]
 *   dense               x [N], weight [out][N], bias? [out]
 *   batch-norm          x, scale [C], offset [C], mean [C], variance [C]        (float only)
 *   max-pool ... flatten, requantise, quantise, dequantise   x
 *   add                 a, b, ... of one shape, or a constant broadcast along the last axis
 */

/** Clamp of a node's output: real values in a float graph, integers of the output type in an integer graph. */
export interface Clamp {
  readonly lo?: number;
  readonly hi?: number;
}

export interface Window {
  readonly kernelH: number;
  readonly kernelW: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly dilationH: number;
  readonly dilationW: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly padBottom: number;
  readonly padRight: number;
}

export interface ConvOp extends Window {
  readonly kind: 'conv';
  /** 1: ordinary; equal to the input channels: depthwise; between: grouped. */
  readonly groups: number;
  readonly clamp?: Clamp;
}

export interface DenseOp {
  readonly kind: 'dense';
  readonly clamp?: Clamp;
}

export interface MaxPoolOp extends Window {
  readonly kind: 'max-pool';
  readonly clamp?: Clamp;
}

export interface AveragePoolOp extends Window {
  readonly kind: 'average-pool';
  /** true: padded positions count in the divisor (as zeros); false: only positions inside the picture do. */
  readonly countIncludePad: boolean;
  readonly clamp?: Clamp;
}

/** Average over all of H and W: [H][W][C] -> [1][1][C]. */
export interface GlobalAveragePoolOp {
  readonly kind: 'global-average-pool';
  readonly clamp?: Clamp;
}

export interface BatchNormOp {
  readonly kind: 'batch-norm';
  readonly epsilon: number;
}

export interface ReluOp {
  readonly kind: 'relu';
}

/** Clamps to [lo, hi] in real values; ReLU6 is lo 0, hi 6. A missing end is unbounded. */
export interface ClipOp {
  readonly kind: 'clip';
  readonly lo?: number;
  readonly hi?: number;
}

export interface SigmoidOp {
  readonly kind: 'sigmoid';
}

export interface TanhOp {
  readonly kind: 'tanh';
}

/** [H][W][C] -> [H*W*C], in that order. */
export interface FlattenOp {
  readonly kind: 'flatten';
}

/** Integer to integer, from the input's scale and zero point to the output's. */
export interface RequantiseOp {
  readonly kind: 'requantise';
  readonly clamp?: Clamp;
}

/** Sum of all inputs. */
export interface AddOp {
  readonly kind: 'add';
  readonly clamp?: Clamp;
}

export type Op =
  | ConvOp
  | DenseOp
  | MaxPoolOp
  | AveragePoolOp
  | GlobalAveragePoolOp
  | BatchNormOp
  | ReluOp
  | ClipOp
  | SigmoidOp
  | TanhOp
  | FlattenOp
  | RequantiseOp
  | AddOp;

export type OpKind = Op['kind'];

/** The member of the union with the given kind. */
export type OpOf<K extends OpKind> = Extract<Op, { readonly kind: K }>;

export const OP_KINDS: readonly OpKind[] = [
  'conv',
  'dense',
  'max-pool',
  'average-pool',
  'global-average-pool',
  'batch-norm',
  'relu',
  'clip',
  'sigmoid',
  'tanh',
  'flatten',
  'requantise',
  'add',
];
