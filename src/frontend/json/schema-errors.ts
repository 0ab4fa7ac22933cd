import type { ErrorObject } from 'ajv';
import type { Diagnostic } from '../../support/diagnostics.js';
import type { JsonPath, JsonText } from '../../support/json-text.js';
import { nearest, plural } from '../../support/text.js';
import { missingProperty, moreBreaches, type Owner, type Spot, unknownProperty, wrongValue } from './messages.js';

/** What the messages about one kind of file know besides its schema. */
export interface FileWords {
  /** The thing that a path lies in: `node 'conv1'`. */
  readonly subjectOf: (path: JsonPath, root: unknown) => string | undefined;
  /** What a path's object is called in a sentence. */
  readonly ownerOf: (path: JsonPath, root: unknown) => Owner;
  /** What a missing property has to be, where the file's schema says so. */
  readonly describe: (property: string, schema: unknown) => string | undefined;
  /** What a pattern of the schema asks for. */
  readonly patternWords: (pattern: string, value: unknown) => Expectation;
  /** Messages of keywords of its own; undefined for the common ones. */
  readonly special?: (error: ErrorObject, path: JsonPath, text: JsonText) => readonly Diagnostic[] | undefined;
}

/** What a value must be, and how to get there. */
export interface Expectation {
  readonly wanted: string;
  readonly fix: string;
}

export const PLAIN_FIX = 'correct the value';

/** Each takes a while to explain, and nobody reads so many. */
const MOST_EXPLAINED = 2000;

/** A schema validator's errors as messages with place, subject, reason and fix. */
export function translateSchemaErrors(
  errors: readonly ErrorObject[],
  text: JsonText,
  words: FileWords,
): readonly Diagnostic[] {
  const explained = errors.slice(0, MOST_EXPLAINED).flatMap((error) => translate(error, text, words));
  const left = errors.length - MOST_EXPLAINED;
  return left > 0 ? [...explained, moreBreaches(text.placeOf([]).file, left)] : explained;
}

/** Errors that only repeat another one: an `if` its `then`, a broken property name its pattern. */
function translate(error: ErrorObject, text: JsonText, words: FileWords): readonly Diagnostic[] {
  const path = pathOf(error.instancePath);
  const special = words.special?.(error, path, text);
  if (special !== undefined) return special;
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'if':
      return [];
    case 'required':
      return [missing(error, path, String(params['missingProperty']), text, words)];
    case 'additionalProperties':
      return [unknown(error, path, String(params['additionalProperty']), text, words)];
    default:
      return error.propertyName === undefined ? [badValue(error, path, text, words)] : [];
  }
}

function pathOf(pointer: string): JsonPath {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** The value that a path leads to, or undefined. */
export function valueAt(root: unknown, path: JsonPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}

/** Place and subject of a path. */
export function spotOf(path: JsonPath, text: JsonText, words: FileWords, place = text.placeOf(path)): Spot {
  const subject = words.subjectOf(path, text.value);
  return subject === undefined ? { place } : { place, subject };
}

function missing(error: ErrorObject, path: JsonPath, property: string, text: JsonText, words: FileWords): Diagnostic {
  const fix = words.describe(property, propertiesOf(error)[property])?.replace(/\.$/, '');
  return missingProperty(
    spotOf(path, text, words),
    words.ownerOf(path, text.value),
    property,
    fix === undefined ? `add "${property}"` : `add "${property}": ${fix}`,
  );
}

function propertiesOf(error: ErrorObject): Readonly<Record<string, unknown>> {
  const schema = error.parentSchema as { readonly properties?: Readonly<Record<string, unknown>> } | undefined;
  return schema?.properties ?? {};
}

function unknown(error: ErrorObject, path: JsonPath, property: string, text: JsonText, words: FileWords): Diagnostic {
  const known = Object.keys(propertiesOf(error));
  const meant = nearest(property, known);
  const list = known.length === 0 ? 'remove it; there are none here' : `remove it; known here: ${known.join(', ')}`;
  const here = [...path, property];
  const fix = meant === undefined ? list : `did you mean '${meant}'?`;
  return unknownProperty(
    spotOf(here, text, words, text.placeOfKey(here)),
    words.ownerOf(path, text.value),
    property,
    fix,
  );
}

function badValue(error: ErrorObject, path: JsonPath, text: JsonText, words: FileWords): Diagnostic {
  const value = valueAt(text.value, path);
  const { wanted, fix } = expectation(error, value, words);
  return wrongValue(spotOf(path, text, words), shown(value), wanted, fix);
}

/** What a keyword of the schema asks for, in words. */
function expectation(error: ErrorObject, value: unknown, words: FileWords): Expectation {
  const params = error.params as Readonly<Record<string, unknown>>;
  const limit = params['limit'];
  switch (error.keyword) {
    case 'type':
      return { wanted: typeWords(String(params['type']), value), fix: PLAIN_FIX };
    case 'const':
      return { wanted: JSON.stringify(params['allowedValue']), fix: PLAIN_FIX };
    case 'enum':
      return choice(params['allowedValues'] as readonly string[], value);
    case 'minimum':
      return { wanted: `${limit} or more`, fix: PLAIN_FIX };
    case 'maximum':
      return { wanted: `${limit} or less`, fix: PLAIN_FIX };
    case 'exclusiveMinimum':
      return { wanted: `greater than ${limit}`, fix: PLAIN_FIX };
    case 'minItems':
    case 'maxItems':
      return { wanted: `a list of ${countWords(error, Number(limit))}`, fix: 'correct the number of items' };
    case 'pattern':
      return words.patternWords(String(params['pattern']), value);
    default:
      return { wanted: `as the format says (${error.message ?? error.keyword})`, fix: PLAIN_FIX };
  }
}

function countWords(error: ErrorObject, limit: number): string {
  const schema = error.parentSchema as { readonly minItems?: number; readonly maxItems?: number } | undefined;
  if (schema?.minItems === schema?.maxItems) return plural(limit, 'item');
  return error.keyword === 'minItems' ? `${limit} or more items` : `${limit} items at most`;
}

function typeWords(type: string, value: unknown): string {
  const words: Readonly<Record<string, string>> = {
    object: 'an object',
    array: 'a list',
    string: 'a string',
    boolean: 'true or false',
    integer: 'an integer',
    number: 'a number',
  };
  const finite = typeof value === 'number' && !Number.isFinite(value) ? ' that a 64-bit float can hold' : '';
  return `${words[type] ?? type}${finite}`;
}

function choice(allowed: readonly string[], value: unknown): Expectation {
  const meant = typeof value === 'string' ? nearest(value, allowed) : undefined;
  const wanted = allowed.map((item) => JSON.stringify(item)).join(' or ');
  return { wanted, fix: meant === undefined ? PLAIN_FIX : `did you mean '${meant}'?` };
}

const LONGEST_SHOWN = 60;

/** A value in a message: its JSON, cut where it is long. */
export function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text;
}
