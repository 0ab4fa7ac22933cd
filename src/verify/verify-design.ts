import type { TraceRequest } from '../simulate/run-file.js';
import { defined } from '../support/invariant.js';
import type { VerifyReport } from './report.js';
import { type BatchRunOptions, buildBatch, runBatch, type VerifySubject } from './verify-batch.js';

export { DEFAULT_TIMEOUT_SECONDS, type VerifySubject } from './verify-batch.js';

export interface VerifyOptions extends BatchRunOptions {
  readonly cacheDir: string;
  readonly trace?: TraceRequest;
  readonly onStage?: (stage: 'golden' | 'build' | 'run', done: number, total: number) => void;
}

/**
 * Clocks up to which a quick build pays where a design has many engines: full optimisation of a chain of ResNet-50's 56 took
 * 225 instead of 62 s of processor time, and its clocks no less.
 */
const QUICK_BUILD_CLOCKS = 50_000_000;
/** Smaller designs are built in seconds, and optimised they run up to twice as fast: LeNet-5 has seven engines. */
const QUICK_BUILD_ENGINES = 12;

function paysQuickBuild(subject: VerifySubject): boolean {
  const { engines } = subject.emitted.design;
  return engines.length >= QUICK_BUILD_ENGINES && clocksOf(subject) <= QUICK_BUILD_CLOCKS;
}

/** Clocks that all frames take together, one process after the other. */
function clocksOf({ prediction, frames }: VerifySubject): number {
  return frames.length * prediction.cyclesPerFrame + prediction.latencyCycles;
}

/**
 * Runs the RTL in Verilator over all frames, back to back, and compares every stream between two instances with the
 * golden model, element by element. The first difference ends the run. Whatever the RTL does is in the report.
 */
export async function verifyDesign(subject: VerifySubject, options: VerifyOptions): Promise<VerifyReport> {
  const batch = await buildBatch([subject], {
    cacheDir: options.cacheDir,
    trace: options.trace !== undefined,
    quickBuild: paysQuickBuild(subject),
    ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.onStage === undefined ? {} : { onStage: options.onStage }),
  });
  options.onStage?.('run', 0, subject.frames.length);
  const [report] = await runBatch(batch, { stopOnMismatch: true, ...options });
  return defined(report, 'the report');
}
