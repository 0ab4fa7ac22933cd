import { readFileSync } from 'node:fs';
import { sharedPath } from '../shared-data.js';
import { buildTflite, type ModelSpec } from '../unit/frontend/tflite/build-tflite.js';
import type { FileSet, Subject } from './formats.js';
import { BOUNDARIES, mutateBytes } from './mutate-bytes.js';
import { mutateFlatbuffer } from './mutate-flatbuffer.js';
import { mutateTree, type TreeWords } from './mutate-tree.js';
import { TFLITE_MODELS } from './tflite-models.js';

const WORDS: TreeWords = {
  mostCopies: 3000,
  evil: [
    ...BOUNDARIES.map(Number),
    ...[2, 3, 1e30, 1e-40, Number.NaN, Number.POSITIVE_INFINITY],
    ...['', 'x'.repeat(300), '\u0000', 'INT8', 'UINT8', 'INT16', 'INT64', 'FLOAT16', 'STRING', 'BOOL', 'ADD', 'CUSTOM'],
    ...['RESHAPE', 'IF', 'Conv2DOptions', 'AddOptions'],
    ...[[], [1], [-1], [2 ** 20, 2 ** 20], [1, 2 ** 30, 2 ** 30, 4], [0, 0], [1, 1, 1, 1, 1, 1, 1]],
    ...[
      { 0: ['i32', -1] },
      { 9: ['i8', 1] },
      { 0: ['table'] },
      ['i32', 0],
      ['i8', -1],
      ['f32', Number.NaN],
      ['ints', []],
    ],
    ...[Float32Array.of(1, 2), Int32Array.of(-1, 2 ** 30), Uint8Array.of(1), BigInt64Array.of(1n, -1n)],
  ],
};

/** A damaged description that can still be written. */
function rebuilt(spec: ModelSpec, random: Parameters<Subject['damage']>[0]): Uint8Array {
  for (;;) {
    const mutated = mutateTree(spec, random, WORDS);
    try {
      return buildTflite(mutated);
    } catch {
      // What TFLite has no number for, such as an element type of another name: another try.
    }
  }
}

function fileSet(bytes: Uint8Array): FileSet {
  return { main: 'model.tflite', files: new Map([['model.tflite', bytes]]) };
}

export function tfliteSubjects(): readonly Subject[] {
  return TFLITE_MODELS.map(([name, spec]) => {
    const valid = buildTflite(spec);
    const damage: Subject['damage'] = (random) => {
      const roll = random.next();
      const bytes = roll < 0.6 ? rebuilt(spec, random) : valid;
      if (roll < 0.5) return fileSet(bytes);
      return fileSet(roll < 0.85 ? mutateFlatbuffer(bytes, random) : mutateBytes(bytes, random));
    };
    return { name, valid: fileSet(valid), damage };
  });
}

/** The smallest of the trained models beside the checkout. */
export function trainedTfliteSubjects(): readonly Subject[] {
  return ['mnist_valid_q', 'mnist_dw_q', 'mnist_valid_f', 'mnist_dw_f'].flatMap((name) => {
    const path = sharedPath('models', 'tinymaix', `${name}.tflite`);
    if (path === undefined) return [];
    const valid = readFileSync(path);
    const damage: Subject['damage'] = (random) =>
      fileSet(random.chance(0.7) ? mutateFlatbuffer(valid, random) : mutateBytes(valid, random));
    return [{ name, valid: fileSet(valid), damage }];
  });
}
