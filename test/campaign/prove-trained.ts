import { compileModel } from '../../src/compile.js';
import { DEFAULT_CLOCK_MHZ } from '../../src/explore/choose.js';
import { count, left, percent, right } from '../../src/report/table.js';
import { predictFrameEnds } from '../../src/schedule/predict.js';
import { defined } from '../../src/support/invariant.js';
import type { VerifyReport } from '../../src/verify/report.js';
import { buildBatch, framesOfInput, runBatch } from '../../src/verify/verify-batch.js';
import { reportFailures } from './check-report.js';
import type { TrainedCase } from './trained.js';

export interface TrainedResult {
  readonly kind: TrainedCase['kind'];
  /** Without stalls. */
  readonly free: VerifyReport;
  readonly stalled: VerifyReport;
  readonly compileSeconds: number;
  /** Everything that is not as it has to be, a line each. */
  readonly failures: readonly string[];
}

const STALL = 0.3;

/** Compiles a model with the default sizing and runs its RTL twice, without stalls and with them. */
export async function proveTrained(
  { graph, kind, frames }: TrainedCase,
  { cacheDir, seed }: { readonly cacheDir: string; readonly seed: number },
): Promise<TrainedResult> {
  const started = performance.now();
  const compiled = compileModel(graph, { sizing: { clockMHz: DEFAULT_CLOCK_MHZ } });
  const compileSeconds = (performance.now() - started) / 1000;
  const batch = await buildBatch([{ ...compiled, frames: framesOfInput(compiled.graph, frames) }], {
    cacheDir,
    quickBuild: true,
  });
  const [free] = await runBatch(batch, { stall: 0, seed });
  const [stalled] = await runBatch(batch, { stall: STALL, seed: seed + 1 });
  const reports = { free: defined(free, 'the report'), stalled: defined(stalled, 'the report with stalls') };
  const ends = predictFrameEnds(compiled.emitted.design, reports.free.frames);
  const failures = [
    ...[reports.free, reports.stalled].flatMap((report) => reportFailures(report, compiled.emitted, ends)),
    ...offPrediction(reports.free),
  ];
  return { kind, ...reports, compileSeconds, failures };
}

/** Trained models have their steady interval from the first frame on. */
function offPrediction({ cyclesPerFrame, predictedCyclesPerFrame }: VerifyReport): readonly string[] {
  if (cyclesPerFrame === predictedCyclesPerFrame) return [];
  return [`interval: predicted ${predictedCyclesPerFrame} for ever, measured ${cyclesPerFrame}`];
}

const COLUMNS = [
  [left('model'), 49],
  [left('frames'), 9],
  [right('words'), 10],
  [right('mismatches'), 10],
  [right('layers'), 6],
  [right('predicted'), 9],
  [right('measured'), 9],
  [right('latency'), 9],
  [right('multipliers'), 11],
  [right('efficiency'), 10],
  [right('compile s'), 9],
  [right('build s'), 8],
  [right('run s'), 7],
  [right('stalled'), 7],
] as const;

function line(cells: readonly string[]): string {
  return COLUMNS.map(([{ align }, width], i) =>
    align === 'left' ? (cells[i] ?? '').padEnd(width) : (cells[i] ?? '').padStart(width),
  )
    .join(' ')
    .trimEnd();
}

export function trainedTitles(): string {
  return line(COLUMNS.map(([{ title }]) => title));
}

/** Words and mismatches of both runs; cycles, efficiency and the first time of the one without stalls. */
export function trainedRow(model: string, { kind, free, stalled, compileSeconds }: TrainedResult): string {
  return line([
    model,
    `${free.frames} ${kind}`,
    count(free.comparedWords + stalled.comparedWords),
    count(free.mismatches + stalled.mismatches),
    count(free.layersCompared),
    count(free.predictedCyclesPerFrame),
    count(free.cyclesPerFrame),
    count(free.latencyCycles),
    count(free.multipliers),
    percent(free.efficiency),
    compileSeconds.toFixed(1),
    `${free.buildSeconds.toFixed(1)}${free.buildCached ? '*' : ''}`,
    free.simSeconds.toFixed(2),
    stalled.simSeconds.toFixed(2),
  ]);
}
