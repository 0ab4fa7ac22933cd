import { describe, expect, it } from 'vitest';
import type { WindowPlan } from '../../../src/hw/folding.js';
import { type Channel, makeChannel, type Process, settle, sink, source } from '../../../src/schedule/token-network.js';
import { stream } from '../../../src/schedule/token-stages.js';
import { capacityFor, leastThat } from '../../../src/schedule/window-memory.js';
import { leastCapacity, pixelDemand, type WindowTiming, windowProcess } from '../../../src/schedule/window-process.js';
import { UNIT_WINDOW } from '../execute/make-graph.js';
import { takenClocks, wholeChannel } from './whole-channel.js';

/** The token-level model against clocks worked out by hand. */

/** `beats` beats through one process between an eager source and an eager sink. */
function through(
  beats: number,
  make: (input: Channel, output: Channel) => Process,
): { in: readonly number[]; out: readonly number[] } {
  const [input, output] = [wholeChannel(100), wholeChannel(100)];
  settle([source(input, beats), make(input, output), sink(output, 1)]);
  return { in: takenClocks(input), out: takenClocks(output) };
}

describe('a stage without a window', () => {
  it('delays by its latency', () => {
    const rule = { latency: 3, holds: [8], outputs: [1] };
    expect(through(4, (i, o) => stream('s', i, o, rule))).toEqual({ in: [0, 1, 2, 3], out: [3, 4, 5, 6] });
  });

  it('waits while it is full: one beat inside makes one beat in latency + 1 clocks', () => {
    const rule = { latency: 3, holds: [1], outputs: [1] };
    expect(through(3, (i, o) => stream('s', i, o, rule))).toEqual({ in: [0, 4, 8], out: [3, 7, 11] });
  });

  it('that gives two beats for one takes one every other clock in the end', () => {
    const rule = { latency: 1, holds: [4], outputs: [2] };
    expect(through(5, (i, o) => stream('s', i, o, rule))).toEqual({
      in: [0, 1, 2, 4, 6],
      out: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    });
  });

  it('that gives one beat for two takes one a clock', () => {
    const rule = { latency: 1, holds: [2], outputs: [0, 1] };
    expect(through(4, (i, o) => stream('s', i, o, rule))).toEqual({ in: [0, 1, 2, 3], out: [2, 4] });
  });

  it('gives the same clocks in whatever order the stages are advanced', () => {
    const [a, b, c] = [makeChannel(), makeChannel(), makeChannel()];
    const one = stream('one', a, b, { latency: 2, holds: [1], outputs: [1] });
    const two = stream('two', b, c, { latency: 1, holds: [3], outputs: [2] });
    settle([sink(c, 1), two, one, source(a, 5)]);
    const forwards = takenClocks(c);
    const [x, y, z] = [makeChannel(), makeChannel(), makeChannel()];
    settle([
      source(x, 5),
      stream('one', x, y, { latency: 2, holds: [1], outputs: [1] }),
      stream('two', y, z, { latency: 1, holds: [3], outputs: [2] }),
      sink(z, 1),
    ]);
    expect(takenClocks(z)).toEqual(forwards);
  });
});

function plan(fields: Partial<WindowPlan>): WindowPlan {
  return {
    wordLanes: 1,
    pixelWords: 1,
    inH: 1,
    inW: 4,
    outH: 1,
    outW: 1,
    window: { ...UNIT_WINDOW, kernelW: 4 },
    fold: { steps: 4, results: 1, chunks: 1 },
    lastFold: { steps: 4, results: 1, chunks: 1 },
    folds: [
      { steps: 4, results: 1, chunks: 1 },
      { steps: 4, results: 1, chunks: 1 },
    ],
    slices: 1,
    groups: 1,
    foldsPerGroup: 2,
    resultsPerFold: 1,
    resultsOfLastFold: 1,
    beatsPerFrame: 4,
    beatsPerPixel: 1,
    ...fields,
  };
}

