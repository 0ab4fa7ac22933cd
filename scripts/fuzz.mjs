#!/usr/bin/env node
// Damaged files: every one has to end well or with status 2 and a message; no crash, no 5 s, no 1 GiB of memory.
//   npm run fuzz -- [--seed N] [--cases N] [json|safetensors|onnx|tflite|npy ...]    seed: the time of day; cases: 10000
//   npm run fuzz -- --seed N --case N FORMAT      one case in this process; its files are saved below out/fuzz/
// Exit status: 0 all well, 1 a case failed, 2 bad usage. The cases run in batches, each in a process of its own, which
// is given up where a case hangs. The code of the cases, test/fuzz, is TypeScript, which Vite's runner loads.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runnerImport } from 'vite';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OWN_PATH = fileURLToPath(import.meta.url);
const FORMATS = ['json', 'safetensors', 'onnx', 'tflite', 'npy'];
const USAGE = `usage: npm run fuzz -- [--seed N] [--cases N | --case N] [${FORMATS.join('|')} ...]`;

const BATCH = 500;
/** Of the processor's time; what the machine's other work takes is not a case's own. */
const MOST_SECONDS = 5;
/** How long a case that took over MOST_SECONDS may take alone, by the clock. */
const PATIENCE_SECONDS = 60;
const MOST_BYTES = 2 ** 30;
/** Of the heap: together with what lies outside of it, it is to stay below MOST_BYTES. */
const HEAP_MIB = 768;
/** Loading the code, or making a case: not part of any case. */
const MOST_IDLE_SECONDS = 120;

function usage(message) {
  process.stderr.write(`${message}\n${USAGE}\n`);
  process.exit(2);
}

function wholeNumber(name, text) {
  if (text === undefined || /^\d{1,9}$/.test(text)) return text === undefined ? undefined : Number(text);
  return usage(`--${name} wants a whole number of up to nine digits, not '${text}'`);
}

function readOptions() {
  const string = { type: 'string' };
  const options = { seed: string, cases: string, case: string, batch: string };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const odd = positionals.find((name) => !FORMATS.includes(name));
    if (odd !== undefined) usage(`there is no format '${odd}'`);
    return {
      seed: wholeNumber('seed', values.seed) ?? Math.floor(Date.now() / 1000) % 1_000_000,
      cases: wholeNumber('cases', values.cases) ?? 10_000,
      single: wholeNumber('case', values.case),
      batch: values.batch?.split('-').map(Number),
      formats: positionals.length > 0 ? positionals : FORMATS,
    };
  } catch (error) {
    return usage(error.message);
  }
}

async function loadCases() {
  const options = { configFile: false, root: ROOT, logLevel: 'error' };
  const { module } = await runnerImport(`${ROOT}/test/fuzz/run-cases.ts`, options);
  return module;
}

/**
 * Runs cases `first` to `end` in a process; `onCase` hears of each that ended. Resolves to why it stopped early, with
 * the case that did it, or to undefined.
 */
function runProcess({ format, seed, first, end, onCase, patience = MOST_SECONDS }) {
  const args = [`--max-old-space-size=${HEAP_MIB}`, OWN_PATH, '--seed', seed, '--batch', `${first}-${end}`, format];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  let running;
  let stopped;
  let errors = '';
  let timer;
  const stop = (kind, number) => {
    stopped ??= { kind, number };
    child.kill('SIGKILL');
  };
  const watch = (kind, seconds) => {
    clearTimeout(timer);
    timer = setTimeout(() => stop(kind, running), seconds * 1000);
  };
  watch('idle', MOST_IDLE_SECONDS);
  child.stderr.on('data', (text) => {
    errors = `${errors}${text}`.slice(-2000);
  });
  createInterface({ input: child.stdio[3] }).on('line', (text) => {
    const line = JSON.parse(text);
    if (line.start !== undefined) {
      running = line.start;
      watch('hang', patience);
      return;
    }
    running = undefined;
    watch('idle', MOST_IDLE_SECONDS);
    if (stopped !== undefined) return;
    if (line.peakBytes > MOST_BYTES) stop('memory', line.end);
    else if (line.milliseconds > 1000 * MOST_SECONDS) stop('hang', line.end);
    else onCase(line);
  });
  return new Promise((resolve) => {
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      const isCrash = stopped === undefined && (status !== 0 || signal !== null);
      const ended = isCrash ? { kind: 'crash', number: running, detail: `${signal ?? status}: ${errors}` } : stopped;
      if (ended !== undefined && ended.number === undefined) throw new Error(`no case ran: ${ended.kind} ${errors}`);
      resolve(ended);
    });
  });
}

