import { beatsPerFrame } from '../hw/feature-map.js';
import { type Netlist, netOf } from '../hw/netlist.js';
import { type DesignRun, prepareRun, type RunOptions } from './token-design.js';

/** The fewest frames that show an interval behind the one that fills the buffers. */
const FIRST_FRAMES = 3;
/** Frames that a network is given to keep up after all when those that are inside at once came late on the whole. */
const LATE_FRAMES = 9;
/** As many times as many frames as are inside at once may pass until a network that keeps up has found its turns. */
const MOST_ROUNDS = 8;

/**
 * Intervals in a row that show what a network does for ever: frames may take turns in being held up, and a circuit of waiting
 * that comes round in some frames goes through as many of them, which all are inside at once.
 */
export function steadyFrames(latency: number, interval: number): number {
  return Math.max(FIRST_FRAMES - 1, Math.ceil(latency / interval));
}

/** What a network does behind sources of a pace, and the frames that showed it. */
export interface Pace {
  /** Mean clocks from frame to frame in the steady state; infinite where nothing comes out any more. */
  readonly interval: number;
  readonly frames: number;
}

/**
 * Runs a network behind sources of a pace until its state is that of the frame before: from then on all frames are alike. (Clocks
 * are the least solution, from the least state: behind such a source they never come earlier than in the frame before, so no
 * other state comes again.) Frames that come in time do not show it, since some stage may fall behind a little with each until,
 * dozens of frames later, it holds up what comes out. Where frames come late, or no state comes again, the pace is not kept.
 */
export function pacedInterval(run: DesignRun, interval: number, wholeFrames: number): Pace {
  const never = { interval: Number.POSITIVE_INFINITY };
  const [start] = run.run(1);
  if (start === undefined) return { ...never, frames: 1 };
  const steady = steadyFrames(start, interval);
  const enough = wholeFrames + 1 + steady;
  const isShown = makeProof(run, interval);
  isShown(1);
  for (let frames = 2; ; frames++) {
    const ends = run.run(frames);
    if (ends.length < frames) return { ...never, frames };
    if (isShown(frames)) return { interval, frames };
    if (frames < FIRST_FRAMES + wholeFrames) continue;
    const end = (frame: number): number => ends[frame] as number;
    const found = end(frames - 1) - end(frames - 2);
    if (found > interval && found === end(frames - 2) - end(frames - 3)) return { interval: found, frames };
    if (frames < enough + LATE_FRAMES) continue;
    const mean = (end(frames - 1) - end(frames - 1 - steady)) / steady;
    if (mean > interval) return { interval: mean, frames };
    if (frames >= enough + MOST_ROUNDS * steady) return { interval: interval + 1, frames };
  }
}

/** Says after each frame, from the first on, whether those that are through show all that are to come. */
function makeProof(run: DesignRun, interval: number): (frames: number) => boolean {
  let former: readonly number[] = [];
  /** Frames since the first state that was there before. */
  let alike = 0;
  return (frames) => {
    if (alike > 0) alike++;
    else {
      const state = run.state(frames * interval);
      if (isSame(state, former)) alike = 1;
      former = state;
    }
    // Unbounded FIFOs hold parts of two alike frames, and where they are deep, of more.
    return alike > 1 + (run.wholeFrames() ?? -1);
  };
}

export function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((clock, i) => clock === other[i]);
}

/** How a netlist, or a part of it, does behind sources of a pace. */
export function paceOf(netlist: Netlist, options: RunOptions): Pace {
  return pacedInterval(prepareRun(netlist, options), options.interval, mostWholeFrames(netlist, options));
}

/** Whether a netlist keeps a pace. */
export function keepsPace(netlist: Netlist, options: RunOptions): boolean {
  return paceOf(netlist, options).interval <= options.interval;
}

/** Frames that the deepest FIFO holds. */
function mostWholeFrames(netlist: Netlist, { part }: RunOptions): number {
  let most = 0;
  for (const stage of netlist.stages) {
    if (stage.kind !== 'fifo' || part?.has(stage) === false) continue;
    most = Math.max(most, Math.floor(stage.fifo.depth / beatsPerFrame(netOf(netlist, stage.inputs[0]).type)));
  }
  return most;
}
