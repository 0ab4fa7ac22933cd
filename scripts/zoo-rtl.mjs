#!/usr/bin/env node
// Proves networks of the zoo at RTL, each as `heddle verify` does on seeded frames, and prints a Markdown table: cycles, predicted
// and measured, and how long it took. Needs the built package. A network that fails does not keep the others from their turn.
//   npm run zoo-rtl -- [NAME[,OPTION=N]...] [--size small|full] [--frames N] [--stall P] [--multipliers N] [--write]
// NAME: as behind `zoo:`, all networks where there is none. Size of those without options: small (default), half as large again as
// the least picture with a quarter of the channels, or full, as published. Frames: by default twice as many as are inside at once,
// and one, which show the steady interval; one is enough for the latency. --write puts the rows of networks that are bit-exact into
// docs/intervals.md.
// Exit status: 0 all proven and predicted within 1 %, 1 one was not or has no hardware, 2 bad usage. Plain Node without dependencies.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { writeIntervals } from './intervals-doc.mjs';

const USAGE =
  'usage: npm run zoo-rtl -- [NAME[,OPTION=N]...] [--size small|full] [--frames N] [--stall P] [--multipliers N] [--write]';
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
    const options = { size: text, frames: text, stall: text, multipliers: text, write: { type: 'boolean' } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const { size = 'small', write = false } = values;
    if (size !== 'small' && size !== 'full') fail('--size is small or full');
    if (write && Number(values.stall ?? 0) > 0) fail('--write wants no --stall: pauses are in what is measured');
    const number = (name, isLegal) => {
      if (values[name] === undefined) return undefined;
      if (!isLegal(Number(values[name]))) fail(`--${name} ${values[name]} is out of range`);
      return Number(values[name]);
    };
    const isCount = (value) => Number.isInteger(value) && value > 0;
    return {
      size,
      write,
      names: positionals,
      frames: number('frames', isCount),
      stall: number('stall', (value) => value >= 0 && value <= 0.95) ?? 0,
      multipliers: number('multipliers', isCount),
    };
  } catch (error) {
    return fail(error.message);
  }
}

const options = readOptions();
const built = (file) => import(pathToFileURL(`${DIST}/${file}`).href);
const { CATALOGUE } = await built('zoo/catalogue.js');
const {
  cacheDirectory,
  compileModel,
  DEFAULT_CLOCK_MHZ,
  HeddleError,
  loadModel,
  randomFrames,
  verifyDesign,
  verifyDocument,
} = await built('index.js');

/** The names that are asked for; all where none is. */
function chosenNames() {
  const names = Object.keys(CATALOGUE);
  const unknown = options.names.find((name) => !names.includes(name.split(',')[0]));
  if (unknown !== undefined) fail(`the zoo has no network '${unknown}'; it has ${names.join(', ')}`);
  return options.names.length === 0 ? names : options.names;
}

/** `zoo:NAME` at the size that is asked for. */
function modelOf(name) {
  if (options.size === 'full' || name.includes(',')) return `zoo:${name}`;
  const { input, width } = CATALOGUE[name];
  const { usual, least, multipleOf = 1 } = input;
  const height = Math.min(usual, Math.ceil((1.5 * least) / multipleOf) * multipleOf);
  return `zoo:${name},input=${height}${width === undefined ? '' : `,width=${0.25 * width}`}`;
}

/** How much of the published network a name stands for: `full size`, or `64 of 224 pixels, width 0.25`. */
function sizeOf(model) {
  const [name, ...given] = model.replace('zoo:', '').split(',');
  const { input, width } = CATALOGUE[name];
  const value = (option) => given.find((text) => text.startsWith(`${option}=`))?.slice(option.length + 1);
  const pixels = Number(value('input') ?? input.usual);
  const factor = Number(value('width') ?? width);
  const parts = [
    ...(pixels === input.usual ? [] : [`${pixels} of ${input.usual} pixels`]),
    ...(width === undefined || factor === width ? [] : [`width ${factor}`]),
  ];
  return parts.length === 0 ? 'full size' : parts.join(', ');
}

/** Frames that show the steady interval of a design: twice as many as are inside at once, and one; three at least. */
function framesFor({ cyclesPerFrame, latencyCycles }) {
  return 1 + 2 * Math.max(1, Math.ceil(latencyCycles / cyclesPerFrame) || 1);
}

