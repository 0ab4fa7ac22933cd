import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmittedDesign } from '../emit/file-set.js';
import type { NamedStream } from '../emit/names.js';
import { type ParallelOptions, runFramesParallel } from '../execute/threads/run-frames.js';
import type { Graph } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import type { Prediction } from '../schedule/predict.js';
import { type BuiltSimulator, buildSimulator } from '../simulate/build.js';
import type { SimResult } from '../simulate/result.js';
import { type RunProgress, runSimulator } from '../simulate/run.js';
import type { TraceRequest } from '../simulate/run-file.js';
import { makeSimTop, SIM_TOP_FILE, type SimTop } from '../simulate/wrapper.js';
import { defined, invariant } from '../support/invariant.js';
import { elementsOfPart, type FramePart, framePartsOf, mergeParts } from './frame-parts.js';
import { makeReport, type VerifyReport } from './report.js';
import { inputEnds, outputEnds, simInstance } from './sim-instance.js';
import { joinFrames, streamElements } from './streams.js';

/** What is compared: the RTL of a design, the graph that it computes, and frames of its input. */
export interface VerifySubject {
  readonly graph: Graph;
  readonly emitted: EmittedDesign;
  readonly prediction: Prediction;
  /** Frame by frame the input tensors, by name. */
  readonly frames: readonly ReadonlyMap<string, Tensor>[];
}

/** Frames of a network with one input. */
export function framesOfInput(graph: Graph, tensors: readonly Tensor[]): VerifySubject['frames'] {
  invariant(graph.inputs.length === 1, `'${graph.name}' has ${graph.inputs.length} inputs`);
  const { tensor } = defined(graph.inputs[0], 'the input');
  return tensors.map((frame) => new Map([[tensor, frame]]));
}

export interface BatchBuildOptions {
  readonly cacheDir: string;
  /** The simulator can write traces. */
  readonly trace?: boolean;
  /** For short runs: built in a third of the time, 1.15 times as slow. */
  readonly quickBuild?: boolean;
  readonly signal?: AbortSignal;
  /** Most threads for the golden model; one for each processor when left out. */
  readonly jobs?: number;
  /** Called as the golden model finishes frames, and when the build is what is waited for. */
  readonly onStage?: (stage: 'golden' | 'build', done: number, total: number) => void;
}

export interface BatchRunOptions {
  /** Probability, 0..1, of an idle clock at the sources and of a stalled clock at the sinks. */
  readonly stall: number;
  /** Another probability for the sinks: an eager source fills every buffer behind a slow sink. */
  readonly sinkStall?: number;
  readonly seed: number;
  readonly trace?: TraceRequest;
  /** Folder for memory images during the run; a temporary one when left out. */
  readonly workDir?: string;
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
  /**
   * Processes that share the frames; one when left out. With stalls their number changes where they fall, never what is
   * compared. A trace, or a reset on the way, is of one process.
   */
  readonly jobs?: number;
  /** Ends the run at the first element that differs; otherwise all are counted. */
  readonly stopOnMismatch?: boolean;
  /** Resets the designs at that clock and starts over from frame 0. */
  readonly resetAfterCycles?: number;
  readonly onProgress?: (progress: RunProgress) => void;
  /** Memory images that stand in for the designs' own, by file name: what a check of the checker corrupts. */
  readonly memories?: ReadonlyMap<string, string>;
}

/** One simulator of several independent designs, with what each has to put out. */
export interface BuiltBatch {
  readonly subjects: readonly VerifySubject[];
  readonly top: SimTop;
  readonly simulator: BuiltSimulator;
  /** Golden elements by stream, labels included. */
  readonly expected: ReadonlyMap<string, Uint8Array>;
}

export const DEFAULT_TIMEOUT_SECONDS = 3600;
/** Clocks without a beat anywhere that count as a deadlock, beyond what the longest wait inside a frame may take. */
const IDLE_MARGIN = 20_000;

/** Put before the names of a subject's streams; nothing where it is alone. */
function prefixOf(subjects: readonly VerifySubject[], subject: VerifySubject): string {
  return subjects.length === 1 ? '' : `${subject.emitted.names.module}/`;
}

/**
 * Computes the golden elements of every design and, meanwhile, builds one simulator of them all: a build costs seconds
 * whether it holds one small network or ten. The designs need different module names and the same number of frames.
 */
export async function buildBatch(subjects: readonly VerifySubject[], options: BatchBuildOptions): Promise<BuiltBatch> {
  checkBatch(subjects);
  const instances = subjects.map(({ emitted }) => {
    const { module } = emitted.names;
    return subjects.length === 1 ? simInstance(emitted) : simInstance(emitted, `u_${module}`, module);
  });
  const top = makeSimTop(instances);
  options.onStage?.('build', 0, 1);
  const [expected, simulator] = await together(
    options.signal,
    (signal) => goldenBatch(subjects, { ...options, signal }),
    (signal) =>
      buildSimulator({
        files: new Map([...subjects.flatMap(({ emitted }) => [...emitted.verilog]), [SIM_TOP_FILE, top.text]]),
        trace: options.trace === true,
        quickBuild: options.quickBuild === true,
        cacheDir: options.cacheDir,
        signal,
      }),
  );
  return { subjects, top, simulator, expected };
}

