import protobuf from 'protobufjs/minimal.js';
import { type MessageDescriptor, MODEL } from '../../src/frontend/onnx/model-proto.js';
import type { Random } from '../campaign/random.js';
import { BOUNDARIES, type ByteEdit, longVarint, mutateBytes } from './mutate-bytes.js';

/** Damage to an ONNX file field by field: lengths fit again unless they are what is damaged. */

/** A field as it stands in the file. */
interface Entry {
  readonly number: number;
  readonly wire: number;
  /** The descriptor's names from the model down, by which fields are alike. */
  readonly path: string;
  readonly value: bigint | Uint8Array | Entry[];
  /** Written instead of the length that fits. */
  readonly length?: bigint;
}

const VARINT = 0;
const LENGTH = 2;

function parse(bytes: Uint8Array, descriptor: MessageDescriptor, path = ''): Entry[] {
  const reader = protobuf.Reader.create(bytes);
  const entries: Entry[] = [];
  while (reader.pos < bytes.length) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    const wire = tag & 7;
    const field = descriptor.fields.get(number);
    const own = `${path}.${field?.name ?? number}`;
    if (wire === LENGTH) {
      const content = reader.bytes();
      const value = typeof field?.type === 'object' ? parse(content, field.type, own) : content;
      entries.push({ number, wire, path: own, value });
    } else {
      const start = reader.pos;
      reader.skipType(wire);
      const content = bytes.subarray(start, reader.pos);
      entries.push({ number, wire, path: own, value: wire === VARINT ? varint(content) : content });
    }
  }
  return entries;
}

function varint(content: Uint8Array): bigint {
  return content.reduce((sum, byte, i) => sum | (BigInt(byte & 127) << BigInt(7 * i)), 0n);
}

function shortVarint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...bytes, Number(rest)]);
}

function encode(entries: readonly Entry[]): Uint8Array {
  return Buffer.concat(
    entries.flatMap(({ number, wire, value, length }) => {
      const tag = shortVarint(BigInt(number * 8 + wire));
      if (typeof value === 'bigint') return [tag, shortVarint(value)];
      const content = Array.isArray(value) ? encode(value) : value;
      return wire === LENGTH ? [tag, shortVarint(length ?? BigInt(content.length)), content] : [tag, content];
    }),
  );
}

interface Place {
  readonly list: Entry[];
  readonly index: number;
  readonly entry: Entry;
}

function placesOf(list: Entry[]): readonly Place[] {
  return list.flatMap((entry, index) => [
    { list, index, entry },
    ...(Array.isArray(entry.value) ? placesOf(entry.value) : []),
  ]);
}

const ODD_TEXTS = [
  '',
  'x',
  'y',
  '\u0000',
  'a'.repeat(3000),
  '../../etc/passwd',
  '.',
  'axis',
  'ai.onnx',
  'com.microsoft',
];

/** Bytes in the place of others: another text, or damaged ones. */
function otherBytes(old: Uint8Array, all: readonly Place[], random: Random): Uint8Array {
  const roll = random.next();
  if (roll < 0.25) return mutateBytes(old, random);
  if (roll < 0.4) return new TextEncoder().encode(random.pick(ODD_TEXTS));
  const others = all.flatMap(({ entry }) =>
    entry.value instanceof Uint8Array && entry.wire === LENGTH ? entry.value : [],
  );
  return others.length === 0 ? old : random.pick(others);
}

function replace({ list, index, entry }: Place, all: readonly Place[], random: Random): void {
  const { value } = entry;
  if (typeof value === 'bigint') {
    const near = random.pick([value + 1n, value - 1n, value * 2n, -value]);
    list[index] = { ...entry, value: random.chance(0.5) ? near : random.pick(BOUNDARIES) };
  } else if (!Array.isArray(value)) {
    list[index] = { ...entry, value: entry.wire === LENGTH ? otherBytes(value, all, random) : flipped(value, random) };
  } else list[index] = { ...entry, value: [] };
}

function flipped(value: Uint8Array, random: Random): Uint8Array {
  const words = [0, -1, 1e30, 1e-40, Number.NaN, Number.POSITIVE_INFINITY];
  const bytes = value.length === 4 ? Float32Array.of(random.pick(words)) : Float64Array.of(random.pick(words));
  return new Uint8Array(bytes.buffer);
}