/** What `heddle verify --json` would print, or the errors, and how long it took in seconds. */
async function verify(model) {
  const start = performance.now();
  const document = await documentOf(model).catch((error) => ({
    errors: error instanceof HeddleError ? error.diagnostics : [{ code: '-', text: String(error).split('\n')[0] }],
  }));
  return { document, seconds: (performance.now() - start) / 1000 };
}

async function documentOf(model) {
  const { multipliers, stall } = options;
  const sizing = {
    clockMHz: DEFAULT_CLOCK_MHZ,
    ...(multipliers === undefined ? {} : { multiplierBudget: multipliers }),
  };
  const compiled = compileModel(loadModel(model).graph, { sizing });
  const { graph, prediction, emitted } = compiled;
  const count = options.frames ?? framesFor(prediction);
  const sources = graph.inputs.map((input, i) => [input.tensor, randomFrames(graph, input, count, 1 + i)]);
  const frames = Array.from(
    { length: count },
    (_, frame) => new Map(sources.map(([tensor, source]) => [tensor, source.frame(frame)])),
  );
  // One process: frames that are parted are not all back to back.
  const how = { stall, seed: 1, jobs: 1, cacheDir: cacheDirectory(process.env) };
  return verifyDocument(await verifyDesign({ ...compiled, frames }, how), emitted, sizing, 'random');
}

const number = (value) => value?.toLocaleString('en-US', { maximumFractionDigits: 1 }) ?? '-';
const whole = (value) => value?.toLocaleString('en-US') ?? '-';

const TITLES = [
  ...['network', 'size', 'engines', 'MACs', 'multipliers', 'frames', 'interval, predicted', 'measured', 'difference'],
  ...['latency, predicted', 'measured', 'mismatches'],
];
/** How long it took, in seconds, which no document keeps. */
const TIME_TITLES = ['words compared', 'build, s', 'run, s', 'of processor time', 'million MACs a second', 'all, s'];

/** A row of the table, whether all is well, and whether the document may have it. */
function rowOf(model, { document, seconds }) {
  const empty = (count) => new Array(count).fill('-');
  if (document.errors !== undefined) {
    const { code, text, subject = '' } = document.errors[0];
    const cells = [`${model}: ${code}, ${subject} ${text}`, sizeOf(model), ...empty(TITLES.length - 2)];
    return { cells, times: [...empty(TIME_TITLES.length - 1), number(seconds)], isOk: false, isProven: false };
  }
  const { bitExact, cyclesPerFrame, predictedCyclesPerFrame, latencyCycles, predictedLatencyCycles } = document;
  const off = cyclesPerFrame === undefined ? undefined : cyclesPerFrame / predictedCyclesPerFrame - 1;
  const late = latencyCycles / predictedLatencyCycles - 1;
  const cells = [
    ...[model, sizeOf(model), whole(document.layers.length), whole(document.macs), whole(document.multipliers)],
    ...[document.frames, whole(predictedCyclesPerFrame), whole(cyclesPerFrame)],
    ...[off === undefined ? '-' : `${(100 * off).toFixed(2)} %`, whole(predictedLatencyCycles), whole(latencyCycles)],
    bitExact ? '0' : `${document.mismatches}, status ${document.status}`,
  ];
  const rate = (document.macs * document.frames) / document.simSeconds / 1e6;
  const times = [
    ...[whole(document.comparedWords), number(document.buildSeconds) + (document.buildCached ? '*' : '')],
    ...[number(document.simSeconds), number(document.simCpuSeconds), number(rate), number(seconds)],
  ];
  // Random pauses are in what is measured, and not in what is predicted.
  const isPredicted = options.stall > 0 || Math.abs(off ?? late) <= TOLERANCE;
  return { cells, times, isOk: bitExact && isPredicted, isProven: bitExact };
}

const line = (cells) => process.stdout.write(`| ${cells.join(' | ')} |\n`);

const names = chosenNames();
line([...TITLES, ...TIME_TITLES]);
line([...TITLES, ...TIME_TITLES].map(() => '---'));
let allOk = true;
const written = [];
for (const name of names) {
  const model = modelOf(name);
  const { cells, times, isOk, isProven } = rowOf(model, await verify(model));
  line([...cells, ...times]);
  allOk &&= isOk;
  if (isProven) written.push(cells);
  if (options.write) writeIntervals(TITLES, written, Object.keys(CATALOGUE));
}
process.exit(allOk ? 0 : 1);
