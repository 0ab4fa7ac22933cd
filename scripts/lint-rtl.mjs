#!/usr/bin/env node
// Checks every module of rtl/ alone, with its default parameters and with those of lint-grid.json, in three tools:
//   Verilator --lint-only -Wall, Icarus as Verilog-2005, Yosys elaboration. A warning counts as an error.
//   node scripts/lint-rtl.mjs [MODULE...]      all modules when none is named
// Exit status: 0 clean, 1 a tool complained, 2 bad usage, 3 a tool is missing.
// Plain Node without dependencies.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const RTL = join(ROOT, 'rtl');
const GRID = join(ROOT, 'scripts', 'lint-grid.json');
const TOOL_SECONDS = 120;

/** Output that is no complaint, each with its reason. */
const ALLOWED = [
  {
    tool: 'yosys',
    line: /^Warning: Replacing memory .* with list of registers\./,
    reason: 'the arrays inside a clocked block are registers on purpose (one body for simulation and synthesis)',
  },
];

/** Modules by name, with the files that each needs, itself included. */
function readLibrary() {
  const paths = readdirSync(RTL, { recursive: true })
    .map((name) => join(RTL, name))
    .filter((path) => path.endsWith('.v'))
    .sort();
  const library = new Map(paths.map((path) => [basename(path, '.v'), { path, words: wordsOf(path) }]));
  return new Map([...library.keys()].map((name) => [name, filesOf(name, library)]));
}

function wordsOf(path) {
  return new Set(readFileSync(path, 'utf8').match(/\bhd_\w+/g));
}

function filesOf(name, library) {
  const reached = new Set();
  const waiting = [name];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next) || !library.has(next)) continue;
    reached.add(next);
    waiting.push(...library.get(next).words);
  }
  return [...reached].map((module) => library.get(module).path).sort();
}

/** An instance with the parameters: Yosys takes overrides on its command line as unsigned. */
function wrapperOf(name, parameters) {
  const set = Object.entries(parameters).map(([key, value]) => `.${key}(${value})`);
  return `module lint_top; ${name} #(${set.join(', ')}) u_dut (); endmodule\n`;
}

/** `parameters` by name, instead of the module's defaults; `wrapper` is where Yosys finds them. */
function commandsFor(name, files, parameters, wrapper) {
  const folders = [...new Set(files.map((path) => dirname(path)))];
  const own = files.find((path) => basename(path, '.v') === name);
  const include = folders.flatMap((folder) => ['-y', folder]);
  const list = [...files, wrapper].map((path) => `"${path}"`).join(' ');
  const set = Object.entries(parameters);
  const generics = set.map(([key, value]) => `-G${key}=${value}`);
  const overrides = set.map(([key, value]) => `-P${name}.${key}=${value}`);
  return [
    ['verilator', ['--lint-only', '-Wall', '--no-timing', ...generics, '--top-module', name, ...include, own]],
    ['iverilog', ['-g2005', '-tnull', ...overrides, '-s', name, ...files]],
    ['yosys', ['-q', '-p', `read_verilog -defer ${list}; hierarchy -check -top lint_top`]],
  ];
}

function complaintsOf(tool, output) {
  const allowed = ALLOWED.filter((entry) => entry.tool === tool);
  return output
    .split('\n')
    .filter((line) => line.trim() !== '' && !allowed.some((entry) => entry.line.test(line)))
    .map((line) => line.replaceAll(`${ROOT}`, ''));
}

function runTool([tool, args]) {
  return new Promise((resolve) => {
    execFile(tool, args, { encoding: 'utf8', timeout: TOOL_SECONDS * 1000, cwd: ROOT }, (error, stdout, stderr) => {
      const complaints = complaintsOf(tool, `${stdout}${stderr}`);
      if (error !== null && complaints.length === 0) complaints.push(`${tool}: ${error.message}`);
      resolve(complaints);
    });
  });
}

async function lintModule(name, files, sets, folder) {
  const failures = [];
  for (const [index, parameters] of [{}, ...sets].entries()) {
    const wrapper = join(folder, `${name}_${index}.v`);
    writeFileSync(wrapper, wrapperOf(name, parameters));
    for (const command of commandsFor(name, files, parameters, wrapper)) {
      const complaints = await runTool(command);
      if (complaints.length > 0) failures.push({ tool: command[0], parameters, complaints });
    }
  }
  return failures;
}

function printResult(name, failures) {
  if (failures.length === 0) {
    console.log(`PASS ${name}`);
    return;
  }
  for (const { tool, parameters, complaints } of failures) {
    const set = Object.entries(parameters).map(([key, value]) => ` ${key}=${value}`);
    console.log(`FAIL ${name}${set.join('')} (${tool})`);
    for (const line of complaints.slice(0, 30)) console.log(`     ${line}`);
  }
}

/** Runs the modules as many at a time as there are processors; prints in the order of the names. */
async function lintAll(modules, grid, folder) {
  const waiting = [...modules];
  const results = new Map();
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, files] = next;
      results.set(name, await lintModule(name, files, grid[name] ?? [], folder));
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  for (const [name] of modules) printResult(name, results.get(name));
  return [...results.values()].filter((failures) => failures.length > 0).length;
}

async function main(names) {
  const tools = spawnSync(process.execPath, [join(ROOT, 'scripts', 'ensure-tools.mjs'), '--lint'], {
    stdio: 'inherit',
  });
  if (tools.status !== 0) return 3;
  const library = readLibrary();
  const grid = JSON.parse(readFileSync(GRID, 'utf8'));
  const unknown = [...names, ...Object.keys(grid)].filter((name) => !library.has(name));
  if (unknown.length > 0) {
    console.error(`lint-rtl: no module ${unknown.join(', ')} in ${relative(ROOT, RTL)}/`);
    return 2;
  }
  const start = Date.now();
  const modules = [...library].filter(([name]) => names.length === 0 || names.includes(name));
  const folder = mkdtempSync(join(tmpdir(), 'heddle-lint-'));
  const failed = await lintAll(modules, grid, folder).finally(() => rmSync(folder, { recursive: true, force: true }));
  const seconds = ((Date.now() - start) / 1000).toFixed(1);
  console.log(`lint-rtl: ${modules.length - failed} of ${modules.length} modules clean in ${seconds} s`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
