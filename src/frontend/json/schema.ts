import { readFileSync } from 'node:fs';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';

let compiled: ValidateFunction | undefined;

/** All breaches of schemas/model.schema.json, in document order per keyword. The schema is read once, when first needed. */
export function schemaErrors(value: unknown): readonly ErrorObject[] {
  compiled ??= compileSchema();
  return compiled(value) ? [] : (compiled.errors ?? []);
}

/** The folder stands at the package's root, three levels above both src/frontend/json and dist/frontend/json. */
export const MODEL_SCHEMA_URL = new URL('../../../schemas/model.schema.json', import.meta.url);

function compileSchema(): ValidateFunction {
  const schema = JSON.parse(readFileSync(MODEL_SCHEMA_URL, 'utf8')) as object;
  const ajv = new Ajv({ allErrors: true, verbose: true, discriminator: true, strict: true, strictRequired: false });
  return ajv.compile(schema);
}
