import protobuf from 'protobufjs/minimal.js';
import type { FieldDescriptor, MessageDescriptor } from '../../src/frontend/onnx/model-proto.js';

/** A message by the field names of the front end's descriptor; what is left out, or empty, is not written. */
export type Message = Readonly<Record<string, unknown>>;

const VARINT = 0;
const LENGTH = 2;
const FOUR_BYTES = 5;

/** The bytes of a message. Fields that the descriptor only skips, or refuses, cannot be written. */
export function encodeMessage(descriptor: MessageDescriptor, message: Message): Uint8Array {
  const writer = protobuf.Writer.create();
  writeMessage(writer, descriptor, message);
  return writer.finish();
}

function writeMessage(writer: protobuf.Writer, descriptor: MessageDescriptor, message: Message): void {
  for (const [number, field] of descriptor.fields) {
    const value = message[field.name];
    // An empty text is not set: a dimension has either a name or an extent.
    if (value === undefined || value === '' || field.type === 'skipped') continue;
    if (field.type === 'present') {
      if (value === true) throw new Error(`'${field.name}' of ${descriptor.name} cannot be written`);
      continue;
    }
    if (isPacked(field)) writePacked(writer, number, value as readonly Uint8Array[]);
    else
      for (const one of field.repeated ? (value as readonly unknown[]) : [value]) writeOne(writer, number, field, one);
  }
}

function isPacked({ type }: FieldDescriptor): boolean {
  return typeof type === 'string' && type.startsWith('packed');
}

function writePacked(writer: protobuf.Writer, number: number, payload: readonly Uint8Array[]): void {
  if (payload.length > 0) writer.uint32((number << 3) | LENGTH).bytes(Buffer.concat(payload));
}

function writeOne(writer: protobuf.Writer, number: number, { type }: FieldDescriptor, value: unknown): void {
  const tag = (wire: number): protobuf.Writer => writer.uint32((number << 3) | wire);
  if (type === 'int') tag(VARINT).int64(longOf(value as bigint) as unknown as number);
  else if (type === 'float') tag(FOUR_BYTES).float(value as number);
  else if (type === 'string') tag(LENGTH).string(value as string);
  else if (type === 'bytes') tag(LENGTH).bytes(value as Uint8Array);
  else if (typeof type === 'object') {
    tag(LENGTH).fork();
    writeMessage(writer, type, value as Message);
    writer.ldelim();
  } else throw new Error(`a field of the type '${type}' cannot be written`);
}

/** What protobufjs takes for 64 bits without its optional package. */
function longOf(value: bigint): { readonly low: number; readonly high: number; readonly unsigned: boolean } {
  return {
    low: Number(BigInt.asIntN(32, value)),
    high: Number(BigInt.asIntN(32, value >> 32n)),
    unsigned: false,
  };
}
