import { Presets, SingleBar } from 'cli-progress';
import type { CliContext } from './context.js';

/** A progress bar on the terminal; does nothing where there is none. */
export interface Progress {
  /** Shows a stage, how far it is, and words behind that. A total of 0: not known. */
  readonly show: (stage: string, done: number, total: number, detail?: string) => void;
  readonly stop: () => void;
}

const SILENT: Progress = { show: () => {}, stop: () => {} };

export function makeProgress(context: CliContext): Progress {
  const { terminal } = context;
  if (terminal === undefined) return SILENT;
  const bar = new SingleBar(
    { format: '{stage} [{bar}] {value}/{total}{detail}', stream: terminal, clearOnComplete: true, gracefulExit: false },
    Presets.shades_classic,
  );
  let stage: string | undefined;
  return {
    show: (name, done, total, detail = '') => {
      if (stage === undefined) bar.start(Math.max(total, 1), done, { stage: name, detail });
      if (stage !== name) bar.setTotal(Math.max(total, 1));
      stage = name;
      bar.update(done, { stage: name, detail });
    },
    stop: () => {
      if (stage !== undefined) bar.stop();
    },
  };
}

/** Runs work with a bar, which is gone afterwards in any case. The work sees interrupts itself. */
export async function withProgress<T>(context: CliContext, work: (progress: Progress) => Promise<T>): Promise<T> {
  const progress = makeProgress(context);
  try {
    return await work(progress);
  } finally {
    progress.stop();
  }
}

/** The same for work that holds the processor, which an interrupt ends at once. */
export function computeWithProgress<T>(context: CliContext, work: (progress: Progress) => T): T {
  const progress = makeProgress(context);
  try {
    return context.endedByInterrupt(() => work(progress));
  } finally {
    progress.stop();
  }
}
