import type { Random } from '../campaign/random.js';

/** The kinds of files that are damaged. */
export const FORMATS = ['json', 'safetensors', 'onnx', 'tflite', 'npy'] as const;

export type Format = (typeof FORMATS)[number];

/** Contents by file name; the model, or the array, is `main`. */
export interface FileSet {
  readonly main: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** A valid file to start from, and how it is damaged. */
export interface Subject {
  readonly name: string;
  readonly valid: FileSet;
  readonly damage: (random: Random) => FileSet;
}
