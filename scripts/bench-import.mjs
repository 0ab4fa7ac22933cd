#!/usr/bin/env node
// Prints how long a file of 25.5 million parameters takes from its bytes to a network with channels last.
//   npm run bench:import
// Plain Node without dependencies.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [vitest, 'run', '--config', 'vitest.bench.config.ts'], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exit(status === 0 ? 0 : 1);
