import { describe, expect, it } from 'vitest';
import { ACCURACY_CASES, filesOf, measure, missBy } from './tflite-models.js';

/** All models on all their frames: `npm run accuracy`. A minute; the largest takes 30 GMAC. */

const percent = (share: number | undefined): string => (share === undefined ? '-' : (100 * share).toFixed(1));

function row(cells: readonly string[]): string {
  const widths = [56, 8, 8, 8, 8, 12, 8];
  return cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('');
}

describe('top-1 of TFLite models', () => {
  console.log(row(['model', 'frames', 'top-1', 'listed', '+-', 'reference', 'seconds']));
  for (const entry of ACCURACY_CASES) {
    const files = filesOf(entry);
    const why = files === undefined ? ' (skipped: the shared models and data are not beside the checkout)' : '';
    it.runIf(files !== undefined)(`${entry.model}${why}`, () => {
      if (files === undefined) return;
      const start = performance.now();
      const { frames, top1 } = measure(entry, files);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const figures = [entry.listed, entry.tolerance, entry.reference].map(percent);
      console.log(row([entry.model, `${frames}`, percent(top1), ...figures, seconds]));
      expect(missBy(entry, top1)).toBeLessThanOrEqual(entry.tolerance + 1e-9);
    });
  }
});
