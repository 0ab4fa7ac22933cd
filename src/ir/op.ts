/**
 * The operators of the graph, one discriminated union. The same kinds serve float and integer graphs; the element
 * types of a node's tensors tell which it is. Dimension words are those of the RTL: kernelH, strideW, padTop ...
 *
 * Inputs by kind:
 *   conv                x [H][W][C], weight [oc][kh][kw][c/groups], bias? [oc]
 *   conv-transpose      x [H][W][C], weight [oc][kh][kw][c/groups], bias? [oc]
 *   dense               x [N], weight [out][N], bias? [out]
 *   batch-norm          x, scale [C], offset [C], mean [C], variance [C]        (float only)
 *   prelu               x, slope: a constant, as an addend
 *   add, mul            a, b, ...: each has the result's shape, or extents of 1 along some axes, or fewer axes, which
 *                       are then the last ones (broadcasting as in NumPy)
 *   concat              a, b, ...
 *   all others          x
 *
 * Feature maps are [H][W][C]. An importer's graph may hold any rank and the order of axes of the file, with transposes
 * around what wants channels last; operators that only move or map elements take any rank.
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

/** x where it is positive, slope * x otherwise. */
export interface LeakyReluOp {
  readonly kind: 'leaky-relu';
  readonly slope: number;
}

/** As leaky-relu, with a slope for each channel: the second input, a constant that broadcasts to x. */
export interface PreluOp {
  readonly kind: 'prelu';
}

/** x where it is positive, alpha * (e^x - 1) otherwise. */
export interface EluOp {
  readonly kind: 'elu';
  readonly alpha: number;
}

/** max(0, min(1, alpha * x + beta)). */
export interface HardSigmoidOp {
  readonly kind: 'hard-sigmoid';
  readonly alpha: number;
  readonly beta: number;
}

/** x * max(0, min(1, x / 6 + 0.5)). */
export interface HardSwishOp {
  readonly kind: 'hard-swish';
}

/** x * sigmoid(x), also called SiLU. */
export interface SwishOp {
  readonly kind: 'swish';
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

/**
 * Transposed convolution: input pixel (iy, ix) adds x * w to the outputs (iy * strideH + ky * dilationH - padTop, ...).
 * OH = (H - 1) * strideH + reach + outputPadH - padTop - padBottom, with reach = dilationH * (kernelH - 1) + 1. Output
 * channel oc of group g reads the input channels of group g, as in a convolution.
 */
export interface ConvTransposeOp extends Window {
  readonly kind: 'conv-transpose';
  readonly groups: number;
  readonly outputPadH: number;
  readonly outputPadW: number;
  readonly clamp?: Clamp;
}

/**
 * Across the last axis: y[c] = x[c] / (bias + alpha / size * sum of x[i]^2)^beta,
 * i from c - floor((size - 1) / 2) to c + ceil((size - 1) / 2).
 */
export interface LocalResponseNormOp {
  readonly kind: 'local-response-norm';
  readonly size: number;
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
}

/** Product of all inputs. */
export interface MulOp {
  readonly kind: 'mul';
  readonly clamp?: Clamp;
}

/** The inputs one behind the other along `axis`; integer inputs are brought to the output's scale and zero point. */
export interface ConcatOp {
  readonly kind: 'concat';
  readonly axis: number;
}

/** y[i] = x[begin + i * step], i < size; one entry an axis, steps of 1 or more. */
export interface SliceOp {
  readonly kind: 'slice';
  readonly begin: readonly number[];
  readonly size: readonly number[];
  readonly step: readonly number[];
}

/** How the elements outside are made: `value`, the nearest element, or mirrored without repeating the edge. */
export type PadMode = 'constant' | 'edge' | 'reflect';

/** Elements put before and behind, one entry an axis. */
export interface PadOp {
  readonly kind: 'pad';
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly mode: PadMode;
  /** Real in a float graph, an integer of the tensor in an integer graph (its zero point stands for 0). */
  readonly value: number;
}

/** Axis i of the output is axis perm[i] of the input. */
export interface TransposeOp {
  readonly kind: 'transpose';
  readonly perm: readonly number[];
}

/** The same elements in the same order under another shape. */
export interface ReshapeOp {
  readonly kind: 'reshape';
  readonly shape: readonly number[];
}

/** Nearest neighbour: y[oy][ox][c] = x[floor(oy / factorH)][floor(ox / factorW)][c]. */
export interface UpsampleOp {
  readonly kind: 'upsample';
  readonly factorH: number;
  readonly factorW: number;
}

/**
 * [H][W][C] -> [H*block][W*block][C/block^2]. Input channel of output channel c at offset (by, bx) in its block:
 * `depth-first` (by * block + bx) * C/block^2 + c, as TensorFlow and ONNX's DCR; `column-first` (c * block + by) * block + bx.
 */
export interface DepthToSpaceOp {
  readonly kind: 'depth-to-space';
  readonly block: number;
  readonly order: 'depth-first' | 'column-first';
}

/** The channels (the last axis) in another order: channel c of the output is channel order[c] of the input. */
export interface PermuteChannelsOp {
  readonly kind: 'permute-channels';
  readonly order: readonly number[];
}

/** Mean over some axes, which are kept with extent 1 or dropped. Float only: over H and W it is a global pool. */
export interface ReduceMeanOp {
  readonly kind: 'reduce-mean';
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/**
 * Float to integer, clamp(zeroPoint + rne(x / scale)) with the quotient rounded to float32, as the runtimes do; only in
 * graphs as imported.
 */
export interface QuantiseOp {
  readonly kind: 'quantise';
}

/** Integer to float, scale * (q - zeroPoint); only in graphs as imported. */
export interface DequantiseOp {
  readonly kind: 'dequantise';
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
  | AddOp
  | ConvTransposeOp
  | LocalResponseNormOp
  | LeakyReluOp
  | PreluOp
  | EluOp
  | HardSigmoidOp
  | HardSwishOp
  | SwishOp
  | MulOp
  | ConcatOp
  | SliceOp
  | PadOp
  | TransposeOp
  | ReshapeOp
  | UpsampleOp
  | DepthToSpaceOp
  | PermuteChannelsOp
  | ReduceMeanOp
  | QuantiseOp
  | DequantiseOp;

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
  'conv-transpose',
  'local-response-norm',
  'leaky-relu',
  'prelu',
  'elu',
  'hard-sigmoid',
  'hard-swish',
  'swish',
  'mul',
  'concat',
  'slice',
  'pad',
  'transpose',
  'reshape',
  'upsample',
  'depth-to-space',
  'permute-channels',
  'reduce-mean',
  'quantise',
  'dequantise',
];

/** Between float and integer tensors, which only an imported graph holds side by side. */
const IMPORTED_ONLY: ReadonlySet<OpKind> = new Set(['quantise', 'dequantise']);

/** The operators of networks, which a model file can hold. */
export const NETWORK_OP_KINDS: readonly OpKind[] = OP_KINDS.filter((kind) => !IMPORTED_ONLY.has(kind));
