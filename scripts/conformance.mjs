#!/usr/bin/env node
// Runs the operator cases of the ONNX project (Debian's package libonnx-testdata) through import and executors, and
// compares what becomes of each with the list in test/conformance/cases.txt. Says so where the package is not installed.
//   npm run conformance -- [--update]     --update: writes the list anew; what is wrong or crashes stays as it was listed
// Exit status: 0 as listed, 1 a case is wrong, crashes or differs from the list, 2 bad usage. Plain Node without dependencies.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function usage(message) {
  process.stderr.write(`${message}\nusage: npm run conformance -- [--update]\n`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({ options: { update: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    return usage(error.message);
  }
}

const { update } = readOptions();
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.conformance.config.ts'], {
  cwd: ROOT,
  env: { ...process.env, HEDDLE_UPDATE: update ? '1' : '' },
  stdio: 'inherit',
});
process.exit(status === 0 ? 0 : 1);
