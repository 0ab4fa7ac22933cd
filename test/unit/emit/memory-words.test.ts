import { describe, expect, it } from 'vitest';
import { wordBuilder } from '../../../src/emit/memory-words.js';
import { makeRandom, randomInteger } from '../execute/make-graph.js';

describe('wordBuilder', () => {
  it('puts the first field into the low bits, two-complement where it is negative', () => {
    const word = wordBuilder(16);
    word.put(-1, 4);
    word.put(2, 4);
    word.put(-128, 8);
    expect(word.finish()).toBe('802f');
  });

  it('starts anew after each word, and fills up to a whole digit', () => {
    const word = wordBuilder(5);
    word.put(31, 5);
    expect(word.finish()).toBe('1f');
    word.put(0, 5);
    expect(word.finish()).toBe('00');
  });

  it('holds fields wider than 32 bits', () => {
    const word = wordBuilder(48);
    word.put(-(2 ** 40), 48);
    expect(word.finish()).toBe('ff0000000000');
  });

  it('refuses fields that do not fit, and words that are not full', () => {
    const word = wordBuilder(8);
    word.put(1, 7);
    expect(() => word.put(1, 2)).toThrow('a field of 2 bits at 7 in a word of 8');
    expect(() => word.finish()).toThrow('a word of 8 bits got only 7');
  });

  it('is what BigInt arithmetic gives, seed 11', () => {
    const random = makeRandom(11);
    for (let i = 0; i < 200; i++) {
      const fields = Array.from({ length: randomInteger(random, 1, 12) }, () => {
        const bits = randomInteger(random, 1, 40);
        return { bits, value: randomInteger(random, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1) };
      });
      const width = fields.reduce((sum, { bits }) => sum + bits, 0);
      const builder = wordBuilder(width);
      let [expected, at] = [0n, 0n];
      for (const { bits, value } of fields) {
        builder.put(value, bits);
        expected |= BigInt.asUintN(bits, BigInt(value)) << at;
        at += BigInt(bits);
      }
      expect(builder.finish()).toBe(expected.toString(16).padStart(Math.ceil(width / 4), '0'));
    }
  });
});
