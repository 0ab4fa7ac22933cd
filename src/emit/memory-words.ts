import { invariant } from '../support/invariant.js';

/** Builds one memory word of fixed width from fields, low bits first, and writes it as $readmemh wants it. */
export interface WordBuilder {
  /** Appends the low `bits` bits of a whole number, two's complement where it is negative. */
  put(value: number, bits: number): void;
  /** The word as hexadecimal digits, highest first; the builder is empty afterwards. */
  finish(): string;
}

const DIGITS = '0123456789abcdef';

/** A builder for words of `width` bits. */
export function wordBuilder(width: number): WordBuilder {
  const digits = Math.ceil(width / 4);
  const nibbles = new Uint8Array(digits);
  let at = 0;
  return {
    put(value, bits) {
      invariant(at + bits <= width, `a field of ${bits} bits at ${at} in a word of ${width}`);
      let rest = value;
      for (let done = 0; done < bits; ) {
        const offset = at & 3;
        const take = Math.min(4 - offset, bits - done);
        const base = 2 ** take;
        const low = ((rest % base) + base) % base;
        nibbles[at >> 2] = (nibbles[at >> 2] as number) | (low << offset);
        rest = (rest - low) / base;
        at += take;
        done += take;
      }
    },
    finish() {
      invariant(at === width, `a word of ${width} bits got only ${at}`);
      let text = '';
      for (let i = digits - 1; i >= 0; i--) text += DIGITS[nibbles[i] as number];
      nibbles.fill(0);
      at = 0;
      return text;
    },
  };
}
