import { describe, expect, it } from 'vitest';
import { pacedInterval } from '../../../src/schedule/steady.js';
import type { DesignRun } from '../../../src/schedule/token-design.js';

/** A run whose first frame ends after `latency` clocks, and each further one after the next of some intervals, over and over. */
function runOf(latency: number, intervals: readonly number[]): DesignRun {
  const ends = [latency];
  return {
    run(frames) {
      while (ends.length < frames)
        ends.push((ends.at(-1) as number) + (intervals[(ends.length - 1) % intervals.length] as number));
      return ends.slice(0, frames);
    },
    depths: () => new Map(),
    wholeFrames: () => undefined,
    state: () => [ends.length],
  };
}

const intervalOf = (run: DesignRun, pace: number, wholeFrames: number): number =>
  pacedInterval(run, pace, wholeFrames).interval;

describe('the pace that is kept', () => {
  it('is the interval that all frames have', () => {
    expect(intervalOf(runOf(250, [100]), 100, 0)).toBe(100);
    expect(intervalOf(runOf(250, [130]), 100, 0)).toBe(130);
  });

  // As of a ResNet-18 of 48 pixels with FIFOs that were some beats too shallow.
  it('is not that of frames which come in time when others do not', () => {
    const found = intervalOf(runOf(160_674, [18_432, 19_745, 19_894]), 18_432, 0);
    expect(found).toBeGreaterThan(19_000);
    expect(found).toBeLessThan(19_745);
  });

  it('is seen when FIFOs of whole frames are full', () => {
    expect(intervalOf(runOf(250, [100, 100, 100, 100, ...new Array<number>(50).fill(120)]), 100, 0)).toBe(100);
    expect(intervalOf(runOf(250, [100, 100, 100, 100, ...new Array<number>(50).fill(120)]), 100, 4)).toBe(120);
  });
});
