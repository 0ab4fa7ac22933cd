import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { prepareFloat } from '../../src/execute/float/execute-float.js';
import { loadModelFile } from '../../src/frontend/json/files.js';
import type { Graph } from '../../src/ir/graph.js';
import { defined } from '../../src/support/invariant.js';
import { type NpyArray, parseNpy } from '../../src/support/npy.js';

const MODELS = join(import.meta.dirname, '../../models');
const PICTURE = 28 * 28;
const CLASSES = 10;
const MAX_FOLDER_BYTES = 1_000_000;

/** Name, and how many of the shipped digits it gets right: what models/README.md says. */
const SHIPPED = [
  ['lenet5', 200],
  ['mlp', 198],
  ['sigmoid2', 195],
  ['perceptron', 184],
] as const;

function readNpy(name: string): NpyArray {
  const path = join(MODELS, 'lenet5', name);
  return parseNpy(readFileSync(path), path);
}

const digits = readNpy('digits.npy');
const labels = readNpy('digits-labels.npy');
const rightClasses = Array.from(labels.data, Number);

function bestClass(scores: ArrayLike<number | bigint>): number {
  const values = Array.from({ length: scores.length }, (_, index) => Number(scores[index]));
  return values.indexOf(Math.max(...values));
}

/** The class that the float model gives to each of the shipped digits. */
function classify(graph: Graph): readonly number[] {
  const input = defined(graph.inputs[0], 'the input');
  const output = defined(graph.outputs[0], 'the output');
  const { mean, std } = defined(input.preprocessing, 'the preprocessing');
  const type = defined(graph.types.get(input.tensor), "the input's type");
  const executor = prepareFloat(graph);
  return Array.from({ length: rightClasses.length }, (_, frame) => {
    const pixels = Array.from(digits.data.subarray(frame * PICTURE, (frame + 1) * PICTURE), Number);
    const data = Float32Array.from(pixels, (pixel) => (pixel - (mean[0] ?? 0)) / (std[0] ?? 1));
    const results = executor.run(new Map([[input.tensor, { type, data }]]));
    return bestClass(defined(results.get(output.tensor), 'the result').data);
  });
}

describe('the shipped digits', () => {
  it('are 20 of each class, all ten classes in every run of ten', () => {
    expect(digits).toMatchObject({ dtype: 'u1', shape: [200, 28, 28, 1] });
    expect(labels).toMatchObject({ dtype: 'u1', shape: [200] });
    for (let start = 0; start < rightClasses.length; start += CLASSES) {
      expect(new Set(rightClasses.slice(start, start + CLASSES)).size).toBe(CLASSES);
    }
  });
});

describe.each(SHIPPED)('the model %s', (name, right) => {
  it(`gets ${right} of the 200 shipped digits right in float`, () => {
    const classes = classify(loadModelFile(join(MODELS, name, `${name}.json`)));
    expect(classes.filter((label, frame) => label === rightClasses[frame]).length).toBe(right);
  });

  it('is a small folder', () => {
    const folder = join(MODELS, name);
    const bytes = readdirSync(folder).reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
    expect(bytes).toBeLessThan(MAX_FOLDER_BYTES);
  });
});
