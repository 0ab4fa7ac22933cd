import { invariant } from '../support/invariant.js';

/** Builds one memory word of fixed width from fields, low bits first, and writes it as $readmemh wants it. */
export interface WordBuilder {
  /** Appends the low `bits` bits of a whole number, two's complement where it is negative. */
  put(value: number, bits: number): void;
  /** The word as hexadecimal digits, highest first; the builder is empty afterwards. */
  finish(): string;
}

const DIGITS = [...'0123456789abcdef'].map((digit) => digit.charCodeAt(0));
const CHARACTERS = new TextDecoder('latin1');

/** A builder for words of `width` bits. A network has millions of words: bytes, which weights are, go their own way. */
export function wordBuilder(width: number): WordBuilder {
  const digits = Math.ceil(width / 4);
  const nibbles = new Uint8Array(digits);
  const text = new Uint8Array(digits);
  let at = 0;
  return {
    put(value, bits) {
      if (at + bits > width) invariant(false, `a field of ${bits} bits at ${at} in a word of ${width}`);
      if (bits === 8 && (at & 3) === 0) {
        nibbles[at >> 2] = value & 15;
        nibbles[(at >> 2) + 1] = (value >> 4) & 15;
      } else {
        putBits(nibbles, at, value, bits);
      }
      at += bits;
    },
    finish() {
      if (at !== width) invariant(false, `a word of ${width} bits got only ${at}`);
      for (let i = 0; i < digits; i++) text[digits - 1 - i] = DIGITS[nibbles[i] as number] as number;
      nibbles.fill(0);
      at = 0;
      return CHARACTERS.decode(text);
    },
  };
}

/** Or-s a field into nibbles that are zero there. */
function putBits(nibbles: Uint8Array, from: number, value: number, bits: number): void {
  let rest = value;
  let at = from;
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
}
