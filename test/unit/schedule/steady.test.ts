import { describe, expect, it } from 'vitest';
import { pacedInterval } from '../../../src/schedule/steady.js';
import type { DesignRun } from '../../../src/schedule/token-design.js';

/** The clock in which each frame ends: the first after `latency` clocks, each further one after the next of some intervals. */
function endsOf(latency: number, intervals: readonly number[], frames: number): readonly number[] {
  const ends = [latency];
  while (ends.length < frames)
    ends.push((ends.at(-1) as number) + (intervals[(ends.length - 1) % intervals.length] as number));
  return ends;
}

/** A run with such ends, and a state of the last one and of what is `hidden` after so many frames. */
function runOf(latency: number, intervals: readonly number[], hidden: (frames: number) => number = () => 0): DesignRun {
  let ends: readonly number[] = [];
  return {
    run(frames) {
      ends = endsOf(latency, intervals, frames);
      return ends;
    },
    depths: () => new Map(),
    wholeFrames: () => undefined,
    state: (from) => [(ends.at(-1) as number) - from, hidden(ends.length)],
  };
}

const isKept = (run: DesignRun, pace: number): boolean => pacedInterval(run, pace, 0).interval <= pace;

describe('the pace that is kept', () => {
  it('is the interval that all frames have', () => {
    expect(pacedInterval(runOf(250, [100]), 100, 0)).toEqual({ interval: 100, frames: 2 });
    expect(pacedInterval(runOf(250, [130]), 100, 0).interval).toBe(130);
  });

  // As of a ResNet-18 of 48 pixels with FIFOs that were some beats too shallow.
  it('is not that of frames which come in time when others do not', () => {
    const late = runOf(160_674, [18_432, 19_745, 19_894], (frames) => frames);
    const found = pacedInterval(late, 18_432, 0).interval;
    expect(found).toBeGreaterThan(19_000);
    expect(found).toBeLessThan(19_745);
  });

  // As of an Inception-v4 of 113 pixels: 26 frames came in time, more than were inside, while a stage fell behind.
  it('is not that of frames which come in time as long as something falls behind', () => {
    const late = [...new Array<number>(26).fill(19_200), ...new Array<number>(400).fill(19_544)];
    expect(isKept(runOf(435_294, late), 19_200)).toBe(true);
    expect(
      isKept(
        runOf(435_294, late, (frames) => frames),
        19_200,
      ),
    ).toBe(false);
    expect(
      isKept(
        runOf(435_294, [19_200], (frames) => frames),
        19_200,
      ),
    ).toBe(false);
  });
});