/**
 * A batch; where a case ends the process, it is tried alone, since the load of the machine and what earlier cases left
 * in memory are not its own, and the rest runs in another process.
 */
async function runBatch(format, seed, first, end, onCase) {
  for (let next = first; next < end; ) {
    const stopped = await runProcess({ format, seed, first: next, end, onCase });
    if (stopped === undefined) return;
    const { number } = stopped;
    const again = await runProcess({
      format,
      seed,
      first: number,
      end: number + 1,
      onCase,
      patience: PATIENCE_SECONDS,
    });
    if (again !== undefined) {
      const detail = again.detail ?? `over ${again.kind === 'memory' ? '1 GiB' : `${MOST_SECONDS} s`}`;
      onCase({ end: again.number, kind: 'failed', detail: `${again.kind}: ${detail}`, milliseconds: 0, peakBytes: 0 });
    }
    next = number + 1;
  }
}

/** What failures have in common: the message and the place in the code, without names and numbers of a case. */
function causeOf(detail) {
  const lines = detail.split('\n');
  const place = lines.find((line) => /^\s+at .*src\//.test(line)) ?? '';
  return `${lines[0].slice(0, 200)} ${place.trim()}`.replaceAll(/'[^']*'|\d+(\.\d+)?(e[+-]?\d+)?/g, '*');
}

const say = (line) => process.stdout.write(`${line}\n`);

async function runFormat(format, seed, cases) {
  const tally = { clean: 0, refused: 0, failed: 0, slowest: { milliseconds: 0 }, peakBytes: 0, causes: new Map() };
  const started = performance.now();
  const onCase = (one) => {
    tally[one.kind]++;
    if (one.milliseconds > tally.slowest.milliseconds) tally.slowest = one;
    tally.peakBytes = Math.max(tally.peakBytes, one.peakBytes);
    if (one.kind !== 'failed') return;
    const cause = causeOf(one.detail);
    const known = tally.causes.get(cause);
    tally.causes.set(cause, [...(known ?? []), one.end]);
    if (known === undefined)
      say(`FAILED ${one.detail.trim()}\n    npm run fuzz -- --seed ${seed} --case ${one.end} ${format}`);
  };
  for (let first = 0; first < cases; first += BATCH)
    await runBatch(format, seed, first, Math.min(cases, first + BATCH), onCase);
  for (const [cause, numbers] of tally.causes)
    say(`  ${numbers.length} times, cases ${numbers.slice(0, 8).join(', ')}: ${cause}`);
  return { format, ...tally, seconds: (performance.now() - started) / 1000 };
}

const COLUMNS = [12, 8, 8, 9, 8, 26, 12, 9];
const row = (cells) => cells.map((cell, i) => String(cell).padStart(COLUMNS[i])).join('');

function tableRow({ format, clean, refused, failed, slowest, peakBytes, seconds }) {
  const slow = `${slowest.milliseconds.toFixed(0)} ms (case ${slowest.end ?? '-'})`;
  const memory = `${(peakBytes / 2 ** 20).toFixed(0)} MiB`;
  return row([format, clean + refused + failed, clean, refused, failed, slow, memory, `${seconds.toFixed(0)} s`]);
}

const { seed, cases, single, batch, formats } = readOptions();
if (batch !== undefined) {
  await (await loadCases()).runCases(formats[0], seed, batch[0], batch[1]);
  process.exit(0);
}
if (single !== undefined) {
  if (formats.length !== 1) usage('--case wants one format');
  process.exit((await (await loadCases()).showCase(formats[0], seed, single)) ? 0 : 1);
}
say(`seed ${seed}, ${cases} cases of each format`);
const results = [];
for (const format of formats) results.push(await runFormat(format, seed, cases));
say(row(['format', 'cases', 'clean', 'refused', 'failed', 'slowest', 'peak', 'took']));
for (const result of results) say(tableRow(result));
process.exit(results.some(({ failed }) => failed > 0) ? 1 : 0);
