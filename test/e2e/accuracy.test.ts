import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { arrayFrames } from '../../src/execute/frame-source.js';
import { accuracyOf, bestClasses, classOutput, readLabels, runFrames } from '../../src/execute/run-model.js';
import { loadModelFile } from '../../src/frontend/json/files.js';
import { defined } from '../../src/support/invariant.js';
import { type NpyArray, parseNpy } from '../../src/support/npy.js';

const ROOT = join(import.meta.dirname, '../..');
/** The usual 10,000-digit test set lies beside the checkout where it is to be had; it is not shipped. */
const DATA = join(ROOT, '../shared/data');
const IMAGES = join(DATA, 'mnist_t10k_images.npy');
const LABELS = join(DATA, 'mnist_t10k_labels.npy');
const present = existsSync(IMAGES) && existsSync(LABELS);
/** Enough for a bound of 0.3 points to mean something; `heddle run --labels` does all 10,000. */
const FRAMES = 3000;

function read(path: string): NpyArray {
  return parseNpy(readFileSync(path), path);
}

/** Top-1 of a model of models/lenet5 on the first FRAMES digits of the test set. */
function top1(name: string): number {
  const graph = loadModelFile(join(ROOT, 'models/lenet5', name));
  const input = defined(graph.inputs[0], 'the input');
  const frames = arrayFrames(graph, input, read(IMAGES), IMAGES, { frames: FRAMES });
  const output = classOutput(graph);
  const best = [...runFrames(graph, new Map([[input.tensor, frames]]), FRAMES, [])].map((tensors) =>
    bestClasses(defined(tensors.get(output), 'the output')),
  );
  const labels = read(LABELS);
  return accuracyOf(best, readLabels(labels, LABELS, labels.data.length).slice(0, FRAMES), 0).top1;
}

describe('LeNet-5 on the test set', () => {
  if (!present) console.warn(`skipped: ${DATA} with the 10,000-digit test set is not beside the checkout`);

  it.runIf(present)('keeps its accuracy in integers', () => {
    const float = top1('lenet5.json');
    const integer = top1('lenet5-int8.json');
    console.log(`top-1 on ${FRAMES} test digits: float ${float}, int8 ${integer}`);
    expect(integer).toBeGreaterThanOrEqual(0.98);
    expect(Math.abs(integer - float)).toBeLessThanOrEqual(0.003);
  });
});
