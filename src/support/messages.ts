import type { Diagnostic, FilePlace } from './diagnostics.js';

/** Messages about files and file formats: E100..E139. */

function error(
  code: string,
  alias: string,
  place: FilePlace,
  text: string,
  hint: string,
  subject?: string,
): Diagnostic {
  return { code, alias, severity: 'error', place, text, hint, ...(subject === undefined ? {} : { subject }) };
}

export function cannotRead(file: string, reason: string): Diagnostic {
  return error(
    'E101',
    'cannot-read',
    { file },
    `the file cannot be read: ${reason}`,
    'check the path and its permissions',
  );
}

export function cannotWrite(file: string, reason: string): Diagnostic {
  const hint = 'check that the folder exists, can be written to and has space; nothing was changed';
  return error('E102', 'cannot-write', { file }, `the file cannot be written: ${reason}`, hint);
}

export function cannotWriteFolder(folder: string, reason: string): Diagnostic {
  const hint = 'check that its parent can be written to and has space; nothing was changed';
  return error('E107', 'cannot-write-folder', { file: folder }, `the folder cannot be written: ${reason}`, hint);
}

export function notAFolder(path: string): Diagnostic {
  const hint = 'give a new path, or that of an empty folder; nothing was changed';
  return error(
    'E108',
    'not-a-folder',
    { file: path },
    'a folder is to be written, but there is a file of this name',
    hint,
  );
}

export function foreignFolder(folder: string): Diagnostic {
  const text = 'the folder holds files and was not written by Heddle, so that it is not replaced';
  return error('E109', 'foreign-folder', { file: folder }, text, 'give a new path, or empty the folder yourself');
}

export function badJson(place: FilePlace, reason: string): Diagnostic {
  return error(
    'E103',
    'bad-json',
    place,
    `this is not valid JSON: ${reason}`,
    'correct the syntax; JSON has no comments and no trailing commas',
  );
}

export function duplicateKey(place: FilePlace, key: string, firstLine: number): Diagnostic {
  const text = `the key ${JSON.stringify(key)} stands twice in one object, first on line ${firstLine}`;
  return error('E104', 'duplicate-key', place, text, 'remove or rename one of them');
}

export function jsonTooDeep(place: FilePlace, limit: number): Diagnostic {
  const text = `objects and arrays are nested more than ${limit} deep`;
  return error(
    'E105',
    'json-too-deep',
    place,
    text,
    'this is not a file that Heddle reads; check that it is the right one',
  );
}

export function notUtf8(file: string): Diagnostic {
  return error('E106', 'not-utf8', { file }, 'the text is not valid UTF-8', 'save the file as UTF-8');
}

export function notNpy(file: string): Diagnostic {
  const hint = 'write it with numpy.save(path, array); pictures and other formats must be converted first';
  return error('E110', 'not-npy', { file }, 'this is not a .npy file: it does not begin with \\x93NUMPY', hint);
}

export function badNpyHeader(file: string, reason: string): Diagnostic {
  return error(
    'E111',
    'bad-npy-header',
    { file, pointer: 'header' },
    reason,
    'write the file again with numpy.save(path, array)',
  );
}

export function npyDtype(file: string, descr: string, supported: readonly string[]): Diagnostic {
  const text = `its element type is '${descr}', but only ${supported.join(', ')} can be read`;
  return error(
    'E112',
    'npy-dtype',
    { file, pointer: 'header' },
    text,
    "convert it, for example with array.astype('<f4')",
  );
}

export function npyBigEndian(file: string, descr: string): Diagnostic {
  const text = `its elements are big-endian ('${descr}')`;
  return error(
    'E113',
    'npy-big-endian',
    { file, pointer: 'header' },
    text,
    "convert it with array.astype(array.dtype.newbyteorder('<'))",
  );
}

export function npyFortranOrder(file: string): Diagnostic {
  const text = 'its elements are in Fortran order (fortran_order: True)';
  return error(
    'E114',
    'npy-fortran-order',
    { file, pointer: 'header' },
    text,
    'save numpy.ascontiguousarray(array) instead',
  );
}

export function npyLength(file: string, shape: readonly number[], needed: number, got: number): Diagnostic {
  const text = `the shape (${shape.join(', ')}) needs ${needed} bytes of data, but the file holds ${got}`;
  return error('E115', 'npy-length', { file }, text, 'the file is cut short or damaged; write it again');
}

export function safetensorsHeader(file: string, reason: string): Diagnostic {
  const hint = 'the file is damaged or not a .safetensors file; export it again';
  return error('E120', 'safetensors-header', { file, pointer: 'header' }, reason, hint);
}

export function safetensorsEntry(file: string, tensor: string, reason: string): Diagnostic {
  const hint = 'the file is damaged or was written wrongly; export it again';
  return error('E121', 'safetensors-entry', { file, pointer: 'header' }, reason, hint, `tensor '${tensor}'`);
}

export function safetensorsDtype(
  file: string,
  tensor: string,
  dtype: string,
  supported: readonly string[],
): Diagnostic {
  const text = `its dtype is ${dtype}, but only ${supported.join(', ')} can be read`;
  return error(
    'E122',
    'safetensors-dtype',
    { file, pointer: 'header' },
    text,
    'convert it when exporting',
    `tensor '${tensor}'`,
  );
}

export function safetensorsBounds(file: string, tensor: string, end: number, size: number): Diagnostic {
  const text = `its data ends at byte ${end} of the data section, but that has ${size} bytes only`;
  const hint = 'the file is cut short or damaged; export it again';
  return error('E123', 'safetensors-bounds', { file, pointer: 'header' }, text, hint, `tensor '${tensor}'`);
}

export function safetensorsOverlap(
  file: string,
  tensor: string,
  other: string,
  begin: number,
  end: number,
): Diagnostic {
  const text = `its data begins at byte ${begin}, inside that of tensor '${other}', which ends at ${end}`;
  const hint = 'tensors must not share bytes; export the file again';
  return error('E124', 'safetensors-overlap', { file, pointer: 'header' }, text, hint, `tensor '${tensor}'`);
}

export function safetensorsGap(file: string, begin: number, end: number): Diagnostic {
  const text = `bytes ${begin} to ${end} of the data section belong to no tensor`;
  return error(
    'E125',
    'safetensors-gap',
    { file, pointer: 'header' },
    text,
    'export the file again; all its bytes must be in use',
  );
}

export function safetensorsReservedName(file: string): Diagnostic {
  const text = 'this name is reserved by the safetensors format';
  return error('E126', 'safetensors-reserved-name', { file }, text, 'rename the tensor', "tensor '__metadata__'");
}
