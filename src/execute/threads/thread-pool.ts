import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Graph } from '../../ir/graph.js';
import type { Tensor, TensorData } from '../../ir/tensor.js';
import { HeddleError } from '../../support/diagnostics.js';
import { defined, InternalError } from '../../support/invariant.js';
import { typeOf } from '../tensor-access.js';
import type { BatchResult, FrameBatch, FrameJob } from './frame-worker.js';

const WORKER = new URL('./frame-worker.js', import.meta.url);

/** Threads are there in the built package; where the sources run by themselves (as in tests) they are not. */
export function hasThreads(): boolean {
  return existsSync(fileURLToPath(WORKER));
}

/** Batches on their way in each thread: one that it works on, and what follows without a wait. */
const BATCHES_PER_THREAD = 3;

type Frame = ReadonlyMap<string, Tensor>;

/**
 * Runs batches on threads of their own and hands out their frames in order. The threads have ended when this has, in
 * whatever way. Rejects with the first error in the order of the batches, or at once when a thread breaks down or the signal is
 * aborted.
 */
export async function* runOnThreads(
  job: FrameJob,
  threads: number,
  batches: Iterable<FrameBatch>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Frame> {
  signal?.throwIfAborted();
  const graph = withSharedConstants(job.graph);
  const pool = Array.from({ length: threads }, () => startThread({ ...job, graph }));
  const stop = stopOf(signal);
  const broken = Promise.race([...pool.map((thread) => thread.broken), stop.aborted]);
  broken.catch(() => {});
  try {
    const waiting: Promise<readonly Frame[]>[] = [];
    let next = 0;
    for (const batch of errorsInPlace(batches)) {
      const result =
        batch instanceof Error
          ? Promise.reject(batch)
          : defined(pool[next++ % threads], 'a thread')
              .run(batch)
              .then((outcome) => framesOf(graph, outcome));
      // Its turn to be awaited comes later.
      result.catch(() => {});
      waiting.push(result);
      if (waiting.length < threads * BATCHES_PER_THREAD) continue;
      yield* await Promise.race([defined(waiting.shift(), 'a batch'), broken]);
    }
    for (const result of waiting) yield* await Promise.race([result, broken]);
  } finally {
    stop.forget();
    await Promise.all(pool.map((thread) => thread.end()));
  }
}

/** The batches; an error on making one comes last, in its place. */
function* errorsInPlace(batches: Iterable<FrameBatch>): Generator<FrameBatch | Error> {
  try {
    yield* batches;
  } catch (error) {
    yield error instanceof Error ? error : new InternalError(String(error));
  }
}

function framesOf(graph: Graph, outcome: BatchResult): readonly Frame[] {
  if ('diagnostics' in outcome) throw new HeddleError(outcome.diagnostics);
  return outcome.frames.map(
    (frame) => new Map([...frame].map(([name, data]) => [name, { type: typeOf(graph, name), data }])),
  );
}

/** The graph with its constants in memory that all threads see, so that it is not copied for each of them. */
function withSharedConstants(graph: Graph): Graph {
  const constants = [...graph.constants].map(([name, { type, data }]) => {
    const shared = new (data.constructor as { new (buffer: SharedArrayBuffer): TensorData })(
      new SharedArrayBuffer(data.byteLength),
    );
    shared.set(data as never);
    return [name, { type, data: shared }] as const;
  });
  return { ...graph, constants: new Map(constants) };
}

interface Thread {
  readonly run: (batch: FrameBatch) => Promise<BatchResult>;
  /** Never resolved; rejected when the thread fails, or ends by itself. */
  readonly broken: Promise<never>;
  readonly end: () => Promise<unknown>;
}

function startThread(job: FrameJob): Thread {
  const worker = new Worker(WORKER, { workerData: job, execArgv: [] });
  const waiting: ((result: BatchResult) => void)[] = [];
  worker.on('message', (result: BatchResult) => waiting.shift()?.(result));
  const broken = new Promise<never>((_, reject) => {
    worker.on('error', reject);
    worker.on('exit', (code) => reject(new InternalError(`a thread ended with ${code}`)));
  });
  broken.catch(() => {});
  return {
    run: (batch) => {
      const result = new Promise<BatchResult>((resolve) => waiting.push(resolve));
      worker.postMessage(batch);
      return result;
    },
    broken,
    end: () => worker.terminate(),
  };
}

interface Stop {
  readonly aborted: Promise<never>;
  readonly forget: () => void;
}

function stopOf(signal: AbortSignal | undefined): Stop {
  let forget = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort);
    forget = () => signal?.removeEventListener('abort', onAbort);
  });
  aborted.catch(() => {});
  return { aborted, forget: () => forget() };
}
