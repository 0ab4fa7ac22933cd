import { ByteBuffer } from 'flatbuffers';
import { HeddleError } from '../../support/diagnostics.js';
import { corruptFile, newerField, tooMuch } from './messages.js';

/**
 * FlatBuffers (flatbuffers.dev, "FlatBuffers Internals"), read with every offset, vtable and length checked against the
 * file before it is used. A table begins with the signed distance back to its vtable; that holds its own length, the
 * table's, and for each field the distance from the table's start, 0 where the field has its default. Vectors, strings
 * and tables are reached by an unsigned distance from where it stands; vectors and strings begin with their length.
 */

const OFFSET_SIZE = 4;
const VTABLE_HEADER = 4;
/** Tables may be shared, so that a small file can mean a large model: what is read in all is limited too. */
const MOST_ITEMS = 2 ** 23;
/** What a table costs of it: more than an element of a vector. */
const TABLE_ITEMS = 16;

/** A file and what has been read of it. */
interface Source {
  readonly buffer: ByteBuffer;
  readonly file: string;
  items: number;
}

/** The root table of a FlatBuffer with the given identifier in bytes 4 to 7. @throws HeddleError where there is none. */
export function rootTable(bytes: Uint8Array, file: string): FlatTable {
  const source = { buffer: new ByteBuffer(bytes), file, items: 0 };
  return new FlatTable(source, 'model', follow(source, 'model', 0));
}

export function hasIdentifier(bytes: Uint8Array, identifier: string): boolean {
  return bytes.length >= 8 && String.fromCharCode(...bytes.subarray(4, 8)) === identifier;
}

function fail(source: Source, section: string, reason: string): never {
  throw new HeddleError([corruptFile(source.file, section, reason)]);
}

function requireBytes(source: Source, section: string, what: string, start: number, length: number): void {
  const size = source.buffer.capacity();
  if (start >= 0 && start + length <= size) return;
  fail(source, section, `${what} takes bytes ${start} to ${start + length}, but the file has ${size}`);
}

function spend(source: Source, items: number): void {
  source.items += items;
  if (source.items > MOST_ITEMS) throw new HeddleError([tooMuch(source.file, 'values in its tables', MOST_ITEMS)]);
}

/** Where the offset at `position` leads. */
function follow(source: Source, section: string, position: number): number {
  requireBytes(source, section, 'its offset', position, OFFSET_SIZE);
  return position + source.buffer.readUint32(position);
}

/** One table; fields by their number in the schema, absent ones with the schema's default. */
export class FlatTable {
  /** The path to the table, for messages: `subgraphs[0].tensors[3]`. */
  readonly section: string;
  readonly #source: Source;
  readonly #position: number;
  readonly #vtable: number;
  readonly #vtableLength: number;
  readonly #length: number;

