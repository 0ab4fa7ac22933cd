import { describe, expect, it } from 'vitest';
import { runWords } from '../../../src/cli/run-words.js';
import type { StreamType } from '../../../src/hw/feature-map.js';

/** 4 rows of 5 pixels of 3 channels: 10 beats a row, 40 a frame, on two lanes with a padded last beat. */
const INPUT: StreamType = {
  map: { height: 4, width: 5, channels: 3, element: { kind: 'int', bits: 8, signed: false } },
  lanes: 2,
};
const PROGRESS = { cycles: 100_000, beats: 250, totalBeats: 1000, inputBeats: 55 };

describe('runWords', () => {
  it('tells the frame and the row that go in, the speed and the time that is left', () => {
    expect(runWords(PROGRESS, 25, INPUT, 3)).toBe(', frame 2 of 3, row 2 of 4, 4,000 cycles a second, 1:15 left');
  });

  it('stays in the last row of the last frame when all is in, and starts without a speed', () => {
    expect(runWords({ ...PROGRESS, inputBeats: 120 }, 0, INPUT, 3)).toBe(', frame 3 of 3, row 4 of 4');
    expect(runWords({ ...PROGRESS, beats: 0, inputBeats: 0 }, 1, INPUT, 1)).toBe(', frame 1 of 1, row 1 of 4');
  });
});
