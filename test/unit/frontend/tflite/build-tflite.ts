import { Builder } from 'flatbuffers';
import { operatorName, optionTableName, tensorTypeName } from '../../../../src/frontend/tflite/schema.js';
import { viewBytes } from '../../../../src/support/typed-view.js';

/** Writes TFLite files for tests, field by field, so that they can hold what no converter writes. */

export interface TensorSpec {
  readonly name?: string;
  readonly shape?: readonly number[];
  /** FLOAT32 where left out. */
  readonly type?: string;
  readonly data?: ArrayBufferView;
  readonly scale?: readonly number[];
  readonly zeroPoint?: readonly number[];
  readonly axis?: number;
  readonly signature?: readonly number[];
  /** Further fields of the table, by number. */
  readonly more?: Fields;
}

/** A field's type and value; `table` is an empty table. */
export type Field =
  | readonly ['i8' | 'i32' | 'f32' | 'u64', number]
  | readonly ['ints', readonly number[]]
  | readonly ['table'];

/** By field number. */
export type Fields = Readonly<Record<number, Field>>;

export interface OperatorSpec {
  readonly kind: string;
  readonly version?: number;
  readonly customName?: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Name of the table of options, and its fields. */
  readonly options?: readonly [string, Fields?];
  readonly more?: Fields;
}

export interface ModelSpec {
  readonly tensors: readonly TensorSpec[];
  readonly operators: readonly OperatorSpec[];
  readonly inputs?: readonly number[];
  readonly outputs?: readonly number[];
  readonly version?: number;
  readonly identifier?: string;
  /** Names of further subgraphs, which are empty. */
  readonly otherSubgraphs?: readonly string[];
  /** Of the buffer of tensor i. */
  readonly bufferFields?: Readonly<Record<number, Fields>>;
  readonly more?: Fields;
}

function codeOf(nameOf: (code: number) => string, name: string): number {
  for (let code = 0; code < 256; code++) if (nameOf(code) === name) return code;
  throw new Error(`the schema has no ${name}`);
}

function intVector(builder: Builder, values: readonly number[]): number {
  builder.startVector(4, values.length, 4);
  for (const value of values.toReversed()) builder.addInt32(value);
  return builder.endVector();
}

function offsetVector(builder: Builder, offsets: readonly number[]): number {
  builder.startVector(4, offsets.length, 4);
  for (const offset of offsets.toReversed()) builder.addOffset(offset);
  return builder.endVector();
}

/** What a field's value is in the table: vectors and tables are written before it, and stand there as offsets. */
type Written = readonly ['i8' | 'i32' | 'f32' | 'u64' | 'offset', number];

function prepare(builder: Builder, field: Field): Written {
  if (field[0] === 'ints') return ['offset', intVector(builder, field[1])];
  if (field[0] !== 'table') return field;
  builder.startObject(0);
  return ['offset', builder.endObject()];
}

function table(builder: Builder, fields: Readonly<Record<number, Written | undefined>>): number {
  const entries = Object.entries(fields).flatMap(([slot, field]) =>
    field === undefined ? [] : [[Number(slot), field] as const],
  );
  builder.startObject(Math.max(0, ...entries.map(([slot]) => slot + 1)));
  for (const [slot, [kind, value]] of entries) {
    if (kind === 'i8') builder.addFieldInt8(slot, value, 0);
    else if (kind === 'i32') builder.addFieldInt32(slot, value, 0);
    else if (kind === 'f32') builder.addFieldFloat32(slot, value, 0);
    else if (kind === 'u64') builder.addFieldInt64(slot, BigInt(value), 0n);
    else builder.addFieldOffset(slot, value, 0);
  }
  return builder.endObject();
}

function more(builder: Builder, fields: Fields = {}): Record<number, Written> {
  return Object.fromEntries(Object.entries(fields).map(([slot, field]) => [slot, prepare(builder, field)]));
}

function byteVector(builder: Builder, bytes: Uint8Array): number {
  builder.startVector(1, bytes.length, 16);
  for (const byte of bytes.toReversed()) builder.addInt8(byte);
  return builder.endVector();
}

