import type { TensorData } from '../../ir/tensor.js';
import { type Element, elementCount, F32, int, type Quantization, type TensorType } from '../../ir/tensor-type.js';
import type { FileTensor } from './model.js';

/** What is known of a tensor of the file while its graph is built. */
export interface Value {
  readonly file: FileTensor;
  /** With the batch axis; as computed, where the file leaves it open. */
  readonly shape: readonly number[];
  readonly numbers: Numbers;
  /** Name of the graph's tensor; constants get theirs when a node reads them. */
  readonly tensor?: string;
  /** The elements of a constant. */
  readonly data?: () => TensorData;
  /**
   * What stands for the file's tensor behind something that was left out: logits for probabilities, with the same
   * shape, or scores for the index of the largest one.
   */
  readonly standIn?: 'logits' | 'scores';
  /** It comes from an operator that was refused: what follows from that is not reported again. */
  readonly isUnknown?: boolean;
}

/** The element, undefined where the graph has none like it, and the quantisation; its axis counts the batch axis. */
export interface Numbers {
  /** TFLite's name. */
  readonly name: string;
  readonly element: Element | undefined;
  readonly quant: Quantization | undefined;
}

const ELEMENTS: Readonly<Record<string, Element>> = {
  FLOAT32: F32,
  INT8: int(8, true),
  UINT8: int(8, false),
  INT16: int(16, true),
  UINT16: int(16, false),
  INT32: int(32, true),
  INT64: int(64, true),
};

export function elementOf(name: string): Element | undefined {
  return ELEMENTS[name];
}

/** Bytes of an element as the file stores it; undefined for types whose constants cannot be read. */
export function elementSize(name: string): number | undefined {
  if (name === 'FLOAT16') return 2;
  const element = ELEMENTS[name];
  if (element === undefined) return undefined;
  return element.kind === 'f32' ? 4 : element.bits / 8;
}

/** Whether the graph's tensor lacks the first axis of the file's: one frame, the batch is implicit. */
export function dropsBatch(shape: readonly number[]): boolean {
  return shape.length >= 2 && shape[0] === 1;
}

/** The graph's shape of a file's tensor. */
export function graphShape(shape: readonly number[]): readonly number[] {
  return dropsBatch(shape) ? shape.slice(1) : shape;
}

/** Values along the axes of the file's tensor as values along those of the graph's. */
export function graphAxes<T>(shape: readonly number[], perAxis: readonly T[]): readonly T[] {
  return dropsBatch(shape) ? perAxis.slice(1) : perAxis;
}

/** The graph's type of a value whose element it has. */
export function graphType(element: Element, quant: Quantization | undefined, shape: readonly number[]): TensorType {
  return quant === undefined ? { shape, element } : { shape, element, quant };
}

export function countOf(value: Value): number {
  return elementCount(value.shape);
}
