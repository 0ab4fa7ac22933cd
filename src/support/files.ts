import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { HeddleError } from './diagnostics.js';
import { cannotRead, cannotWrite } from './messages.js';
import { viewBytes } from './typed-view.js';

export interface FileContent {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The whole file. @throws HeddleError that names the file and the reason. */
export function readBytes(path: string): Uint8Array {
  try {
    return viewBytes(readFileSync(path));
  } catch (error) {
    throw new HeddleError([cannotRead(path, systemReason(error))]);
  }
}

/**
 * Writes all files or none: each goes to a temporary file beside its target first, and only when all are on the disk
 * are they renamed, in the given order. @throws HeddleError that names the file and the reason.
 */
export function writeFiles(files: readonly FileContent[]): void {
  const staged: { readonly from: string; readonly to: string }[] = [];
  for (const { path } of files) refuseFolder(path);
  try {
    for (const { path, bytes } of files) {
      const from = `${path}.${randomUUID()}.tmp`;
      staged.push({ from, to: path });
      attempt(path, () => writeSynced(from, bytes));
    }
    for (const { from, to } of staged) attempt(to, () => renameSync(from, to));
  } finally {
    for (const { from } of staged) rmSync(from, { force: true });
  }
}

/** Refuses paths that writeFiles could not write, as far as that can be told beforehand: for before long work. */
export function checkTargets(paths: readonly string[]): void {
  for (const path of paths) {
    refuseFolder(path);
    const folder = attempt(path, () => statSync(dirname(path), { throwIfNoEntry: false }));
    if (folder === undefined) throw new HeddleError([cannotWrite(path, 'its folder does not exist')]);
    if (!folder.isDirectory()) throw new HeddleError([cannotWrite(path, REASONS['ENOTDIR'] ?? '')]);
  }
}

function refuseFolder(path: string): void {
  const entry = attempt(path, () => statSync(path, { throwIfNoEntry: false }));
  if (entry?.isDirectory()) throw new HeddleError([cannotWrite(path, 'there is a folder of this name')]);
}

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const reason = systemReason(error);
    throw new HeddleError([cannotWrite(path, reason === REASONS['ENOENT'] ? 'its folder does not exist' : reason)]);
  }
}

function writeSynced(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx');
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  EBUSY: 'it is in use, or another disk is mounted there',
  ENAMETOOLONG: 'its name is too long',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
};

/** A system error in words that do not depend on the platform. */
export function systemReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? (code === '' ? String(error) : code);
}
