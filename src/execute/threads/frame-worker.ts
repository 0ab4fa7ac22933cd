import { parentPort, workerData } from 'node:worker_threads';
import type { Graph } from '../../ir/graph.js';
import type { Tensor, TensorData } from '../../ir/tensor.js';
import { type Diagnostic, HeddleError } from '../../support/diagnostics.js';
import { invariant } from '../../support/invariant.js';
import { prepareNetwork } from '../run-model.js';

/** What a thread is given once. */
export interface FrameJob {
  readonly graph: Graph;
  readonly keep: readonly string[];
}

/** Frames that are run one after the other: the inputs of each, by tensor. */
export type FrameBatch = readonly ReadonlyMap<string, Tensor>[];

/** Outputs and kept tensors of each frame of a batch, or why there are none. Other errors end the thread. */
export type BatchResult =
  | { readonly frames: readonly ReadonlyMap<string, TensorData>[] }
  | { readonly diagnostics: readonly Diagnostic[] };

/** The other end is thread-pool.ts, where this file is started as a thread: batches come in and results go out. */
const port = parentPort;
invariant(port !== null, 'frame-worker.ts outside of a thread');
const { graph, keep } = workerData as FrameJob;
let executor: ReturnType<typeof prepareNetwork> | undefined;

function run(batch: FrameBatch): BatchResult {
  try {
    executor ??= prepareNetwork(graph);
    const prepared = executor;
    return { frames: batch.map((inputs) => dataOf(prepared.run(inputs, { keep }))) };
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return { diagnostics: error.diagnostics };
  }
}

function dataOf(tensors: ReadonlyMap<string, Tensor>): ReadonlyMap<string, TensorData> {
  return new Map([...tensors].map(([name, { data }]) => [name, data]));
}

port.on('message', (batch: FrameBatch) => port.postMessage(run(batch)));
