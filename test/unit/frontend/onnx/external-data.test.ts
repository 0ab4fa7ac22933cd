import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadOnnxFile } from '../../../../src/frontend/onnx/import.js';
import { MODEL } from '../../../../src/frontend/onnx/model-proto.js';
import { encodeMessage, type Message } from '../../../oracle/proto-writer.js';

/** Weights in a data file beside the model. */

const folder = mkdtempSync(join(tmpdir(), 'heddle-'));
afterAll(() => rmSync(folder, { recursive: true }));

// Four bytes of something else come first.
writeFileSync(join(folder, 'weights.bin'), new Uint8Array(Float32Array.of(9, 1, 2, 3).buffer));

/** y = x + w, w being three values that `entries` say where to find. */
function modelWith(name: string, entries: Readonly<Record<string, string>>): string {
  const dim = [1n, 3n].map((dimValue) => ({ dimValue }));
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  const graph: Message = {
    name: 'g',
    input: [{ name: 'x', type: { tensorType: { elemType: 1n, shape: { dim } } } }],
    output: [{ name: 'y' }],
    initializer: [{ name: 'w', dims: [3n], dataType: 1n, dataLocation: 1n, externalData }],
    node: [{ opType: 'Add', input: ['x', 'w'], output: ['y'] }],
  };
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, encodeMessage(MODEL, { irVersion: 8n, graph, opsetImport: [{ domain: '', version: 17n }] }));
  return path;
}

it('is read from its place', () => {
  const path = modelWith('sound', { location: 'weights.bin', offset: '4', length: '12' });
  const { graph } = loadOnnxFile(path);
  expect([...graph.constants.values()].map(({ data }) => Array.from(data as Float32Array))).toEqual([[1, 2, 3]]);
});

it.each<[string, Readonly<Record<string, string>>, RegExp]>([
  ['a file that is not there', { location: 'lost.bin' }, /the file 'lost.bin' with its data cannot be read/],
  ['a file outside', { location: '../weights.bin' }, /which is not inside the model's folder/],
  ['bytes beyond the end', { location: 'weights.bin', offset: '8', length: '12' }, /its data are bytes 8 to 20 of/],
  ['too few bytes', { location: 'weights.bin', offset: '8' }, /its shape needs 12 bytes of data, but there are 8/],
  ['a key that is not known', { location: 'weights.bin', cipher: 'rot13' }, /the key 'cipher', which is not known/],
  ['another checksum', { location: 'weights.bin', offset: '4', checksum: '00' }, /its SHA-1 checksum differs/],
])('%s is refused by name', (name, entries, message) => {
  expect(() => loadOnnxFile(modelWith(name.replaceAll(' ', '-'), entries))).toThrow(message);
});
