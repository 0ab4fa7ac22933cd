// Runs the tests of one of the longer suites, each of which has a vitest configuration of its own. Plain Node without dependencies.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Ends this process: 0 where all of `suite` passes, 1 otherwise. `env` is what the tests read besides; `files`: parts of names. */
export function runSuite(suite, env = {}, files = []) {
  const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
  const args = [vitest, 'run', '--config', `vitest.${suite}.config.ts`, ...files];
  const { status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  });
  process.exit(status === 0 ? 0 : 1);
}
