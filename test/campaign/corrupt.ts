import type { EmittedDesign } from '../../src/emit/file-set.js';
import { memoryNames } from '../../src/emit/memory-names.js';
import { memoryInstance } from '../../src/emit/names.js';
import type { Random } from './random.js';

/** A memory image with one wrong word. */
export interface Corruption {
  readonly layer: string;
  readonly file: string;
  readonly text: string;
}

/** Flips every digit of one random word of a random image; undefined where the design has no memory. */
export function corruptOneWord(emitted: EmittedDesign, random: Random): Corruption | undefined {
  const files = [...emitted.memories.keys()].filter((file) => layerOf(emitted, file) !== undefined);
  if (files.length === 0) return undefined;
  return corruptFile(emitted, random.pick(files), random);
}

/** The same in one file. */
export function corruptFile(emitted: EmittedDesign, file: string, random: Random): Corruption {
  const lines = (emitted.memories.get(file) ?? '').trimEnd().split('\n');
  const place = random.integer(0, lines.length - 1);
  lines[place] = flipped(lines[place] ?? '');
  return { layer: layerOf(emitted, file) ?? '', file, text: `${lines.join('\n')}\n` };
}

/** The first digit may stand for a single bit, the others for four. */
function flipped(word: string): string {
  return [...word].map((digit, i) => (Number.parseInt(digit, 16) ^ (i === 0 ? 1 : 15)).toString(16)).join('');
}

/** The layer that an image belongs to. */
export function layerOf({ names, design }: EmittedDesign, file: string): string | undefined {
  const index = names.engines.findIndex((engine) => {
    const own = memoryNames(memoryInstance(names, engine));
    return file === own.parameters || file === own.table || /^_\d+\.mem$/.test(file.replace(own.weights, ''));
  });
  return design.engines[index]?.layer.name;
}
