import { type IntElement, isInt, type TensorType } from '../../ir/tensor-type.js';
import { invariant } from '../../support/invariant.js';
import type { OutputRange } from '../integer/requant-params.js';
import { MOST_MEMORY, type SimdMachine, simdMachine } from './simd-machine.js';

/** The limits of outputs, from address 0 on, and the constants of a block of eight channels: see kernels.wat. */
export const LIMITS_BYTES = 48;
export const CONSTANTS_BYTES = 96;
/** Sums of a pixel, eight of 32 bits, and for how many pixels there is room: they stay in the nearest cache. */
export const SUMS_BYTES = 32;
export const SUMS_AT_ONCE = 256;

/** Hands out the kernels' memory from the limits on, in pieces that begin at multiples of 16. */
export class Space {
  end = LIMITS_BYTES;

  /** Address of a piece of so many bytes. */
  take(bytes: number): number {
    const start = this.end;
    this.end = Math.ceil((start + bytes) / 16) * 16;
    return start;
  }
}

/** Why a call that needs so many bytes, or more, has no place in the kernels' memory. */
export function sizeRefusal(bytes: number): string | undefined {
  if (bytes <= MOST_MEMORY) return undefined;
  return `it needs ${Math.ceil(bytes / 2 ** 20)} MiB in the fast kernels, which may have ${MOST_MEMORY / 2 ** 20}`;
}

/** Makes room for a call; the reason where there is none. */
export function roomRefusal(machine: SimdMachine, bytes: number): string | undefined {
  const refusal = sizeRefusal(bytes);
  if (refusal !== undefined || machine.reserve(bytes)) return refusal;
  return `there is no memory of ${Math.ceil(bytes / 2 ** 20)} MiB for the fast kernels`;
}

/** Why the kernels, which read and write bytes, are not for these tensors. */
export function bytesRefusal(inputs: readonly TensorType[], output: TensorType): string | undefined {
  if (simdMachine() === undefined) return 'this machine offers no 128-bit SIMD in WebAssembly';
  const wide = inputs.map(integerElement).find(({ bits }) => bits > 8);
  if (wide !== undefined) return `its input has ${wide.bits} bits, and the fast kernels take up to 8`;
  const { bits } = integerElement(output);
  return bits > 8 ? `its output has ${bits} bits, and the fast kernels make up to 8` : undefined;
}

export function integerElement({ element }: TensorType): IntElement {
  invariant(isInt(element), 'a float tensor in an integer node');
  return element;
}

/** What makes signed bytes unsigned, and so much larger, for the kernels: `x ^ flip` is x + offset. */
export function flipOf(type: TensorType): { readonly flip: number; readonly offset: number } {
  return integerElement(type).signed ? { flip: 0x80, offset: 128 } : { flip: 0, offset: 0 };
}

/** Writes the limits of a layer's outputs to the beginning of `bytes`. */
export function writeLimits(bytes: Uint8Array, { lo, hi, zeroPoint }: OutputRange): void {
  const [low, high] = [lo - zeroPoint, hi - zeroPoint];
  new Float64Array(bytes.buffer, bytes.byteOffset, 4).set([low, low, high, high]);
  new Int16Array(bytes.buffer, bytes.byteOffset + 32, 8).fill(zeroPoint);
}

/** Writes eight channels' biases and scales to `bytes` at `at`; channels that are not there are 0. */
export function writeConstants(bytes: Uint8Array, at: number, bias: Float64Array, scale: Float64Array): void {
  new Int32Array(bytes.buffer, bytes.byteOffset + at, 8).set(bias);
  new Float64Array(bytes.buffer, bytes.byteOffset + at + 32, 8).set(scale);
}
