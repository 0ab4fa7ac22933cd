import { type Compiled, compileModel } from '../../src/compile.js';
import { executeInteger } from '../../src/execute/integer/execute-integer.js';
import type { SizingRequest } from '../../src/explore/choose.js';
import type { Graph } from '../../src/ir/graph.js';
import { predictFrameEnds } from '../../src/schedule/predict.js';
import type { VerifyReport } from '../../src/verify/report.js';
import { type BuiltBatch, buildBatch, runBatch, type VerifySubject } from '../../src/verify/verify-batch.js';
import { reportFailures, steadyFailures } from './check-report.js';
import { corruptOneWord } from './corrupt.js';
import { lintTop } from './lint-top.js';
import type { NetworkSpec } from './network-spec.js';
import { makeRandom, mixSeed } from './random.js';

/** One network with one way of sizing it. */
export interface Case {
  /** For people; unique in a campaign. */
  readonly title: string;
  readonly graph: Graph;
  readonly sizing: SizingRequest;
  readonly frames: VerifySubject['frames'];
  readonly seed: number;
  /** What the graph was made from, and how another spec becomes a case sized in the same way: what shrinking needs. */
  readonly spec?: NetworkSpec;
  readonly remake?: (spec: NetworkSpec) => Case | undefined;
}

/** One simulation of a batch. */
export interface Run {
  readonly stall: number;
  /** Where it differs from the sources'. */
  readonly sinkStall?: number;
  readonly seed: number;
  readonly resetAfterCycles?: number;
}

export interface CaseResult {
  readonly subject: Case;
  /** How it was run. */
  readonly options: ProveOptions;
  /** A line each; empty where all runs are as they have to be. */
  readonly failures: readonly string[];
  readonly comparedWords: number;
  readonly mismatches: number;
}

/**
 * The ways in which the small networks are run: free, both ends stalling, a slow sink behind an eager source and the
 * other way round, and with a reset in the middle.
 */
export function standardRuns(seed: number): readonly Run[] {
  return [
    { stall: 0, seed: seed + 1 },
    { stall: 0.3, seed: seed + 2 },
    { stall: 0, sinkStall: 0.85, seed: seed + 3 },
    { stall: 0.85, sinkStall: 0, seed: seed + 4 },
    { stall: 0.6, seed: seed + 5, resetAfterCycles: 1 + (mixSeed(seed, 11) % 600) },
  ];
}

/** What a check of the checker found: words corrupted, how many changed a result, and the wrongly blamed ones. */
export interface CorruptionResult {
  readonly corrupted: number;
  readonly detected: number;
  readonly failures: readonly string[];
}

export interface BatchResult {
  readonly cases: readonly CaseResult[];
  readonly corruption: CorruptionResult;
  readonly buildSeconds: number;
  readonly runSeconds: number;
}

export interface ProveOptions {
  readonly cacheDir: string;
  readonly runs: readonly Run[];
  /** Lint every n-th top alone, with all warnings on; 0 for none. */
  readonly lintEvery: number;
  /** Run once more with a corrupted memory word in each design. */
  readonly corrupt: boolean;
}

interface Prepared {
  readonly subject: Case;
  readonly compiled: Compiled;
}

const NO_CORRUPTION: CorruptionResult = { corrupted: 0, detected: 0, failures: [] };

