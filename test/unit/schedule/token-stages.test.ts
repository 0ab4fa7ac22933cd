import { describe, expect, it } from 'vitest';
import { concat, fork, join } from '../../../src/schedule/token-branches.js';
import {
  type Channel,
  makeChannel,
  type Process,
  pacedSource,
  settle,
  sink,
  source,
} from '../../../src/schedule/token-network.js';
import { fifo, stream, unboundedFifo } from '../../../src/schedule/token-stages.js';
import { takenClocks, wholeChannel } from './whole-channel.js';

/** Stages where streams part and meet, against clocks worked out by hand. */

const WHOLE = 2000;

/** A stage that takes a beat every `clocks` clocks. */
function slow(name: string, input: Channel, output: Channel, clocks: number): Process {
  return stream(name, input, output, { latency: clocks - 1, holds: [1], outputs: [1] });
}

describe('a fork', () => {
  it('offers a beat to all branches, and the next one when all have taken it', () => {
    const [x, a, b, end] = [wholeChannel(WHOLE), wholeChannel(WHOLE), wholeChannel(WHOLE), makeChannel()];
    settle([source(x, 4), fork('fork', x, [a, b]), sink(a, 1), slow('slow', b, end, 3), sink(end, 1)]);
    // The slow branch takes a beat in clocks 0, 3, 6, 9; the fast one when it is offered, after the one before has gone.
    expect(takenClocks(b)).toEqual([0, 3, 6, 9]);
    expect(takenClocks(a)).toEqual([0, 1, 4, 7]);
    expect(takenClocks(x)).toEqual([0, 3, 6, 9]);
  });
});

describe('a join', () => {
  it('takes its inputs in the same clock, when all are there and there is room', () => {
    const [a, b, slowB, y] = [makeChannel(), makeChannel(), wholeChannel(WHOLE), wholeChannel(WHOLE)];
    settle([
      source(a, 4),
      source(b, 4),
      slow('slow', b, slowB, 3),
      join('add', [a, slowB], y, { latency: 5, holds: 8 }),
      sink(y, 1),
    ]);
    expect(takenClocks(slowB)).toEqual([2, 5, 8, 11]);
    expect(takenClocks(y)).toEqual([7, 10, 13, 16]);
  });

  it('waits for room: with two places and a latency of 5, two beats in six clocks', () => {
    const [a, b, y] = [wholeChannel(WHOLE), makeChannel(), makeChannel()];
    settle([source(a, 5), source(b, 5), join('add', [a, b], y, { latency: 5, holds: 2 }), sink(y, 1)]);
    expect(takenClocks(a)).toEqual([0, 1, 6, 7, 12]);
  });
});

describe('a concat', () => {
  it('takes the parts of a pixel in turn', () => {
    const [a, b, y] = [wholeChannel(WHOLE), wholeChannel(WHOLE), wholeChannel(WHOLE)];
    const rule = { latency: 1, holds: 2, order: [0, 1, 1], outputs: [1, 1, 1] };
    settle([source(a, 2), source(b, 4), concat('concat', [a, b], y, rule), sink(y, 1)]);
    expect(takenClocks(a)).toEqual([0, 3]);
    expect(takenClocks(b)).toEqual([1, 2, 4, 5]);
    expect(takenClocks(y)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('that realigns gives no beat, one or two for one', () => {
    const [a, b, y] = [wholeChannel(WHOLE), wholeChannel(WHOLE), wholeChannel(WHOLE)];
    // Three channels and three channels on two lanes: half beats on both sides, three beats of the result.
    const rule = { latency: 1, holds: 4, order: [0, 0, 1, 1], outputs: [1, 0, 1, 1] };
    settle([source(a, 4), source(b, 4), concat('concat', [a, b], y, rule), sink(y, 1)]);
    expect(takenClocks(y)).toEqual([1, 3, 4, 5, 7, 8]);
  });
});

describe('a FIFO', () => {
  it('takes a beat in the clock after the one `depth` before it left', () => {
    const [x, y, end] = [wholeChannel(WHOLE), wholeChannel(WHOLE), makeChannel()];
    settle([source(x, 6), fifo('fifo', x, y, 2, 1), slow('slow', y, end, 4), sink(end, 1)]);
    expect(takenClocks(y)).toEqual([1, 5, 9, 13, 17, 21]);
    expect(takenClocks(x)).toEqual([0, 1, 2, 6, 10, 14]);
  });

  it('without bound says the depth that would have done', () => {
    const reconverging = (depth: number | undefined): { twoFrames: number; needed: number } => {
      const [x, a, b, long, short, y] = [0, 1, 2, 3, 4, 5].map(() => wholeChannel(WHOLE)) as [
        Channel,
        Channel,
        Channel,
        Channel,
        Channel,
        Channel,
      ];
      const paced = pacedSource(x, 100, 100);
      paced.extend(1000);
      const free = unboundedFifo('fifo', b, short, 1);
      const end = sink(y, 100);
      settle([
        paced,
        fork('fork', x, [a, b]),
        stream('long', a, long, { latency: 40, holds: [64], outputs: [1] }),
        depth === undefined ? free : fifo('fifo', b, short, depth, 1),
        join('add', [long, short], y, { latency: 3, holds: 8 }),
        end,
      ]);
      return { twoFrames: (end.frameEnds[9] ?? Number.NaN) - (end.frameEnds[7] ?? 0), needed: free.depthNeeded() };
    };
    const { needed } = reconverging(undefined);
    // A beat waits 40 clocks for its other half; the place is free in the clock after.
    expect(needed).toBe(41);
    expect(reconverging(needed).twoFrames).toBe(200);
    expect(reconverging(needed - 1).twoFrames).toBeGreaterThan(200);
  });
});
