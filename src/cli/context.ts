import type { WriteStream } from 'node:tty';
import type { Paint } from '../report/paint.js';

/** What a command may use of the process it runs in. */
export interface CliContext {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** HEDDLE_CACHE, XDG_CACHE_HOME, HEDDLE_DEBUG, and LC_ALL, LC_CTYPE, LANG: nothing else is read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where progress is shown; undefined where nobody watches. */
  readonly terminal?: WriteStream;
  readonly paint: Paint;
  /** Aborted by an interrupt. */
  readonly signal: AbortSignal;
  /**
   * Does work that holds the processor and has nothing to tidy up: meanwhile an interrupt ends the process at once,
   * as it would not be seen otherwise.
   */
  readonly endedByInterrupt: <T>(work: () => T) => T;
}

/** A context, and where a command says how it ended: 0 done, 1 a check failed. */
export interface CommandHost extends CliContext {
  readonly finish: (status: 0 | 1 | 3) => void;
}
