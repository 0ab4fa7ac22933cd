import { defined } from '../../src/support/invariant.js';
import { makeRandom, mixSeed } from '../campaign/random.js';
import { type FileSet, FORMATS, type Format, type Subject } from './formats.js';
import { jsonSubjects, safetensorsSubjects } from './json-subjects.js';
import { npySubjects } from './npy-subjects.js';
import { onnxSubjects, trainedOnnxSubjects } from './onnx-subjects.js';
import { tfliteSubjects, trainedTfliteSubjects } from './tflite-subjects.js';

/** Damaged files by format, seed and number: the same ones on every machine. */

export interface FuzzCase {
  readonly subject: string;
  readonly set: FileSet;
}

interface Subjects {
  readonly own: readonly Subject[];
  /** Trained models beside the checkout: every fourth case starts from one, where there are any. */
  readonly trained: readonly Subject[];
}

const MAKERS: Readonly<Record<Format, () => Subjects>> = {
  json: () => ({ own: jsonSubjects(), trained: [] }),
  safetensors: () => ({ own: safetensorsSubjects(), trained: [] }),
  onnx: () => ({ own: onnxSubjects(), trained: trainedOnnxSubjects() }),
  tflite: () => ({ own: tfliteSubjects(), trained: trainedTfliteSubjects() }),
  npy: () => ({ own: npySubjects(), trained: [] }),
};

const made = new Map<Format, Subjects>();

/** The valid files of a format; made once. */
export function subjectsOf(format: Format): Subjects {
  const known = made.get(format) ?? MAKERS[format]();
  made.set(format, known);
  return known;
}

export function makeCase(format: Format, seed: number, number: number): FuzzCase {
  const { own, trained } = subjectsOf(format);
  const random = makeRandom(mixSeed(seed, FORMATS.indexOf(format), number));
  const subject = defined(random.pick(number % 4 === 3 && trained.length > 0 ? trained : own), 'a valid file');
  return { subject: subject.name, set: subject.damage(random) };
}
