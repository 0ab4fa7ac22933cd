import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { invariant } from '../support/invariant.js';
import { CACHE_CAP_BYTES, cachedFolder, contentKey, pruneCache } from './cache.js';
import {
  type BuildLimits,
  type CompileJob,
  compileAll,
  cxxFlags,
  FAST_OPTIMISATION,
  runBuildTool,
  SLOW_OPTIMISATION,
} from './compiler.js';
import { HARNESS_FOLDER, prepareRuntime, SHIM_FILE, type SimulatorRuntime } from './runtime.js';
import { findSimulationTools, type SimulationTools } from './tools.js';
import { SIM_TOP_FILE, SIM_TOP_MODULE } from './wrapper.js';

export interface BuildRequest {
  /** Verilog texts by path relative to any folder, hd_sim_top.sv among them. File = module name. */
  readonly files: ReadonlyMap<string, string>;
  /** The simulator can write an FST file; slower to build and, a little, to run. */
  readonly trace: boolean;
  /** For short runs: C++ compiled in a third of the time, to code that is 1.15 times as slow. */
  readonly quickBuild?: boolean;
  readonly cacheDir: string;
  /** For each tool that the build starts. BUILD_TIMEOUT_SECONDS when left out. */
  readonly timeoutSeconds?: number;
  readonly signal?: AbortSignal;
}

export interface BuiltSimulator {
  readonly binary: string;
  /** Time that this call took, whether built or found. */
  readonly buildSeconds: number;
  readonly cached: boolean;
}

export const BUILD_TIMEOUT_SECONDS = 1800;
/** Raised when the way of building changes beyond what the key sees. */
const BUILD_FORMAT = 'heddle simulator 1';
const PREFIX = `V${SIM_TOP_MODULE}`;
/** One C++ file per so many bytes of Verilator's output: large enough to share its headers, small enough to part work. */
const GROUP_BYTES = 400_000;

/**
 * Flags with reasons. `--unroll-count 2` keeps loops over lanes as loops (5 instead of 27 s of build for 8,192 MACs).
 * `--x-initial unique` with the run's seed starts every register at random, so that a missing reset is found;
 * `--x-assign unique` does the same for x in expressions and cost nothing measurable. `--assert` because Verilator
 * skips assertions without it. `-Wno-WIDTHCONCAT`: arrays of thousands of multipliers have operands of more than the
 * 8k bits from which on the tool takes a repetition for a mistake. One thread: more gained nothing on wide arrays;
 * frames run in parallel processes instead.
 */
const VERILATOR_FLAGS: readonly string[] = [
  '--cc',
  '--no-timing',
  '--assert',
  '-Wall',
  '-Wno-WIDTHCONCAT',
  '-O3',
  '--x-initial',
  'unique',
  '--x-assign',
  'unique',
  '--unroll-count',
  '2',
  '--output-split',
  '20000',
  '--timescale',
  '1ns/1ps',
  '--top-module',
  SIM_TOP_MODULE,
  '--prefix',
  PREFIX,
];

/**
 * Engines that stay classes of their own in C++. Verilator would put each into the top's class, as it is used once, whose
 * functions then are larger than the compiler is fast with: ResNet-50 with 8,140 multipliers takes it 217 instead of 75 s of
 * processor time, and at a picture of 64x64 its simulation 31 instead of 22. Of modules kept apart, Verilator 5.006 says that
 * functions of their parts hide their own of the same name, which they may: the library is linted without this file.
 */
const ENGINE_MODULES: readonly string[] = ['hd_conv', 'hd_depthwise', 'hd_dense', 'hd_pool', 'hd_add'];
const CONTROL_FILE = 'engines.vlt';
const CONTROL_TEXT = [
  '`verilator_config',
  'lint_off -rule VARHIDDEN',
  ...ENGINE_MODULES.map((module) => `no_inline -module "${module}"`),
  '',
].join('\n');

const moduleOf = (path: string): string => basename(path).replace(/\.\w+$/, '');

