#!/usr/bin/env node
// Proves networks of the zoo at RTL, each by `heddle verify` on seeded frames, and prints a Markdown table: cycles a frame, predicted
// and measured, and how long it took. Needs the built package.
//   npm run zoo-rtl -- [--size small|full] [--only NAME,...] [--frames N] [--stall P] [--multipliers N]
// small (default): half as large again as the least picture, a quarter of the channels; full: as published. Three frames are the
// fewest that show an interval.
// Exit status: 0 all proven and predicted within 1 %, 1 one was not or has no hardware, 2 bad usage. Plain Node without dependencies.
import { spawn } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const USAGE =
  'usage: npm run zoo-rtl -- [--size small|full] [--only NAME,...] [--frames N] [--stall P] [--multipliers N]';
const DIST = fileURLToPath(new URL('../dist', import.meta.url));
/** What the predicted interval may be wrong by. */
const TOLERANCE = 0.01;

function fail(text) {
  process.stderr.write(`${text}\n${USAGE}\n`);
  process.exit(2);
}

function readOptions() {
  const text = { type: 'string' };
  try {
    const options = { size: text, only: text, frames: text, stall: text, multipliers: text };
    const { size = 'small', frames = '3', ...rest } = parseArgs({ options }).values;
    if (size !== 'small' && size !== 'full') fail('--size is small or full');
    return { size, frames, ...rest };
  } catch (error) {
    return fail(error.message);
  }
}

const options = readOptions();
const { CATALOGUE } = await import(pathToFileURL(`${DIST}/zoo/catalogue.js`).href);

/** The names that --only asks for; all where it is left out. */
function chosenNames() {
  const names = Object.keys(CATALOGUE);
  const chosen = options.only?.split(',') ?? names;
  const unknown = chosen.filter((name) => !names.includes(name));
  if (unknown.length > 0) fail(`the zoo has no network '${unknown[0]}'; it has ${names.join(', ')}`);
  return chosen;
}

/** `zoo:NAME` at the size that is asked for. */
function modelOf(name) {
  if (options.size === 'full') return `zoo:${name}`;
  const { input, width } = CATALOGUE[name];
  const { usual, least, multipleOf = 1 } = input;
  const height = Math.min(usual, Math.ceil((1.5 * least) / multipleOf) * multipleOf);
  return `zoo:${name},input=${height}${width === undefined ? '' : `,width=${0.25 * width}`}`;
}

/** What verify prints, and how long it took in seconds. */
async function verify(model) {
  const args = [`${DIST}/cli/main.js`, 'verify', model, '--json', '--frames', options.frames];
  if (options.stall !== undefined) args.push('--stall', options.stall);
  if (options.multipliers !== undefined) args.push('--budget', `multipliers=${options.multipliers}`);
  const start = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (part) => {
    text += part;
  });
  await new Promise((resolve) => child.on('close', resolve));
  return { document: text === '' ? undefined : JSON.parse(text), seconds: (performance.now() - start) / 1000 };
}

const number = (value) => value?.toLocaleString('en-US', { maximumFractionDigits: 1 }) ?? '-';

/** A row of the table, and whether all is well. */
function rowOf(model, { document, seconds }) {
  if (document === undefined || document.errors !== undefined) {
    const { code = '-', text = 'it ended without a result', subject = '' } = document?.errors?.[0] ?? {};
    return { cells: [model, `no: ${code}, ${subject} ${text}`, ...new Array(8).fill('-'), number(seconds)], ok: false };
  }
  const { bitExact, layersCompared, comparedWords, cyclesPerFrame, predictedCyclesPerFrame, multipliers } = document;
  const off = cyclesPerFrame === null ? undefined : cyclesPerFrame / predictedCyclesPerFrame - 1;
  const rate = (document.macs * document.frames) / document.simSeconds / 1e6;
  const cells = [
    ...[model, bitExact ? 'yes' : `no: ${document.mismatches} mismatches`, number(layersCompared)],
    ...[number(comparedWords), number(predictedCyclesPerFrame), number(cyclesPerFrame)],
    ...[off === undefined ? '-' : `${(100 * off).toFixed(2)} %`, number(multipliers), number(rate)],
    ...[number(document.buildSeconds), number(seconds)],
  ];
  // Random pauses are in what is measured, and not in what is predicted.
  const isPredicted = options.stall !== undefined || (off !== undefined && Math.abs(off) <= TOLERANCE);
  return { cells, ok: bitExact && isPredicted };
}

const TITLES = [
  ...['network', 'bit-exact', 'layers', 'words compared', 'predicted cycles a frame', 'measured', 'difference'],
  ...['multipliers', 'simulated million MACs a second', 'build, s', 'all, s'],
];
const line = (cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);

const names = chosenNames();
line(TITLES);
line(TITLES.map(() => '---'));
let allOk = true;
for (const name of names) {
  const model = modelOf(name);
  const { cells, ok } = rowOf(model, await verify(model));
  line(cells);
  allOk &&= ok;
}
process.exit(allOk ? 0 : 1);
