import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exportModel } from '../../../../src/frontend/json/export.js';
import { importModel } from '../../../../src/frontend/json/import.js';
import { HeddleError } from '../../../../src/support/diagnostics.js';
import { allOpsFloatGraph, allOpsIntegerGraph, integerGraph } from '../../ir/fixtures.js';

type Json = unknown;

const EVIL: readonly Json[] = [
  null,
  0,
  -1,
  1.5,
  1e300,
  -0,
  '',
  'x',
  '__proto__',
  true,
  [],
  {},
  [[]],
  [null],
  { a: 1 },
  2 ** 31,
  'conv',
  'float32',
  'int64',
  [1, 1],
  ['image'],
  'image',
  'x',
  'conv1.weight',
  'add',
  'flatten',
  'uint8',
  1048576,
  17,
  18,
];

/** Every place in a document, as the container and the key. */
function places(value: Json): readonly { readonly holder: Record<string, Json>; readonly key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Record<string, Json>;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...places(holder[key])]);
}

interface Edit {
  readonly at: number;
  readonly from: number;
  readonly kind: 'replace' | 'delete' | 'copy' | 'rename';
}

/** Values are copied between places too, so that many edits give files of the right form and a wrong meaning. */
function apply(document: Json, { at, from, kind }: Edit): void {
  const all = places(document);
  const target = all[at % all.length];
  const source = all[from % all.length];
  if (target === undefined || source === undefined) return;
  if (kind === 'delete') delete target.holder[target.key];
  if (kind === 'replace') target.holder[target.key] = EVIL[from % EVIL.length];
  if (kind === 'copy') target.holder[target.key] = structuredClone(source.holder[source.key]);
  if (kind === 'rename' && !Array.isArray(target.holder)) {
    target.holder[String(source.key)] = target.holder[target.key];
    delete target.holder[target.key];
  }
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(100_000),
  from: fc.nat(100_000),
  kind: fc.constantFrom('replace', 'delete', 'copy', 'rename'),
});

it.each([
  ['integer', integerGraph],
  ['all integer operators', allOpsIntegerGraph],
  ['all float operators', allOpsFloatGraph],
] as const)('a damaged model is imported or refused with places, and never fails otherwise: %s', (_name, makeGraph) => {
  const { json, weights } = exportModel(makeGraph());
  const seed = 99;
  let accepted = 0;
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const document: Json = JSON.parse(json);
      for (const one of edits) apply(document, one);
      try {
        const graph = importModel(JSON.stringify(document), 'm.json', () => weights ?? new Uint8Array());
        accepted++;
        expect(
          importModel(exportModel(graph).json, 'm.json', () => exportModel(graph).weights ?? new Uint8Array()),
        ).toEqual(graph);
      } catch (error) {
        if (!(error instanceof HeddleError)) throw error;
        for (const { place, text, hint } of error.diagnostics) {
          expect(place).toBeDefined();
          expect(text).not.toMatch(/undefined|NaN is|\[object/);
          expect(hint.length).toBeGreaterThan(5);
        }
      }
    }),
    { seed, numRuns: 700 },
  );
  expect(accepted).toBeGreaterThan(0);
});