describe('pixelDemand', () => {
  it('of a padded 3x3 kernel on 3x3 pixels', () => {
    const pads = { padTop: 1, padLeft: 1, padBottom: 1, padRight: 1 };
    const demand = pixelDemand(
      plan({ inH: 3, inW: 3, outH: 3, outW: 3, window: { ...UNIT_WINDOW, kernelH: 3, kernelW: 3, ...pads } }),
    );
    expect([...demand.need]).toEqual([5, 6, 6, 8, 9, 9, 8, 9, 9]);
    expect([...demand.freed]).toEqual([0, 0, 0, 0, 1, 3, 3, 4, 9]);
    expect(leastCapacity(demand)).toBe(9);
  });

  it('of a 1x1 kernel with stride 2: what is skipped is not kept', () => {
    const demand = pixelDemand(
      plan({ inH: 4, inW: 4, outH: 2, outW: 2, window: { ...UNIT_WINDOW, strideH: 2, strideW: 2 } }),
    );
    expect([...demand.need]).toEqual([1, 3, 9, 11]);
    expect([...demand.freed]).toEqual([2, 8, 10, 16]);
    expect(leastCapacity(demand)).toBe(1);
  });

  it('of a 3x3 kernel without padding: two rows and three pixels', () => {
    const window = { ...UNIT_WINDOW, kernelH: 3, kernelW: 3 };
    expect(leastCapacity(pixelDemand(plan({ inH: 6, inW: 5, outH: 4, outW: 3, window })))).toBe(2 * 5 + 3);
  });
});

describe('an engine with a window memory', () => {
  /** Four inputs, two outputs, one multiplier: eight steps a frame. */
  const timing: Omit<WindowTiming, 'capacity'> = {
    name: 'dense',
    plan: plan({}),
    lanesOut: 1,
    requantisers: 1,
    fifoDepth: 8,
    foldLatency: 10,
  };
  const run = (
    capacity: number,
    changes: Partial<WindowTiming> = {},
  ): { in: readonly number[]; out: readonly number[] } => {
    const whole = { ...timing, ...changes, capacity };
    return through(12, (i, o) => windowProcess(whole, pixelDemand(whole.plan), i, o));
  };

  it('works without a gap where two frames fit', () => {
    // The last of four pixels is written in clock 3; steps from 4 on, four a result.
    expect(run(8).out).toEqual([17, 21, 25, 29, 33, 37]);
    expect(run(8).in.slice(0, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('waits for the next frame where only one fits', () => {
    // Pixels are free after the last step, in clock 11: written in 12 to 15, steps from 16 on.
    expect(run(4).in.slice(0, 8)).toEqual([0, 1, 2, 3, 12, 13, 14, 15]);
    expect(run(4).out).toEqual([17, 21, 29, 33, 41, 45]);
  });

  it('is held back by results that leave one by one', () => {
    // Two results of one step each, requantised one at a clock: a fold takes two clocks.
    const slow = plan({
      folds: [{ steps: 1, results: 2, chunks: 2 }],
      foldsPerGroup: 1,
      resultsPerFold: 2,
      inW: 1,
      beatsPerFrame: 1,
      window: UNIT_WINDOW,
    });
    const out = run(4, { plan: slow }).out;
    expect(out.slice(0, 6)).toEqual([11, 12, 13, 14, 15, 16]);
  });

  it('gets the least memory that loses nothing', () => {
    expect(capacityFor(timing, 8)).toBe(8);
    expect(capacityFor(timing, 12)).toBe(4);
  });
});

describe('leastThat', () => {
  it.each([0, 1, 7, 50, 98, 99, 100])('finds the least number that reaches from any guess (%i)', (answer) => {
    for (const guess of [0, 1, 6, 7, 8, 49, 60, 99, 100]) {
      expect(
        leastThat((n) => n >= answer, 0, 100, guess),
        `from ${guess}`,
      ).toBe(answer);
    }
  });

  it('gives the most where nothing reaches', () => {
    expect(leastThat(() => false, 3, 100, 5)).toBe(100);
  });
});
