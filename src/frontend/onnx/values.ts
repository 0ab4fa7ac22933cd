import type { Quantization } from '../../ir/tensor-type.js';
import type { ConstantData, DType } from './dtypes.js';

/** What a tensor of the file is to the importer. Shapes and axes are the file's, the batch axis included. */
export type Value = Constant | QuantisedConstant | Flowing | Absent | Unknown;

/** Known when the model is built. `data` has one entry an element, in C order. */
export interface Constant {
  readonly kind: 'constant';
  /** For the names of constants in the graph. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: ConstantData;
  /** All elements are equal, as ConstantOfShape makes them: their order does not matter. */
  readonly uniform?: true;
}

/** The real values scale * (q - zeroPoint) of constant integers: a DequantizeLinear of a constant. */
export interface QuantisedConstant {
  readonly kind: 'quantised';
  readonly name: string;
  /** Of the integers: int8, uint8, int32, ... */
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: ConstantData;
  /** `axis`, where there is one, is an axis of `shape`. */
  readonly quant: Quantization;
  readonly uniform?: true;
}

/** Depends on the model's inputs. */
export interface Flowing {
  readonly kind: 'flowing';
  /** Its name in the graph, where its shape is `graphShape(shape)`. */
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** What was left out before it, so that only what keeps the order of elements may follow. */
  readonly pastEnd?: PastEnd;
}

/** `logits`: a softmax or the like, which keeps shape and order; `scores`: an arg-max, whose result is another one. */
export type PastEnd = 'logits' | 'scores';

/** An optional input that is left out. */
export interface Absent {
  readonly kind: 'absent';
}

/** The result of a node that was refused: what reads it is not checked further. */
export interface Unknown {
  readonly kind: 'unknown';
}

export const ABSENT: Absent = { kind: 'absent' };
export const UNKNOWN: Unknown = { kind: 'unknown' };

/**
 * The shape that a file's tensor has in the graph: without its first axis where that is a batch of one. Dropping an
 * extent of 1 never changes the order of elements.
 */
export function graphShape(shape: readonly number[]): readonly number[] {
  return shape.length >= 2 && shape[0] === 1 ? shape.slice(1) : shape;
}
