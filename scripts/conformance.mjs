#!/usr/bin/env node
// Runs the operator cases of the ONNX project (Debian's package libonnx-testdata) through import and executors, and
// compares what becomes of each with the list in test/conformance/cases.txt. Says so where the package is not installed.
//   npm run conformance -- [--update]     --update: writes the list anew; what is wrong or crashes stays as it was listed
// Exit status: 0 as listed, 1 a case is wrong, crashes or differs from the list, 2 bad usage. Plain Node without dependencies.
import { parseArgs } from 'node:util';
import { runSuite } from './run-suite.mjs';

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
runSuite('conformance', { HEDDLE_UPDATE: update ? '1' : '' });
