import { expect, it } from 'vitest';
import { importModel } from '../../../../src/frontend/json/import.js';
import { type Diagnostic, HeddleError } from '../../../../src/support/diagnostics.js';

/** Large files in which all is wrong: what there is to say of them is said in time that grows as they do. */

const relu = (name: string, input: string, output: string): object => ({
  ...{ name, op: 'relu', inputs: [input], outputs: [output] },
});

function problemsOf(changes: object): readonly Diagnostic[] {
  const model = {
    formatVersion: 1,
    name: 'hostile',
    inputs: [{ tensor: 'x', shape: [2], type: 'float32' }],
    outputs: [{ tensor: 'y' }],
    tensors: {},
    nodes: [relu('only', 'x', 'y')],
    ...changes,
  };
  try {
    importModel(JSON.stringify(model), 'hostile.json', () => new Uint8Array());
    return [];
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return error.diagnostics;
  }
}

const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

it('more nodes or tensors than can be meant are refused before they are looked at', () => {
  const nodes = problemsOf({ nodes: many(2 ** 15 + 1, () => 0) });
  expect(nodes.map(({ alias, place }) => [alias, place?.pointer])).toEqual([['too-large', '/nodes']]);
  expect(problemsOf({ inputs: many(2 ** 16 + 1, () => 0) }).map(({ alias }) => alias)).toEqual(['too-large']);
});

it('thousands of breaches of the format are counted, not explained', () => {
  const problems = problemsOf({ nodes: many(5000, () => 0) });
  expect(problems).toHaveLength(2001);
  const last = problems.at(-1);
  expect([last?.alias, last?.text]).toEqual(['more-breaches', '3000 more places do not follow the format']);
});

it.each([
  [
    'tensors that nobody uses',
    { tensors: Object.fromEntries(many(8000, (i) => [`t${i}`, { type: 'float32', shape: [1] }])) },
  ],
  [
    'names that are not there',
    { nodes: many(8000, (i) => relu(`n${i}`, `tensor_number_z${i}`, `tensor_number_y${i}`)) },
  ],
  ['one tensor of many nodes', { nodes: many(8000, (i) => relu(`n${i}`, 'x', 'y')) }],
])('%s', (_name, changes) => {
  const started = process.cpuUsage();
  expect(problemsOf(changes).length).toBeGreaterThan(0);
  const { user } = process.cpuUsage(started);
  expect(user / 1e6).toBeLessThan(5);
});
