import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

/** What messages and the documentation use of the schema. */
export interface Definition {
  readonly $ref?: string;
  readonly description?: string;
}

interface Schema {
  readonly definitions: Readonly<Record<string, Definition>>;
}

let loaded: Schema | undefined;
let compiled: ValidateFunction | undefined;

/** All breaches of schemas/model.schema.json, in document order per keyword. The schema is read once, when first needed. */
export function schemaErrors(value: unknown): readonly ErrorObject[] {
  compiled ??= compileSchema();
  return compiled(value) ? [] : (compiled.errors ?? []);
}

/** The folder stands at the package's root, three levels above both src/frontend/json and dist/frontend/json. */
export const MODEL_SCHEMA_URL = new URL('../../../schemas/model.schema.json', import.meta.url);

function loadSchema(): Schema {
  loaded ??= JSON.parse(readFileSync(MODEL_SCHEMA_URL, 'utf8')) as Schema;
  return loaded;
}

/** A part of the schema with its reference followed; its own description goes before that of what it refers to. */
export function schemaDefinition(part: unknown): Definition | undefined {
  if (typeof part !== 'object' || part === null) return undefined;
  const { $ref, description }: Definition = part;
  const target = $ref === undefined ? undefined : loadSchema().definitions[$ref.replace('#/definitions/', '')];
  return { ...target, ...(description === undefined ? {} : { description }) };
}

function compileSchema(): ValidateFunction {
  return compileJsonSchema(loadSchema());
}

/** A validator that reports every breach, with what messages need of the schema. */
export function compileJsonSchema(schema: object): ValidateFunction {
  const ajv = new Ajv({ allErrors: true, verbose: true, discriminator: true, strict: true, strictRequired: false });
  return ajv.compile(schema);
}
