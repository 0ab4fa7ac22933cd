import { type Diagnostic, HeddleError } from './diagnostics.js';
import { halvesToFloats } from './float16.js';
import { decodeUtf8, parseJsonText } from './json-text.js';
import {
  safetensorsBounds,
  safetensorsDtype,
  safetensorsEntry,
  safetensorsGap,
  safetensorsHeader,
  safetensorsOverlap,
  safetensorsReservedName,
} from './messages.js';
import { type ArrayClass, viewBytes, viewElements } from './typed-view.js';

/** Element types by the format's names. `F16` is read, to float32, and never written. */
export type SafetensorsDtype = 'F32' | 'I8' | 'U8' | 'I16' | 'U16' | 'I32' | 'I64';

export type SafetensorsData =
  | Float32Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

/** A tensor in C order; `data.length` is the product of `shape`. */
export interface SafetensorsEntry {
  /** The type of `data`: `F32` also where the file held halves. */
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly data: SafetensorsData;
}

const CLASSES: Readonly<Record<SafetensorsDtype, ArrayClass<SafetensorsData>>> = {
  F32: Float32Array,
  I8: Int8Array,
  U8: Uint8Array,
  I16: Int16Array,
  U16: Uint16Array,
  I32: Int32Array,
  I64: BigInt64Array,
};

const READABLE = ['F32', 'F16', 'I8', 'U8', 'I16', 'U16', 'I32', 'I64'];
const METADATA = '__metadata__';
/** The limit of the format's reference implementation. */
const LONGEST_HEADER = 100_000_000;

/**
 * Reads a safetensors file: 8 bytes of header length, a JSON header, the data. The tensors' data are views of `bytes`
 * where alignment allows. `file` names it in messages.
 * @throws HeddleError with all problems: bounds, sizes, overlaps, gaps, element types.
 */
export function parseSafetensors(content: Uint8Array, file: string): ReadonlyMap<string, SafetensorsEntry> {
  const bytes = viewBytes(content);
  const headerBytes = headerOf(bytes, file);
  const header = headerObject(headerBytes, file);
  const data = bytes.subarray(8 + headerBytes.length);
  const parsed = Object.entries(header)
    .filter(([name]) => name !== METADATA)
    .map(([name, entry]) => parseEntry(name, entry, file));
  const extents = parsed.flatMap((entry) => (Array.isArray(entry) ? [] : [entry as Extent]));
  const own = parsed.flatMap((entry) => (Array.isArray(entry) ? (entry as readonly Diagnostic[]) : []));
  const problems = own.length > 0 ? own : layoutProblems(extents, data.length, file);
  if (problems.length > 0) throw new HeddleError(problems);
  return new Map(extents.map((extent) => [extent.name, readEntry(extent, data)]));
}

/**
 * The bytes of a safetensors file. The same tensors give the same bytes, whatever their order: names are sorted by
 * code unit, the header is padded with spaces to a multiple of 8.
 */
export function formatSafetensors(entries: ReadonlyMap<string, SafetensorsEntry>, file = 'weights'): Uint8Array {
  if (entries.has(METADATA)) throw new HeddleError([safetensorsReservedName(file)]);
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  let offset = 0;
  const fields = sorted.map(([name, { dtype, shape, data }]) => {
    const begin = offset;
    offset += data.byteLength;
    return `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":${JSON.stringify(shape)},"data_offsets":[${begin},${offset}]}`;
  });
  const text = new TextEncoder().encode(`{${fields.join(',')}}`);
  const headerLength = Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(8 + headerLength + offset).fill(0x20, 8, 8 + headerLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.set(text, 8);
  let at = 8 + headerLength;
  for (const [, { data }] of sorted) {
    bytes.set(viewBytes(data), at);
    at += data.byteLength;
  }
  return bytes;
}

function headerOf(bytes: Uint8Array, file: string): Uint8Array {
  const fail = (reason: string): never => {
    throw new HeddleError([safetensorsHeader(file, reason)]);
  };
  if (bytes.length < 8) return fail(`the file has ${bytes.length} bytes, fewer than the 8 of the header's length`);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(LONGEST_HEADER))
    return fail(`the header's length is given as ${length}, more than the format's ${LONGEST_HEADER}`);
  if (length > BigInt(bytes.length - 8)) {
    return fail(`the header's length is given as ${length}, but only ${bytes.length - 8} bytes follow`);
  }
  return bytes.subarray(8, 8 + Number(length));
}

function headerObject(bytes: Uint8Array, file: string): Record<string, unknown> {
  const { value } = parseJsonText(decodeUtf8(bytes, `${file} (header)`), `${file} (header)`);
  if (!isObject(value)) throw new HeddleError([safetensorsHeader(file, 'the header is not a JSON object')]);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Where a tensor lies in the data section. */
interface Extent {
  readonly name: string;
  readonly dtype: SafetensorsDtype | 'F16';
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function isSizeList(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function parseEntry(name: string, entry: unknown, file: string): Extent | readonly Diagnostic[] {
  if (!isObject(entry)) return [safetensorsEntry(file, name, 'its entry is not an object')];
  const { dtype, shape, data_offsets: offsets, ...others } = entry;
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) return [safetensorsEntry(file, name, `its entry has the unknown property '${unknown}'`)];
  if (typeof dtype !== 'string') return [safetensorsEntry(file, name, 'its entry has no dtype')];
  if (!READABLE.includes(dtype)) return [safetensorsDtype(file, name, dtype, READABLE)];
  if (!isSizeList(shape)) return [safetensorsEntry(file, name, 'its shape is not an array of sizes')];
  const [begin, end] = isSizeList(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end) {
    return [safetensorsEntry(file, name, 'its data_offsets are not [begin, end]')];
  }
  const size = dtype === 'F16' ? 2 : CLASSES[dtype as SafetensorsDtype].BYTES_PER_ELEMENT;
  const needed = shape.reduce((product, extent) => product * extent, size);
  if (end - begin !== needed) {
    const text = `its shape [${shape.join(', ')}] of ${dtype} needs ${needed} bytes, but its data_offsets hold ${end - begin}`;
    return [safetensorsEntry(file, name, text)];
  }
  return { name, dtype: dtype as SafetensorsDtype | 'F16', shape, begin, end };
}

/** The data section must be covered by the tensors without gaps and without overlaps. */
function layoutProblems(extents: readonly Extent[], size: number, file: string): readonly Diagnostic[] {
  const sorted = [...extents].sort((a, b) => a.begin - b.begin || a.end - b.end);
  const problems: Diagnostic[] = [];
  let last: Extent | undefined;
  for (const extent of sorted) {
    const covered = last?.end ?? 0;
    if (extent.end > size) problems.push(safetensorsBounds(file, extent.name, extent.end, size));
    if (extent.begin < covered && extent.begin < extent.end) {
      problems.push(safetensorsOverlap(file, extent.name, last?.name ?? '', extent.begin, covered));
    }
    if (extent.begin > covered) problems.push(safetensorsGap(file, covered, extent.begin));
    if (extent.end >= covered) last = extent;
  }
  const covered = last?.end ?? 0;
  if (covered < size) problems.push(safetensorsGap(file, covered, size));
  return problems;
}

function readEntry({ dtype, shape, begin, end }: Extent, data: Uint8Array): SafetensorsEntry {
  const bytes = data.subarray(begin, end);
  if (dtype === 'F16') return { dtype: 'F32', shape, data: halvesToFloats(bytes) };
  return { dtype, shape, data: viewElements(CLASSES[dtype], bytes) };
}