/** Two works side by side; when one fails, the other is ended and waited for. */
async function together<A, B>(
  signal: AbortSignal | undefined,
  first: (signal: AbortSignal) => Promise<A>,
  second: (signal: AbortSignal) => Promise<B>,
): Promise<[A, B]> {
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const ending = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const works = [ending(first(either)), ending(second(either))] as const;
  await Promise.allSettled(works);
  failed.signal.throwIfAborted();
  return Promise.all(works);
}

/** Golden elements by stream of all designs, one after the other. */
async function goldenBatch(
  subjects: readonly VerifySubject[],
  options: BatchBuildOptions,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const total = subjects.reduce((sum, { frames }) => sum + frames.length, 0);
  let done = 0;
  const golden: ReadonlyMap<string, Uint8Array>[] = [];
  for (const subject of subjects) {
    const onFrame = (): void => options.onStage?.('golden', ++done, total);
    golden.push(await goldenStreams(subject, prefixOf(subjects, subject), options, onFrame));
  }
  options.onStage?.('build', 0, 1);
  return new Map(golden.flatMap((streams) => [...streams]));
}

function checkBatch(subjects: readonly VerifySubject[]): void {
  const modules = new Set(subjects.map(({ emitted }) => emitted.names.module));
  invariant(modules.size === subjects.length, 'two designs of a batch have the same module name');
  invariant(new Set(subjects.map(({ frames }) => frames.length)).size === 1, 'designs of a batch differ in frames');
}

/** Runs all designs of a batch side by side. One report a subject, in order; times are those of the whole batch. */
export async function runBatch(batch: BuiltBatch, options: BatchRunOptions): Promise<readonly VerifyReport[]> {
  const { subjects, simulator } = batch;
  const frames = framesOf(batch);
  const single = options.trace !== undefined || options.resetAfterCycles !== undefined;
  const parts = framePartsOf(frames, single ? 1 : (options.jobs ?? 1));
  const onProgress = sharedProgress(parts.length, options.onProgress);
  const runs = await inWorkFolder(batch, options, (cwd) =>
    runParts(parts, options, (part, index, signal) =>
      runPart(batch, { ...options, signal }, { part, index, cwd, onProgress: onProgress(index) }),
    ),
  );
  const result = mergeParts(
    runs.map((run) => run.result),
    runs.map((run) => run.part),
  );
  return subjects.map((subject) =>
    makeReport({
      graph: subject.graph,
      emitted: subject.emitted,
      prediction: subject.prediction,
      frames,
      seed: options.seed,
      stall: greaterStall(options),
      result: resultOf(result, prefixOf(subjects, subject)),
      buildSeconds: simulator.buildSeconds,
      buildCached: simulator.cached,
    }),
  );
}

interface EndedPart {
  readonly part: FramePart;
  readonly result: SimResult;
}

/**
 * Runs the parts side by side and waits for all, also when one fails: none may still run when its folder goes. A part that
 * stops at a mismatch ends the others, which are left out then.
 */