function quantization(builder: Builder, { scale, zeroPoint = [0], axis = 0 }: TensorSpec): Written | undefined {
  if (scale === undefined) return undefined;
  builder.startVector(4, scale.length, 4);
  for (const value of scale.toReversed()) builder.addFloat32(value);
  const scales = builder.endVector();
  builder.startVector(8, zeroPoint.length, 8);
  for (const value of zeroPoint.toReversed()) builder.addInt64(BigInt(value));
  const zeroPoints = builder.endVector();
  return ['offset', table(builder, { 2: ['offset', scales], 3: ['offset', zeroPoints], 6: ['i32', axis] })];
}

/** Tensor i has buffer i + 1; buffer 0 is the empty one. */
function tensor(builder: Builder, spec: TensorSpec, index: number): number {
  const { name = `t${index}`, shape = [], type = 'FLOAT32', signature, more: extra } = spec;
  return table(builder, {
    0: ['offset', intVector(builder, shape)],
    1: ['i8', codeOf(tensorTypeName, type)],
    2: ['i32', index + 1],
    3: ['offset', builder.createString(name)],
    4: quantization(builder, spec),
    7: signature === undefined ? undefined : ['offset', intVector(builder, signature)],
    ...more(builder, extra),
  });
}

function operator(builder: Builder, spec: OperatorSpec, index: number): number {
  const [optionsName, fields] = spec.options ?? [];
  const options = optionsName === undefined ? undefined : table(builder, more(builder, fields));
  return table(builder, {
    0: ['i32', index],
    1: ['offset', intVector(builder, spec.inputs)],
    2: ['offset', intVector(builder, spec.outputs)],
    3: optionsName === undefined ? undefined : ['i8', codeOf(optionTableName, optionsName)],
    4: options === undefined ? undefined : ['offset', options],
    ...more(builder, spec.more),
  });
}

function operatorCode(builder: Builder, { kind, version = 1, customName }: OperatorSpec): number {
  const code = codeOf(operatorName, kind);
  const name = customName === undefined ? undefined : builder.createString(customName);
  return table(builder, {
    0: ['i8', Math.min(code, 127)],
    1: name === undefined ? undefined : ['offset', name],
    2: ['i32', version],
    3: ['i32', code],
  });
}

/** The bytes of a file. Inputs and outputs are the first and the last tensor where they are not given. */
export function buildTflite(spec: ModelSpec): Uint8Array {
  const builder = new Builder(1024);
  builder.forceDefaults(true);
  const { tensors, operators, inputs = [0], outputs = [tensors.length - 1], bufferFields = {} } = spec;
  const buffers = [
    table(builder, {}),
    ...tensors.map(({ data }, index) =>
      table(builder, {
        0: data === undefined ? undefined : ['offset', byteVector(builder, viewBytes(data))],
        ...more(builder, bufferFields[index]),
      }),
    ),
  ];
  const main = table(builder, {
    0: [
      'offset',
      offsetVector(
        builder,
        tensors.map((entry, index) => tensor(builder, entry, index)),
      ),
    ],
    1: ['offset', intVector(builder, inputs)],
    2: ['offset', intVector(builder, outputs)],
    3: [
      'offset',
      offsetVector(
        builder,
        operators.map((entry, index) => operator(builder, entry, index)),
      ),
    ],
  });
  const others = (spec.otherSubgraphs ?? []).map((name) => {
    const text = builder.createString(name);
    return table(builder, { 4: ['offset', text] });
  });
  const codes = operators.map((entry) => operatorCode(builder, entry));
  const model = table(builder, {
    0: ['i32', spec.version ?? 3],
    1: ['offset', offsetVector(builder, codes)],
    2: ['offset', offsetVector(builder, [main, ...others])],
    4: ['offset', offsetVector(builder, buffers)],
    ...more(builder, spec.more),
  });
  builder.finish(model, spec.identifier ?? 'TFL3');
  return builder.asUint8Array().slice();
}
