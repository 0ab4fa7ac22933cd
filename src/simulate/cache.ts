import { createHash, type Hash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * A folder of finished builds, one sub-folder each, named by kind and content key. An entry appears whole, by a
 * rename, and is never changed afterwards; its time of modification is the time of its last use.
 */

const DAY_SECONDS = 86_400;
/** An entry used within this time is never pruned: its user may be about to start it. */
const IN_USE_SECONDS = 3600;
export const CACHE_CAP_BYTES = 2 * 1024 ** 3;

/** Where builds are kept: $HEDDLE_CACHE, else $XDG_CACHE_HOME/heddle, else ~/.cache/heddle. */
export function cacheDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const { HEDDLE_CACHE: own, XDG_CACHE_HOME: common } = environment;
  if (own !== undefined && own !== '') return own;
  if (common !== undefined && common !== '') return join(common, 'heddle');
  return join(homedir(), '.cache', 'heddle');
}

function updateWithText(hash: Hash, text: string): void {
  // The length parts neighbours, so that no two lists give the same bytes.
  hash.update(`${Buffer.byteLength(text)}:`).update(text);
}

/** A key of 32 hexadecimal digits for a list of texts. */
export function contentKey(texts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const text of texts) updateWithText(hash, text);
  return hash.digest('hex').slice(0, 32);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Marks an entry as used now; false when there is none. */
async function touch(entry: string): Promise<boolean> {
  const now = new Date();
  return utimes(entry, now, now).then(
    () => true,
    () => false,
  );
}

export interface CacheEntry {
  readonly folder: string;
  /** It was there already. */
  readonly cached: boolean;
}

/**
 * The entry of that name; when there is none, `build` fills a new folder beside it, which then takes the name. Safe
 * with several processes: the first to finish wins, the others take its result. A failed build leaves nothing behind.
 */
export async function cachedFolder(
  cacheDir: string,
  name: string,
  build: (folder: string) => Promise<void>,
): Promise<CacheEntry> {
  const folder = join(cacheDir, name);
  if (await touch(folder)) return { folder, cached: true };
  await mkdir(cacheDir, { recursive: true });
  const temporary = await mkdtemp(join(cacheDir, 'tmp-'));
  try {
    await build(temporary);
    await rename(temporary, folder).catch(async (error: unknown) => {
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return { folder, cached: false };
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          (s) => s.size,
          () => 0,
        ),
      ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

interface EntryUse {
  readonly folder: string;
  readonly ageSeconds: number;
  readonly bytes: number;
}

async function entryUse(folder: string, now: number): Promise<EntryUse | undefined> {
  const info = await stat(folder).catch(() => undefined);
  if (info?.isDirectory() !== true) return undefined;
  return { folder, ageSeconds: (now - info.mtimeMs) / 1000, bytes: await folderBytes(folder) };
}

/** Renames first, so that nobody finds half of an entry. */
async function discard(folder: string, cacheDir: string): Promise<void> {
  const grave = await mkdtemp(join(cacheDir, 'tmp-'));
  await rename(folder, join(grave, 'entry')).catch(() => undefined);
  await rm(grave, { recursive: true, force: true });
}

/**
 * Removes the entries used longest ago until at most `capBytes` are left, sparing those of the last hour, and what
 * broken-off builds left more than a day ago. Other files in the folder are not touched.
 */
export async function pruneCache(cacheDir: string, capBytes: number): Promise<void> {
  const now = Date.now();
  const names = await readdir(cacheDir).catch(() => []);
  const ours = names.filter((name) => /^(?:tmp|runtime|sim)-/.test(name));
  const found = await Promise.all(ours.map((name) => entryUse(join(cacheDir, name), now)));
  const entries = found.filter((entry) => entry !== undefined);
  const isTemporary = ({ folder }: EntryUse): boolean => folder.startsWith(join(cacheDir, 'tmp-'));
  for (const entry of entries) {
    if (isTemporary(entry) && entry.ageSeconds > DAY_SECONDS) await rm(entry.folder, { recursive: true, force: true });
  }
  const finished = entries.filter((entry) => !isTemporary(entry)).sort((a, b) => b.ageSeconds - a.ageSeconds);
  let total = finished.reduce((sum, entry) => sum + entry.bytes, 0);
  for (const entry of finished) {
    if (total <= capBytes || entry.ageSeconds < IN_USE_SECONDS) break;
    await discard(entry.folder, cacheDir);
    total -= entry.bytes;
  }
}

export interface CacheSize {
  readonly entries: number;
  readonly bytes: number;
}

/** What the folder holds of ours; nothing where it does not exist. */
export async function cacheSize(cacheDir: string): Promise<CacheSize> {
  const names = (await readdir(cacheDir).catch(() => [])).filter((name) => /^(?:tmp|runtime|sim)-/.test(name));
  const sizes = await Promise.all(names.map((name) => folderBytes(join(cacheDir, name))));
  return { entries: names.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
