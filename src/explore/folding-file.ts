import { readFileSync } from 'node:fs';
import type { ValidateFunction } from 'ajv';
import { compileJsonSchema } from '../frontend/json/schema.js';
import { type FileWords, PLAIN_FIX, translateSchemaErrors } from '../frontend/json/schema-errors.js';
import { type FilePlace, HeddleError } from '../support/diagnostics.js';
import { readBytes } from '../support/files.js';
import { decodeUtf8, parseJsonText } from '../support/json-text.js';
import type { PinnedFolding } from './layer-options.js';
import type { Pins } from './solver.js';

/** What a folding file pins, and where it says so. */
export interface FoldingFile {
  readonly pins: Pins;
  /** The line and column of a layer, or of a field of it; without a layer of an edge, or of the input's lanes. */
  readonly placeOf: (layer?: string, field?: string) => FilePlace;
}

/** schemas/folding.schema.json as data. */
interface FoldingJson {
  readonly formatVersion?: 1;
  readonly input?: { readonly lanes: number };
  readonly layers?: Readonly<Record<string, PinnedFolding & { readonly lanesOut?: number }>>;
  readonly fifos?: Readonly<Record<string, number>>;
}

/** At the package's root, two levels above both src/explore and dist/explore. */
export const FOLDING_SCHEMA_URL = new URL('../../schemas/folding.schema.json', import.meta.url);

let validator: ValidateFunction | undefined;

const DESCRIPTIONS: Readonly<Record<string, string>> = {
  formatVersion: '1, the version of the format',
  lanes: 'channels a beat of the input stream, a power of two',
};

const WORDS: FileWords = {
  subjectOf: ([section, name]) => {
    if (name === undefined) return undefined;
    return section === 'layers' ? `layer '${name}'` : section === 'fifos' ? `edge '${name}'` : undefined;
  },
  ownerOf: ([section, name]) => {
    if (section === undefined) return { owner: 'a folding file', noun: 'property' };
    const owner = section === 'layers' && name !== undefined ? 'the folding of a layer' : `'${section}'`;
    return { owner, noun: 'property' };
  },
  describe: (property) => DESCRIPTIONS[property],
  patternWords: () => ({ wanted: 'as the format says', fix: PLAIN_FIX }),
};

/** Reads a folding file. @throws HeddleError with all breaches of the format. */
export function loadFoldingFile(path: string): FoldingFile {
  return parseFolding(decodeUtf8(readBytes(path), path), path);
}

/** The pins of a folding file's text; whether they are legal for a model is checked by chooseDesign. */
export function parseFolding(json: string, file: string): FoldingFile {
  const text = parseJsonText(json, file);
  validator ??= compileJsonSchema(JSON.parse(readFileSync(FOLDING_SCHEMA_URL, 'utf8')) as object);
  if (!validator(text.value)) throw new HeddleError(translateSchemaErrors(validator.errors ?? [], text, WORDS));
  const folding = text.value as FoldingJson;
  return {
    pins: {
      layers: new Map(Object.entries(folding.layers ?? {})),
      ...(folding.input === undefined ? {} : { inputLanes: folding.input.lanes }),
      ...(folding.fifos === undefined ? {} : { fifos: new Map(Object.entries(folding.fifos)) }),
    },
    placeOf: (layer, field) => {
      if (layer === undefined) return text.placeOf(field === undefined ? ['input', 'lanes'] : ['fifos', field]);
      return text.placeOf(['layers', layer, ...(field === undefined ? [] : [field])]);
    },
  };
}
