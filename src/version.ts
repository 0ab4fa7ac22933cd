import { readFileSync } from 'node:fs';

interface PackageFile {
  readonly version: string;
}

/** Heddle's version, from package.json, which lies one folder up from both src and dist. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as PackageFile
).version;
