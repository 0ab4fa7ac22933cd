import { elementCount } from '../../ir/tensor-type.js';
import { MOST_AXES } from '../../ir/verify-sizes.js';
import { concatBytes } from '../../support/bytes.js';
import { HeddleError } from '../../support/diagnostics.js';
import { halvesToFloats } from '../../support/float16.js';
import { viewBytes, viewElements } from '../../support/typed-view.js';
import { type ConstantData, type DType, dtypeName, dtypeOf, STORAGE } from './dtypes.js';
import { type ExternalFiles, readExternalData } from './external-data.js';
import { badTensor, tensorType } from './messages.js';
import type { Payload, TensorProto } from './model-proto.js';
import type { Constant } from './values.js';
import { readVarints } from './varint.js';

const MOST_ELEMENTS = 2 ** 31;

/**
 * The tensor of a message: a view of the file's bytes where their address and form allow, a copy otherwise. All sizes
 * are compared with the bytes that are there before anything is allocated.
 * @throws HeddleError that names the tensor.
 */
export function readTensor(proto: TensorProto, name: string, files: ExternalFiles): Constant {
  const fail = (reason: string): never => {
    throw new HeddleError([badTensor(files.file, name, reason)]);
  };
  const dtype = dtypeOf(proto.dataType);
  if (dtype === undefined) throw new HeddleError([tensorType(files.file, name, dtypeName(proto.dataType))]);
  const shape = proto.dims.map(Number);
  if (shape.length > MOST_AXES) fail(`it has ${shape.length} axes, more than ${MOST_AXES}`);
  const bad = shape.find((extent) => !(Number.isSafeInteger(extent) && extent >= 0));
  if (bad !== undefined) fail(`an extent of its shape is ${bad}`);
  const count = elementCount(shape);
  if (!(count <= MOST_ELEMENTS)) fail(`its shape ${shape.join('x')} has ${count} elements, more than ${MOST_ELEMENTS}`);
  if (proto.segment) fail('it is stored in segments, which no exporter writes');
  if (proto.stringData) fail('it holds strings, but its type is one of numbers');
  const raw = proto.dataLocation === 1n ? readExternalData(proto, name, files) : proto.rawData;
  const data = raw === undefined ? readTyped(proto, dtype, count, fail) : readRaw(raw, dtype, count, fail);
  return { kind: 'constant', name, dtype, shape, data };
}

function readRaw(raw: Uint8Array, dtype: DType, count: number, fail: (reason: string) => never): ConstantData {
  const needed = Math.ceil((count * STORAGE[dtype].rawBits) / 8);
  if (raw.length !== needed) fail(`its shape needs ${needed} bytes of data, but there are ${raw.length}`);
  switch (dtype) {
    case 'float32':
      return viewElements(Float32Array, raw);
    case 'double':
      return viewElements(Float64Array, raw);
    case 'int8':
      return viewElements(Int8Array, raw);
    case 'uint8':
      return raw;
    case 'bool':
      return raw.map((value) => (value === 0 ? 0 : 1));
    case 'int16':
      return viewElements(Int16Array, raw);
    case 'uint16':
      return viewElements(Uint16Array, raw);
    case 'int32':
      return viewElements(Int32Array, raw);
    case 'uint32':
      return viewElements(Uint32Array, raw);
    case 'int64':
      return viewElements(BigInt64Array, raw);
    case 'uint64':
      return viewElements(BigUint64Array, raw);
    case 'float16':
      return fromHalves(viewElements(Uint16Array, raw));
    case 'bfloat16':
      return fromBfloats(viewElements(Uint16Array, raw));
    case 'int4':
    case 'uint4':
      return fromNibbles(raw, dtype, count);
  }
}

/** The data of the field that belongs to the type. */
function readTyped(proto: TensorProto, dtype: DType, count: number, fail: (reason: string) => never): ConstantData {
  const { field, payload } = typedField(proto, dtype);
  const lengths = {
    floatData: proto.floatData,
    int32Data: proto.int32Data,
    int64Data: proto.int64Data,
    uint64Data: proto.uint64Data,
    doubleData: proto.doubleData,
  };
  const other = Object.entries(lengths).find(([name, chunks]) => name !== field && chunks.length > 0);
  if (other !== undefined) fail(`its type is ${dtype}, but its data are in the field '${other[0]}'`);
  const bytes = payload.length === 1 ? (payload[0] ?? new Uint8Array()) : concatBytes(payload);
  const isFixed = field === 'floatData' || field === 'doubleData';
  if (isFixed) {
    const size = field === 'floatData' ? 4 : 8;
    if (bytes.length !== count * size)
      fail(`its shape has ${count} elements, but ${bytes.length / size} values are stored`);
    return field === 'floatData' ? viewElements(Float32Array, bytes) : viewElements(Float64Array, bytes);
  }
  const isNibbles = dtype === 'int4' || dtype === 'uint4';
  const stored = isNibbles ? Math.ceil(count / 2) : count;
  // Each value takes a byte or more, so that nothing large is allocated for data that are not there.
  if (stored > bytes.length) fail(`its shape has ${count} elements, but at most ${bytes.length} values are stored`);
  const data =
    STORAGE[isNibbles ? 'uint8' : dtype === 'float16' || dtype === 'bfloat16' ? 'uint16' : dtype].make(stored);
  const got = readVarints(bytes, data);
  if (got !== stored) fail(`its shape has ${count} elements, but ${got} values are stored`);
  if (data instanceof Uint16Array && dtype === 'float16') return fromHalves(data);
  if (data instanceof Uint16Array && dtype === 'bfloat16') return fromBfloats(data);
  if (dtype === 'bool') return (data as Uint8Array).map((value) => (value === 0 ? 0 : 1));
  return isNibbles ? fromNibbles(data as Uint8Array, dtype, count) : data;
}

type TypedField = 'floatData' | 'int32Data' | 'int64Data' | 'uint64Data' | 'doubleData';

function typedField(proto: TensorProto, dtype: DType): { readonly field: TypedField; readonly payload: Payload } {
  const field: TypedField =
    dtype === 'float32'
      ? 'floatData'
      : dtype === 'double'
        ? 'doubleData'
        : dtype === 'int64'
          ? 'int64Data'
          : dtype === 'uint64' || dtype === 'uint32'
            ? 'uint64Data'
            : 'int32Data';
  return { field, payload: proto[field] };
}

let halves: Float32Array | undefined;

/** Every half-precision pattern is looked up: there are 65,536, and networks have millions. */
function fromHalves(patterns: Uint16Array): Float32Array {
  halves ??= halvesToFloats(viewBytes(Uint16Array.from({ length: 65536 }, (_, index) => index)));
  const table = halves;
  const values = new Float32Array(patterns.length);
  for (let index = 0; index < patterns.length; index++) values[index] = table[patterns[index] ?? 0] ?? 0;
  return values;
}

/** bfloat16 is the upper half of a float32. */
function fromBfloats(patterns: Uint16Array): Float32Array {
  const bits = new Uint32Array(patterns.length);
  for (let index = 0; index < patterns.length; index++) bits[index] = (patterns[index] ?? 0) << 16;
  return new Float32Array(bits.buffer);
}

/** Two elements a byte, the first in the low half. */
function fromNibbles(bytes: Uint8Array, dtype: 'int4' | 'uint4', count: number): Int8Array | Uint8Array {
  const values = dtype === 'int4' ? new Int8Array(count) : new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    const nibble = ((bytes[index >> 1] ?? 0) >> (4 * (index & 1))) & 15;
    values[index] = dtype === 'int4' && nibble >= 8 ? nibble - 16 : nibble;
  }
  return values;
}
