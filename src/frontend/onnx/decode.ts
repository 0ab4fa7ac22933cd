import { TextDecoder } from 'node:util';
import protobuf from 'protobufjs/minimal.js';
import { HeddleError } from '../../support/diagnostics.js';
import { viewBytes } from '../../support/typed-view.js';
import { damagedFile, tooManyParts } from './messages.js';
import { type FieldDescriptor, type MessageDescriptor, MODEL, type ModelProto } from './model-proto.js';
import { readVarint } from './varint.js';

/** Messages, names and unpacked numbers that a file may hold; the largest public networks have some 100,000. */
const MOST_PARTS = 1_000_000;

const WIRE_VARINT = 0;
const WIRE_8_BYTES = 1;
const WIRE_LENGTH = 2;
const WIRE_4_BYTES = 5;

/** What is wrong with the bytes, and in which message. */
class Damage extends Error {}

interface Decoding {
  readonly reader: protobuf.Reader;
  readonly bytes: Uint8Array;
  readonly text: TextDecoder;
  /** Names of the messages that are being read, outermost first. */
  readonly path: string[];
  parts: number;
}

type Fields = Record<string, unknown>;

/**
 * The model in a file's bytes, whose large fields are views of them. A field that the descriptor does not know is an
 * error, as is a length beyond the message around it. The depth is that of the descriptor, so nothing nests endlessly.
 * @throws HeddleError that names the message and the byte.
 */
export function decodeModel(bytes: Uint8Array, file: string): ModelProto {
  return decodeMessage(bytes, file, MODEL) as unknown as ModelProto;
}

/** A message of any kind. @throws HeddleError as decodeModel. */
export function decodeMessage(content: Uint8Array, file: string, descriptor: MessageDescriptor): Fields {
  const bytes = viewBytes(content);
  const decoding: Decoding = {
    reader: protobuf.Reader.create(bytes),
    bytes,
    text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }),
    path: [],
    parts: 0,
  };
  try {
    return readMessage(decoding, descriptor, bytes.length);
  } catch (error) {
    if (!(error instanceof Error) || error instanceof HeddleError) throw error;
    const reason = error instanceof Damage ? error.message : 'it ends in the middle of a value';
    if (decoding.parts > MOST_PARTS)
      throw new HeddleError([tooManyParts(file, 'names, messages and unpacked numbers', MOST_PARTS)]);
    throw new HeddleError([damagedFile(file, decoding.path.join(' in '), decoding.reader.pos, reason)]);
  }
}

function readMessage(decoding: Decoding, descriptor: MessageDescriptor, end: number): Fields {
  const { reader, path } = decoding;
  const message: Fields = { ...descriptor.blank };
  path.unshift(descriptor.name);
  count(decoding);
  let seen = 0n;
  while (reader.pos < end) {
    const tag = reader.uint32();
    const number = tag >>> 3;
    const field = descriptor.fields.get(number);
    if (field === undefined) throw new Damage(`it has a field of number ${number}, which is not known`);
    if (isSingle(field)) {
      const bit = 1n << BigInt(number);
      if ((seen & bit) !== 0n) throw new Damage(`its field '${field.name}' stands twice`);
      seen |= bit;
    }
    readField(decoding, message, field, tag & 7, end);
    if (reader.pos > end) throw new Damage(`its field '${field.name}' reaches beyond the end`);
  }
  path.shift();
  return message;
}

function isSingle({ type, repeated }: FieldDescriptor): boolean {
  return (
    !repeated && !(typeof type === 'string' && (type.startsWith('packed') || type === 'present' || type === 'skipped'))
  );
}

function count(decoding: Decoding): void {
  decoding.parts++;
  if (decoding.parts > MOST_PARTS) throw new Damage('it has too many parts');
}

function readField(decoding: Decoding, message: Fields, field: FieldDescriptor, wire: number, end: number): void {
  const { name, type, repeated } = field;
  switch (type) {
    case 'skipped':
      skip(decoding, field, wire, end);
      return;
    case 'present':
      skip(decoding, field, wire, end);
      message[name] = true;
      return;
    case 'packed-varint':
    case 'packed-4':
    case 'packed-8':
      append(message, name, readPacked(decoding, field, wire, end));
      return;
    case 'int':
    case 'float':
      if (repeated && wire === WIRE_LENGTH) {
        readPackedScalars(decoding, message, field, end);
        return;
      }
      put(message, field, readScalar(decoding, field, wire));
      return;
    default:
      put(message, field, readLengthDelimited(decoding, field, wire, end));
  }
}

