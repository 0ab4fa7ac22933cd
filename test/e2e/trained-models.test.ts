import { existsSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { cacheDirectory } from '../../src/simulate/cache.js';
import { proveTrained } from '../campaign/prove-trained.js';
import { BRANCHING, TRAINED, trainedCase } from '../campaign/trained.js';
import { sharedPath } from '../shared-data.js';
import { cli, makeFolder } from '../unit/cli/host.js';

/** The smallest of `npm run rtl-models`, and models that have no hardware. */

const SEED = 1;
const FRAMES = 3;
const MISSING = ' (skipped: the shared models and data are not beside the checkout)';
const folder = makeFolder();
afterAll(() => folder.clean());

describe('the RTL of a trained TFLite model', () => {
  const [smallest] = TRAINED;
  const subject = smallest === undefined ? undefined : trainedCase(smallest, FRAMES, SEED);
  it.runIf(subject !== undefined)(`is bit-exact on real digits${subject === undefined ? MISSING : ''}`, async () => {
    if (subject === undefined) return;
    const result = await proveTrained(subject, { cacheDir: cacheDirectory(process.env), seed: SEED });
    expect(result.failures).toEqual([]);
    expect(result.free).toMatchObject({ bitExact: true, mismatches: 0, frames: FRAMES });
  });
});

describe('a trained model with branches', () => {
  for (const model of BRANCHING) {
    const path = sharedPath('models', model);
    it.runIf(path !== undefined)(`is refused by name: ${model}${path === undefined ? MISSING : ''}`, async () => {
      if (path === undefined) return;
      const out = folder.path('out');
      const { status, stdout, stderr } = await cli(['compile', path, '-o', out]);
      expect(status).toBe(2);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/error E402 branching-network: tensor '.+': it is read by 2 nodes \('.+', '.+'\)/);
      expect(stderr).toMatch(/error E401 no-engine: node '.+': the operator 'add' has no engine yet/);
      expect(existsSync(out)).toBe(false);
    });
  }
});
