import { describe, expect, it } from 'vitest';
import { realignedBeats } from '../../../src/schedule/realign.js';

describe('realignedBeats', () => {
  it('makes a beat of each where all are full but the last', () => {
    expect(realignedBeats([4, 4, 1], 4)).toEqual([1, 1, 1]);
    expect(realignedBeats([0, 4, 0, 2, 0], 4)).toEqual([0, 1, 0, 1, 0]);
    expect(realignedBeats([3], 4)).toEqual([1]);
  });

  it('otherwise lets a full beat wait for the channel behind it', () => {
    expect(realignedBeats([2, 4, 4], 4)).toEqual([0, 1, 2]);
    expect(realignedBeats([2, 2, 4, 1], 4)).toEqual([0, 0, 1, 2]);
    expect(realignedBeats([3, 3, 3], 4)).toEqual([0, 1, 2]);
    expect(realignedBeats([0, 1, 4, 3, 0], 4)).toEqual([0, 0, 1, 1, 0]);
  });

  it('makes the beats of a whole pixel, whatever the parts', () => {
    for (let a = 1; a <= 9; a++) {
      for (let b = 1; b <= 9; b++) {
        const counts = [a, b].flatMap((part) => [...Array(Math.floor(part / 4)).fill(4), part % 4].filter(Boolean));
        const made = realignedBeats(counts, 4).reduce((sum, beats) => sum + beats, 0);
        expect(made, `${a} and ${b}`).toBe(Math.ceil((a + b) / 4));
      }
    }
  });
});
