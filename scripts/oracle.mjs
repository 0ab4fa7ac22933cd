#!/usr/bin/env node
// Holds the executors against the reference runtime, ONNX Runtime: random operators, trained models, accuracies.
//   npm run oracle -- [--seed N] [part of a file's name, such as tflite]     seed: the time of day
// Exit status: 0 all agree, 1 something does not, 2 bad usage. Plain Node without dependencies.
import { parseArgs } from 'node:util';
import { runSuite } from './run-suite.mjs';

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
runSuite('oracle', { HEDDLE_SEED: seed }, positionals);
