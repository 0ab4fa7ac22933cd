import { expect, it } from 'vitest';
import { importTflite } from '../../../../src/frontend/tflite/import.js';
import { HeddleError } from '../../../../src/support/diagnostics.js';
import { buildTflite, type ModelSpec, type OperatorSpec, type TensorSpec } from './build-tflite.js';
import { floats, ints } from './run-tflite.js';

/** A network that adds a computed constant to its input; aliases of what the import says to it. */
function aliasesWith(operands: readonly TensorSpec[], operator: Partial<OperatorSpec> & { kind: string }) {
  const made = 1 + operands.length;
  const spec: ModelSpec = {
    tensors: [floats([1, 4]), ...operands, floats([4]), floats([1, 4])],
    operators: [
      { inputs: operands.map((_, index) => index + 1), outputs: [made], ...operator },
      { kind: 'ADD', inputs: [0, made], outputs: [made + 1], options: ['AddOptions'] },
    ],
  };
  try {
    importTflite(buildTflite(spec), 'hostile.tflite');
    return [];
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return error.diagnostics.map(({ alias }) => alias);
  }
}

it('constants without elements are moved in no time, whatever their other extents', () => {
  const empty = floats([2 ** 31 - 1, 0]);
  const moves = [
    () => aliasesWith([empty, empty], { kind: 'CONCATENATION', options: ['ConcatenationOptions', { 0: ['i32', 1] }] }),
    () => aliasesWith([empty, ints([1, 0])], { kind: 'TRANSPOSE' }),
    () => aliasesWith([empty, ints([0, 0]), ints([2 ** 30, 0])], { kind: 'SLICE', options: ['SliceOptions'] }),
    () => aliasesWith([empty, floats([], [1])], { kind: 'MUL', options: ['MulOptions'] }),
  ];
  for (const move of moves) {
    const started = performance.now();
    expect(move().length).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(1000);
  }
});

it('an operator may have any number of mistakes', () => {
  const inputs = Array.from({ length: 150_000 }, () => 1);
  const spec: ModelSpec = {
    tensors: [floats([1, 4]), floats([1, 4]), floats([1, 8])],
    operators: [{ kind: 'CONCATENATION', inputs, outputs: [2], options: ['ConcatenationOptions', { 0: ['i32', 1] }] }],
  };
  expect(() => importTflite(buildTflite(spec), 'hostile.tflite')).toThrow('which nothing provides');
});
