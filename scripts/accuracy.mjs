#!/usr/bin/env node
// Prints a table of top-1 accuracies of trained models, as the golden executor and the float reference compute them,
// beside those that others have measured; then a second one of float models that Heddle quantises on a quarter of the
// frames and compares on the others. Needs the folder of models and data beside the checkout.
//   npm run accuracy
// Exit status: 0 all as listed and within their bounds, 1 one is not. Plain Node without dependencies.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.accuracy.config.ts'], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exit(status === 0 ? 0 : 1);
