import type { ConstantData } from './dtypes.js';

/** 64 bits in groups of 7. */
const MOST_BYTES = 10;

export interface Varint {
  /** As int64: two's complement. */
  readonly value: bigint;
  /** Where the next value begins. */
  readonly next: number;
}

/**
 * The 64-bit integer that begins at a byte. The reader of protobufjs gives such integers as doubles, which are not exact
 * beyond 2^53. @throws RangeError where it does not end.
 */
export function readVarint(bytes: Uint8Array, start: number): Varint {
  let low = 0;
  // Nearly all values have four bytes at most.
  for (let count = 0; count < 4; count++) {
    const byte = byteAt(bytes, start + count);
    low |= (byte & 127) << (7 * count);
    if (byte < 128) return { value: BigInt(low), next: start + count + 1 };
  }
  let value = BigInt(low);
  for (let count = 4; count < MOST_BYTES; count++) {
    const byte = byteAt(bytes, start + count);
    value |= BigInt(byte & 127) << BigInt(7 * count);
    if (byte < 128) return { value: BigInt.asIntN(64, value), next: start + count + 1 };
  }
  throw new RangeError('an integer of more than 64 bits');
}

function byteAt(bytes: Uint8Array, index: number): number {
  const byte = bytes[index];
  if (byte === undefined) throw new RangeError('the bytes end in the middle of an integer');
  return byte;
}

/**
 * Decodes all values of the bytes into the array, each wrapped to its elements. Returns how many there are, which may
 * be more than the array takes; -1 where the last is cut.
 */
export function readVarints(bytes: Uint8Array, into: ConstantData): number {
  try {
    return into instanceof BigInt64Array || into instanceof BigUint64Array
      ? readWide(bytes, into)
      : readNarrow(bytes, into);
  } catch {
    return -1;
  }
}

function readWide(bytes: Uint8Array, into: BigInt64Array | BigUint64Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; count++) {
    const { value, next } = readVarint(bytes, at);
    at = next;
    if (count < into.length) into[count] = value;
  }
  return count;
}

/** Of values of up to 32 bits the rest only repeats the sign. Networks may have millions of them. */
function readNarrow(bytes: Uint8Array, into: Exclude<ConstantData, BigInt64Array | BigUint64Array>): number {
  let count = 0;
  let low = 0;
  let shift = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (shift < 32) low |= (byte & 127) << shift;
    shift += 7;
    if (byte < 128) {
      if (count < into.length) into[count] = low;
      count++;
      low = 0;
      shift = 0;
    } else if (shift >= 7 * MOST_BYTES) {
      return -1;
    }
  }
  return shift === 0 ? count : -1;
}
