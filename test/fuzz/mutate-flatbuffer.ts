import type { Random } from '../campaign/random.js';
import { BOUNDARIES, type ByteEdit, writeInteger } from './mutate-bytes.js';

/** Damage to what a FlatBuffer is held together by: offsets, vtables, lengths. They are found by what they look like. */

interface Words {
  readonly view: DataView;
  readonly size: number;
}

/** Places of unsigned distances that lead to another place of the file. */
function offsetsOf({ view, size }: Words): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at + 4 <= size; at += 4) {
    const distance = view.getUint32(at, true);
    if (distance >= 4 && distance % 2 === 0 && at + distance + 4 <= size) found.push(at);
  }
  return found;
}

/** Places where a table begins: the signed distance back to a vtable of a credible length. */
function tablesOf({ view, size }: Words): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at + 4 <= size; at += 4) {
    const vtable = at - view.getInt32(at, true);
    if (vtable < 4 || vtable + 4 > size || vtable === at || vtable % 2 !== 0) continue;
    const length = view.getUint16(vtable, true);
    if (length >= 4 && length <= 64 && length % 2 === 0 && vtable + length <= size) found.push(at);
  }
  return found;
}

type WordEdit = (copy: Uint8Array, words: Words, random: Random) => void;

function pickOr(list: readonly number[], random: Random): number {
  return list.length === 0 ? 0 : random.pick(list);
}

const EDITS: readonly WordEdit[] = [
  // An offset to where another one leads, so that parts are shared or taken for what they are not.
  (copy, words, random) => {
    const offsets = offsetsOf(words);
    const place = pickOr(offsets, random);
    const other = pickOr(offsets, random);
    const target = other + words.view.getUint32(other, true);
    writeInteger(copy, place, 4, BigInt(target > place ? target - place : random.integer(0, words.size)));
  },
  (copy, words, random) => {
    const place = pickOr(offsetsOf(words), random);
    writeInteger(copy, place, 4, random.pick([0n, 1n, BigInt(words.size - place), ...BOUNDARIES]));
  },
  // The length of a vector or a string.
  (copy, words, random) => {
    const place = pickOr(offsetsOf(words), random);
    const target = place + words.view.getUint32(place, true);
    const length = BigInt(words.view.getUint32(target, true));
    const near = random.pick([length + 1n, length - 1n, 2n * length, BigInt(words.size - target), length / 2n]);
    writeInteger(copy, target, 4, random.chance(0.5) ? near : random.pick(BOUNDARIES));
  },
  // A vtable: its own length, its table's, or the place of a field.
  (copy, words, random) => {
    const table = pickOr(tablesOf(words), random);
    const vtable = table - words.view.getInt32(table, true);
    const fields = (words.view.getUint16(vtable, true) - 4) >> 1;
    const slot = vtable + 2 * random.integer(0, 1 + Math.max(0, fields));
    writeInteger(copy, slot, 2, random.pick([0n, 1n, 3n, 4n, 6n, 8n, 12n, 255n, 0x7fffn, 0xffffn]));
  },
  // A table with another one's vtable, or with none.
  (copy, words, random) => {
    const tables = tablesOf(words);
    const table = pickOr(tables, random);
    const other = pickOr(tables, random);
    const vtable = other - words.view.getInt32(other, true);
    writeInteger(copy, table, 4, random.chance(0.6) ? BigInt(table - vtable) : random.pick(BOUNDARIES));
  },
  // Any word.
  (copy, words, random) =>
    writeInteger(copy, 4 * random.integer(0, words.size >> 2), random.pick([1, 2, 4, 8]), random.pick(BOUNDARIES)),
];

/** One to three edits of its offsets, vtables, lengths and numbers. */
export const mutateFlatbuffer: ByteEdit = (bytes, random) => {
  const copy = Uint8Array.from(bytes);
  if (copy.length < 8) return copy;
  const words = { view: new DataView(copy.buffer), size: copy.length };
  for (let n = random.pick([1, 1, 1, 2, 3]); n > 0; n--) random.pick(EDITS)(copy, words, random);
  return copy;
};
