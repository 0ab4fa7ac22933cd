import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packElements, padToLanes, unpackElements } from '../../../src/simulate/elements.js';

describe('packElements', () => {
  it('takes 1, 2 or 4 bytes, little endian', () => {
    expect([...packElements([1, -1], 4)]).toEqual([1, 255]);
    expect([...packElements([0x123], 12)]).toEqual([0x23, 0x01]);
    expect([...packElements([-2], 17)]).toEqual([0xfe, 0xff, 0xff, 0xff]);
    expect(() => packElements([0], 33)).toThrow('33 bits');
  });

  it('is undone by unpackElements at every width', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 32 }), fc.boolean(), fc.array(fc.integer()), (bits, signed, raw) => {
        const values = raw.map((value) =>
          signed ? (value << (32 - bits)) >> (32 - bits) : (value << (32 - bits)) >>> (32 - bits),
        );
        expect([...unpackElements(packElements(values, bits), bits, signed)]).toEqual(values);
      }),
    );
  });
});

describe('padToLanes', () => {
  it('fills the last beat of each pixel', () => {
    expect([...padToLanes([1, 2, 3, 4, 5, 6], 3, 2)]).toEqual([1, 2, 3, 0, 4, 5, 6, 0]);
    expect([...padToLanes([1, 2, 3, 4], 2, 2)]).toEqual([1, 2, 3, 4]);
    expect([...padToLanes([1, 2], 1, 4)]).toEqual([1, 0, 0, 0, 2, 0, 0, 0]);
    expect(() => padToLanes([1, 2, 3], 2, 2)).toThrow('whole pixels');
  });
});
