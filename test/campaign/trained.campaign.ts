import { expect, it } from 'vitest';
import { cacheDirectory } from '../../src/simulate/cache.js';
import { proveTrained, trainedRow, trainedTitles } from './prove-trained.js';
import { TRAINED, trainedCase } from './trained.js';

/*
 * Trained models, with the compiler's own sizing, on real inputs. Run by scripts/rtl-models.mjs, which sets HEDDLE_SEED,
 * HEDDLE_FRAMES and HEDDLE_ONLY; one test, so that its table comes out in one piece.
 */

const cacheDir = cacheDirectory(process.env);
const seed = Number(process.env['HEDDLE_SEED'] ?? 1);
const frames = Number(process.env['HEDDLE_FRAMES'] ?? 3);
const only = process.env['HEDDLE_ONLY'] ?? '';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

it('proves trained models', async () => {
  const chosen = TRAINED.filter(({ model }) => model.includes(only));
  if (chosen.length === 0) throw new Error(`no model has '${only}' in its name`);
  let failed = 0;
  let skipped = 0;
  say(`seed ${seed}, ${frames} frames of each model, without stalls and with stalls of 0.3 at both ends\n`);
  say(trainedTitles());
  for (const entry of chosen) {
    const subject = trainedCase(entry, frames, seed);
    if (subject === undefined) {
      skipped++;
      say(`${entry.model}: skipped, the model or its frames are not in ../shared`);
      continue;
    }
    const result = await proveTrained(subject, { cacheDir, seed });
    say(trainedRow(entry.model, result));
    for (const line of result.failures) say(`    FAILED ${line}`);
    if (result.failures.length > 0) failed++;
  }
  say(`\n${chosen.length - skipped} models, ${failed} failed, ${skipped} skipped`);
  expect(failed).toBe(0);
});