/** All files whose module is named, directly or not, in the top: the others do not change the build. */
export function reachableFiles(files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const pathsByModule = new Map<string, string[]>();
  for (const path of files.keys()) {
    const paths = pathsByModule.get(moduleOf(path));
    if (paths === undefined) pathsByModule.set(moduleOf(path), [path]);
    else paths.push(path);
  }
  const reached = new Set<string>();
  const waiting = [...(pathsByModule.get(SIM_TOP_MODULE) ?? [])];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    const words = new Set(files.get(path)?.match(/[A-Za-z_]\w*/g));
    for (const word of words) waiting.push(...(pathsByModule.get(word) ?? []));
  }
  return new Map([...files].filter(([path]) => reached.has(path)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function writeSources(files: ReadonlyMap<string, string>, folder: string): Promise<void> {
  for (const [path, text] of files) {
    await mkdir(join(folder, dirname(path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

async function verilate(files: ReadonlyMap<string, string>, context: BuildContext): Promise<void> {
  const { tools, folder, limits, trace } = context;
  await writeSources(new Map([...files, [CONTROL_FILE, CONTROL_TEXT]]), join(folder, 'src'));
  const top = [...files.keys()].find((path) => basename(path) === SIM_TOP_FILE);
  invariant(top !== undefined, `${SIM_TOP_FILE} is not among the files to simulate`);
  const folders = [...new Set([...files.keys()].map((path) => dirname(path)))];
  const args = [
    ...VERILATOR_FLAGS,
    ...(trace ? ['--trace-fst', '--trace-structs'] : []),
    '--Mdir',
    '../cpp',
    ...folders.flatMap((path) => ['-y', path, `+incdir+${path}`]),
    '+libext+.v+.sv',
    CONTROL_FILE,
    top,
  ];
  await runBuildTool('Verilator', { command: tools.verilator, arguments: args, cwd: join(folder, 'src') }, limits);
}

interface BuildContext {
  readonly tools: SimulationTools;
  readonly folder: string;
  readonly limits: BuildLimits;
  readonly trace: boolean;
  /** For the C++ that runs in every cycle. */
  readonly optimisation: string;
}

interface SizedFile {
  readonly name: string;
  readonly bytes: number;
}

/** Spreads files over groups of about equal size, largest first. */
export function groupBySize(files: readonly SizedFile[], groups: number): readonly (readonly string[])[] {
  const bins = Array.from({ length: groups }, () => ({ bytes: 0, names: [] as string[] }));
  for (const file of [...files].sort((a, b) => b.bytes - a.bytes)) {
    const bin = bins.reduce((least, other) => (other.bytes < least.bytes ? other : least));
    bin.bytes += file.bytes;
    bin.names.push(file.name);
  }
  return bins.map((bin) => bin.names).filter((names) => names.length > 0);
}

async function generatedFiles(folder: string): Promise<readonly SizedFile[]> {
  const names = (await readdir(join(folder, 'cpp'))).filter((name) => name.endsWith('.cpp')).sort();
  return Promise.all(names.map(async (name) => ({ name, bytes: (await stat(join(folder, 'cpp', name))).size })));
}

/** A few C++ files that include Verilator's many. */
async function writeGroups(
  kind: string,
  files: readonly SizedFile[],
  context: BuildContext,
): Promise<readonly string[]> {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const count = bytes < GROUP_BYTES / 4 ? 1 : Math.max(availableParallelism(), Math.ceil(bytes / GROUP_BYTES));
  const groups = groupBySize(files, count);
  return Promise.all(
    groups.map(async (names, i) => {
      const file = `${kind}_${i}.cpp`;
      await writeFile(join(context.folder, 'cpp', file), names.map((name) => `#include "${name}"\n`).join(''));
      return file;
    }),
  );
}

async function compileModel(runtime: SimulatorRuntime, context: BuildContext): Promise<readonly string[]> {
  const files = await generatedFiles(context.folder);
  const slow = files.filter((file) => file.name.includes('__Slow') || file.name.includes('__Syms'));
  const fast = files.filter((file) => !slow.includes(file));
  const common = [...cxxFlags(context.tools, context.trace), '-w', '-include', runtime.header, '-I', 'cpp'];
  const makeJob = (source: string, flags: readonly string[]): CompileJob => ({
    source,
    output: `${basename(source)}.o`,
    flags: [...common, ...flags],
  });
  const shim = makeJob(join(HARNESS_FOLDER, SHIM_FILE), [FAST_OPTIMISATION]);
  const jobs = [
    ...(await writeGroups('fast', fast, context)).map((file) => makeJob(`cpp/${file}`, [context.optimisation])),
    ...(await writeGroups('slow', slow, context)).map((file) => makeJob(`cpp/${file}`, [SLOW_OPTIMISATION])),
    shim,
  ];
  await compileAll(jobs, context);
  return jobs.map((job) => job.output);
}

async function link(objects: readonly string[], runtime: SimulatorRuntime, context: BuildContext): Promise<void> {
  const libraries = [...runtime.objects, ...(context.trace ? ['-lz'] : []), '-pthread'];
  const args = ['-o', 'simulator', ...objects, ...libraries];
  await runBuildTool('linking', { command: context.tools.cxx, arguments: args, cwd: context.folder }, context.limits);
}

/** Leaves the simulator alone in the folder: objects and sources are many times its size. */
async function removeAllButSimulator(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name !== 'simulator');
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/**
 * Builds the simulator of a design, or finds it in the cache. Throws a MissingToolError without Verilator and g++, an
 * InternalError with the tool's text when one refuses the design (a warning counts), a HeddleError on a time-out.
 */
export async function buildSimulator(request: BuildRequest): Promise<BuiltSimulator> {
  const start = performance.now();
  const limits: BuildLimits = {
    timeoutSeconds: request.timeoutSeconds ?? BUILD_TIMEOUT_SECONDS,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
  const { trace, cacheDir } = request;
  const optimisation = request.quickBuild === true ? SLOW_OPTIMISATION : FAST_OPTIMISATION;
  const tools = await findSimulationTools();
  const runtime = await prepareRuntime(tools, trace, cacheDir, limits);
  const files = reachableFiles(request.files);
  const key = contentKey([
    BUILD_FORMAT,
    runtime.key,
    optimisation,
    VERILATOR_FLAGS.join(' '),
    CONTROL_TEXT,
    ...[...files].flat(),
  ]);
  const { folder, cached } = await cachedFolder(cacheDir, `sim-${key}`, async (temporary) => {
    const context: BuildContext = { tools, folder: temporary, limits, trace, optimisation };
    await verilate(files, context);
    await link(await compileModel(runtime, context), runtime, context);
    await removeAllButSimulator(temporary);
  });
  if (!cached) await pruneCache(cacheDir, CACHE_CAP_BYTES);
  return { binary: join(folder, 'simulator'), buildSeconds: (performance.now() - start) / 1000, cached };
}

/** All Verilog files under a folder, by path relative to it. */
export async function readVerilogFolder(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => /\.(?:v|sv|vh|svh)$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return new Map(names.map((name, i) => [name, texts[i] ?? '']));
}
