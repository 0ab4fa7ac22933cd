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