  constructor(source: Source, section: string, position: number) {
    const { buffer } = source;
    this.section = section;
    this.#source = source;
    this.#position = position;
    spend(source, TABLE_ITEMS);
    requireBytes(source, section, 'the table', position, OFFSET_SIZE);
    this.#vtable = position - buffer.readInt32(position);
    requireBytes(source, section, 'its vtable', this.#vtable, VTABLE_HEADER);
    this.#vtableLength = buffer.readUint16(this.#vtable);
    this.#length = buffer.readUint16(this.#vtable + 2);
    if (this.#vtableLength < VTABLE_HEADER || this.#vtableLength % 2 !== 0)
      fail(source, section, `its vtable's length is given as ${this.#vtableLength}`);
    requireBytes(source, section, 'its vtable', this.#vtable, this.#vtableLength);
    requireBytes(source, section, 'the table', position, Math.max(OFFSET_SIZE, this.#length));
  }

  /** Numbers of the fields that the table holds, in order; others have their defaults. */
  presentFields(): readonly number[] {
    const count = (this.#vtableLength - VTABLE_HEADER) / 2;
    return Array.from({ length: count }, (_, field) => field).filter((field) => this.#offsetOf(field) !== 0);
  }

  /** @throws HeddleError that names the table. */
  fail(reason: string): never {
    return fail(this.#source, this.section, reason);
  }

  /** @throws HeddleError where the table has a field behind the last one that the reader knows. */
  refuseFieldsBehind(lastKnown: number): void {
    const unknown = this.presentFields().find((field) => field > lastKnown);
    if (unknown === undefined) return;
    throw new HeddleError([newerField(this.#source.file, this.section, unknown, lastKnown)]);
  }

  has(field: number): boolean {
    return this.#offsetOf(field) !== 0;
  }

  int8(field: number, fallback = 0): number {
    const at = this.#place(field, 1);
    return at === undefined ? fallback : this.#source.buffer.readInt8(at);
  }

  uint8(field: number, fallback = 0): number {
    const at = this.#place(field, 1);
    return at === undefined ? fallback : this.#source.buffer.readUint8(at);
  }

  int32(field: number, fallback = 0): number {
    const at = this.#place(field, 4);
    return at === undefined ? fallback : this.#source.buffer.readInt32(at);
  }

  uint32(field: number, fallback = 0): number {
    const at = this.#place(field, 4);
    return at === undefined ? fallback : this.#source.buffer.readUint32(at);
  }

  uint64(field: number): bigint {
    const at = this.#place(field, 8);
    return at === undefined ? 0n : this.#source.buffer.readUint64(at);
  }

  float32(field: number, fallback = 0): number {
    const at = this.#place(field, 4);
    return at === undefined ? fallback : this.#source.buffer.readFloat32(at);
  }

  /** The table that a field points to; undefined where it has none. */
  table(field: number, name: string): FlatTable | undefined {
    const at = this.#target(field, name);
    return at === undefined ? undefined : new FlatTable(this.#source, this.#inner(name), at);
  }

  /** A vector of tables. */
  tables(field: number, name: string): readonly FlatTable[] {
    const vector = this.#vector(field, name, OFFSET_SIZE);
    return Array.from({ length: vector.length }, (_, index) => {
      const section = `${this.#inner(name)}[${index}]`;
      return new FlatTable(this.#source, section, follow(this.#source, section, vector.start + index * OFFSET_SIZE));
    });
  }

  ints(field: number, name: string): readonly number[] {
    const { start, length } = this.#vector(field, name, 4);
    return Array.from({ length }, (_, index) => this.#source.buffer.readInt32(start + 4 * index));
  }

  longs(field: number, name: string): readonly bigint[] {
    const { start, length } = this.#vector(field, name, 8);
    return Array.from({ length }, (_, index) => this.#source.buffer.readInt64(start + 8 * index));
  }

  floats(field: number, name: string): readonly number[] {
    const { start, length } = this.#vector(field, name, 4);
    return Array.from({ length }, (_, index) => this.#source.buffer.readFloat32(start + 4 * index));
  }

  bools(field: number, name: string): readonly boolean[] {
    const { start, length } = this.#vector(field, name, 1);
    return Array.from({ length }, (_, index) => this.#source.buffer.readUint8(start + index) !== 0);
  }

  /** A vector of bytes as a view of the file; empty where the field is absent. */
  bytes(field: number, name: string): Uint8Array {
    const { start, length } = this.#vector(field, name, 1, 0);
    return this.#source.buffer.bytes().subarray(start, start + length);
  }

  /** UTF-8, with U+FFFD for what is not: names are only shown. Undefined where the field is absent. */
  text(field: number, name: string): string | undefined {
    if (!this.has(field)) return undefined;
    const { start, length } = this.#vector(field, name, 1);
    return new TextDecoder().decode(this.#source.buffer.bytes().subarray(start, start + length));
  }

  #inner(name: string): string {
    return this.section === 'model' ? name : `${this.section}.${name}`;
  }

  /** A field's distance from the table's start, 0 where it is absent. */
  #offsetOf(field: number): number {
    const slot = VTABLE_HEADER + 2 * field;
    return slot + 2 > this.#vtableLength ? 0 : this.#source.buffer.readUint16(this.#vtable + slot);
  }

  #place(field: number, size: number): number | undefined {
    const offset = this.#offsetOf(field);
    if (offset === 0) return undefined;
    if (offset + size > this.#length)
      this.fail(`field ${field} ends at byte ${offset + size} of a table of ${this.#length} bytes`);
    return this.#position + offset;
  }

  #target(field: number, name: string): number | undefined {
    const at = this.#place(field, OFFSET_SIZE);
    return at === undefined ? undefined : follow(this.#source, this.#inner(name), at);
  }

  /** Where a vector's elements are. What is read of it counts; `items` 0: it is only looked at. */
  #vector(field: number, name: string, size: number, items = 1): { readonly start: number; readonly length: number } {
    const at = this.#target(field, name);
    if (at === undefined) return { start: 0, length: 0 };
    const section = this.#inner(name);
    requireBytes(this.#source, section, "the vector's length", at, OFFSET_SIZE);
    const length = this.#source.buffer.readUint32(at);
    requireBytes(this.#source, section, `a vector of ${length} elements`, at + OFFSET_SIZE, length * size);
    spend(this.#source, length * items);
    return { start: at + OFFSET_SIZE, length };
  }
}