function errorText(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

function failed(subject: Case, options: ProveOptions, text: string): CaseResult {
  return { subject, options, failures: [text], comparedWords: 0, mismatches: 0 };
}

/** Compiles all cases, and proves in one simulator those that compile. A build that fails is repeated one by one. */
export async function proveBatch(cases: readonly Case[], options: ProveOptions): Promise<BatchResult> {
  const results = new Map<Case, CaseResult>();
  const prepared: Prepared[] = [];
  for (const subject of cases) {
    const problem = prepare(subject, prepared);
    if (problem !== undefined) results.set(subject, failed(subject, options, problem));
  }
  await lintSome(prepared, options, results);
  const sound = prepared.filter(({ subject }) => !results.has(subject));
  const proof = await proveTogether(sound, options);
  for (const result of proof.cases) results.set(result.subject, result);
  return { ...proof, cases: cases.flatMap((subject) => results.get(subject) ?? []) };
}

function prepare(subject: Case, prepared: Prepared[]): string | undefined {
  try {
    const compiled = compileModel(subject.graph, { sizing: subject.sizing });
    const { deadlockInFrame } = compiled.prediction;
    if (deadlockInFrame !== undefined) return `predicted to deadlock in frame ${deadlockInFrame}`;
    const difference = passDifference(subject, compiled.graph);
    if (difference !== undefined) return difference;
    prepared.push({ subject, compiled });
    return undefined;
  } catch (error) {
    return `compile: ${errorText(error)}`;
  }
}

/** The passes must not change what the model computes. */
function passDifference({ graph, frames }: Case, compiled: Graph): string | undefined {
  for (const [index, frame] of frames.slice(0, 2).entries()) {
    const before = executeInteger(graph, frame);
    const now = executeInteger(compiled, frame);
    for (const [i, { tensor }] of graph.outputs.entries()) {
      const after = now.get(compiled.outputs[i]?.tensor ?? '')?.data;
      const place = before.get(tensor)?.data.findIndex((value: number | bigint, at: number) => value !== after?.[at]);
      if (place !== -1) return `passes changed element ${place} of output '${tensor}' of frame ${index}`;
    }
  }
  return undefined;
}

async function lintSome(
  prepared: readonly Prepared[],
  options: ProveOptions,
  results: Map<Case, CaseResult>,
): Promise<void> {
  for (const [index, { subject, compiled }] of prepared.entries()) {
    if (options.lintEvery === 0 || index % options.lintEvery !== 0) continue;
    const complaint = await lintTop(compiled.emitted);
    if (complaint !== undefined) results.set(subject, failed(subject, options, `lint: ${complaint}`));
  }
}

const subjectOf = ({ subject, compiled }: Prepared): VerifySubject => ({
  graph: compiled.graph,
  emitted: compiled.emitted,
  prediction: compiled.prediction,
  frames: subject.frames,
});

async function proveTogether(prepared: readonly Prepared[], options: ProveOptions): Promise<BatchResult> {
  if (prepared.length === 0) return { cases: [], corruption: NO_CORRUPTION, buildSeconds: 0, runSeconds: 0 };
  try {
    const batch = await buildBatch(prepared.map(subjectOf), { cacheDir: options.cacheDir, quickBuild: true });
    return await runAll(prepared, batch, options);
  } catch (error) {
    const [only] = prepared;
    if (prepared.length === 1 && only !== undefined) {
      const cases = [failed(only.subject, options, `simulation: ${errorText(error)}`)];
      return { cases, corruption: NO_CORRUPTION, buildSeconds: 0, runSeconds: 0 };
    }
    const alone: BatchResult[] = [];
    for (const one of prepared) alone.push(await proveTogether([one], options));
    return joinResults(alone);
  }
}

export function joinResults(results: readonly BatchResult[]): BatchResult {
  const sum = (of: (result: BatchResult) => number): number => results.reduce((total, result) => total + of(result), 0);
  return {
    cases: results.flatMap((result) => result.cases),
    corruption: {
      corrupted: sum((result) => result.corruption.corrupted),
      detected: sum((result) => result.corruption.detected),
      failures: results.flatMap((result) => result.corruption.failures),
    },
    buildSeconds: sum((result) => result.buildSeconds),
    runSeconds: sum((result) => result.runSeconds),
  };
}

async function runAll(prepared: readonly Prepared[], batch: BuiltBatch, options: ProveOptions): Promise<BatchResult> {
  const reports: (readonly VerifyReport[])[] = [];
  for (const run of options.runs) reports.push(await runBatch(batch, run));
  const cases = prepared.map(({ subject, compiled }, index): CaseResult => {
    const own = reports.flatMap((all) => all[index] ?? []);
    const ends = predictFrameEnds(compiled.emitted.design, subject.frames.length);
    return {
      subject,
      options,
      failures: [
        ...own.flatMap((report) => reportFailures(report, compiled.emitted, ends)),
        ...steadyFailures(compiled),
      ],
      comparedWords: own.reduce((sum, report) => sum + report.comparedWords, 0),
      mismatches: own.reduce((sum, report) => sum + report.mismatches, 0),
    };
  });
  return {
    cases,
    corruption: options.corrupt ? await corruptAll(prepared, batch) : NO_CORRUPTION,
    buildSeconds: batch.simulator.buildSeconds,
    runSeconds: reports.reduce((sum, all) => sum + (all[0]?.simSeconds ?? 0), 0),
  };
}

/** One word of each design is corrupted; a result that differs must be blamed on the layer that the word belongs to. */
async function corruptAll(prepared: readonly Prepared[], batch: BuiltBatch): Promise<CorruptionResult> {
  const corruptions = prepared.map(({ subject, compiled }) =>
    corruptOneWord(compiled.emitted, makeRandom(mixSeed(subject.seed, 7))),
  );
  const memories = new Map(corruptions.flatMap((one) => (one === undefined ? [] : [[one.file, one.text] as const])));
  const reports = await runBatch(batch, { stall: 0, seed: 1, memories });
  const failures = reports.flatMap((report, index): string[] => {
    const expected = corruptions[index];
    if (report.bitExact) return [];
    const blamed = report.firstMismatch?.layer;
    return blamed === expected?.layer
      ? []
      : [`${prepared[index]?.subject.title}: ${expected?.file} was corrupted, but '${blamed}' is blamed`];
  });
  return {
    corrupted: memories.size,
    detected: reports.filter((report) => !report.bitExact).length,
    failures,
  };
}
