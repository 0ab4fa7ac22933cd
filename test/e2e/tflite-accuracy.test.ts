import { describe, expect, it } from 'vitest';
import { ACCURACY_CASES, filesOf, measure, missBy } from '../accuracy/tflite-models.js';

/** The quantised ones that take less than a second; `npm run accuracy` does all of them. */
const QUICK = ACCURACY_CASES.filter(({ model }) => /_q\.|_quant\.|kws/.test(model) && !/v2_1\.0|0\.5_160/.test(model));

describe('golden executor on trained TFLite models', () => {
  for (const entry of QUICK) {
    const files = filesOf(entry);
    const why = files === undefined ? ' (skipped: the shared models and data are not beside the checkout)' : '';
    it.runIf(files !== undefined)(`${entry.model} classifies as listed${why}`, () => {
      if (files === undefined) return;
      const { frames, top1 } = measure(entry, files);
      console.log(`${entry.model}: top-1 ${(100 * top1).toFixed(1)} % of ${frames} frames`);
      expect(missBy(entry, top1)).toBeLessThanOrEqual(entry.tolerance + 1e-9);
    });
  }
});
