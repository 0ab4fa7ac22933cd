import type { Random } from '../campaign/random.js';

/** Damage to a file that knows nothing of its format. */

/** What sizes, offsets and counts are replaced with: the ends of the integer types, and sizes that no memory has. */
export const BOUNDARIES: readonly bigint[] = [
  0n,
  1n,
  -1n,
  127n,
  128n,
  255n,
  2n ** 15n,
  2n ** 16n - 1n,
  2n ** 20n,
  2n ** 20n + 1n,
  2n ** 31n - 1n,
  2n ** 31n,
  -(2n ** 31n),
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n - 1n,
  -(2n ** 63n),
];

export type ByteEdit = (bytes: Uint8Array, random: Random) => Uint8Array;

function at(bytes: Uint8Array, random: Random): number {
  return random.integer(0, Math.max(0, bytes.length - 1));
}

/** `bytes` with the part from `start` to `end` replaced. */
export function spliced(bytes: Uint8Array, start: number, end: number, insert: Uint8Array): Uint8Array {
  return Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(end)]);
}

function randomBytes(count: number, random: Random): Uint8Array {
  return Uint8Array.from({ length: count }, () => random.integer(0, 255));
}

function changed(bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (copy.length > 0) change(copy);
  return copy;
}

/** A range of up to a quarter of the file. */
function range(bytes: Uint8Array, random: Random): readonly [number, number] {
  const start = at(bytes, random);
  const longest = random.chance(0.5) ? 16 : bytes.length >> 2;
  return [start, Math.min(bytes.length, start + random.integer(1, Math.max(1, longest)))];
}

/** Overwrites what is there with an integer of 1, 2, 4 or 8 bytes, little-endian. */
export function writeInteger(copy: Uint8Array, position: number, size: number, value: bigint): void {
  for (let i = 0; i < size && position + i < copy.length; i++)
    copy[position + i] = Number(BigInt.asUintN(8, value >> BigInt(8 * i)));
}

/** A varint of ten bytes, the longest that there is, or of one more. */
export function longVarint(value: bigint, bytes = 10): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => {
    const low = Number(BigInt.asUintN(7, BigInt.asUintN(64, value) >> BigInt(7 * Math.min(i, 9))));
    return i === bytes - 1 ? low : low | 0x80;
  });
}

const BYTE_EDITS: readonly ByteEdit[] = [
  // Bits.
  (bytes, random) =>
    changed(bytes, (copy) => {
      for (let n = random.integer(1, 8); n > 0; n--) {
        const place = at(copy, random);
        copy[place] = (copy[place] ?? 0) ^ (1 << random.integer(0, 7));
      }
    }),
  // Bytes.
  (bytes, random) =>
    changed(bytes, (copy) => {
      for (let n = random.integer(1, 4); n > 0; n--)
        copy[at(copy, random)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.integer(0, 255)]);
    }),
  // Integers.
  (bytes, random) =>
    changed(bytes, (copy) => {
      const size = random.pick([2, 4, 4, 8]);
      const place = at(copy, random);
      writeInteger(copy, random.chance(0.7) ? place - (place % size) : place, size, random.pick(BOUNDARIES));
    }),
  (bytes, random) => {
    const place = at(bytes, random);
    return spliced(
      bytes,
      place,
      place + random.integer(0, 2),
      longVarint(random.pick(BOUNDARIES), random.integer(9, 11)),
    );
  },
  // Truncation.
  (bytes, random) => bytes.slice(0, random.integer(0, bytes.length)),
  (bytes, random) => bytes.slice(0, Math.max(0, bytes.length - random.integer(1, 16))),
  // Insertion, removal, repetition, exchange.
  (bytes, random) => {
    const place = at(bytes, random);
    const count = random.pick([1, 4, 8, 64, 1024]);
    return spliced(bytes, place, place, random.chance(0.5) ? new Uint8Array(count) : randomBytes(count, random));
  },
  (bytes, random) => {
    const [start, end] = range(bytes, random);
    return spliced(bytes, start, end, new Uint8Array(0));
  },
  (bytes, random) => {
    const [start, end] = range(bytes, random);
    const place = at(bytes, random);
    const times = random.chance(0.1) ? 200 : random.integer(1, 3);
    const part = bytes.subarray(start, end);
    return spliced(bytes, place, place, Buffer.concat(Array.from({ length: times }, () => part)));
  },
  (bytes, random) => {
    const [start, end] = range(bytes, random);
    return changed(bytes, (copy) =>
      copy.set(bytes.subarray(start, end), random.integer(0, bytes.length - end + start)),
    );
  },
];

/** One to three edits that know nothing of the format. */
export const mutateBytes: ByteEdit = (bytes, random) => {
  let result = bytes;
  for (let n = random.pick([1, 1, 1, 2, 3]); n > 0; n--) result = random.pick(BYTE_EDITS)(result, random);
  return result;
};