function put(message: Fields, { name, repeated }: FieldDescriptor, value: unknown): void {
  if (repeated) append(message, name, value);
  else message[name] = value;
}

/** Lists are shared and empty until their first element. */
function append(message: Fields, name: string, value: unknown): void {
  const list = message[name] as unknown[];
  if (list.length === 0) message[name] = [value];
  else list.push(value);
}

function readLengthDelimited(decoding: Decoding, field: FieldDescriptor, wire: number, end: number): unknown {
  const { type } = field;
  const length = readLength(decoding, field, wire, end);
  if (typeof type === 'object') return readMessage(decoding, type, decoding.reader.pos + length);
  count(decoding);
  const content = take(decoding, length);
  return type === 'bytes' ? content : decodeText(decoding, field, content);
}

function decodeText({ text }: Decoding, { name }: FieldDescriptor, content: Uint8Array): string {
  try {
    return text.decode(content);
  } catch {
    throw new Damage(`its field '${name}' is not valid UTF-8`);
  }
}

/** The length in front of a field, which must lie inside the message. */
function readLength({ reader }: Decoding, { name }: FieldDescriptor, wire: number, end: number): number {
  if (wire !== WIRE_LENGTH) throw wrongWire(name, wire);
  const length = reader.uint32();
  if (length > end - reader.pos) {
    throw new Damage(`its field '${name}' is said to have ${length} bytes, but ${end - reader.pos} are left`);
  }
  return length;
}

function wrongWire(name: string, wire: number): Damage {
  return new Damage(`its field '${name}' is stored in form ${wire}, which it cannot have`);
}

function take({ reader, bytes }: Decoding, length: number): Uint8Array {
  const start = reader.pos;
  if (start + length > bytes.length) throw new Damage('it is cut short');
  reader.pos = start + length;
  return bytes.subarray(start, start + length);
}

function skip(decoding: Decoding, field: FieldDescriptor, wire: number, end: number): void {
  if (wire === WIRE_VARINT) decoding.reader.skip();
  else if (wire === WIRE_8_BYTES) take(decoding, 8);
  else if (wire === WIRE_4_BYTES) take(decoding, 4);
  else take(decoding, readLength(decoding, field, wire, end));
}

function readScalar(decoding: Decoding, { name, type }: FieldDescriptor, wire: number): number | bigint {
  count(decoding);
  if (wire !== (type === 'float' ? WIRE_4_BYTES : WIRE_VARINT)) throw wrongWire(name, wire);
  return type === 'float' ? decoding.reader.float() : readInt(decoding);
}

function readInt({ reader, bytes }: Decoding): bigint {
  const { value, next } = readVarint(bytes, reader.pos);
  reader.pos = next;
  return value;
}

function readPackedScalars(decoding: Decoding, message: Fields, field: FieldDescriptor, end: number): void {
  const { reader } = decoding;
  const stop = readLength(decoding, field, WIRE_LENGTH, end) + reader.pos;
  const wire = field.type === 'float' ? WIRE_4_BYTES : WIRE_VARINT;
  while (reader.pos < stop) append(message, field.name, readScalar(decoding, field, wire));
  if (reader.pos > stop) throw new Damage(`its field '${field.name}' ends in the middle of a value`);
}

/** The encoded elements: of a packed field all of them, otherwise the one that stands here. */
function readPacked(decoding: Decoding, field: FieldDescriptor, wire: number, end: number): Uint8Array {
  if (wire === WIRE_LENGTH) return take(decoding, readLength(decoding, field, wire, end));
  count(decoding);
  const { name, type } = field;
  const wanted = type === 'packed-varint' ? WIRE_VARINT : type === 'packed-4' ? WIRE_4_BYTES : WIRE_8_BYTES;
  if (wire !== wanted) throw wrongWire(name, wire);
  const start = decoding.reader.pos;
  skip(decoding, field, wire, end);
  return decoding.bytes.subarray(start, decoding.reader.pos);
}
