import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatNpy, type NpyArray, parseNpy } from '../../../src/support/npy.js';
import { messageOf } from '../../errors/expected-messages.js';

/** A .npy file as its parts, for files that numpy.save would not write. */
function npy(header: string, data: Uint8Array, version = 1): Uint8Array {
  const length =
    version === 1 ? [header.length & 255, header.length >> 8] : [header.length & 255, header.length >> 8, 0, 0];
  return Uint8Array.of(0x93, ...Buffer.from('NUMPY'), version, 0, ...length, ...Buffer.from(header), ...data);
}

function header(descr: string, shape: string, order = 'False'): string {
  return `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;
}

function refusal(bytes: Uint8Array): string {
  return messageOf(() => parseNpy(bytes, 'x.npy'));
}

const ARRAYS: readonly NpyArray[] = [
  { shape: [3], dtype: 'u1', data: Uint8Array.of(0, 128, 255) },
  { shape: [3, 1], dtype: 'i1', data: Int8Array.of(0, -128, 127) },
  { shape: [2], dtype: 'u2', data: Uint16Array.of(0, 65535) },
  { shape: [2], dtype: 'i2', data: Int16Array.of(-32768, 32767) },
  { shape: [1, 2], dtype: 'i4', data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
  { shape: [2], dtype: 'i8', data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
  { shape: [4], dtype: 'f4', data: Float32Array.of(-0, 0.1, Number.NaN, Number.POSITIVE_INFINITY) },
  { shape: [2], dtype: 'f8', data: Float64Array.of(0.1, 5e-324) },
  { shape: [], dtype: 'f4', data: Float32Array.of(7) },
  { shape: [0, 28, 28], dtype: 'u1', data: new Uint8Array(0) },
];

describe('npy', () => {
  it.each(ARRAYS.map((array) => [`${array.dtype} (${array.shape.join(', ')})`, array] as const))(
    '%s comes back',
    (_name, array) => {
      const bytes = formatNpy(array);
      expect((bytes.length - array.data.byteLength) % 64).toBe(0);
      expect(parseNpy(bytes, 'x.npy')).toEqual(array);
    },
  );

  it('writes the bytes that numpy.save writes', () => {
    const bytes = formatNpy({ shape: [2, 3], dtype: 'u1', data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
    const text = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }".padEnd(117, ' ');
    expect(Buffer.from(bytes)).toEqual(
      Buffer.concat([
        Buffer.from('934e554d5059010076', 'hex'),
        Buffer.from([0]),
        Buffer.from(`${text}\n`),
        Buffer.from([1, 2, 3, 4, 5, 6]),
      ]),
    );
  });

  it('reads versions 2 and 3, other spellings and odd addresses', () => {
    const data = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    for (const version of [1, 2, 3]) {
      for (const text of [
        header("'<f4'", '(2,)'),
        `{"shape":(2L,),"fortran_order":False,"descr":"<f4"}`.replace('L', ''),
        header("'<f4'", '(1,2)', 'True'),
      ]) {
        const file = npy(text, data, version);
        const shifted = new Uint8Array(file.length + 1);
        shifted.set(file, 1);
        expect([...(parseNpy(file, 'x.npy').data as Float32Array)]).toEqual([1.5, -2]);
        expect([...(parseNpy(shifted.subarray(1), 'x.npy').data as Float32Array)]).toEqual([1.5, -2]);
      }
    }
  });

  it('turns halves into floats exactly', () => {
    const halves = Uint16Array.of(
      0x0000,
      0x8000,
      0x0001,
      0x03ff,
      0x0400,
      0x3c00,
      0x3555,
      0xc000,
      0x7bff,
      0x7c00,
      0xfc00,
      0x7e00,
    );
    const parsed = parseNpy(npy(header("'<f2'", '(12,)'), new Uint8Array(halves.buffer)), 'x.npy');
    const third = 0x555 * 2 ** -12;
    const wanted = [0, -0, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, 1, third, -2, 65504, 1 / 0, -1 / 0, Number.NaN];
    expect(parsed).toEqual({ shape: [12], dtype: 'f4', data: Float32Array.from(wanted) });
  });

  it.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(), 'E110'],
    ['a picture', Uint8Array.of(0x89, 0x50, 0x4e, 0x47), 'E110'],
    ['version 4', npy(header("'<f4'", '()'), new Uint8Array(4), 4), 'its format version is 4'],
    ['cut in the length', npy('', new Uint8Array()).slice(0, 9), 'the file ends inside its header'],
    ['cut in the header', npy(header("'<f4'", '()'), new Uint8Array()).slice(0, 30), 'the file ends inside its header'],
    ['no dictionary', npy('[1]', new Uint8Array()), 'its header is not a dictionary'],
    [
      'odd dictionary',
      npy("{'descr': None}", new Uint8Array()),
      `its header cannot be understood from "'descr': None" on`,
    ],
    [
      'missing entry',
      npy("{'descr': '<f4'}", new Uint8Array()),
      "its header lacks one of 'descr', 'fortran_order' and 'shape'",
    ],
    ['entry twice', npy("{'descr': '<f4', 'descr': '<f4'}", new Uint8Array()), "its header has 'descr' twice"],
    [
      'unknown entry',
      npy("{'description': '<f4'}", new Uint8Array()),
      "its header has the unknown entry 'description'",
    ],
    ['huge extent', npy(header("'<f4'", '(99999999999999999999,)'), new Uint8Array()), 'cannot be used'],
    [
      'too little data',
      npy(header("'<f4'", '(2, 2)'), new Uint8Array(15)),
      'the shape (2, 2) needs 16 bytes of data, but the file holds 15',
    ],
    [
      'too much data',
      npy(header("'<f4'", '(2, 2)'), new Uint8Array(17)),
      'needs 16 bytes of data, but the file holds 17',
    ],
    ['overflowing shape', npy(header("'<f4'", '(4503599627370496, 4503599627370496)'), new Uint8Array(4)), 'E115'],
    ['complex numbers', npy(header("'<c8'", '(1,)'), new Uint8Array(8)), "its element type is '<c8', but only u1, i1"],
    ['booleans', npy(header("'|b1'", '(1,)'), new Uint8Array(1)), 'E112'],
    ['records', npy(header("[('x', '<f4')]", '(1,)'), new Uint8Array(4)), 'E112'],
    ['big-endian', npy(header("'>f4'", '(1,)'), new Uint8Array(4)), "its elements are big-endian ('>f4')"],
    ['Fortran order', npy(header("'<f4'", '(2, 2)', 'True'), new Uint8Array(16)), 'numpy.ascontiguousarray'],
  ])('refuses: %s', (_name, bytes, wanted) => {
    expect(refusal(bytes)).toContain(wanted);
  });

  it('takes or refuses damaged files, and never fails otherwise', () => {
    const good = formatNpy({ shape: [2, 2], dtype: 'i2', data: Int16Array.of(1, 2, 3, 4) });
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(damage, fc.nat(good.length), (changes, cut) => {
        const bytes = good.slice(0, cut < good.length / 2 ? good.length : cut);
        for (const [at, value] of changes) bytes[at] = value;
        messageOf(() => parseNpy(bytes, 'x.npy'));
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});
