import type { ErrorObject } from 'ajv';
import { nodeSubject, tensorSubject } from '../../ir/messages.js';
import { NETWORK_OP_KINDS } from '../../ir/op.js';
import type { Diagnostic } from '../../support/diagnostics.js';
import type { JsonPath, JsonText } from '../../support/json-text.js';
import { nearest } from '../../support/text.js';
import { badTensorName, type Owner, unknownOp } from './messages.js';
import { schemaDefinition } from './schema.js';
import {
  type Expectation,
  type FileWords,
  PLAIN_FIX,
  shown,
  spotOf,
  translateSchemaErrors,
  valueAt,
} from './schema-errors.js';

/** The schema validator's errors as messages with place, subject, reason and fix. */
export function translateErrors(errors: readonly ErrorObject[], text: JsonText): readonly Diagnostic[] {
  return translateSchemaErrors(errors, text, MODEL_WORDS);
}

/** Keywords that only the model's schema has. */
function special(error: ErrorObject, path: JsonPath, text: JsonText): readonly Diagnostic[] | undefined {
  const params = error.params as Readonly<Record<string, unknown>>;
  if (error.keyword === 'propertyNames') return [badKey([...path, String(params['propertyName'])], text)];
  if (error.keyword === 'discriminator') return discriminated(path, text);
  return undefined;
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

/** The schema's own words on a property, where it stands next to the failed keyword. */
function describe(property: string, schema: unknown): string | undefined {
  if (property === 'op') return `one of ${NETWORK_OP_KINDS.join(', ')}`;
  return schemaDefinition(schema)?.description;
}

function badKey(path: JsonPath, text: JsonText): Diagnostic {
  const place = text.placeOfKey(path);
  return badTensorName({ place }, shown(path.at(-1)));
}

/** An operator that is missing has a message as a required property. */
function discriminated(path: JsonPath, text: JsonText): readonly Diagnostic[] {
  const node = valueAt(text.value, path);
  if (typeof node === 'object' && node !== null && !Object.hasOwn(node, 'op')) return [];
  const value = valueAt(text.value, [...path, 'op']);
  const meant = typeof value === 'string' ? nearest(value, NETWORK_OP_KINDS) : undefined;
  const fix = meant === undefined ? `the operators are ${NETWORK_OP_KINDS.join(', ')}` : `did you mean '${meant}'?`;
  return [
    unknownOp(spotOf([...path, 'op'], text, MODEL_WORDS), typeof value === 'string' ? `'${value}'` : shown(value), fix),
  ];
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

const MODEL_WORDS: FileWords = { subjectOf, ownerOf, describe, patternWords, special };
