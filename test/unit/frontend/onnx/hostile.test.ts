import { expect, it } from 'vitest';
import { importOnnx } from '../../../../src/frontend/onnx/import.js';
import { HeddleError } from '../../../../src/support/diagnostics.js';
import { makeOnnx, type OnnxBuilder } from '../../../oracle/onnx-builder.js';

/** Small files that mean a lot: sizes are weighed before anything is allocated or walked through. */

const longs = (b: OnnxBuilder, name: string, values: readonly number[]): string =>
  b.constant(name, 'int64', [values.length], BigInt64Array.from(values, BigInt));

/** What the import says to a network that adds a computed constant to its input: aliases of messages. */
function aliasesWith(constant: (b: OnnxBuilder) => string): readonly string[] {
  const b = makeOnnx(13);
  const x = b.input('x', 'float32', [1, 4]);
  const file = b.finish([b.node({ op: 'Add', inputs: [x, constant(b)], outputs: ['y'] })]);
  try {
    importOnnx(file, 'hostile.onnx', () => new Uint8Array());
    return [];
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return error.diagnostics.map(({ alias }) => alias);
  }
}

function node(b: OnnxBuilder, op: string, inputs: readonly string[], attributes = {}): string {
  return b.node({ op, inputs, outputs: [b.fresh(op.toLowerCase())], attributes });
}

const filled = (b: OnnxBuilder, shape: readonly number[]): string =>
  node(b, 'ConstantOfShape', [longs(b, b.fresh('shape'), shape)]);

it.each<[string, (b: OnnxBuilder) => string]>([
  ['a fill of 2^40 elements', (b) => filled(b, [2 ** 40])],
  ['a fill of more elements than a number holds', (b) => filled(b, [...Array.from({ length: 30 }, () => 2 ** 50), 0])],
  ['an expansion to 2^40 elements', (b) => node(b, 'Expand', [filled(b, [1]), longs(b, 'to', [2 ** 40])])],
  ['a repetition to 2^40 elements', (b) => node(b, 'Tile', [filled(b, [2]), longs(b, 'by', [2 ** 39])])],
  ['indices of which there are too many', (b) => node(b, 'ConstantOfShape', [filled(b, [2 ** 26])])],
])('%s is refused', (_name, constant) => {
  expect(aliasesWith(constant)).toContain('onnx-too-much-copied');
});

it('tensors without elements are moved in no time, whatever their other extents', () => {
  const empty = (b: OnnxBuilder): string => filled(b, [2 ** 40, 0]);
  const moves: readonly ((b: OnnxBuilder) => string)[] = [
    (b) => node(b, 'Concat', [empty(b), empty(b)], { axis: 1n }),
    (b) => node(b, 'Transpose', [empty(b)], { perm: [1, 0] }),
    (b) => node(b, 'Expand', [empty(b), longs(b, 'to', [2 ** 40, 1])]),
    (b) => node(b, 'Slice', [empty(b), longs(b, 'from', [0]), longs(b, 'to', [2 ** 39])]),
  ];
  for (const move of moves) {
    const started = performance.now();
    expect(aliasesWith(move).length).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(1000);
  }
});

it('more nodes than can be meant are refused before they are looked at', () => {
  const b = makeOnnx(13);
  let y = b.input('x', 'float32', [1, 4]);
  for (let i = 0; i <= 2 ** 15; i++) y = b.node({ op: 'Relu', inputs: [y], outputs: [`y${i}`] });
  expect(() => importOnnx(b.finish([y]), 'hostile.onnx', () => new Uint8Array())).toThrow('more than 32768 nodes');
});

it('a node may have any number of mistakes', () => {
  const b = makeOnnx(13);
  b.input('x', 'float32', [1, 4]);
  const inputs = Array.from({ length: 150_000 }, (_, i) => `not_there_${i}`);
  const file = b.finish([b.node({ op: 'Concat', inputs, outputs: ['y'], attributes: { axis: 1n } })]);
  expect(() => importOnnx(file, 'hostile.onnx', () => new Uint8Array())).toThrow("reads tensor 'not_there_149999'");
});
