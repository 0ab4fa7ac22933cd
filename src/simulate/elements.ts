import { invariant } from '../support/invariant.js';

/** Bytes of an element in the harness's data files. */
export function bytesPerElement(elementBits: number): 1 | 2 | 4 {
  invariant(elementBits >= 1 && elementBits <= 32, `an element of ${elementBits} bits does not go over a stream`);
  if (elementBits <= 8) return 1;
  return elementBits <= 16 ? 2 : 4;
}

/** Elements as the harness reads them: little endian; only the low `elementBits` of each matter. */
export function packElements(values: ArrayLike<number>, elementBits: number): Uint8Array {
  const size = bytesPerElement(elementBits);
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (size === 1) view.setUint8(i, value);
    else if (size === 2) view.setUint16(i * 2, value, true);
    else view.setUint32(i * 4, value, true);
  }
  return bytes;
}

/** The inverse of packElements, signed elements sign-extended. */
export function unpackElements(bytes: Uint8Array, elementBits: number, signed: boolean): Int32Array | Uint32Array {
  const size = bytesPerElement(elementBits);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength / size;
  const values = signed ? new Int32Array(count) : new Uint32Array(count);
  const shift = 32 - elementBits;
  for (let i = 0; i < count; i++) {
    const raw = size === 1 ? view.getUint8(i) : size === 2 ? view.getUint16(i * 2, true) : view.getUint32(i * 4, true);
    values[i] = signed ? (raw << shift) >> shift : (raw << shift) >>> shift;
  }
  return values;
}

/** Channels-last values as beats: a pixel's last beat is filled up with zeros where lanes do not divide the channels. */
export function padToLanes(values: ArrayLike<number>, channels: number, lanes: number): Int32Array {
  invariant(values.length % channels === 0, `${values.length} values are not whole pixels of ${channels} channels`);
  const padded = Math.ceil(channels / lanes) * lanes;
  const out = new Int32Array((values.length / channels) * padded);
  for (let i = 0; i < values.length; i++) out[Math.floor(i / channels) * padded + (i % channels)] = values[i] ?? 0;
  return out;
}
