import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import { buildSimulator, readVerilogFolder } from '../../src/simulate/build.js';
import { cacheDirectory } from '../../src/simulate/cache.js';
import { packElements } from '../../src/simulate/elements.js';
import { describeProblems, type SimResult } from '../../src/simulate/result.js';
import { runSimulator } from '../../src/simulate/run.js';
import {
  type ActivityBit,
  type InnerStream,
  makeSimTop,
  SIM_TOP_FILE,
  type SimInstance,
  type StreamPort,
} from '../../src/simulate/wrapper.js';

/** Module benches: a grid of parameters in one build, run under several stall patterns and seeds. */

export interface BenchStream {
  /** `s_axis` or `m_axis` when left out. */
  readonly prefix?: string;
  readonly lanes: number;
  readonly bits: number;
  /** Width of tdata; lanes * bits rounded up to bytes when left out. */
  readonly dataBits?: number;
  readonly beatsPerFrame: number;
  /** Channels of a pixel, where the padding lanes of its last beat are not to be compared. */
  readonly channels?: number;
  /** true when left out. */
  readonly hasLast?: boolean;
  readonly hasUser?: boolean;
  /** lanes elements a beat, beats in order, all frames one after the other. Output: the expected elements. */
  readonly data: ArrayLike<number>;
}

export interface BenchPoint {
  /** Unique in the bench; told in failures. The parameters when left out. */
  readonly name?: string;
  readonly module: string;
  /** A string is a Verilog literal as it stands; verilogString makes one of text. */
  readonly parameters: Readonly<Record<string, number | string>>;
  readonly inputs: readonly BenchStream[];
  readonly outputs: readonly BenchStream[];
  /** Streams inside that are only watched for handshake errors. */
  readonly probes?: readonly InnerStream[];
  readonly activities?: readonly ActivityBit[];
  readonly tieOffs?: Readonly<Record<string, string>>;
}

export interface StallPattern {
  readonly source: number;
  readonly sink: number;
}

export const STALL_PATTERNS: readonly StallPattern[] = [
  { source: 0, sink: 0 },
  { source: 0.3, sink: 0.3 },
  { source: 0.6, sink: 0 },
  { source: 0, sink: 0.6 },
];

export interface Bench {
  readonly points: readonly BenchPoint[];
  readonly frames: number;
  /** Verilog beside rtl/, by file name: fixtures, wrappers. */
  readonly extraFiles?: ReadonlyMap<string, string>;
  /** $readmemh files by the name that a parameter gives. */
  readonly memoryFiles?: ReadonlyMap<string, string>;
  readonly stalls?: readonly StallPattern[];
  readonly seeds?: readonly number[];
  readonly maxIdleCycles?: number;
  /** Also run once with a second reset after so many cycles. */
  readonly resetAfterCycles?: number;
  /** Writes an FST file of the first run. */
  readonly traceFile?: string;
}

export interface BenchRun {
  readonly stall: StallPattern;
  readonly seed: number;
  readonly resetAfterCycles?: number;
  readonly result: SimResult;
}

export const RTL_FOLDER = fileURLToPath(new URL('../../rtl/', import.meta.url));
const RUN_SECONDS = 300;

