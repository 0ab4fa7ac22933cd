/**
 * The messages of an ONNX file as decoded, and the descriptor that the decoder follows. Field numbers and meanings are
 * those of the public definition, `onnx.proto` of IR version 3 to 13. Integers are bigint, since int64 values such as
 * the largest one (an open end of a slice) have no exact number.
 */

export interface OperatorSetProto {
  readonly domain: string;
  readonly version: bigint;
}

export interface StringEntryProto {
  readonly key: string;
  readonly value: string;
}

/** Typed data comes as the encoded payload of its packed fields, so that nothing is allocated before it is wanted. */
export interface TensorProto {
  readonly name: string;
  readonly dims: readonly bigint[];
  readonly dataType: bigint;
  readonly segment: boolean;
  readonly floatData: Payload;
  readonly int32Data: Payload;
  readonly int64Data: Payload;
  readonly uint64Data: Payload;
  readonly doubleData: Payload;
  readonly stringData: boolean;
  readonly rawData: Uint8Array | undefined;
  readonly externalData: readonly StringEntryProto[];
  readonly dataLocation: bigint;
}

export interface AttributeProto {
  readonly name: string;
  readonly refAttrName: string;
  readonly type: bigint;
  readonly f: number | undefined;
  readonly i: bigint | undefined;
  readonly s: Uint8Array | undefined;
  readonly t: TensorProto | undefined;
  readonly floats: readonly number[];
  readonly ints: readonly bigint[];
  readonly strings: readonly Uint8Array[];
  /** Whether the attribute holds a graph, a sparse tensor, a type or several of them: none is read. */
  readonly unread: boolean;
}

export interface NodeProto {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  readonly overload: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeProto[];
}

export interface DimensionProto {
  readonly dimValue: bigint | undefined;
  readonly dimParam: string;
}

export interface ShapeProto {
  readonly dim: readonly DimensionProto[];
}

export interface TensorTypeProto {
  readonly elemType: bigint;
  readonly shape: ShapeProto | undefined;
}

export interface TypeProto {
  readonly tensorType: TensorTypeProto | undefined;
}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: TypeProto | undefined;
}

export interface GraphProto {
  readonly name: string;
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly sparseInitializer: boolean;
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
}

export interface ModelProto {
  readonly irVersion: bigint;
  readonly opsetImport: readonly OperatorSetProto[];
  readonly graph: GraphProto | undefined;
  readonly functions: boolean;
}

/** The bytes of a repeated scalar field, packed or not: the elements' encodings one behind the other. */
export type Payload = readonly Uint8Array[];

/**
 * How a field is read. `skipped`: documentation and the like, which changes no result; `present`: only whether it is there,
 * so that it can be refused. `packed-...` are repeated scalars that are kept encoded.
 */
export type FieldType =
  | 'string'
  | 'bytes'
  | 'int'
  | 'float'
  | 'packed-varint'
  | 'packed-4'
  | 'packed-8'
  | 'skipped'
  | 'present'
  | MessageDescriptor;

export interface FieldDescriptor {
  readonly name: string;
  readonly type: FieldType;
  readonly repeated: boolean;
}

/** `name` is the message's own, for error messages; a required message is one without which nothing makes sense. */
export interface MessageDescriptor {
  readonly name: string;
  readonly fields: ReadonlyMap<number, FieldDescriptor>;
  /** The fields of a message in which nothing is set. */
  readonly blank: Readonly<Record<string, unknown>>;
}

type FieldList = readonly (readonly [number, string, FieldType, 'repeated'?])[];

const EMPTY: readonly never[] = [];

/** Values of fields that are not set, as protobuf defines them; `undefined` where absence means something else than 0. */
const DEFAULTS: Readonly<Record<string, unknown>> = { string: '', int: 0n, skipped: undefined, present: false };

function describe(name: string, list: FieldList, optional: readonly string[] = []): MessageDescriptor {
  const fields = new Map<number, FieldDescriptor>();
  const blank: Record<string, unknown> = {};
  for (const [number, field, type, repeated] of list) {
    fields.set(number, { name: field, type, repeated: repeated !== undefined });
    if (type === 'skipped') continue;
    const isList = repeated !== undefined || (typeof type === 'string' && type.startsWith('packed'));
    const single = typeof type === 'string' && !optional.includes(field) ? DEFAULTS[type] : undefined;
    // Several fields may have one name: an attribute's kinds that are not read.
    blank[field] = isList ? EMPTY : single;
  }
  return { name, fields, blank };
}

const STRING_ENTRY = describe('StringStringEntryProto', [
  [1, 'key', 'string'],
  [2, 'value', 'string'],
]);

const OPERATOR_SET = describe('OperatorSetIdProto', [
  [1, 'domain', 'string'],
  [2, 'version', 'int'],
]);

