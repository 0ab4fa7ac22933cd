import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import { cacheDirectory } from '../../src/simulate/cache.js';
import { proveAll } from './in-batches.js';
import { largerDesigns } from './larger.js';
import { branchingDesigns, FRAMES, randomDesigns, singleLayerDesigns } from './make-cases.js';
import { type BatchResult, type Case, type CaseResult, joinResults, type ProveOptions, standardRuns } from './prove.js';
import { regressionDesigns } from './regressions.js';
import { type SavedFailure, saveFailure } from './save-failure.js';
import { SHIPPED, shippedDesign } from './shipped.js';
import { failsToProve, shrinkFailure } from './shrink.js';
import { elementDesigns } from './single-elements.js';

/*
 * Every stream of every network against the golden model. Run by scripts/campaign.mjs, which sets HEDDLE_SEED,
 * HEDDLE_NETWORKS, HEDDLE_BRANCHING and HEDDLE_GROUP; one test, so that its table comes out in one piece.
 */

const ROOT = join(import.meta.dirname, '../..');
const FAILURES = join(ROOT, 'out/campaign');
const DIGITS = 50;
const cacheDir = cacheDirectory(process.env);
const seed = Number(process.env['HEDDLE_SEED'] ?? 1);
const networks = Number(process.env['HEDDLE_NETWORKS'] ?? 200);
const branching = Number(process.env['HEDDLE_BRANCHING'] ?? 100);
/** All groups where it is empty. */
const group = process.env['HEDDLE_GROUP'] ?? '';

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

function saySaved(how: string, { model, commands }: SavedFailure): void {
  say(`    ${how} ${relative(ROOT, model)}; to run it again:`);
  for (const command of commands.slice(0, 2)) say(`        ${command.replaceAll(`${ROOT}/`, '')}`);
}

function sayAndSave({ subject, failures, options }: CaseResult): void {
  say(`FAILED ${subject.title} (seed ${subject.seed})\n    ${failures.join('\n    ')}`);
  saySaved('saved as', saveFailure(FAILURES, subject, failures, options.runs));
}

async function shrinkAndSave({ subject, failures, options }: CaseResult): Promise<void> {
  const small = await shrinkFailure(subject, (simpler) => failsToProve(simpler, options));
  const named = { ...small, graph: { ...small.graph, name: `${subject.graph.name}_small` } };
  say(`    ${subject.title}: shrunk to ${small.graph.nodes.length} nodes`);
  saySaved('saved as', saveFailure(FAILURES, named, failures, options.runs));
}

const failing = ({ cases }: BatchResult): readonly CaseResult[] => cases.filter((one) => one.failures.length > 0);

/** Shrinking a failure takes minutes: the first few are. */
const MOST_SHRUNK = 3;

async function proveGroup(
  name: string,
  cases: Iterable<Case>,
  optionsOf: (batch: number) => ProveOptions,
): Promise<BatchResult> {
  let lastSaid = performance.now();
  const ready: BatchResult[] = [];
  const result = await proveAll(cases, optionsOf, (batch, done) => {
    ready.push(batch);
    // At once: whoever breaks off a long campaign has them.
    for (const one of failing(batch)) sayAndSave(one);
    if (performance.now() - lastSaid < 30_000) return;
    lastSaid = performance.now();
    const { words, mismatches, failed } = totalsOf(joinResults(ready));
    say(`  ${name}: ${done} done, ${clock()}: ${words} words, ${mismatches} mismatches, ${failed} failed`);
  });
  for (const one of failing(result).slice(0, MOST_SHRUNK)) await shrinkAndSave(one);
  for (const line of result.corruption.failures) say(`FAILED corruption check: ${line}`);
  return result;
}

interface Totals {
  readonly designs: number;
  readonly words: number;
  readonly mismatches: number;
  readonly failed: number;
}

