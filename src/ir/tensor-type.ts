/** Types of the tensors that flow in a graph. Feature maps are [H][W][C]; the batch is implicit. */

export interface FloatElement {
  readonly kind: 'f32';
}

/** An integer of 1..16 bits for activations, 2..8 for weights, up to 64 for biases. */
export interface IntElement {
  readonly kind: 'int';
  readonly bits: number;
  readonly signed: boolean;
}

export type Element = FloatElement | IntElement;

/**
 * `real = scale * (q - zeroPoint)`. One entry each, or one per index along `axis`
 * (weights: axis 0, the output channel).
 */
export interface Quantization {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly axis?: number;
}

export interface TensorType {
  readonly shape: readonly number[];
  readonly element: Element;
  readonly quant?: Quantization;
}

export const F32: FloatElement = { kind: 'f32' };

export function int(bits: number, signed: boolean): IntElement {
  return { kind: 'int', bits, signed };
}

export function isInt(element: Element): element is IntElement {
  return element.kind === 'int';
}

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Smallest and largest integer an element type holds (exact up to 53 bits). */
export function intRange(element: IntElement): { readonly min: number; readonly max: number } {
  return element.signed
    ? { min: -(2 ** (element.bits - 1)), max: 2 ** (element.bits - 1) - 1 }
    : { min: 0, max: 2 ** element.bits - 1 };
}

/** `float32`, `int8`, `uint4`: the element's name in messages, in the text form and in the model format. */
export function elementName(element: Element): string {
  return element.kind === 'f32' ? 'float32' : `${element.signed ? '' : 'u'}int${element.bits}`;
}

/** `28x28x1 uint8`. */
export function typeName(type: TensorType): string {
  return `${type.shape.length === 0 ? 'scalar' : type.shape.join('x')} ${elementName(type.element)}`;
}
