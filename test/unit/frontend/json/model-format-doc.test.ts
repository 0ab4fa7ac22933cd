import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { importModel } from '../../../../src/frontend/json/import.js';
import { NETWORK_OP_KINDS } from '../../../../src/ir/op.js';
import { formatSafetensors } from '../../../../src/support/safetensors.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const PARTS = ['scripts/model-format-doc.mjs', 'docs/model-format.md', 'schemas/model.schema.json'];

function check(root: string): string {
  execFileSync('node', [join(root, 'scripts/model-format-doc.mjs'), '--check'], { stdio: 'pipe' });
  return 'up to date';
}

it('the documentation has the tables of the schema', () => {
  expect(check(ROOT)).toBe('up to date');
});

it('a schema that has changed is noticed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
  try {
    for (const part of PARTS) {
      mkdirSync(join(folder, part, '..'), { recursive: true });
      cpSync(join(ROOT, part), join(folder, part));
    }
    expect(check(folder)).toBe('up to date');
    const schema = join(folder, 'schemas/model.schema.json');
    writeFileSync(schema, readFileSync(schema, 'utf8').replace('"maximum": 31', '"maximum": 30'));
    expect(() => check(folder)).toThrow('docs/model-format.md is not up to date');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('every operator of a network is in the schema, in the same order', () => {
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/model.schema.json'), 'utf8')) as {
    readonly definitions: Readonly<
      Record<string, { readonly title?: string; readonly oneOf?: readonly { readonly $ref: string }[] }>
    >;
  };
  const refs = schema.definitions['node']?.oneOf?.map((option) => option.$ref.replace('#/definitions/', '')) ?? [];
  expect(refs.map((name) => schema.definitions[name]?.title)).toEqual(NETWORK_OP_KINDS);
});

it('the example of the documentation is a model', () => {
  const document = readFileSync(join(ROOT, 'docs/model-format.md'), 'utf8');
  const json = /```json\n(.*?)```/s.exec(document)?.[1] ?? '';
  const weights = formatSafetensors(
    new Map([
      ['conv.weight', { dtype: 'I8', shape: [2, 5, 5, 1], data: new Int8Array(50) }],
      ['conv.bias', { dtype: 'I32', shape: [2], data: new Int32Array(2) }],
    ]),
  );
  expect(importModel(json, 'example.json', () => weights).nodes).toHaveLength(3);
});
