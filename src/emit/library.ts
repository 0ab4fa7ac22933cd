import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defined } from '../support/invariant.js';

const RTL = fileURLToPath(new URL('../../rtl/', import.meta.url));

/** The hand-written RTL library: text by file name. File = module name, so base names are unique. */
export function readLibrary(): ReadonlyMap<string, string> {
  const paths = readdirSync(RTL, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.v'))
    .sort();
  return new Map(paths.map((path) => [basename(path), readFileSync(join(RTL, path), 'utf8')]));
}

/** The library files that `top` instantiates, directly or through others, sorted by name. */
export function usedLibrary(top: string, library: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const used = new Set<string>();
  const waiting = [top];
  for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
    for (const word of new Set(text.match(/\bhd_[a-z0-9_]+\b/g))) {
      const file = `${word}.v`;
      if (used.has(file) || !library.has(file)) continue;
      used.add(file);
      waiting.push(defined(library.get(file), file));
    }
  }
  return new Map([...used].sort().map((file) => [file, defined(library.get(file), file)]));
}