export function verilogString(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

function pointName(point: BenchPoint): string {
  if (point.name !== undefined) return point.name;
  const parameters = Object.entries(point.parameters).map(([name, value]) => `${name}=${value}`);
  return `${point.module} ${parameters.join(' ')}`.trim();
}

function toPort(stream: BenchStream, defaultPrefix: string): StreamPort {
  const { prefix = defaultPrefix, lanes, bits, dataBits, beatsPerFrame, channels, hasLast = true, hasUser } = stream;
  return {
    name: prefix,
    prefix,
    lanes,
    elementBits: bits,
    beatsPerFrame,
    hasLast,
    ...(dataBits === undefined ? {} : { dataBits }),
    ...(channels === undefined ? {} : { channels }),
    ...(hasUser === undefined ? {} : { hasUser }),
  };
}

function toInstance(point: BenchPoint, index: number): SimInstance {
  return {
    module: point.module,
    instance: `u_dut_${index}`,
    label: pointName(point),
    parameters: Object.entries(point.parameters).map(([name, value]) => [name, String(value)]),
    sources: point.inputs.map((stream) => toPort(stream, 's_axis')),
    sinks: point.outputs.map((stream) => toPort(stream, 'm_axis')),
    probes: point.probes ?? [],
    activities: point.activities ?? [],
    tieOffs: Object.entries(point.tieOffs ?? {}),
  };
}

function packPoint(point: BenchPoint, streams: readonly BenchStream[], defaultPrefix: string): [string, Uint8Array][] {
  return streams.map((stream) => [
    `${pointName(point)}/${stream.prefix ?? defaultPrefix}`,
    packElements(stream.data, stream.bits),
  ]);
}

interface RunPlan {
  readonly stall: StallPattern;
  readonly seed: number;
  readonly resetAfterCycles?: number;
}

function planRuns(bench: Bench): readonly RunPlan[] {
  const stalls = bench.stalls ?? STALL_PATTERNS;
  const plans: RunPlan[] = stalls.flatMap((stall) => (bench.seeds ?? [1, 2]).map((seed) => ({ stall, seed })));
  const { resetAfterCycles } = bench;
  if (resetAfterCycles === undefined) return plans;
  return [...plans, ...stalls.map((stall) => ({ stall, seed: 3, resetAfterCycles }))];
}

/** Builds once, runs every stall pattern with every seed. */
export async function runBench(bench: Bench): Promise<readonly BenchRun[]> {
  const { text, layout } = makeSimTop(bench.points.map(toInstance));
  const files = new Map([...(await readVerilogFolder(RTL_FOLDER)), ...(bench.extraFiles ?? []), [SIM_TOP_FILE, text]]);
  const cacheDir = cacheDirectory(env);
  const { binary } = await buildSimulator({ files, trace: bench.traceFile !== undefined, quickBuild: true, cacheDir });
  const data = new Map(bench.points.flatMap((point) => packPoint(point, point.inputs, 's_axis')));
  const expected = new Map(bench.points.flatMap((point) => packPoint(point, point.outputs, 'm_axis')));
  const cwd = await mkdtemp(join(tmpdir(), 'heddle-bench-'));
  try {
    for (const [name, image] of bench.memoryFiles ?? []) await writeFile(join(cwd, name), image);
    const runs: BenchRun[] = [];
    for (const plan of planRuns(bench)) {
      const trace = bench.traceFile !== undefined && runs.length === 0 ? { trace: { file: bench.traceFile } } : {};
      const result = await runSimulator(
        binary,
        {
          layout,
          frames: bench.frames,
          seed: plan.seed,
          sourceStall: plan.stall.source,
          sinkStall: plan.stall.sink,
          data,
          expected,
          ...(bench.maxIdleCycles === undefined ? {} : { maxIdleCycles: bench.maxIdleCycles }),
          ...(plan.resetAfterCycles === undefined ? {} : { resetAfterCycles: plan.resetAfterCycles }),
          ...trace,
        },
        { cwd, timeoutSeconds: RUN_SECONDS },
      );
      runs.push({ ...plan, result });
    }
    return runs;
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

/** What went wrong in which run; empty when all are clean. */
export function benchProblems(runs: readonly BenchRun[]): readonly string[] {
  return runs.flatMap(({ stall, seed, resetAfterCycles, result }) => {
    const reset = resetAfterCycles === undefined ? '' : `, reset after ${resetAfterCycles} cycles`;
    const run = `source stall ${stall.source}, sink stall ${stall.sink}, seed ${seed}${reset}`;
    return describeProblems(result).map((problem) => `[${run}] ${problem}`);
  });
}

/** Runs a bench and throws with every problem found, so that a test is one line. */
export async function expectCleanBench(bench: Bench): Promise<readonly BenchRun[]> {
  const runs = await runBench(bench);
  const problems = benchProblems(runs);
  if (problems.length > 0) throw new Error(`${problems.length} problems:\n${problems.slice(0, 40).join('\n')}`);
  return runs;
}

/** Deterministic pseudo-random integers in lo..hi (mulberry32). */
export function randomIntegers(count: number, lo: number, hi: number, seed: number): Int32Array {
  let state = seed >>> 0;
  return Int32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return lo + (((t ^ (t >>> 14)) >>> 0) % (hi - lo + 1));
  });
}
