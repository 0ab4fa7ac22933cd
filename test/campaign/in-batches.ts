import { type BatchResult, type Case, joinResults, type ProveOptions, proveBatch } from './prove.js';

/** Networks in one simulator: a build of ten costs little more than one of a single network. */
const BATCH = 10;
/** Builds and simulations side by side. */
const WORKERS = 2;

/** Proves all cases, a batch at a time on each worker; each batch has options of its own and `onBatch` hears of each batch as it ends. */
export async function proveAll(
  cases: readonly Case[],
  optionsOf: (batch: number) => ProveOptions,
  onBatch: (result: BatchResult, done: number) => void = () => {},
): Promise<BatchResult> {
  const results: BatchResult[] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < cases.length) {
      const start = next;
      next += BATCH;
      const result = await proveBatch(cases.slice(start, start + BATCH), optionsOf(start / BATCH));
      results[start / BATCH] = result;
      done += result.cases.length;
      onBatch(result, done);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return joinResults(results);
}
