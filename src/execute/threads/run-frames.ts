import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { Graph } from '../../ir/graph.js';
import type { Tensor } from '../../ir/tensor.js';
import { elementCount } from '../../ir/tensor-type.js';
import { nodeMacs } from '../../ir/verify-sizes.js';
import type { FrameSource } from '../frame-source.js';
import { arithmeticOf, runFrames } from '../run-model.js';
import { typeOf } from '../tensor-access.js';
import type { FrameBatch } from './frame-worker.js';
import { hasThreads, runOnThreads } from './thread-pool.js';

export interface ParallelOptions {
  /** Tensors to hand out besides the outputs. */
  readonly keep?: readonly string[];
  /** Most threads; one for each processor when left out. */
  readonly jobs?: number;
  /** Ends the work, and its threads. */
  readonly signal?: AbortSignal;
  /** Called around work that holds this thread. */
  readonly hold?: <T>(work: () => T) => T;
}

/** Frames of an input; see FrameSource. */
export type Frames = Pick<FrameSource, 'frame'>;

/**
 * Runs frames on several threads where that pays, else here, frame by frame; the results are the same, and in order. Each
 * holds the outputs and the kept tensors. HeddleError for unknown names and for frames that cannot be made.
 */
export async function* runFramesParallel(
  graph: Graph,
  inputs: ReadonlyMap<string, Frames>,
  frames: number,
  options: ParallelOptions = {},
): AsyncGenerator<ReadonlyMap<string, Tensor>> {
  const { keep = [], signal } = options;
  const threads = threadsFor(graph, frames, options.jobs ?? availableParallelism());
  if (threads > 1) {
    yield* runOnThreads({ graph, keep }, threads, batchesOf(graph, inputs, frames, threads), signal);
    return;
  }
  const { hold = (work) => work() } = options;
  const results = runFrames(graph, inputs, frames, keep);
  for (let result = hold(() => results.next()); result.done !== true; result = hold(() => results.next())) {
    yield result.value;
    // An interrupt is seen between frames.
    await setImmediate();
    signal?.throwIfAborted();
  }
}

/** Seconds that a thread takes to start, with the network prepared. */
const START_SECONDS = 0.2;
/** Seconds of work in a message to a thread, which costs far less. */
const BATCH_SECONDS = 0.01;
const MOST_FRAMES_OF_BATCH = 64;

/** Threads that are worth their start. */
export function threadsFor(graph: Graph, frames: number, jobs: number): number {
  const seconds = frames * frameSeconds(graph);
  const paying = Math.min(jobs, frames, Math.floor(seconds / START_SECONDS));
  return paying > 1 && hasThreads() ? paying : 1;
}

/** Roughly what a frame takes on one thread: multiply-accumulates, and what each element costs besides. */
function frameSeconds(graph: Graph): number {
  const macs = graph.nodes.reduce((sum, node) => sum + (nodeMacs(node, graph.types) ?? 0), 0);
  const elements = graph.nodes.reduce(
    (sum, node) => sum + node.outputs.reduce((total, name) => total + elementCount(typeOf(graph, name).shape), 0),
    0,
  );
  const rate = arithmeticOf(graph) === 'integer' ? 1e10 : 1.5e9;
  return macs / rate + elements * 5e-9;
}

function* batchesOf(
  graph: Graph,
  inputs: ReadonlyMap<string, Frames>,
  frames: number,
  threads: number,
): Generator<FrameBatch> {
  const bySeconds = Math.ceil(BATCH_SECONDS / frameSeconds(graph));
  // Every thread gets several, so that the last ones end at about the same time.
  const size = Math.max(1, Math.min(MOST_FRAMES_OF_BATCH, bySeconds, Math.floor(frames / (4 * threads))));
  for (let first = 0; first < frames; first += size) {
    const count = Math.min(size, frames - first);
    yield Array.from(
      { length: count },
      (_, i) => new Map([...inputs].map(([name, source]) => [name, source.frame(first + i)])),
    );
  }
}
