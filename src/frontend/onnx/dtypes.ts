import { type Element, F32, int } from '../../ir/tensor-type.js';

/** Element types of ONNX tensors that are read, and the numbers that stand for them in files (TensorProto.DataType). */
const DTYPE_NUMBERS = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'double',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
  21: 'uint4',
  22: 'int4',
} as const;

export type DType = (typeof DTYPE_NUMBERS)[keyof typeof DTYPE_NUMBERS];

/** Names of types that exist but are not read, for messages. */
const OTHER_NAMES: Readonly<Record<number, string>> = {
  0: 'UNDEFINED',
  8: 'string',
  14: 'complex64',
  15: 'complex128',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  23: 'float4e2m1',
  24: 'float8e8m0',
  25: 'uint2',
  26: 'int2',
};

/** The type of a number in a file, or undefined where it is none that is read. */
export function dtypeOf(code: number | bigint): DType | undefined {
  return (DTYPE_NUMBERS as Readonly<Record<number, DType>>)[Number(code)];
}

/** The type's name for messages, whatever the number. */
export function dtypeName(code: number | bigint): string {
  return dtypeOf(code) ?? OTHER_NAMES[Number(code)] ?? `number ${code}`;
}

/**
 * The arrays that hold the elements of constants. float16 and bfloat16 are held as the float32 values that they stand
 * for, bool as 0 and 1, 4-bit integers one a byte.
 */
export type ConstantData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** How elements lie in raw bytes: the class of what holds them, and bits an element where that differs. */
export interface Storage {
  readonly make: (length: number) => ConstantData;
  /** Bits of one element in raw_data. */
  readonly rawBits: number;
}

export const STORAGE: Readonly<Record<DType, Storage>> = {
  float32: { make: (length) => new Float32Array(length), rawBits: 32 },
  float16: { make: (length) => new Float32Array(length), rawBits: 16 },
  bfloat16: { make: (length) => new Float32Array(length), rawBits: 16 },
  double: { make: (length) => new Float64Array(length), rawBits: 64 },
  int4: { make: (length) => new Int8Array(length), rawBits: 4 },
  uint4: { make: (length) => new Uint8Array(length), rawBits: 4 },
  int8: { make: (length) => new Int8Array(length), rawBits: 8 },
  uint8: { make: (length) => new Uint8Array(length), rawBits: 8 },
  bool: { make: (length) => new Uint8Array(length), rawBits: 8 },
  int16: { make: (length) => new Int16Array(length), rawBits: 16 },
  uint16: { make: (length) => new Uint16Array(length), rawBits: 16 },
  int32: { make: (length) => new Int32Array(length), rawBits: 32 },
  uint32: { make: (length) => new Uint32Array(length), rawBits: 32 },
  int64: { make: (length) => new BigInt64Array(length), rawBits: 64 },
  uint64: { make: (length) => new BigUint64Array(length), rawBits: 64 },
};

/** What may flow in a graph, and as which element; half-precision networks are computed in float32. */
const FLOWING: Readonly<Partial<Record<DType, Element>>> = {
  float32: F32,
  float16: F32,
  int4: int(4, true),
  uint4: int(4, false),
  int8: int(8, true),
  uint8: int(8, false),
  int16: int(16, true),
  uint16: int(16, false),
  int32: int(32, true),
};

export function elementOf(dtype: DType): Element | undefined {
  return FLOWING[dtype];
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float16' || dtype === 'double' || dtype === 'bfloat16';
}

export function isBig(data: ConstantData): data is BigInt64Array | BigUint64Array {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}
