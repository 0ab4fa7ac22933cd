import { type Diagnostic, HeddleError } from './diagnostics.js';
import { halvesToFloats } from './float16.js';
import { badNpyHeader, notNpy, npyBigEndian, npyDtype, npyFortranOrder, npyLength } from './messages.js';
import { type ArrayClass, viewBytes, viewElements } from './typed-view.js';

/** Element types by NumPy's short names. `f2` is read, to float32, and never written. */
export type NpyDtype = 'u1' | 'i1' | 'u2' | 'i2' | 'i4' | 'i8' | 'f4' | 'f8';

export type NpyData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** An array in C order; `data.length` is the product of `shape`, which may be empty (a scalar) or hold zeros. */
export interface NpyArray {
  readonly shape: readonly number[];
  /** The type of `data`: `f4` also where the file held halves. */
  readonly dtype: NpyDtype;
  readonly data: NpyData;
}

const CLASSES: Readonly<Record<NpyDtype, ArrayClass<NpyData>>> = {
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  i4: Int32Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
};

const READABLE = ['u1', 'i1', 'u2', 'i2', 'i4', 'i8', 'f2', 'f4', 'f8'];
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Reads a .npy file of version 1, 2 or 3 (the format is NumPy's NEP 1). `file` names it in messages.
 * The data is a view of `bytes` where alignment allows.
 * @throws HeddleError for anything that is not such a file in full.
 */
export function parseNpy(bytes: Uint8Array, file: string): NpyArray {
  const { text, dataStart } = headerText(bytes, file);
  const header = parseHeader(text, file);
  const problems = headerProblems(header, file);
  if (problems.length > 0) throw new HeddleError(problems);
  const code = header.descr.slice(1);
  const data = bytes.subarray(dataStart);
  const needed = header.shape.reduce((product, extent) => product * extent, 1) * Number(code.slice(1));
  if (needed !== data.length) throw new HeddleError([npyLength(file, header.shape, needed, data.length)]);
  if (code === 'f2') return { shape: header.shape, dtype: 'f4', data: halvesToFloats(data) };
  const dtype = code as NpyDtype;
  return { shape: header.shape, dtype, data: viewElements(CLASSES[dtype], data) };
}

/** The bytes of a version 1 file, laid out as numpy.save does: the data begins at a multiple of 64. */
export function formatNpy(array: NpyArray): Uint8Array {
  const size = CLASSES[array.dtype].BYTES_PER_ELEMENT;
  const shape = array.shape.length === 1 ? `${array.shape[0]},` : array.shape.join(', ');
  const fields = `{'descr': '${size === 1 ? '|' : '<'}${array.dtype}', 'fortran_order': False, 'shape': (${shape}), }`;
  const unpadded = MAGIC.length + 4 + fields.length + 1;
  const header = `${fields}${' '.repeat((64 - (unpadded % 64)) % 64)}\n`;
  const prefix = [...MAGIC, 1, 0, header.length & 0xff, header.length >> 8];
  const data = viewBytes(array.data);
  const bytes = new Uint8Array(prefix.length + header.length + data.length);
  bytes.set(prefix);
  bytes.set(new TextEncoder().encode(header), prefix.length);
  bytes.set(data, prefix.length + header.length);
  return bytes;
}

function headerText(bytes: Uint8Array, file: string): { readonly text: string; readonly dataStart: number } {
  const fail = (problem: Diagnostic): never => {
    throw new HeddleError([problem]);
  };
  if (MAGIC.some((byte, index) => bytes[index] !== byte)) return fail(notNpy(file));
  const major = bytes[6];
  if (major !== undefined && (major < 1 || major > 3)) {
    return fail(badNpyHeader(file, `its format version is ${major}, but only 1, 2 and 3 are known`));
  }
  const start = major === 1 ? 10 : 12;
  if (bytes.length < start) return fail(badNpyHeader(file, 'the file ends inside its header'));
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length) return fail(badNpyHeader(file, 'the file ends inside its header'));
  const encoding = major === 3 ? 'utf-8' : 'latin1';
  return { text: new TextDecoder(encoding).decode(bytes.subarray(start, start + length)), dataStart: start + length };
}

interface Header {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
}

/** The header is a Python dictionary of exactly three entries; this grammar is the subset that numpy.save writes. */
function parseHeader(text: string, file: string): Header {
  const bad = (reason: string): HeddleError => new HeddleError([badNpyHeader(file, reason)]);
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw bad('its header is not a dictionary');
  const entry = /\s*(['"])(\w+)\1\s*:\s*('[^']*'|"[^"]*"|True|False|\([\d\s,]*\)|\[.*\])\s*(?:,|$)\s*/sy;
  const fields = new Map<string, string>();
  while (entry.lastIndex < body.length) {
    const at = entry.lastIndex;
    const match = entry.exec(body);
    if (match === null) throw bad(`its header cannot be understood from ${JSON.stringify(body.slice(at, at + 20))} on`);
    if (fields.has(match[2] ?? '')) throw bad(`its header has '${match[2]}' twice`);
    fields.set(match[2] ?? '', match[3] ?? '');
  }
  const unknown = [...fields.keys()].find((key) => !['descr', 'fortran_order', 'shape'].includes(key));
  if (unknown !== undefined) throw bad(`its header has the unknown entry '${unknown}'`);
  const [descr, order, shape] = [fields.get('descr'), fields.get('fortran_order'), fields.get('shape')];
  if (descr === undefined || order === undefined || shape === undefined) {
    throw bad("its header lacks one of 'descr', 'fortran_order' and 'shape'");
  }
  const extents = (shape.match(/\d+/g) ?? []).map(Number);
  if (!shape.startsWith('(') || !extents.every(Number.isSafeInteger)) throw bad(`its shape ${shape} cannot be used`);
  return { descr: descr.replaceAll(/['"]/g, ''), fortranOrder: order === 'True', shape: extents };
}

function headerProblems({ descr, fortranOrder, shape }: Header, file: string): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const code = descr.slice(1);
  if (!/^[<>|=]/.test(descr) || !READABLE.includes(code)) {
    problems.push(npyDtype(file, descr, READABLE));
  } else if (descr.startsWith('>') && !code.endsWith('1')) {
    problems.push(npyBigEndian(file, descr));
  }
  if (fortranOrder && shape.filter((extent) => extent > 1).length > 1) problems.push(npyFortranOrder(file));
  return problems;
}
