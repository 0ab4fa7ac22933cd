import { existsSync } from 'node:fs';
import { join } from 'node:path';

const SHARED = join(import.meta.dirname, '../../shared');

/** A path below the folder of trained models and labelled data beside the checkout; undefined where it is not there. */
export function sharedPath(...parts: readonly string[]): string | undefined {
  const path = join(SHARED, ...parts);
  return existsSync(path) ? path : undefined;
}
