import { createHash } from 'node:crypto';
import { type Diagnostic, HeddleError } from '../../support/diagnostics.js';
import { printable } from '../../support/text.js';
import { externalData } from './messages.js';
import type { TensorProto } from './model-proto.js';

/** The files beside a model that hold the data of its tensors; each is read once. */
export interface ExternalFiles {
  /** The model, for messages. */
  readonly file: string;
  /** The bytes of a file, by its path relative to the model's folder. Throws a HeddleError where it cannot be read. */
  readonly read: (location: string) => Uint8Array;
}

const KEYS: readonly string[] = ['location', 'offset', 'length', 'checksum'];
const EXPORT_AGAIN = 'export the model again, and keep its data files beside it';

/** The bytes that a tensor's `external_data` names. @throws HeddleError that names the tensor. */
export function readExternalData(proto: TensorProto, name: string, files: ExternalFiles): Uint8Array {
  const fail = (reason: string, hint = EXPORT_AGAIN): never => {
    throw new HeddleError([externalData(files.file, name, reason, hint)]);
  };
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const odd = [...entries.keys()].find((key) => !KEYS.includes(key));
  if (odd !== undefined) fail(`its external_data has the key '${printable(odd)}', which is not known`);
  const location = entries.get('location') ?? '';
  if (!staysInside(location)) {
    fail(`its data are said to be in '${printable(location)}', which is not inside the model's folder`);
  }
  const bytes = readFile(location, files, fail);
  const offset = numberOf(entries.get('offset') ?? '0');
  const length = entries.has('length') ? numberOf(entries.get('length') ?? '') : bytes.length - (offset ?? 0);
  if (offset === undefined || length === undefined)
    return fail('its external_data has an offset or length that is no number');
  if (offset > bytes.length || length > bytes.length - offset || length < 0) {
    fail(`its data are bytes ${offset} to ${offset + length} of '${location}', which has ${bytes.length} bytes`);
  }
  const checksum = entries.get('checksum');
  if (checksum !== undefined && checksum.toLowerCase() !== createHash('sha1').update(bytes).digest('hex')) {
    fail(`the file '${location}' is not the one that was written with the model: its SHA-1 checksum differs`);
  }
  return bytes.subarray(offset, offset + length);
}

/** A relative path that does not lead out of the folder. */
function staysInside(location: string): boolean {
  const parts = location.split(/[\\/]/);
  return location !== '' && !/^(?:[\\/]|[A-Za-z]:)/.test(location) && !parts.includes('..') && !location.includes('\0');
}

function numberOf(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function readFile(location: string, files: ExternalFiles, fail: (reason: string) => never): Uint8Array {
  try {
    return files.read(location);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    const reason = error.diagnostics
      .map(({ text }: Diagnostic) => text.replace('the file cannot be read: ', ''))
      .join('; ');
    return fail(`the file '${printable(location)}' with its data cannot be read: ${reason}`);
  }
}
