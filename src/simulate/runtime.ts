import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defined } from '../support/invariant.js';
import { cachedFolder, contentKey } from './cache.js';
import {
  type BuildLimits,
  type CompileJob,
  compileAll,
  cxxFlags,
  FAST_OPTIMISATION,
  runBuildTool,
} from './compiler.js';
import type { SimulationTools } from './tools.js';

/** The folder of the C++ harness; the same distance from src/ and from dist/. */
export const HARNESS_FOLDER = fileURLToPath(new URL('../../sim/', import.meta.url));

/** The only harness file compiled with a design. */
export const SHIM_FILE = 'shim.cpp';

/** What every simulator shares, compiled once for a set of tools and flags. */
export interface SimulatorRuntime {
  readonly objects: readonly string[];
  /** Include this first: it stands for the precompiled `verilated.h`. */
  readonly header: string;
  /** Changes with the tools, the flags and the harness. */
  readonly key: string;
}

const PRECOMPILED_HEADER = 'runtime.h';
/** The harness's own $readmemh, which generated files call. */
const MEMORY_HEADER = 'memory_file.h';

/** The harness's texts by file name, sorted. */
export async function readHarness(): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(HARNESS_FOLDER)).filter((name) => /\.(?:cpp|h)$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(HARNESS_FOLDER, name), 'utf8')));
  return new Map(names.map((name, i) => [name, texts[i] ?? '']));
}

function verilatorSources(trace: boolean): readonly string[] {
  return ['verilated', 'verilated_threads', ...(trace ? ['verilated_fst_c'] : [])];
}

/**
 * What each generated file takes in first: headers, reading which is most of the time of a small file, and the harness's
 * own $readmemh in the place of Verilator's.
 */
function headerText(trace: boolean): string {
  const verilated = ['"verilated.h"', ...(trace ? ['"verilated_fst_c.h"'] : [])];
  const includes = [...verilated, `"${MEMORY_HEADER}"`, '<memory>', '<algorithm>'].map((name) => `#include ${name}\n`);
  return `${includes.join('')}#define VL_READMEM_N heddle::readMemory\n`;
}

/** A precompiled header of clang's (which macOS calls g++) remembers its folder, and entries are renamed into place. */
function canMovePrecompiled(tools: SimulationTools): boolean {
  return !tools.cxxVersion.includes('clang');
}

function runtimeJobs(
  harness: ReadonlyMap<string, string>,
  tools: SimulationTools,
  trace: boolean,
): readonly CompileJob[] {
  const flags = [...cxxFlags(tools, trace), FAST_OPTIMISATION];
  const own = [...harness.keys()].filter((name) => name.endsWith('.cpp') && name !== SHIM_FILE);
  return [
    ...verilatorSources(trace).map((name) => ({
      source: `${tools.verilatorRoot}/include/${name}.cpp`,
      output: `${name}.o`,
      flags,
    })),
    ...(canMovePrecompiled(tools)
      ? [{ source: PRECOMPILED_HEADER, output: `${PRECOMPILED_HEADER}.gch`, flags: [...flags, '-x', 'c++-header'] }]
      : []),
    ...own.map((name) => ({
      source: join(HARNESS_FOLDER, name),
      output: `${name.slice(0, -'.cpp'.length)}.o`,
      flags: [...flags, '-Wall', '-Wextra'],
    })),
  ];
}

/** Finds or builds the objects that all simulators of these tools share. */
export async function prepareRuntime(
  tools: SimulationTools,
  trace: boolean,
  cacheDir: string,
  limits: BuildLimits,
): Promise<SimulatorRuntime> {
  const harness = await readHarness();
  const jobs = runtimeJobs(harness, tools, trace);
  const key = contentKey([
    tools.verilatorVersion,
    tools.cxxVersion,
    headerText(trace),
    JSON.stringify(jobs),
    ...[...harness].flat(),
  ]);
  const { folder } = await cachedFolder(cacheDir, `runtime-${key}`, async (temporary) => {
    await writeFile(join(temporary, PRECOMPILED_HEADER), headerText(trace));
    await writeFile(join(temporary, MEMORY_HEADER), defined(harness.get(MEMORY_HEADER), MEMORY_HEADER));
    await compileAll(jobs, { tools, folder: temporary, limits });
    const objects = jobs.map((job) => job.output).filter((name) => name.endsWith('.o'));
    const archive = ['rcs', 'libheddle.a', ...objects];
    await runBuildTool('ar', { command: 'ar', arguments: archive, cwd: temporary }, limits);
  });
  return { objects: [join(folder, 'libheddle.a')], header: join(folder, PRECOMPILED_HEADER), key };
}
