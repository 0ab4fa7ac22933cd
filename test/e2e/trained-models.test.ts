import { describe, expect, it } from 'vitest';
import { cacheDirectory } from '../../src/simulate/cache.js';
import { proveTrained } from '../campaign/prove-trained.js';
import { BRANCHING, trainedCase } from '../campaign/trained.js';

/** The smallest model of `npm run rtl-models` that has branches. */

const SEED = 1;
const FRAMES = 3;
const MISSING = ' (skipped: the shared models and data are not beside the checkout)';

describe('the RTL of a trained TFLite model', () => {
  for (const entry of BRANCHING.slice(0, 1)) {
    const subject = trainedCase(entry, FRAMES, SEED);
    const title = `is bit-exact on real pictures: ${entry.model}${subject === undefined ? MISSING : ''}`;
    it.runIf(subject !== undefined)(title, async () => {
      if (subject === undefined) return;
      const result = await proveTrained(subject, { cacheDir: cacheDirectory(process.env), seed: SEED });
      expect(result.failures).toEqual([]);
      expect(result.free).toMatchObject({ bitExact: true, mismatches: 0, frames: FRAMES });
    });
  }
});
