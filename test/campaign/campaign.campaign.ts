import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheDirectory } from '../../src/simulate/cache.js';
import { proveAll } from './in-batches.js';
import { largerDesigns } from './larger.js';
import { FRAMES, randomDesigns, singleLayerDesigns } from './make-cases.js';
import { type BatchResult, type Case, type CaseResult, type ProveOptions, standardRuns } from './prove.js';
import { regressionDesigns } from './regressions.js';
import { SHIPPED, shippedDesign } from './shipped.js';
import { failsToProve, saveFailure, shrinkFailure } from './shrink.js';
import { elementDesigns } from './single-elements.js';

/*
 * Every stream of every network against the golden model. Run by scripts/campaign.mjs, which sets HEDDLE_SEED and
 * HEDDLE_NETWORKS; one test, so that its table comes out in one piece.
 */

const FAILURES = join(import.meta.dirname, '../../out/campaign');
const DIGITS = 50;
const cacheDir = cacheDirectory(process.env);
const seed = Number(process.env['HEDDLE_SEED'] ?? 1);
const networks = Number(process.env['HEDDLE_NETWORKS'] ?? 200);

const OPTIONS: ProveOptions = { cacheDir, runs: standardRuns(seed), lintEvery: 5, corrupt: true };

/** Each batch stalls, and is reset, at other times. */
const batchOptions = (batch: number): ProveOptions => ({ ...OPTIONS, runs: standardRuns(seed + 10 * batch) });

const MODEL_OPTIONS: ProveOptions = {
  ...OPTIONS,
  lintEvery: 1,
  runs: [
    { stall: 0, seed: seed + 1 },
    ...[2, 3, 4].map((step) => ({ stall: 0.3, seed: seed + step })),
    { stall: 0.3, seed: seed + 5, resetAfterCycles: 7777 },
  ],
};

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const started = performance.now();
const clock = (): string => `${((performance.now() - started) / 1000).toFixed(0)} s`;

function sayAndSave({ subject, failures, options }: CaseResult): void {
  say(`FAILED ${subject.title} (seed ${subject.seed})\n    ${failures.join('\n    ')}`);
  say(`    saved as ${saveFailure(FAILURES, subject, failures, options.runs)}`);
}

async function shrinkAndSave({ subject, failures, options }: CaseResult): Promise<void> {
  const small = await shrinkFailure(subject, (simpler) => failsToProve(simpler, options));
  const named = { ...small, graph: { ...small.graph, name: `${subject.graph.name}_small` } };
  const path = saveFailure(FAILURES, named, failures, options.runs);
  say(`    ${subject.title}: shrunk to ${small.graph.nodes.length} nodes, ${path}`);
}

/** Shrinking a failure takes minutes: the first few are. */
const MOST_SHRUNK = 3;

async function proveGroup(
  name: string,
  cases: readonly Case[],
  optionsOf: (batch: number) => ProveOptions,
): Promise<BatchResult> {
  let lastSaid = performance.now();
  const result = await proveAll(cases, optionsOf, (_batch, done) => {
    if (performance.now() - lastSaid < 30_000) return;
    lastSaid = performance.now();
    say(`  ${name}: ${done} of ${cases.length}, ${clock()}`);
  });
  const failing = result.cases.filter((one) => one.failures.length > 0);
  for (const one of failing) sayAndSave(one);
  for (const one of failing.slice(0, MOST_SHRUNK)) await shrinkAndSave(one);
  for (const line of result.corruption.failures) say(`FAILED corruption check: ${line}`);
  return result;
}

interface Totals {
  readonly designs: number;
  readonly words: number;
  readonly mismatches: number;
  readonly failed: number;
  readonly worstInterval: number;
  readonly worstLatency: number;
}

