import { shapeText, tensorSubject } from '../../ir/messages.js';
import type { Tensor } from '../../ir/tensor.js';
import { elementName, type TensorType } from '../../ir/tensor-type.js';
import { sameExtents } from '../../ir/type-equality.js';
import { type StorageName, storageNameOf, storageOf } from '../../ir/verify-constants.js';
import { type Diagnostic, type FilePlace, HeddleError } from '../../support/diagnostics.js';
import { parseSafetensors, type SafetensorsDtype, type SafetensorsEntry } from '../../support/safetensors.js';
import { makeSuggester } from '../../support/text.js';
import {
  dtypeDiffers,
  noStorage,
  notDeclared,
  notInWeights,
  type Spot,
  storedShapeDiffers,
  weightsNotNamed,
  weightsNotNeeded,
  weightsUnreadable,
} from './messages.js';

const DTYPES: Readonly<Record<StorageName, SafetensorsDtype>> = {
  Float32Array: 'F32',
  Int8Array: 'I8',
  Uint8Array: 'U8',
  Int16Array: 'I16',
  Uint16Array: 'U16',
  Int32Array: 'I32',
  BigInt64Array: 'I64',
};

/** A constant as the weights file holds it. */
export function storedEntry({ type, data }: Tensor): SafetensorsEntry {
  return { dtype: DTYPES[storageNameOf(data)], shape: type.shape, data };
}

/** What importing the constants needs to know of the JSON file. */
export interface WeightsRequest {
  /** The file's name as the model gives it, and where. */
  readonly file: string | undefined;
  readonly filePlace: FilePlace;
  /** What stands before the name in messages: the folder of the JSON file. */
  readonly folder: string;
  readonly declared: ReadonlyMap<string, TensorType>;
  readonly placeOf: (tensor: string) => FilePlace;
  readonly readSibling: (name: string) => Uint8Array;
}

/** The constants that could be read, and why others could not. */
export interface WeightsResult {
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly problems: readonly Diagnostic[];
}

export function readWeights(request: WeightsRequest): WeightsResult {
  const { file, declared, filePlace } = request;
  const none = new Map<string, Tensor>();
  if (file === undefined) {
    return {
      constants: none,
      problems: declared.size === 0 ? [] : [weightsNotNamed({ place: filePlace }, declared.size)],
    };
  }
  if (declared.size === 0) return { constants: none, problems: [weightsNotNeeded({ place: filePlace })] };
  const stored = openWeights(file, request);
  return 'problems' in stored
    ? { constants: none, problems: stored.problems }
    : matchWeights(file, stored.entries, request);
}

type Opened =
  | { readonly entries: ReadonlyMap<string, SafetensorsEntry> }
  | { readonly problems: readonly Diagnostic[] };

/** A file that cannot be read is reported where the model names it; a damaged one in its own right. */
function openWeights(file: string, { readSibling, filePlace, folder }: WeightsRequest): Opened {
  const unreadable = ({ text }: Diagnostic): Diagnostic =>
    weightsUnreadable({ place: filePlace }, file, text.replace('the file cannot be read: ', ''));
  const bytes = orProblems(() => readSibling(file));
  if ('problems' in bytes) return { problems: bytes.problems.map(unreadable) };
  const entries = orProblems(() => parseSafetensors(bytes.value, folder + file));
  return 'problems' in entries ? entries : { entries: entries.value };
}

function orProblems<T>(action: () => T): { readonly value: T } | { readonly problems: readonly Diagnostic[] } {
  try {
    return { value: action() };
  } catch (error) {
    if (error instanceof HeddleError) return { problems: error.diagnostics };
    throw error;
  }
}

function matchWeights(
  file: string,
  entries: ReadonlyMap<string, SafetensorsEntry>,
  request: WeightsRequest,
): WeightsResult {
  const constants = new Map<string, Tensor>();
  const problems: Diagnostic[] = [];
  const suggest = makeSuggester();
  const undeclared = [...entries.keys()].filter((name) => !request.declared.has(name));
  for (const [name, type] of request.declared) {
    const spot: Spot = { place: request.placeOf(name), subject: tensorSubject(name) };
    const entry = entries.get(name);
    const bad =
      entry === undefined
        ? [
            missingEntry(
              spot,
              file,
              suggest(name, () => undeclared),
            ),
          ]
        : entryProblems(spot, type, entry);
    problems.push(...bad);
    if (entry !== undefined && bad.length === 0) constants.set(name, { type, data: entry.data });
  }
  for (const name of undeclared) {
    const fix = 'declare it under "tensors" with "constant": true, or remove it from the weights file';
    problems.push(notDeclared({ place: { file: request.folder + file }, subject: tensorSubject(name) }, file, fix));
  }
  return { constants, problems };
}

function missingEntry(spot: Spot, file: string, suggestion: string): Diagnostic {
  return notInWeights(spot, file, suggestion === '' ? 'export the model again, with this tensor' : suggestion);
}

function entryProblems(spot: Spot, type: TensorType, entry: SafetensorsEntry): readonly Diagnostic[] {
  const storage = storageOf(type.element);
  if (storage === undefined) return [noStorage(spot, elementName(type.element))];
  const problems: Diagnostic[] = [];
  if (DTYPES[storage] !== entry.dtype) {
    problems.push(dtypeDiffers(spot, elementName(type.element), DTYPES[storage], entry.dtype));
  }
  if (!sameExtents(type.shape, entry.shape)) {
    problems.push(storedShapeDiffers(spot, shapeText(type.shape), shapeText(entry.shape)));
  }
  return problems;
}
