import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkFolder, replaceFolder } from '../support/folder.js';
import { GENERATOR } from './compile-document.js';

/** Whether Heddle wrote a folder: its report.json says so. */
export function isOutputFolder(folder: string): boolean {
  try {
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as { readonly generator?: unknown };
    return report.generator === GENERATOR;
  } catch {
    return false;
  }
}

/**
 * Writes an output folder whole or not at all. A new or empty folder is filled, one that Heddle wrote is replaced.
 * HeddleError for any other, or where the disk refuses; nothing is changed then.
 */
export function writeOutputFolder(folder: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  replaceFolder(folder, files, isOutputFolder);
}

/** Refuses a folder that writeOutputFolder would refuse: for before long work. */
export function checkOutputFolder(folder: string): void {
  checkFolder(folder, isOutputFolder);
}
