import { type BatchResult, type Case, joinResults, type ProveOptions, proveBatch } from './prove.js';

/** Networks in one simulator: a build of ten costs little more than one of a single network. */
const BATCH = 10;
/** Builds and simulations side by side. */
const WORKERS = 2;

/**
 * Proves all cases, a batch at a time on each worker; cases are asked for as they are needed. Each batch has options of its
 * own, and `onBatch` hears of each as it ends.
 */
export async function proveAll(
  cases: Iterable<Case>,
  optionsOf: (batch: number) => ProveOptions,
  onBatch: (result: BatchResult, done: number) => void = () => {},
): Promise<BatchResult> {
  const results: BatchResult[] = [];
  const left = cases[Symbol.iterator]();
  let batches = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let own = take(left, BATCH); own.length > 0; own = take(left, BATCH)) {
      const batch = batches++;
      const result = await proveBatch(own, optionsOf(batch));
      results[batch] = result;
      done += result.cases.length;
      onBatch(result, done);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  return joinResults(results);
}

function take<T>(items: Iterator<T>, most: number): readonly T[] {
  const taken: T[] = [];
  while (taken.length < most) {
    const { done, value } = items.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}
