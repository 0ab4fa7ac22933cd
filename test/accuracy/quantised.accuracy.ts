import { describe, expect, it } from 'vitest';
import { measureQuantised, QUANTISED_CASES } from './quantised-models.js';
import { filesOf } from './tflite-models.js';

/** Float models quantised here, on frames that calibration has not seen: `npm run accuracy`. */

const WIDTHS = [52, 12, 8, 7, 7, 8, 7, 9, 8, 9];

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i] ?? 0) : cell.padStart(WIDTHS[i] ?? 0))).join('');
}

const percent = (share: number): string => (100 * share).toFixed(1);

describe('top-1 of float models that Heddle has quantised', () => {
  const points = ['float', 'int8', 'points', 'bound'];
  console.log(row(['model', 'calibration', 'scored', ...points, 'agreed', 'SNR', 'seconds']));
  for (const entry of QUANTISED_CASES) {
    const files = filesOf(entry);
    const why = files === undefined ? ' (skipped: the shared models and data are not beside the checkout)' : '';
    it.runIf(files !== undefined)(`${entry.model}${why}`, () => {
      if (files === undefined) return;
      const start = performance.now();
      const result = measureQuantised(entry, files);
      const { calibrated, scored, float, integer, agreement, snrDb } = result;
      const shares = [float, integer, integer - float, -entry.bound, agreement].map(percent);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(row([entry.model, `${calibrated}`, `${scored}`, ...shares, `${snrDb.toFixed(1)} dB`, seconds]));
      expect(integer - float).toBeGreaterThanOrEqual(-entry.bound - 1e-9);
      expect(result).toMatchObject({ changedBySaving: 0, savesAlike: true });
    });
  }
});
