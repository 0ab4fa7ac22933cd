#!/usr/bin/env node
// Proves the RTL against the golden model: the shipped models, every single-layer case, and random networks.
//   npm run campaign -- [--seed N] [--networks N]     seed: the time of day; networks: 200
// Exit status: 0 all proven, 1 a network failed, 2 bad usage. Failing networks are saved below out/campaign/.
// Plain Node without dependencies.
import { parseArgs } from 'node:util';
import { runSuite } from './run-suite.mjs';

function wholeNumber(text, name) {
  if (/^\d{1,9}$/.test(text)) return text;
  process.stderr.write(`--${name} wants a whole number of up to nine digits, not '${text}'\n`);
  process.exit(2);
}

function readOptions() {
  try {
    return parseArgs({ options: { seed: { type: 'string' }, networks: { type: 'string' } } }).values;
  } catch (error) {
    process.stderr.write(`${error.message}\nusage: npm run campaign -- [--seed N] [--networks N]\n`);
    return process.exit(2);
  }
}

const { seed = String(Math.floor(Date.now() / 1000) % 1_000_000_000), networks = '200' } = readOptions();
const env = {
  HEDDLE_SEED: wholeNumber(seed, 'seed'),
  HEDDLE_NETWORKS: wholeNumber(networks, 'networks'),
};
runSuite('campaign', env, ['campaign.campaign']);