const TENSOR = describe('TensorProto', [
  [1, 'dims', 'int', 'repeated'],
  [2, 'dataType', 'int'],
  [3, 'segment', 'present'],
  [4, 'floatData', 'packed-4'],
  [5, 'int32Data', 'packed-varint'],
  [6, 'stringData', 'present'],
  [7, 'int64Data', 'packed-varint'],
  [8, 'name', 'string'],
  [9, 'rawData', 'bytes'],
  [10, 'doubleData', 'packed-8'],
  [11, 'uint64Data', 'packed-varint'],
  [12, 'docString', 'skipped'],
  [13, 'externalData', STRING_ENTRY, 'repeated'],
  [14, 'dataLocation', 'int'],
  [16, 'metadataProps', 'skipped'],
]);

const ATTRIBUTE = describe(
  'AttributeProto',
  [
    [1, 'name', 'string'],
    [2, 'f', 'float'],
    [3, 'i', 'int'],
    [4, 's', 'bytes'],
    [5, 't', TENSOR],
    [6, 'unread', 'present'],
    [7, 'floats', 'float', 'repeated'],
    [8, 'ints', 'int', 'repeated'],
    [9, 'strings', 'bytes', 'repeated'],
    [10, 'unread', 'present'],
    [11, 'unread', 'present'],
    [13, 'docString', 'skipped'],
    [14, 'unread', 'present'],
    [15, 'unread', 'present'],
    [20, 'type', 'int'],
    [21, 'refAttrName', 'string'],
    [22, 'unread', 'present'],
    [23, 'unread', 'present'],
  ],
  ['i'],
);

const NODE = describe('NodeProto', [
  [1, 'input', 'string', 'repeated'],
  [2, 'output', 'string', 'repeated'],
  [3, 'name', 'string'],
  [4, 'opType', 'string'],
  [5, 'attribute', ATTRIBUTE, 'repeated'],
  [6, 'docString', 'skipped'],
  [7, 'domain', 'string'],
  [8, 'overload', 'string'],
  [9, 'metadataProps', 'skipped'],
  [10, 'deviceConfigurations', 'skipped'],
]);

const DIMENSION = describe(
  'Dimension',
  [
    [1, 'dimValue', 'int'],
    [2, 'dimParam', 'string'],
    [3, 'denotation', 'skipped'],
  ],
  ['dimValue'],
);

const SHAPE = describe('TensorShapeProto', [[1, 'dim', DIMENSION, 'repeated']]);

const TENSOR_TYPE = describe('TypeProto.Tensor', [
  [1, 'elemType', 'int'],
  [2, 'shape', SHAPE],
]);

/** Sequences, maps, optional and sparse tensors leave `tensorType` unset, which is refused where a tensor is wanted. */
const TYPE = describe('TypeProto', [
  [1, 'tensorType', TENSOR_TYPE],
  [4, 'sequenceType', 'skipped'],
  [5, 'mapType', 'skipped'],
  [6, 'denotation', 'skipped'],
  [7, 'opaqueType', 'skipped'],
  [8, 'sparseTensorType', 'skipped'],
  [9, 'optionalType', 'skipped'],
]);

const VALUE_INFO = describe('ValueInfoProto', [
  [1, 'name', 'string'],
  [2, 'type', TYPE],
  [3, 'docString', 'skipped'],
  [4, 'metadataProps', 'skipped'],
]);

/** Shapes of inner tensors (value_info) are inferred, and hints on quantisation repeat what the nodes say. */
const GRAPH = describe('GraphProto', [
  [1, 'node', NODE, 'repeated'],
  [2, 'name', 'string'],
  [5, 'initializer', TENSOR, 'repeated'],
  [10, 'docString', 'skipped'],
  [11, 'input', VALUE_INFO, 'repeated'],
  [12, 'output', VALUE_INFO, 'repeated'],
  [13, 'valueInfo', 'skipped'],
  [14, 'quantizationAnnotation', 'skipped'],
  [15, 'sparseInitializer', 'present'],
  [16, 'metadataProps', 'skipped'],
]);

/** What serves training, or places nodes on devices, changes nothing of inference. */
export const MODEL: MessageDescriptor = describe('ModelProto', [
  [1, 'irVersion', 'int'],
  [2, 'producerName', 'skipped'],
  [3, 'producerVersion', 'skipped'],
  [4, 'domain', 'skipped'],
  [5, 'modelVersion', 'skipped'],
  [6, 'docString', 'skipped'],
  [7, 'graph', GRAPH],
  [8, 'opsetImport', OPERATOR_SET, 'repeated'],
  [14, 'metadataProps', 'skipped'],
  [20, 'trainingInfo', 'skipped'],
  [25, 'functions', 'present'],
  [26, 'configuration', 'skipped'],
  [30, 'globalMutableInitializerName', 'skipped'],
]);

/** Descriptors of messages that are tested alone, or files of their own: test data are tensors. */
export { TENSOR as TENSOR_PROTO };
