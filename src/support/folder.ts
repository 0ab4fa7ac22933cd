import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { HeddleError } from './diagnostics.js';
import { systemReason } from './files.js';
import { cannotWriteFolder, foreignFolder, notAFolder } from './messages.js';

/**
 * Fills a folder with files (by relative path), all or none: they are written to a temporary folder beside it, which
 * then takes its name. A folder that is there has to be empty, or `isOwn` says that it may be replaced.
 * Parents are made. @throws HeddleError that names the folder and the reason.
 */
export function replaceFolder(
  path: string,
  files: ReadonlyMap<string, string | Uint8Array>,
  isOwn: (folder: string) => boolean,
): void {
  const exists = checkFolder(path, isOwn);
  const target = exists ? realpathSync(path) : resolve(path);
  const stem = join(dirname(target), `.${basename(target)}.${randomUUID().slice(0, 8)}`);
  const made = attempt(path, () => mkdirSync(dirname(target), { recursive: true }));
  let isDone = false;
  try {
    attempt(path, () => {
      writeAll(`${stem}.tmp`, files);
      moveInto(`${stem}.tmp`, target, `${stem}.old`, exists);
    });
    isDone = true;
  } finally {
    rmSync(`${stem}.tmp`, { recursive: true, force: true });
    if (!isDone && made !== undefined) rmSync(made, { recursive: true, force: true });
  }
}

/** Whether the folder exists. @throws HeddleError where replaceFolder would refuse it. */
export function checkFolder(path: string, isOwn: (folder: string) => boolean): boolean {
  const entry = attempt(path, () => statSync(path, { throwIfNoEntry: false }));
  if (entry === undefined) return false;
  if (!entry.isDirectory()) throw new HeddleError([notAFolder(path)]);
  const isEmpty = attempt(path, () => readdirSync(path)).length === 0;
  if (!isEmpty && !isOwn(path)) throw new HeddleError([foreignFolder(path)]);
  return true;
}

function writeAll(folder: string, files: ReadonlyMap<string, string | Uint8Array>): void {
  mkdirSync(folder);
  for (const [name, content] of files) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { flag: 'wx' });
  }
}

/** The old folder stays until the new one is in its place, and comes back where that fails. */
function moveInto(from: string, target: string, old: string, exists: boolean): void {
  if (!exists) {
    renameSync(from, target);
    return;
  }
  renameSync(target, old);
  try {
    renameSync(from, target);
  } catch (error) {
    renameSync(old, target);
    throw error;
  }
  rmSync(old, { recursive: true, force: true });
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof HeddleError) throw error;
    throw new HeddleError([cannotWriteFolder(path, systemReason(error))]);
  }
}
