import { describe, expect, it } from 'vitest';
import { lowerModel } from '../../../src/compile.js';
import { chooseDesign } from '../../../src/explore/choose.js';
import type { Design } from '../../../src/hw/design.js';
import { netlistOf } from '../../../src/hw/netlist.js';
import { type DesignRun, prepareRun } from '../../../src/schedule/token-design.js';
import { makeRandom } from '../../../src/support/random.js';
import { BLOCKS } from './blocks.js';

const SEEDS = 12;
/** Frames in which a state may come again, and further ones that have to be alike. */
const MOST_FRAMES = 8;
const LATER_FRAMES = 25;

/** The design with depths around those that it needs. */
function shaken(design: Design, random: () => number): Design {
  const fifos = [...design.fifos].map(([edge, fifo]) => {
    const depth = Math.max(1, fifo.depth + Math.floor(9 * random()) - 3);
    return [edge, { ...fifo, depth }] as const;
  });
  return { ...design, fifos: new Map(fifos) };
}

/** Runs until the state comes again: the frames until then. */
function framesUntilAgain(run: DesignRun, interval: number): number | undefined {
  let former: readonly number[] = [];
  for (let frames = 1; frames <= MOST_FRAMES; frames++) {
    if (run.run(frames).length < frames) return undefined;
    const state = run.state(frames * interval);
    if (state.length === former.length && state.every((clock, i) => clock === former[i])) return frames;
    former = state;
  }
  return undefined;
}

describe('the state of a network behind a source of a pace', () => {
  it.each(Object.entries(BLOCKS))('of a %s network shows, when it comes again, all frames to come', (_, build) => {
    const { network } = lowerModel(build('net'));
    const { design, prediction } = chooseDesign(network, { clockMHz: 200, multiplierBudget: 150 });
    let again = 0;
    let depthsSeen = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const random = makeRandom(seed);
      const interval = prediction.cyclesPerFrame + Math.floor(40 * random() * random());
      const unbounded = new Set([...design.fifos.keys()].filter(() => random() < 0.2));
      const run = prepareRun(netlistOf(shaken(design, random)), { interval, unbounded });
      const frames = framesUntilAgain(run, interval);
      if (frames === undefined) continue;
      again++;
      const copies = 1 + (run.wholeFrames() ?? 0);
      run.run(frames + copies);
      const depths = run.depths();
      const ends = run.run(frames + LATER_FRAMES);
      for (let i = frames; i < ends.length; i++)
        expect((ends[i] as number) - (ends[i - 1] as number), `seed ${seed}, frame ${i}`).toBe(interval);
      expect(run.depths(), `seed ${seed}`).toEqual(depths);
      depthsSeen += depths.size;
    }
    // Some of these networks come to rest, and some do not keep the pace.
    expect(again).toBeGreaterThan(0);
    expect(again).toBeLessThan(SEEDS);
    expect(depthsSeen).toBeGreaterThan(0);
  });
});