function totalsOf({ cases }: BatchResult): Totals {
  return {
    designs: cases.length,
    words: cases.reduce((sum, one) => sum + one.comparedWords, 0),
    mismatches: cases.reduce((sum, one) => sum + one.mismatches, 0),
    failed: cases.filter((one) => one.failures.length > 0).length,
  };
}

const COLUMNS = [16, 8, 12, 11, 7, 10, 8] as const;
const row = (cells: readonly (string | number)[]): string =>
  cells
    .map((cell, i) => (i === 0 ? String(cell).padEnd(COLUMNS[0]) : String(cell).padStart(COLUMNS[i] ?? 8)))
    .join(' ');

function tableRow(name: string, result: BatchResult): string {
  const t = totalsOf(result);
  const times = [result.buildSeconds.toFixed(0), result.runSeconds.toFixed(1)];
  return row([name, t.designs, t.words, t.mismatches, t.failed, ...times]);
}

const shippedDesigns = (): readonly Case[] =>
  SHIPPED.flatMap((model) => [shippedDesign(model, DIGITS), shippedDesign(model, DIGITS, 150)]);

interface Group {
  /** What --group calls it. */
  readonly key: string;
  readonly title: string;
  readonly cases: () => Iterable<Case>;
  readonly optionsOf: (batch: number) => ProveOptions;
}

const GROUPS: readonly Group[] = [
  { key: 'shipped', title: 'shipped models', cases: shippedDesigns, optionsOf: () => MODEL_OPTIONS },
  { key: 'layers', title: 'single layers', cases: () => singleLayerDesigns(seed), optionsOf: batchOptions },
  { key: 'elements', title: 'moved and scaled', cases: () => elementDesigns(seed), optionsOf: batchOptions },
  { key: 'regressions', title: 'regressions', cases: regressionDesigns, optionsOf: batchOptions },
  { key: 'larger', title: 'larger networks', cases: () => largerDesigns(seed, FRAMES), optionsOf: batchOptions },
  { key: 'random', title: 'random, linear', cases: () => randomDesigns(seed, networks), optionsOf: batchOptions },
  {
    key: 'branching',
    title: 'random, branches',
    cases: () => branchingDesigns(seed, branching),
    optionsOf: batchOptions,
  },
];

it('proves every network', async () => {
  const chosen = GROUPS.filter(({ key }) => group === '' || key === group);
  if (chosen.length === 0) throw new Error(`no group '${group}'; there are ${GROUPS.map(({ key }) => key).join(', ')}`);
  say(`seed ${seed}, ${networks} random linear and ${branching} branching networks; --seed ${seed} repeats this run`);
  const groups: (readonly [string, BatchResult])[] = [];
  for (const { title, cases, optionsOf } of chosen) groups.push([title, await proveGroup(title, cases(), optionsOf)]);
  const all: BatchResult = {
    cases: groups.flatMap(([, result]) => result.cases),
    corruption: { corrupted: 0, detected: 0, failures: [] },
    buildSeconds: groups.reduce((sum, [, result]) => sum + result.buildSeconds, 0),
    runSeconds: groups.reduce((sum, [, result]) => sum + result.runSeconds, 0),
  };
  const heads = ['designs', 'words', 'mismatches', 'failed', 'build s', 'run s'];
  say(`\n${row(['', ...heads])}`);
  for (const [name, result] of groups) say(tableRow(name, result));
  say(tableRow('all', all));
  const corruption = groups.map(([, result]) => result.corruption);
  const corrupted = corruption.reduce((sum, one) => sum + one.corrupted, 0);
  const detected = corruption.reduce((sum, one) => sum + one.detected, 0);
  const wrong = corruption.flatMap((one) => one.failures);
  say(`\ncorrupted memory words: ${corrupted}, of which ${detected} changed a result, ${wrong.length} blamed wrongly`);
  say(`seed ${seed}, ${clock()}`);
  expect(totalsOf(all).failed + wrong.length).toBe(0);
});
