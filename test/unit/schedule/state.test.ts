import { describe, expect, it } from 'vitest';
import { lowerModel } from '../../../src/compile.js';
import { chooseDesign } from '../../../src/explore/choose.js';
import type { Design } from '../../../src/hw/design.js';
import { netlistOf } from '../../../src/hw/netlist.js';
import { predict } from '../../../src/schedule/predict.js';
import { isSame } from '../../../src/schedule/steady.js';
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
    if (isSame(state, former)) return frames;
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

describe('the state of a network behind an eager source', () => {
  it.each(Object.entries(BLOCKS))(
    'of a %s network with FIFOs too shallow comes again, and so do its frames',
    (_, build) => {
      const { network } = lowerModel(build('net'));
      const { design, prediction } = chooseDesign(network, { clockMHz: 200, multiplierBudget: 150 });
      const fifos = [...design.fifos].map(
        ([edge, fifo]) => [edge, { ...fifo, depth: Math.max(1, fifo.depth - 2) }] as const,
      );
      const short = { ...design, fifos: new Map(fifos) };
      const run = prepareRun(netlistOf(short), { interval: 0 });
      const states: (readonly number[])[] = [];
      let turns = 0;
      let frames = 0;
      while (turns === 0 && frames < 20) {
        const ends = run.run(++frames);
        states.push(run.state(ends.at(-1) as number));
        turns =
          states
            .slice(0, -1)
            .reverse()
            .findIndex((former) => isSame(former, states.at(-1) as readonly number[])) + 1;
      }
      expect(turns).toBeGreaterThan(0);
      const ends = run.run(frames + 20);
      const over = (frame: number): number => (ends[frame] as number) - (ends[frame - turns] as number);
      for (let frame = frames; frame < ends.length; frame++) expect(over(frame)).toBe(over(frames - 1));
      expect(over(frames - 1) / turns).toBeGreaterThan(prediction.cyclesPerFrame);
      expect(predict(short).cyclesPerFrame).toBe(over(frames - 1) / turns);
    },
  );
});
