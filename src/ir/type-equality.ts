import { elementName, type Quantization, type TensorType } from './tensor-type.js';

export function sameExtents(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((extent, index) => extent === b[index]);
}

export function sameQuantization(a: Quantization | undefined, b: Quantization | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.axis === b.axis && sameExtents(a.scale, b.scale) && sameExtents(a.zeroPoint, b.zeroPoint);
}

/** Equal shape, element and quantization. */
export function sameType(a: TensorType, b: TensorType): boolean {
  return sameExtents(a.shape, b.shape) && sameNumbers(a, b);
}

/** Equal element and quantization: a stored value means the same real value in both. */
export function sameNumbers(a: TensorType, b: TensorType): boolean {
  return elementName(a.element) === elementName(b.element) && sameQuantization(a.quant, b.quant);
}
