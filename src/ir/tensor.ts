import type { TensorType } from './tensor-type.js';

/** The typed arrays that hold tensor elements; sub-byte integers use Int8Array or Uint8Array. */
export type TensorData = Float32Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | BigInt64Array;

/** A tensor value in C order. `data.length` equals the element count of `type.shape`. */
export interface Tensor {
  readonly type: TensorType;
  readonly data: TensorData;
}
