#!/usr/bin/env node
// Holds the executors against the reference runtime, ONNX Runtime: random operators, trained models, accuracies.
//   npm run oracle -- [--seed N] [part of a file's name, such as tflite]     seed: the time of day
// Exit status: 0 all agree, 1 something does not, 2 bad usage. Plain Node without dependencies.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

function usage(message) {
  process.stderr.write(`${message}\nusage: npm run oracle -- [--seed N] [part of a file's name]\n`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({ options: { seed: { type: 'string' } }, allowPositionals: true });
  } catch (error) {
    return usage(error.message);
  }
}

const { values, positionals } = readOptions();
const { seed = String(Math.floor(Date.now() / 1000) % 1_000_000) } = values;
if (!/^\d{1,6}$/.test(seed)) usage(`--seed wants a whole number of up to six digits, not '${seed}'`);
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const args = [vitest, 'run', '--config', 'vitest.oracle.config.ts', ...positionals];
const env = { ...process.env, HEDDLE_SEED: seed };
const { status } = spawnSync(process.execPath, args, { cwd: ROOT, env, stdio: 'inherit' });
process.exit(status === 0 ? 0 : 1);
