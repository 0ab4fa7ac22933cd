import { MOST_NODES, MOST_TENSORS } from '../../ir/verify-sizes.js';
import { HeddleError } from '../../support/diagnostics.js';
import { legalName, makeNamer } from '../names.js';
import { type FlatTable, hasIdentifier, rootTable } from './flatbuffer.js';
import { noMainGraph, notTflite, schemaVersion, tooMuch } from './messages.js';
import { operatorName, optionTableName, tensorTypeName } from './schema.js';

/** The tables of a TFLite file as plain data. Field numbers are those of schema.fbs. */

const SCHEMA_VERSION = 3;

/** real = scale * (q - zeroPoint); one entry, or one for each index of `axis`. Empty scale: none is given. */
export interface FileQuantization {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  readonly axis: number;
  /** Parameters of another scheme, which take the place of all others. */
  readonly isCustom: boolean;
}

export interface FileTensor {
  readonly index: number;
  /** Legal in a graph, and unique. */
  readonly name: string;
  /** TFLite's name of the element type, FLOAT32. */
  readonly element: string;
  readonly shape: readonly number[];
  /** As `shape`, with -1 for what is dynamic; empty where the file does not say. */
  readonly signature: readonly number[];
  readonly quantization: FileQuantization;
  /** The bytes of a constant; empty for all others. */
  readonly bytes: Uint8Array;
  readonly isOutside: boolean;
  readonly isVariable: boolean;
  readonly isSparse: boolean;
}

export interface FileOperator {
  readonly index: number;
  /** TFLite's name, CONV_2D; CUSTOM for custom ones. */
  readonly kind: string;
  readonly customName: string;
  readonly version: number;
  /** Indices of tensors; -1 for an optional one that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly optionsName: string;
  readonly options: FlatTable | undefined;
  /** What else the table holds that changes what the operator does: names of fields. */
  readonly extras: readonly string[];
}

