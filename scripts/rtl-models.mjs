#!/usr/bin/env node
// Compiles trained models and proves their RTL against the golden model on real inputs, every stream, bit for bit,
// without stalls and with them. Needs the folder of models and data beside the checkout; what is not there is skipped.
//   npm run rtl-models -- [--only TEXT] [--frames N] [--seed N]     frames: 3; only: models with TEXT in their name
// Exit status: 0 all proven, 1 a model failed, 2 bad usage. Plain Node without dependencies.
import { parseArgs } from 'node:util';
import { runSuite } from './run-suite.mjs';

const USAGE = 'usage: npm run rtl-models -- [--only TEXT] [--frames N] [--seed N]';

function fail(text) {
  process.stderr.write(`${text}\n${USAGE}\n`);
  process.exit(2);
}

function wholeNumber(text, name, least) {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return text;
  return fail(`--${name} wants a whole number of up to nine digits, ${least} or more, not '${text}'`);
}

function readOptions() {
  const text = { type: 'string' };
  try {
    return parseArgs({ options: { only: text, frames: text, seed: text } }).values;
  } catch (error) {
    return fail(error.message);
  }
}

const { only = '', frames = '3', seed = '1' } = readOptions();
const env = {
  HEDDLE_ONLY: only,
  // Three frames are the fewest that show an interval.
  HEDDLE_FRAMES: wholeNumber(frames, 'frames', 3),
  HEDDLE_SEED: wholeNumber(seed, 'seed', 0),
};
runSuite('campaign', env, ['trained.campaign']);
