import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { HeddleError } from '../../src/support/diagnostics.js';

/**
 * Whole message texts, kept beside the tests as `== case` sections of one file, so that a change of wording is
 * reviewed as a diff. GOLDEN_UPDATE=1 rewrites the file.
 */
export interface ExpectedMessages {
  readonly get: (name: string) => string | undefined;
  readonly names: readonly string[];
  /** Stores what a case gives now; written by `save` when GOLDEN_UPDATE is set. */
  readonly update: (name: string, text: string) => void;
  readonly save: () => void;
  readonly updating: boolean;
}

export function openExpected(fileName: string): ExpectedMessages {
  const path = fileURLToPath(new URL(fileName, import.meta.url));
  const sections = new Map<string, string>();
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  for (const part of text.split(/^== /m).slice(1)) {
    const end = part.indexOf('\n');
    sections.set(part.slice(0, end), part.slice(end + 1).trimEnd());
  }
  const updated = new Map<string, string>();
  return {
    get: (name) => sections.get(name),
    names: [...sections.keys()],
    update: (name, message) => {
      updated.set(name, message);
    },
    save: () => {
      writeFileSync(path, [...updated].map(([name, message]) => `== ${name}\n${message}\n`).join('\n'));
    },
    updating: process.env['GOLDEN_UPDATE'] === '1',
  };
}

/** The message that an action ends with; anything but a HeddleError is a failure of the test. */
export function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof HeddleError) return error.message;
    throw error;
  }
  return 'accepted';
}