async function runParts(
  parts: readonly FramePart[],
  options: BatchRunOptions,
  run: (part: FramePart, index: number, signal: AbortSignal) => Promise<SimResult>,
): Promise<readonly EndedPart[]> {
  const stopped = new AbortController();
  const signals = [stopped.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const work = parts.map(async (part, index): Promise<EndedPart | undefined> => {
    try {
      const result = await run(part, index, AbortSignal.any(signals));
      if (result.status === 'mismatch') stopped.abort();
      return { part, result };
    } catch (error) {
      if (stopped.signal.aborted && options.signal?.aborted !== true) return undefined;
      throw error;
    }
  });
  await Promise.allSettled(work);
  return (await Promise.all(work)).filter((ended) => ended !== undefined);
}

const framesOf = (batch: BuiltBatch): number => defined(batch.subjects[0], 'a design').frames.length;

const greaterStall = ({ stall, sinkStall }: BatchRunOptions): number => Math.max(stall, sinkStall ?? stall);

type OnProgress = (progress: RunProgress) => void;

/** For each part a listener that tells the sum of all parts. */
function sharedProgress(parts: number, listener: OnProgress | undefined): (part: number) => OnProgress | undefined {
  if (listener === undefined) return () => undefined;
  const latest = Array.from(
    { length: parts },
    (): RunProgress => ({ cycles: 0, beats: 0, totalBeats: 0, inputBeats: 0 }),
  );
  const sum = (key: keyof RunProgress): number => latest.reduce((total, progress) => total + progress[key], 0);
  return (part) => (progress) => {
    latest[part] = progress;
    listener({
      cycles: sum('cycles'),
      beats: sum('beats'),
      totalBeats: sum('totalBeats'),
      inputBeats: sum('inputBeats'),
    });
  };
}

interface PartRun {
  readonly part: FramePart;
  readonly index: number;
  readonly cwd: string;
  readonly onProgress: OnProgress | undefined;
}

function runPart(batch: BuiltBatch, options: BatchRunOptions, run: PartRun): Promise<SimResult> {
  const { subjects, top, simulator } = batch;
  const { part, index, cwd, onProgress } = run;
  const ends = (endsOf: typeof inputEnds): readonly string[] =>
    subjects.flatMap((subject) =>
      endsOf(subject.emitted.names).map(({ name }) => `${prefixOf(subjects, subject)}${name}`),
    );
  const expected = elementsOfPart(batch.expected, part, framesOf(batch));
  const data = ends(inputEnds).map((name) => [name, defined(expected.get(name), 'the input elements')] as const);
  const stall = greaterStall(options);
  return runSimulator(
    simulator.binary,
    {
      layout: top.layout,
      frames: part.count,
      // The first part is as it would be alone.
      seed: (options.seed + index) % 2 ** 31,
      sourceStall: options.stall,
      sinkStall: options.sinkStall ?? options.stall,
      data: new Map(data),
      expected,
      captures: ends(outputEnds),
      maxIdleCycles: Math.max(...subjects.map(({ prediction }) => idleLimit(prediction, stall))),
      ...(options.stopOnMismatch === undefined ? {} : { stopOnMismatch: options.stopOnMismatch }),
      ...(options.resetAfterCycles === undefined ? {} : { resetAfterCycles: options.resetAfterCycles }),
      ...(options.trace === undefined ? {} : { trace: options.trace }),
    },
    {
      cwd,
      timeoutSeconds: options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    },
  );
}

/**
 * The part of a run that belongs to one design, its names without the prefix. The others may have stopped the run (a
 * deadlock, an assertion): a design that is through is done all the same.
 */
function resultOf(result: SimResult, prefix: string): SimResult {
  if (prefix === '') return result;
  const own = <T extends { readonly name: string }>(items: readonly T[]): T[] =>
    items
      .filter((item) => item.name.startsWith(prefix))
      .map((item) => ({ ...item, name: item.name.slice(prefix.length) }));
  const captures = [...result.captures].filter(([name]) => name.startsWith(prefix));
  const probes = own(result.probes);
  const through = probes.every((probe) => probe.beats === probe.expectedBeats);
  return {
    ...result,
    status: result.status === 'deadlock' && through ? 'done' : result.status,
    probes,
    activities: own(result.activities),
    captures: new Map(captures.map(([name, bytes]) => [name.slice(prefix.length), bytes])),
  };
}

/** The longest silence of a working design is a frame of its slowest engine; stalls stretch it. */
function idleLimit(prediction: Prediction, stall: number): number {
  const frame = Number.isFinite(prediction.cyclesPerFrame) ? prediction.cyclesPerFrame : 0;
  return Math.ceil((2 * frame) / Math.max(0.05, 1 - stall)) + IDLE_MARGIN;
}

/** Golden elements of every stream of a design and of both its ends, all frames; `prefix` stands before the names. */
async function goldenStreams(
  subject: VerifySubject,
  prefix: string,
  { jobs, signal }: BatchBuildOptions,
  onFrame: () => void,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { names } = subject.emitted;
  const { frames, graph } = subject;
  const parts = new Map<string, Uint8Array[]>();
  const put = (name: string, stream: NamedStream, tensor: Tensor | undefined): void => {
    const elements = streamElements(stream, defined(tensor, `the tensor of '${name}'`));
    const own = parts.get(name);
    if (own === undefined) parts.set(name, [elements]);
    else own.push(elements);
  };
  const inputs = new Map(
    graph.inputs.map(({ tensor }) => [
      tensor,
      { frame: (index: number) => defined(frames[index]?.get(tensor), `frame ${index} of '${tensor}'`) },
    ]),
  );
  const ends = [...inputEnds(names), ...outputEnds(names)];
  const options: ParallelOptions = {
    keep: [...new Set([...names.streams.map(({ tensor }) => tensor), ...ends.map(({ port }) => port.tensor)])],
    ...(jobs === undefined ? {} : { jobs }),
    ...(signal === undefined ? {} : { signal }),
  };
  for await (const tensors of runFramesParallel(graph, inputs, frames.length, options)) {
    for (const stream of names.streams) put(`${prefix}${stream.name}`, stream, tensors.get(stream.tensor));
    for (const { name, port, stream } of ends) put(`${prefix}${name}`, stream, tensors.get(port.tensor));
    onFrame();
  }
  return new Map([...parts].map(([name, own]) => [name, joinFrames(own)]));
}

async function inWorkFolder<T>(
  batch: BuiltBatch,
  options: BatchRunOptions,
  work: (cwd: string) => Promise<T>,
): Promise<T> {
  const { workDir } = options;
  const cwd = workDir ?? (await mkdtemp(join(tmpdir(), 'heddle-')));
  const memories = new Map(batch.subjects.flatMap(({ emitted }) => [...emitted.memories]));
  try {
    await mkdir(cwd, { recursive: true });
    await Promise.all(
      [...memories].map(([file, text]) => writeFile(join(cwd, file), options.memories?.get(file) ?? text)),
    );
    return await work(cwd);
  } finally {
    if (workDir === undefined) await rm(cwd, { recursive: true, force: true });
  }
}
