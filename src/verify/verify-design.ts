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
 * Runs the RTL in Verilator over all frames, back to back, and compares every stream between two instances with the
 * golden model, element by element. Whatever the RTL does is in the report.
 */
export async function verifyDesign(subject: VerifySubject, options: VerifyOptions): Promise<VerifyReport> {
  const batch = await buildBatch([subject], {
    cacheDir: options.cacheDir,
    trace: options.trace !== undefined,
    ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.onStage === undefined ? {} : { onStage: options.onStage }),
  });
  options.onStage?.('run', 0, subject.frames.length);
  const [report] = await runBatch(batch, options);
  return defined(report, 'the report');
}
