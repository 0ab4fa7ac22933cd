/** A typed array class of the platform, such as Int16Array. */
export interface ArrayClass<T> {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/**
 * The bytes as elements: a view of the same memory where its address allows, an aligned copy otherwise.
 * Little-endian files on little-endian machines, which all that Node.js supports are but s390x.
 */
export function viewElements<T>(elementClass: ArrayClass<T>, bytes: Uint8Array): T {
  const size = elementClass.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  return new elementClass(aligned.buffer, aligned.byteOffset, aligned.byteLength / size);
}

/**
 * The memory of a typed array as bytes, without a copy. Of a Buffer of Node.js it is a plain array, whose `slice` copies,
 * as that of all typed arrays does; that of a Buffer shares the memory.
 */
export function viewBytes(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Bits that are moved as they are: loops over these see four classes of arrays instead of ten, and stay fast. */
export type Words = Uint8Array | Uint16Array | Uint32Array | BigUint64Array;

/** The memory of a typed array as words of its elements' size, without a copy. */
export function viewWords(
  data: ArrayBufferView & { readonly BYTES_PER_ELEMENT: number; readonly length: number },
): Words {
  const { buffer, byteOffset, length, BYTES_PER_ELEMENT: size } = data;
  if (size === 1) return new Uint8Array(buffer, byteOffset, length);
  if (size === 2) return new Uint16Array(buffer, byteOffset, length);
  return size === 4 ? new Uint32Array(buffer, byteOffset, length) : new BigUint64Array(buffer, byteOffset, length);
}
