import type { ErrorObject } from 'ajv';
import { nodeSubject, tensorSubject } from '../../ir/messages.js';
import { OP_KINDS } from '../../ir/op.js';
import type { Diagnostic } from '../../support/diagnostics.js';
import type { JsonPath, JsonText } from '../../support/json-text.js';
import { nearest, plural } from '../../support/text.js';
import {
  badTensorName,
  missingProperty,
  type Owner,
  type Spot,
  unknownOp,
  unknownProperty,
  wrongValue,
} from './messages.js';
import { schemaDefinition } from './schema.js';

/** The schema validator's errors as messages with place, subject, reason and fix. */
export function translateErrors(errors: readonly ErrorObject[], text: JsonText): readonly Diagnostic[] {
  return errors.flatMap((error) => translate(error, errors, text));
}

/** Errors that only repeat another one: an `if` its `then`, a broken property name its pattern. */
function translate(error: ErrorObject, all: readonly ErrorObject[], text: JsonText): readonly Diagnostic[] {
  const path = pathOf(error.instancePath);
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'if':
      return [];
    case 'required':
      return [missing(error, path, String(params['missingProperty']), text)];
    case 'additionalProperties':
      return [unknown(error, path, String(params['additionalProperty']), text)];
    case 'propertyNames':
      return [badKey([...path, String(params['propertyName'])], text)];
    case 'discriminator':
      return discriminated(error, path, all, text);
    default:
      return error.propertyName === undefined ? [badValue(error, path, text)] : [];
  }
}

function pathOf(pointer: string): JsonPath {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function valueAt(root: unknown, path: JsonPath): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}

/** The node or tensor that a path lies in. */
function subjectOf(path: JsonPath, root: unknown): string | undefined {
  const [section, item] = path;
  if (section === undefined || item === undefined) return undefined;
  if (section === 'tensors') return tensorSubject(String(item));
  const name = valueAt(root, [section, item, section === 'nodes' ? 'name' : 'tensor']);
  if (typeof name !== 'string') return undefined;
  return section === 'nodes' ? nodeSubject(name) : tensorSubject(name);
}

function spotOf(path: JsonPath, text: JsonText, place = text.placeOf(path)): Spot {
  const subject = subjectOf(path, text.value);
  return subject === undefined ? { place } : { place, subject };
}

/** What a path's object is called in a sentence. */
function ownerOf(path: JsonPath, root: unknown): Owner {
  const last = path.at(-1);
  const op = path[0] === 'nodes' ? valueAt(root, ['nodes', path[1] ?? 0, 'op']) : undefined;
  if (last === 'attributes' && typeof op === 'string') return { owner: `'${op}'`, noun: 'attribute' };
  return { owner: ownerWords(path, last), noun: 'property' };
}

function ownerWords(path: JsonPath, last: string | number | undefined): string {
  if (last === undefined) return 'a model';
  if (typeof last === 'string' && path.length > 2) return `'${last}'`;
  return (
    { nodes: 'a node', tensors: 'a tensor', inputs: 'an input', outputs: 'an output' }[String(path[0])] ?? 'this object'
  );
}

function missing(error: ErrorObject, path: JsonPath, property: string, text: JsonText): Diagnostic {
  const fix = description(error, property);
  return missingProperty(
    spotOf(path, text),
    ownerOf(path, text.value),
    property,
    fix === undefined ? `add "${property}"` : `add "${property}": ${fix}`,
  );
}

/** The schema's own words on a property, where it stands next to the failed keyword. */
function description(error: ErrorObject, property: string): string | undefined {
  if (property === 'op') return `one of ${OP_KINDS.join(', ')}`;
  const words = schemaDefinition(propertiesOf(error)[property])?.description;
  return words?.replace(/\.$/, '');
}

function propertiesOf(error: ErrorObject): Readonly<Record<string, unknown>> {
  const schema = error.parentSchema as { readonly properties?: Readonly<Record<string, unknown>> } | undefined;
  return schema?.properties ?? {};
}

function unknown(error: ErrorObject, path: JsonPath, property: string, text: JsonText): Diagnostic {
  const known = Object.keys(propertiesOf(error));
  const meant = nearest(property, known);
  const list = known.length === 0 ? 'remove it; there are none here' : `remove it; known here: ${known.join(', ')}`;
  const here = [...path, property];
  const fix = meant === undefined ? list : `did you mean '${meant}'?`;
  return unknownProperty(spotOf(here, text, text.placeOfKey(here)), ownerOf(path, text.value), property, fix);
}

function badKey(path: JsonPath, text: JsonText): Diagnostic {
  const place = text.placeOfKey(path);
  return badTensorName({ place }, shown(path.at(-1)));
}

function discriminated(
  error: ErrorObject,
  path: JsonPath,
  all: readonly ErrorObject[],
  text: JsonText,
): readonly Diagnostic[] {
  const isMissing = all.some(
    (other) =>
      other.keyword === 'required' &&
      other.instancePath === error.instancePath &&
      other.params['missingProperty'] === 'op',
  );
  if (isMissing) return [];
  const value = valueAt(text.value, [...path, 'op']);
  const meant = typeof value === 'string' ? nearest(value, OP_KINDS) : undefined;
  const fix = meant === undefined ? `the operators are ${OP_KINDS.join(', ')}` : `did you mean '${meant}'?`;
  return [unknownOp(spotOf([...path, 'op'], text), typeof value === 'string' ? `'${value}'` : shown(value), fix)];
}

function badValue(error: ErrorObject, path: JsonPath, text: JsonText): Diagnostic {
  const value = valueAt(text.value, path);
  const { wanted, fix } = expectation(error, value);
  return wrongValue(spotOf(path, text), shown(value), wanted, fix);
}

interface Expectation {
  readonly wanted: string;
  readonly fix: string;
}

const PLAIN_FIX = 'correct the value';

/** What a keyword of the schema asks for, in words. */
function expectation(error: ErrorObject, value: unknown): Expectation {
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
      return patternWords(String(params['pattern']), value);
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

const ELEMENT_NAMES = ['float32', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'int64', 'int4', 'uint4'];

/** The schema's three patterns: element types, file names, names. */
function patternWords(pattern: string, value: unknown): Expectation {
  if (pattern.includes('float32')) {
    const meant = typeof value === 'string' ? nearest(value, ELEMENT_NAMES) : undefined;
    const fix =
      meant === undefined ? 'use for example "float32", "uint8", "int8" or "int32"' : `did you mean '${meant}'?`;
    return { wanted: '"float32", "intN" or "uintN" with N from 1 to 64', fix };
  }
  if (pattern.includes('/')) {
    return {
      wanted: 'a file name without a folder',
      fix: 'keep the weights file beside this file, and give its name only',
    };
  }
  return { wanted: '1 to 200 characters, none of them a control character', fix: PLAIN_FIX };
}

const LONGEST_SHOWN = 60;

/** A value in a message: its JSON, cut where it is long. */
function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}...` : text;
}