/** The main subgraph and what belongs to it. */
export interface FileModel {
  readonly tensors: readonly FileTensor[];
  readonly operators: readonly FileOperator[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly otherSubgraphs: readonly string[];
}

/** @throws HeddleError where the file is not one, is damaged, or has parts that are not known. */
export function readModel(bytes: Uint8Array, file: string): FileModel {
  if (!hasIdentifier(bytes, 'TFL3')) throw new HeddleError([notTflite(file)]);
  const model = rootTable(bytes, file);
  const version = model.uint32(0);
  if (version !== SCHEMA_VERSION) throw new HeddleError([schemaVersion(file, version, SCHEMA_VERSION)]);
  // 0 version, 1 operator_codes, 2 subgraphs, 3 description, 4 buffers, 5 and 6 metadata, 7 signature_defs,
  // 8 external_buffer_groups, 9 external_buffers: the tensors' own references to these are refused.
  model.refuseFieldsBehind(9);
  const graphs = model.tables(2, 'subgraphs');
  const main = graphs[0];
  if (main === undefined) throw new HeddleError([noMainGraph(file, 'it has no subgraph')]);
  // 0 tensors, 1 inputs, 2 outputs, 3 operators, 4 name, 5 debug_metadata_index.
  main.refuseFieldsBehind(5);
  const buffers = model.tables(4, 'buffers').map(readBuffer);
  const codes = model.tables(1, 'operator_codes').map(readCode);
  const tables = main.tables(0, 'tensors');
  const operators = main.tables(3, 'operators');
  if (tables.length > MOST_TENSORS) throw new HeddleError([tooMuch(file, 'tensors', MOST_TENSORS)]);
  if (operators.length > MOST_NODES) throw new HeddleError([tooMuch(file, 'operators', MOST_NODES)]);
  const namer = makeNamer();
  return {
    tensors: tables.map((table, index) => readTensor(table, index, { buffers, unique: namer.unique })),
    operators: operators.map((table, index) => readOperator(table, index, { codes, tensors: tables.length })),
    inputs: indices(main, 1, 'inputs', tables.length),
    outputs: indices(main, 2, 'outputs', tables.length),
    otherSubgraphs: graphs.slice(1).map((graph, index) => legalName(graph.text(4, 'name') ?? '', `${index + 1}`)),
  };
}

/** Indices of tensors; an optional operand that is left out is -1. */
function indices(table: FlatTable, field: number, name: string, count: number): readonly number[] {
  const list = table.ints(field, name);
  const bad = list.find((index) => index < -1 || index >= count);
  if (bad === undefined) return list;
  return table.fail(`its ${name} name tensor ${bad}, but there are ${count}`);
}

interface FileBuffer {
  readonly bytes: Uint8Array;
  readonly isOutside: boolean;
}

function readBuffer(table: FlatTable): FileBuffer {
  // 0 data, 1 offset, 2 size: the latter two from the file's beginning, where above 1.
  table.refuseFieldsBehind(2);
  return { bytes: table.bytes(0, 'data'), isOutside: table.uint64(1) > 1n };
}

interface OperatorCode {
  readonly kind: string;
  readonly customName: string;
  readonly version: number;
}

/** The number was a byte once; above 126 the byte holds 127, and the field behind it the number. */
function readCode(table: FlatTable): OperatorCode {
  // 0 deprecated_builtin_code, 1 custom_code, 2 version, 3 builtin_code.
  table.refuseFieldsBehind(3);
  const kind = operatorName(Math.max(table.int8(0), table.int32(3)));
  return { kind, customName: legalName(table.text(1, 'custom_code') ?? '', '(no name)'), version: table.int32(2, 1) };
}

interface TensorContext {
  readonly buffers: readonly FileBuffer[];
  readonly unique: (name: string) => string;
}

function readTensor(table: FlatTable, index: number, { buffers, unique }: TensorContext): FileTensor {
  // 0 shape, 1 type, 2 buffer, 3 name, 4 quantization, 5 is_variable, 6 sparsity, 7 shape_signature, 8 has_rank,
  // 9 variant_tensors (of element types that are refused), 10 external_buffer.
  table.refuseFieldsBehind(10);
  const number = table.uint32(2);
  const buffer = buffers[number];
  if (buffer === undefined && number > 0)
    table.fail(`its values are in buffer ${number}, but there are ${buffers.length}`);
  return {
    index,
    name: unique(legalName(table.text(3, 'name') ?? '', `tensor_${index}`)),
    element: tensorTypeName(table.int8(1)),
    shape: table.ints(0, 'shape'),
    signature: table.ints(7, 'shape_signature'),
    quantization: readQuantization(table.table(4, 'quantization')),
    bytes: number === 0 ? new Uint8Array() : (buffer?.bytes ?? new Uint8Array()),
    isOutside: buffer?.isOutside === true || table.uint32(10) !== 0,
    isVariable: table.uint8(5) !== 0,
    isSparse: table.has(6),
  };
}

const NO_QUANTIZATION: FileQuantization = { scale: [], zeroPoint: [], axis: 0, isCustom: false };

function readQuantization(table: FlatTable | undefined): FileQuantization {
  if (table === undefined) return NO_QUANTIZATION;
  // 0 min and 1 max are records of the training; 2 scale, 3 zero_point, 4 details_type, 5 details, 6 quantized_dimension.
  table.refuseFieldsBehind(6);
  return {
    scale: table.floats(2, 'scale'),
    zeroPoint: table.longs(3, 'zero_point').map(Number),
    axis: table.int32(6),
    isCustom: table.uint8(4) !== 0,
  };
}

interface OperatorContext {
  readonly codes: readonly OperatorCode[];
  readonly tensors: number;
}

function readOperator(table: FlatTable, index: number, { codes, tensors }: OperatorContext): FileOperator {
  // 0 opcode_index, 1 inputs, 2 outputs, 3 and 4 builtin_options, 5 and 6 custom_options, 7 mutating_variable_inputs,
  // 8 intermediates, 9 and 10 large custom options, 11 and 12 builtin_options_2, 13 debug_metadata_index.
  table.refuseFieldsBehind(13);
  const number = table.uint32(0);
  const code = codes[number];
  if (code === undefined) return table.fail(`its operator code is number ${number}, but there are ${codes.length}`);
  const extras = [
    ...(table.bytes(5, 'custom_options').length > 0 ? ['custom_options'] : []),
    ...(table.bools(7, 'mutating_variable_inputs').includes(true) ? ['mutating_variable_inputs'] : []),
    ...(table.ints(8, 'intermediates').length > 0 ? ['intermediates'] : []),
    ...(table.uint64(10) > 0n ? ['large_custom_options'] : []),
    ...(table.uint8(11) !== 0 ? ['builtin_options_2'] : []),
  ];
  const type = table.uint8(3);
  return {
    index,
    ...code,
    inputs: indices(table, 1, 'inputs', tensors),
    outputs: indices(table, 2, 'outputs', tensors),
    optionsName: optionTableName(type),
    options: type === 0 ? undefined : table.table(4, 'builtin_options'),
    extras,
  };
}
