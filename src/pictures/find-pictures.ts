import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Diagnostic, HeddleError } from '../support/diagnostics.js';
import { noPictures, otherFiles, tooFewPictures } from './messages.js';

/** Pictures that a path stands for. */
export interface PictureFiles {
  /** In the order of their names, by character code. */
  readonly files: readonly string[];
  /** Warnings: what else lies in the folder. */
  readonly notes: readonly Diagnostic[];
}

const PICTURE = /\.(?:png|jpe?g)$/i;

/**
 * The pictures of a path: a PNG or JPEG file, or a folder of them. Undefined for any other file. `frames`: so many are
 * wanted, the first by name. HeddleError for a folder without pictures, or with too few.
 */
export function findPictures(path: string, frames?: number): PictureFiles | undefined {
  if (!isFolder(path)) return PICTURE.test(path) ? checked(path, { files: [path], notes: [] }, frames) : undefined;
  // Names with a dot in front are the system's own.
  const names = readdirSync(path)
    .filter((name) => !name.startsWith('.'))
    .sort((a, b) => (a < b ? -1 : 1));
  const files = names.filter((name) => PICTURE.test(name) && !isFolder(join(path, name)));
  const others = names.filter((name) => !files.includes(name));
  if (files.length === 0) throw new HeddleError([noPictures(path)]);
  const notes = others.length === 0 ? [] : [otherFiles(path, others)];
  return checked(path, { files: files.map((name) => join(path, name)), notes }, frames);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function checked(path: string, { files, notes }: PictureFiles, frames: number | undefined): PictureFiles {
  if (frames === undefined) return { files, notes };
  if (frames > files.length) throw new HeddleError([tooFewPictures(path, files.length, frames)]);
  return { files: files.slice(0, frames), notes };
}
