#!/usr/bin/env node
// Checks for the tools that Heddle runs and, where it may, installs what is missing.
//   node scripts/ensure-tools.mjs [--lint] [--conformance] [--check]
//     --lint         also those that only lint and synthesis checks need
//     --conformance  also the cases of npm run conformance, which only Debian and its kin have as a package
//     --check        say what is missing, install nothing
// Exit status: 0 all there, 2 bad usage, 3 something is missing still.
// Plain Node without dependencies: it has to run before anything is installed or built.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const SECONDS = 1000;

/**
 * apt, dnf, brew: the package's name there, where there is one. `version`: the oldest that works, found in the tool's own
 * words. `option`: only where this is given.
 */
const TOOLS = [
  {
    name: 'verilator',
    purpose: 'needed: it simulates the generated Verilog',
    ask: ['verilator', ['--version']],
    version: { least: '5.006', pattern: /^Verilator (\d+\.\d+)/m },
    packages: { apt: 'verilator', dnf: 'verilator', brew: 'verilator' },
  },
  {
    name: 'g++',
    purpose: 'needed: it compiles the simulator that Verilator writes',
    ask: ['g++', ['--version']],
    packages: { apt: 'g++', dnf: 'gcc-c++', brew: 'gcc' },
  },
  {
    name: 'zlib headers',
    purpose: 'for a simulator that writes waveforms',
    ask: ['g++', ['-E', '-x', 'c++', '-'], '#include <zlib.h>\n'],
    packages: { apt: 'zlib1g-dev', dnf: 'zlib-devel', brew: 'zlib' },
  },
  {
    name: 'iverilog',
    purpose: 'for lint: checks the library with a second compiler',
    ask: ['iverilog', ['-V']],
    packages: { apt: 'iverilog', dnf: 'iverilog', brew: 'icarus-verilog' },
    option: '--lint',
  },
  {
    name: 'yosys',
    purpose: 'for lint: checks that the library can be synthesised',
    ask: ['yosys', ['-V']],
    packages: { apt: 'yosys', dnf: 'yosys', brew: 'yosys' },
    option: '--lint',
  },
  {
    name: 'libonnx-testdata',
    purpose: 'for npm run conformance: the operator cases of the ONNX project',
    ask: ['dpkg-query', ['--status', 'libonnx-testdata']],
    packages: { apt: 'libonnx-testdata' },
    option: '--conformance',
  },
];

const OPTIONS = ['--lint', '--conformance', '--check'];

function isOlder(found, least) {
  const [a, b] = [found, least].map((version) => version.split('.').map(Number));
  for (let i = 0; i < b.length; i++) {
    if ((a[i] ?? 0) !== b[i]) return (a[i] ?? 0) < b[i];
  }
  return false;
}

/** What is wrong with a tool, in a few words; undefined when it is fine. */
function problemOf(tool) {
  const [command, args, input = ''] = tool.ask;
  const answer = spawnSync(command, args, { encoding: 'utf8', input, timeout: 30 * SECONDS });
  if (answer.error !== undefined || answer.status !== 0) return 'not found';
  if (tool.version === undefined) return undefined;
  const found = tool.version.pattern.exec(answer.stdout)?.[1];
  if (found === undefined) return 'does not tell its version';
  return isOlder(found, tool.version.least) ? `${found} is older than ${tool.version.least}` : undefined;
}

function findProblems(tools) {
  return tools.map((tool) => ({ tool, problem: problemOf(tool) })).filter(({ problem }) => problem !== undefined);
}

function isInPath(command) {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The words to put before apt-get, or undefined where we may not use it. */
function aptPrefix() {
  if (!isInPath('apt-get')) return undefined;
  if (process.getuid?.() === 0) return [];
  const asked = isInPath('sudo') && spawnSync('sudo', ['-n', 'true'], { timeout: 10 * SECONDS }).status === 0;
  return asked ? ['sudo', '-n'] : undefined;
}

function runApt(prefix, args) {
  const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
  process.stderr.write(`ensure-tools: ${[command, ...rest].join(' ')}\n`);
  const stdio = ['ignore', 'ignore', 'inherit'];
  return spawnSync(command, rest, { stdio, timeout: 900 * SECONDS }).status === 0;
}

function install(problems) {
  const prefix = aptPrefix();
  if (prefix === undefined) return;
  const packages = problems.map(({ tool }) => tool.packages.apt);
  runApt(prefix, ['update', '-q']);
  runApt(prefix, ['install', '-y', '-q', '--no-install-recommends', ...packages]);
}

function report(problems) {
  for (const { tool, problem } of problems) {
    process.stderr.write(`ensure-tools: ${tool.name}: ${problem} (${tool.purpose}).\n`);
  }
}

function adviseByHand(problems) {
  const commands = { apt: 'apt-get install', dnf: 'dnf install', brew: 'brew install' };
  const lines = Object.entries(commands).flatMap(([manager, command]) => {
    const packages = problems.flatMap(({ tool }) => tool.packages[manager] ?? []);
    return packages.length === 0 ? [] : [`  ${command} ${packages.join(' ')}\n`];
  });
  process.stderr.write(`ensure-tools: install by hand, one of\n${lines.join('')}`);
}

function main(args) {
  const unknown = args.filter((arg) => !OPTIONS.includes(arg));
  if (unknown.length > 0) {
    process.stderr.write(`ensure-tools: unknown argument ${unknown.join(' ')}; there are ${OPTIONS.join(', ')}\n`);
    return 2;
  }
  const tools = TOOLS.filter(({ option }) => option === undefined || args.includes(option));
  let problems = findProblems(tools);
  if (problems.length === 0) return 0;
  report(problems);
  if (!args.includes('--check')) {
    install(problems);
    problems = findProblems(tools);
    if (problems.length === 0) return 0;
    process.stderr.write('ensure-tools: still missing:\n');
    report(problems);
  }
  adviseByHand(problems);
  return 3;
}

process.exitCode = main(process.argv.slice(2));
