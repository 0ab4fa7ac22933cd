#!/usr/bin/env node
// Proves the RTL against the golden model: the shipped models, every single-layer case, and random networks.
//   npm run campaign -- [--seed N] [--networks N] [--branching N] [--group NAME]
//   seed: the time of day; networks, without branches: 200; with branches: 100; group: shipped, layers, elements,
//   regressions, larger, random or branching alone
// Exit status: 0 all proven, 1 a network failed, 2 bad usage. Failing networks are saved below out/campaign/.
// Plain Node without dependencies.
import { parseArgs } from 'node:util';
import { runSuite } from './run-suite.mjs';

const GROUPS = ['shipped', 'layers', 'elements', 'regressions', 'larger', 'random', 'branching'];
const USAGE = `usage: npm run campaign -- [--seed N] [--networks N] [--branching N] [--group ${GROUPS.join('|')}]`;

function fail(text) {
  process.stderr.write(`${text}\n${USAGE}\n`);
  process.exit(2);
}

function wholeNumber(text, name) {
  if (/^\d{1,9}$/.test(text)) return text;
  return fail(`--${name} wants a whole number of up to nine digits, not '${text}'`);
}

function readOptions() {
  const text = { type: 'string' };
  try {
    return parseArgs({ options: { seed: text, networks: text, branching: text, group: text } }).values;
  } catch (error) {
    return fail(error.message);
  }
}

const { networks = '200', branching = '100', group = '', ...given } = readOptions();
const { seed = String(Math.floor(Date.now() / 1000) % 1_000_000_000) } = given;
if (group !== '' && !GROUPS.includes(group)) fail(`--group wants one of ${GROUPS.join(', ')}, not '${group}'`);
const env = {
  HEDDLE_SEED: wholeNumber(seed, 'seed'),
  HEDDLE_NETWORKS: wholeNumber(networks, 'networks'),
  HEDDLE_BRANCHING: wholeNumber(branching, 'branching'),
  HEDDLE_GROUP: group,
};
runSuite('campaign', env, ['campaign.campaign']);