/** Whether one of the two lies in the other, which it cannot be exchanged with. */
function areNested(a: Entry, b: Entry): boolean {
  return a.path.startsWith(`${b.path}.`) || b.path.startsWith(`${a.path}.`);
}

/** Another field like this one: names of operands, nodes, extents. */
function alike(entry: Entry, places: readonly Place[], random: Random): Place {
  const all = places.filter((other) => !areNested(entry, other.entry));
  const same = all.filter((other) => other.entry.path === entry.path);
  const loose = all.filter((other) => other.entry.path.split('.').at(-1) === entry.path.split('.').at(-1));
  return random.pick(same.length > 1 && random.chance(0.8) ? same : loose);
}

type Edit = (place: Place, all: readonly Place[], random: Random) => void;

const EDITS: readonly Edit[] = [
  replace,
  replace,
  replace,
  ({ list, index }) => list.splice(index, 1),
  (place, all, random) => {
    place.list[place.index] = { ...place.entry, value: structuredClone(alike(place.entry, all, random).entry.value) };
  },
  (place, all, random) => {
    const other = alike(place.entry, all, random);
    place.list[place.index] = { ...place.entry, value: structuredClone(other.entry.value) };
    other.list[other.index] = { ...other.entry, value: structuredClone(place.entry.value) };
  },
  // Operands by the names of results and the other way round: cycles, and tensors that two nodes make.
  ({ list, index, entry }, all, random) => {
    const names = all.filter(
      ({ entry: { path, value } }) => value instanceof Uint8Array && /\.(input|output|name)$/.test(path),
    );
    const from = names.length === 0 ? entry : random.pick(names).entry;
    list[index] = entry.wire === from.wire && !Array.isArray(entry.value) ? { ...entry, value: from.value } : entry;
  },
  // Repetition, seldom very often; what repeats is written once more each time.
  ({ list, index, entry }, _all, random) => {
    const times = random.chance(0.1) ? 3000 : random.integer(1, 3);
    list.splice(index, 0, ...Array.from({ length: times }, () => entry));
  },
  // Order.
  ({ list, index, entry }, _all, random) => {
    list.splice(index, 1);
    list.splice(random.integer(0, list.length), 0, entry);
  },
  // Numbers of fields and forms of storage.
  ({ list, index, entry }, _all, random) => {
    list[index] = { ...entry, number: random.pick([entry.number + 1, random.integer(0, 32), 2 ** 28]) };
  },
  ({ list, index, entry }, _all, random) => {
    list[index] = { ...entry, wire: random.integer(0, 7) };
  },
  // Lengths.
  ({ list, index, entry }, all, random) => {
    if (entry.wire !== LENGTH) return replace({ list, index, entry }, all, random);
    const own = BigInt(Array.isArray(entry.value) ? encode(entry.value).length : (entry.value as Uint8Array).length);
    list[index] = { ...entry, length: random.pick([own + 1n, own - 1n, own * 2n, ...BOUNDARIES]) };
  },
  ({ list, index, entry }, _all, random) => {
    const content = Buffer.concat([shortVarint(BigInt(entry.number * 8)), longVarint(random.pick(BOUNDARIES), 11)]);
    list.splice(index, 0, { ...entry, wire: 3, value: content });
  },
  // Depth: a message in itself, some thousand times.
  ({ list, index, entry }, _all, random) => {
    let value = Array.isArray(entry.value) ? encode(entry.value) : new Uint8Array();
    const head = shortVarint(BigInt(entry.number * 8 + LENGTH));
    for (let depth = random.pick([2, 30, 2000]); depth > 0; depth--)
      value = Buffer.concat([head, shortVarint(BigInt(value.length)), value]);
    list[index] = { ...entry, wire: LENGTH, value };
  },
];

/** One to three edits of fields. */
export const mutateProto: ByteEdit = (bytes, random) => {
  const model = parse(bytes, MODEL);
  for (let n = random.pick([1, 1, 1, 2, 3]); n > 0; n--) {
    const all = placesOf(model);
    if (all.length > 0) random.pick(EDITS)(random.pick(all), all, random);
  }
  return encode(model);
};
