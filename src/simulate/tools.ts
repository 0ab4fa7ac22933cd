import { type Diagnostic, MissingToolError } from '../support/diagnostics.js';
import { missingTool, type ToolPackages, toolTooOld, unknownToolVersion } from './messages.js';
import { runProcess } from './process.js';

/** What Heddle needs to simulate. `make` is not needed: the build drives the compiler itself. */
export interface SimulationTools {
  readonly verilator: string;
  readonly verilatorVersion: string;
  /** Verilator's own folder, which holds `include/verilated.h`. */
  readonly verilatorRoot: string;
  readonly cxx: string;
  readonly cxxVersion: string;
}

export const LEAST_VERILATOR_VERSION = '5.006';
/** C++17, which Verilator's run-time library and the harness are compiled as, is complete in 9. */
export const LEAST_CXX_VERSION = '9';

const VERSION_SECONDS = 30;

const VERILATOR_PACKAGES: ToolPackages = { apt: 'verilator', dnf: 'verilator', brew: 'verilator' };
const CXX_PACKAGES: ToolPackages = { apt: 'g++', dnf: 'gcc-c++', brew: 'gcc' };

/** The version in `Verilator 5.006 2023-01-22 rev ...`, or undefined. */
export function parseVerilatorVersion(output: string): string | undefined {
  return /^Verilator (\d+\.\d+)/m.exec(output)?.[1];
}

/** The version that ends the first line of `g++ --version` (or of clang's), or undefined. */
export function parseCxxVersion(output: string): string | undefined {
  const firstLine = output.split('\n')[0] ?? '';
  return /clang version (\d+(?:\.\d+)*)/.exec(firstLine)?.[1] ?? /(\d+(?:\.\d+)+)(?=[^)]*$)/.exec(firstLine)?.[1];
}

/** Compares `major.minor...` numerically, so that 5.010 is later than 5.006. */
export function isVersionAtLeast(found: string, least: string): boolean {
  const a = found.split('.').map(Number);
  const b = least.split('.').map(Number);
  for (let i = 0; i < b.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

interface ToolQuery {
  readonly tool: string;
  readonly purpose: string;
  readonly least: string;
  readonly packages: ToolPackages;
  readonly parse: (output: string) => string | undefined;
}

type Found = { readonly version: string; readonly banner: string } | { readonly problem: Diagnostic };

async function queryTool(query: ToolQuery): Promise<Found> {
  const result = await runProcess({ command: query.tool, arguments: ['--version'], timeoutSeconds: VERSION_SECONDS });
  if (result.notFound || result.exitStatus !== 0) {
    return { problem: missingTool(query.tool, query.purpose, query.packages) };
  }
  const version = query.parse(result.stdout);
  if (version === undefined) return { problem: unknownToolVersion(query.tool, result.stdout, query.least) };
  if (!isVersionAtLeast(version, query.least)) {
    return { problem: toolTooOld(query.tool, version, query.least, query.packages) };
  }
  return { version, banner: result.stdout.split('\n')[0] ?? version };
}

async function queryVerilatorRoot(verilator: string): Promise<string> {
  const result = await runProcess({
    command: verilator,
    arguments: ['--getenv', 'VERILATOR_ROOT'],
    timeoutSeconds: VERSION_SECONDS,
  });
  return result.stdout.trim();
}

const VERILATOR_QUERY: ToolQuery = {
  tool: 'verilator',
  purpose: 'simulate the generated Verilog',
  least: LEAST_VERILATOR_VERSION,
  packages: VERILATOR_PACKAGES,
  parse: parseVerilatorVersion,
};

const CXX_QUERY: ToolQuery = {
  tool: 'g++',
  purpose: 'compile the simulator that Verilator writes',
  least: LEAST_CXX_VERSION,
  packages: CXX_PACKAGES,
  parse: parseCxxVersion,
};

/** Finds the tools in PATH. Throws a MissingToolError that names everything missing or too old. */
export async function findSimulationTools(): Promise<SimulationTools> {
  const verilator = VERILATOR_QUERY.tool;
  const cxx = CXX_QUERY.tool;
  const [forVerilator, forCxx] = await Promise.all([queryTool(VERILATOR_QUERY), queryTool(CXX_QUERY)]);
  const problems = [forVerilator, forCxx].flatMap((found) => ('problem' in found ? [found.problem] : []));
  if ('problem' in forVerilator || 'problem' in forCxx) throw new MissingToolError(problems);
  const verilatorRoot = await queryVerilatorRoot(verilator);
  return { verilator, verilatorVersion: forVerilator.banner, verilatorRoot, cxx, cxxVersion: forCxx.banner };
}

/** What is known of a tool: for `heddle doctor`. */
export interface ToolStatus {
  readonly tool: string;
  readonly purpose: string;
  /** Heddle cannot simulate without it. */
  readonly needed: boolean;
  /** Oldest version that works; undefined where any does. */
  readonly least: string | undefined;
  /** Undefined where it is missing, or has no version of its own. */
  readonly version: string | undefined;
  readonly packages: ToolPackages;
  readonly problem: Diagnostic | undefined;
}

/** Looks for every tool and library that Heddle can use. */
export async function checkTools(): Promise<readonly ToolStatus[]> {
  const needed = [VERILATOR_QUERY, CXX_QUERY].map(async (query): Promise<ToolStatus> => {
    const { tool, purpose, least, packages } = query;
    const found = await queryTool(query);
    const version = 'problem' in found ? undefined : found.version;
    return {
      tool,
      purpose,
      needed: true,
      least,
      version,
      packages,
      problem: 'problem' in found ? found.problem : undefined,
    };
  });
  return Promise.all([...needed, checkZlib()]);
}

async function checkZlib(): Promise<ToolStatus> {
  const result = await runProcess({
    command: CXX_QUERY.tool,
    arguments: ['-fsyntax-only', '-x', 'c++', '-include', 'zlib.h', '/dev/null'],
    timeoutSeconds: VERSION_SECONDS,
  });
  const problem = result.exitStatus === 0 ? undefined : missingTool('zlib headers', ZLIB_PURPOSE, ZLIB_PACKAGES);
  const packages = ZLIB_PACKAGES;
  return {
    tool: 'zlib headers',
    purpose: ZLIB_PURPOSE,
    needed: false,
    least: undefined,
    version: undefined,
    packages,
    problem,
  };
}

const ZLIB_PURPOSE = 'write waveforms (verify --trace)';
const ZLIB_PACKAGES: ToolPackages = { apt: 'zlib1g-dev', dnf: 'zlib-devel', brew: 'zlib' };