function totalsOf({ cases }: BatchResult): Totals {
  const intervals = cases.flatMap((one) => one.interval ?? []);
  return {
    designs: cases.length,
    words: cases.reduce((sum, one) => sum + one.comparedWords, 0),
    mismatches: cases.reduce((sum, one) => sum + one.mismatches, 0),
    failed: cases.filter((one) => one.failures.length > 0).length,
    worstInterval: intervals.reduce((worst, one) => Math.max(worst, one.error), 0),
    worstLatency: intervals.reduce(
      (worst, one) => Math.max(worst, Math.abs(one.measuredLatency - one.predictedLatency)),
      0,
    ),
  };
}

const COLUMNS = [16, 8, 12, 11, 7, 15, 15, 10, 8] as const;
const row = (cells: readonly (string | number)[]): string =>
  cells
    .map((cell, i) => (i === 0 ? String(cell).padEnd(COLUMNS[0]) : String(cell).padStart(COLUMNS[i] ?? 8)))
    .join(' ');

function tableRow(name: string, result: BatchResult): string {
  const t = totalsOf(result);
  const interval = `${(100 * t.worstInterval).toFixed(3)} %`;
  const times = [result.buildSeconds.toFixed(0), result.runSeconds.toFixed(1)];
  return row([name, t.designs, t.words, t.mismatches, t.failed, interval, `${t.worstLatency} cycles`, ...times]);
}

function sayWorst({ cases }: BatchResult): void {
  const off = cases.flatMap(({ subject, interval }) => (interval === undefined ? [] : [{ subject, ...interval }]));
  const worst = off.filter((one) => one.measured !== one.predicted).sort((a, b) => b.error - a.error);
  if (worst.length > 0) say(`\nintervals that differ from their prediction at all (${worst.length}), the ten worst:`);
  for (const one of worst.slice(0, 10)) {
    say(`  ${one.subject.title} (seed ${one.subject.seed}): predicted ${one.predicted}, measured ${one.measured}`);
  }
}

it('proves every network', async () => {
  say(`seed ${seed}, ${networks} random networks; HEDDLE_SEED=${seed} repeats this run`);
  const shipped = SHIPPED.flatMap((model) => [shippedDesign(model, DIGITS), shippedDesign(model, DIGITS, 150)]);
  const groups = [
    ['shipped models', await proveGroup('shipped models', shipped, () => MODEL_OPTIONS)],
    ['single layers', await proveGroup('single layers', singleLayerDesigns(seed), batchOptions)],
    ['moved and scaled', await proveGroup('moved and scaled', elementDesigns(seed), batchOptions)],
    ['regressions', await proveGroup('regressions', regressionDesigns(), batchOptions)],
    ['larger networks', await proveGroup('larger networks', largerDesigns(seed, FRAMES), batchOptions)],
    ['random networks', await proveGroup('random networks', randomDesigns(seed, networks), batchOptions)],
  ] as const;
  const all: BatchResult = {
    cases: groups.flatMap(([, result]) => result.cases),
    corruption: { corrupted: 0, detected: 0, failures: [] },
    buildSeconds: groups.reduce((sum, [, result]) => sum + result.buildSeconds, 0),
    runSeconds: groups.reduce((sum, [, result]) => sum + result.runSeconds, 0),
  };
  const heads = ['designs', 'words', 'mismatches', 'failed', 'worst interval', 'worst latency', 'build s', 'run s'];
  say(`\n${row(['', ...heads])}`);
  for (const [name, result] of groups) say(tableRow(name, result));
  say(tableRow('all', all));
  sayWorst(all);
  const corruption = groups.map(([, result]) => result.corruption);
  const corrupted = corruption.reduce((sum, one) => sum + one.corrupted, 0);
  const detected = corruption.reduce((sum, one) => sum + one.detected, 0);
  const wrong = corruption.flatMap((one) => one.failures);
  say(`\ncorrupted memory words: ${corrupted}, of which ${detected} changed a result, ${wrong.length} blamed wrongly`);
  say(`seed ${seed}, ${clock()}`);
  expect(totalsOf(all).failed + wrong.length).toBe(0);
});
