import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmittedDesign } from '../emit/file-set.js';
import { prepareInteger } from '../execute/integer/execute-integer.js';
import type { Graph } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import type { Prediction } from '../schedule/predict.js';
import { buildSimulator } from '../simulate/build.js';
import type { SimResult } from '../simulate/result.js';
import { type RunProgress, runSimulator } from '../simulate/run.js';
import type { TraceRequest } from '../simulate/run-file.js';
import { makeSimTop, SIM_TOP_FILE } from '../simulate/wrapper.js';
import { defined } from '../support/invariant.js';
import { makeReport, type VerifyReport } from './report.js';
import { INPUT_END, OUTPUT_END, simInstance } from './sim-instance.js';
import { carriedTensors, joinFrames, streamElements } from './streams.js';

export interface VerifyOptions {
  /** Probability, 0..1, of an idle clock at the source and of a stalled clock at the sink. */
  readonly stall: number;
  readonly seed: number;
  readonly cacheDir: string;
  readonly trace?: TraceRequest;
  /** Folder for memory images during the run; a temporary one when left out. */
  readonly workDir?: string;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
  /** Resets the design at that clock and starts over from frame 0. */
  readonly resetAfterCycles?: number;
  readonly onStage?: (stage: 'golden' | 'build' | 'run', done: number, total: number) => void;
  readonly onProgress?: (progress: RunProgress) => void;
}

export const DEFAULT_TIMEOUT_SECONDS = 3600;
/** Clocks without a beat anywhere that count as a deadlock, beyond what the longest wait inside a frame may take. */
const IDLE_MARGIN = 20_000;

/** What is compared: the RTL of a design, the graph that it computes, and frames of its input. */
export interface VerifySubject {
  readonly graph: Graph;
  readonly emitted: EmittedDesign;
  readonly prediction: Prediction;
  /** Input tensors, frame by frame. */
  readonly frames: readonly Tensor[];
}

/**
 * Runs the RTL in Verilator over all frames, back to back, and compares every stream between two instances with the
 * golden model, element by element. Whatever the RTL does is in the report.
 */
export async function verifyDesign(subject: VerifySubject, options: VerifyOptions): Promise<VerifyReport> {
  const { emitted, graph, frames } = subject;
  const expected = goldenStreams(subject, options);
  const top = makeSimTop([simInstance(emitted)]);
  options.onStage?.('build', 0, 1);
  const built = await buildSimulator({
    files: new Map([...emitted.verilog, [SIM_TOP_FILE, top.text]]),
    trace: options.trace !== undefined,
    cacheDir: options.cacheDir,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  options.onStage?.('run', 0, frames.length);
  const input = defined(expected.get(INPUT_END), 'the input elements');
  const result = await inWorkFolder(options.workDir, emitted, (cwd) =>
    runSimulator(
      built.binary,
      {
        layout: top.layout,
        frames: frames.length,
        seed: options.seed,
        sourceStall: options.stall,
        sinkStall: options.stall,
        data: new Map([[INPUT_END, input]]),
        expected,
        captures: [OUTPUT_END],
        maxIdleCycles: idleLimit(subject.prediction, options.stall),
        ...(options.resetAfterCycles === undefined ? {} : { resetAfterCycles: options.resetAfterCycles }),
        ...(options.trace === undefined ? {} : { trace: options.trace }),
      },
      {
        cwd,
        timeoutSeconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
        ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      },
    ),
  );
  return makeReport({
    graph,
    emitted,
    prediction: subject.prediction,
    frames: frames.length,
    seed: options.seed,
    stall: options.stall,
    result,
    buildSeconds: built.buildSeconds,
    buildCached: built.cached,
  });
}

/** The longest silence of a working design is a frame of its slowest engine; stalls stretch it. */
function idleLimit(prediction: Prediction, stall: number): number {
  const frame = Number.isFinite(prediction.cyclesPerFrame) ? prediction.cyclesPerFrame : 0;
  return Math.ceil((2 * frame) / Math.max(0.05, 1 - stall)) + IDLE_MARGIN;
}

/** Golden elements of every stream and of both ends, all frames. */
function goldenStreams(subject: VerifySubject, options: VerifyOptions): ReadonlyMap<string, Uint8Array> {
  const { names, design } = subject.emitted;
  const carried = carriedTensors(names.streams, design.chain);
  const executor = prepareInteger(subject.graph);
  const parts = new Map<string, Uint8Array[]>(names.streams.map((stream) => [stream.name, []]));
  const keep = [...new Set(carried)];
  subject.frames.forEach((frame, index) => {
    const tensors = executor.run(new Map([[design.chain.inputTensor, frame]]), { keep });
    names.streams.forEach((stream, i) => {
      const tensor = defined(tensors.get(defined(carried[i], 'a stream')), `tensor '${carried[i]}'`);
      parts.get(stream.name)?.push(streamElements(stream, tensor));
    });
    options.onStage?.('golden', index + 1, subject.frames.length);
  });
  const joined = new Map([...parts].map(([name, frames]) => [name, joinFrames(frames)]));
  joined.set(INPUT_END, defined(joined.get(defined(names.streams[0], 'the input').name), 'the input elements'));
  joined.set(OUTPUT_END, defined(joined.get(defined(names.streams.at(-1), 'the output').name), 'the output elements'));
  return joined;
}

async function inWorkFolder(
  folder: string | undefined,
  emitted: EmittedDesign,
  work: (cwd: string) => Promise<SimResult>,
): Promise<SimResult> {
  const cwd = folder ?? (await mkdtemp(join(tmpdir(), 'heddle-')));
  try {
    await mkdir(cwd, { recursive: true });
    await Promise.all([...emitted.memories].map(([file, text]) => writeFile(join(cwd, file), text)));
    return await work(cwd);
  } finally {
    if (folder === undefined) await rm(cwd, { recursive: true, force: true });
  }
}
