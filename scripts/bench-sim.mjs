#!/usr/bin/env node
// Prints how fast the simulation of whole designs is built and run, each by `heddle verify` with an empty cache: seconds of the
// build, microseconds of processor time a clock, and simulated multiply-accumulates a second of wall and of processor time.
// Needs the built package.
//   npm run bench:sim -- [--only PART,...] [--frames N] [--list]
// --only takes the rows whose model holds one of the parts. --frames stands in for the frames of every row; one frame is the latency
// of the whole pipeline. What all simulators share is compiled before, and not in the figures.
// Exit status: 0 all bit-exact, 1 one was not, 2 bad usage. Plain Node without dependencies.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE = 'usage: npm run bench:sim -- [--only PART,...] [--frames N] [--list]';
const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** [model, multipliers, frames]: few wide engines, many small ones, and the yardstick. */
const DESIGNS = [
  ['zoo:lenet5', 400, 50],
  ['zoo:resnet8', 1000, 3],
  ['zoo:mobilenet-v1,input=128,width=0.25', 823, 1],
  ['zoo:resnet50,input=64', 2048, 1],
  ['zoo:resnet50', 4096, 1],
];
const WARM_UP = ['zoo:perceptron', 10, 1];

function fail(text) {
  process.stderr.write(`${text}\n${USAGE}\n`);
  process.exit(2);
}

function readOptions() {
  try {
    const options = { only: { type: 'string' }, frames: { type: 'string' }, list: { type: 'boolean' } };
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(error.message);
  }
}

/** The document that verify prints; undefined where it ended without one. */
async function verify([model, multipliers, ownFrames], cache) {
  const amounts = ['--frames', String(frames ?? ownFrames), '--budget', `multipliers=${multipliers}`];
  const env = { ...process.env, HEDDLE_CACHE: cache };
  const child = spawn(process.execPath, [CLI, 'verify', model, '--json', ...amounts], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  await new Promise((resolve) => child.on('close', resolve));
  return text === '' ? undefined : JSON.parse(text);
}

const number = (value, digits = 1) => value.toLocaleString('en-US', { maximumFractionDigits: digits });

function cellsOf(model, document, seconds) {
  if (document?.bitExact === undefined) return [model, 'no result', ...new Array(8).fill('-'), number(seconds)];
  const { layers, multipliers, cycles, simSeconds, simCpuSeconds, buildSeconds } = document;
  const macs = (document.macs * document.frames) / 1e6;
  return [
    ...[model, document.bitExact ? 'yes' : 'no', number(layers.length), number(multipliers), number(cycles)],
    ...[number(buildSeconds), number(simSeconds), number((1e6 * simCpuSeconds) / cycles, 2)],
    ...[number(macs / simSeconds), number(macs / simCpuSeconds), number(seconds)],
  ];
}

const TITLES = [
  ...['model', 'bit-exact', 'engines', 'multipliers', 'clocks', 'build, s', 'simulation, s', 'microseconds a clock'],
  ...['million MACs a second', 'a processor second', 'all, s'],
];
const line = (cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);

const { only, frames, list } = readOptions();
const wanted = DESIGNS.filter(([model]) => only === undefined || only.split(',').some((part) => model.includes(part)));
if (wanted.length === 0) fail(`no design holds '${only}'; there are ${DESIGNS.map(([model]) => model).join(' ')}`);
if (list) {
  for (const [model, multipliers] of wanted) process.stdout.write(`${model} ${multipliers}\n`);
  process.exit(0);
}
const cache = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
let allExact = true;
try {
  await verify(WARM_UP, cache);
  line(TITLES);
  line(TITLES.map(() => '---'));
  for (const design of wanted) {
    const start = performance.now();
    const document = await verify(design, cache);
    line(cellsOf(design[0], document, (performance.now() - start) / 1000));
    allExact &&= document?.bitExact === true;
  }
} finally {
  rmSync(cache, { recursive: true, force: true });
}
process.exit(allExact ? 0 : 1);
