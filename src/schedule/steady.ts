import { beatsPerFrame } from '../hw/feature-map.js';
import { type Netlist, netOf } from '../hw/netlist.js';
import { type DesignRun, prepareRun, type RunOptions } from './token-design.js';

/** The fewest frames that show an interval behind the one that fills the buffers. */
const FIRST_FRAMES = 3;
const MORE_FRAMES = 9;

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
 * Runs a network behind sources of a pace until its state comes again, from where on it keeps the pace for ever, or, where that
 * takes long, until as many frames as are inside at once show its interval. Nothing upstream runs ahead and has to fill
 * buffers first; only FIFOs of whole frames are full later.
 */
export function pacedInterval(run: DesignRun, interval: number, wholeFrames: number): Pace {
  const never = { interval: Number.POSITIVE_INFINITY };
  const [start] = run.run(1);
  if (start === undefined) return { ...never, frames: 1 };
  const steady = steadyFrames(start, interval);
  const enough = wholeFrames + 1 + steady;
  let state = run.state();
  /** Frames that are like the one before them. */
  let alike = 0;
  for (let frames = 2; ; frames++) {
    const ends = run.run(frames);
    if (ends.length < frames) return { ...never, frames };
    const former = state;
    state = run.state();
    alike = alike > 0 || isSame(state, former) ? alike + 1 : 0;
    // The first alike frame is the next one; unbounded FIFOs hold parts of two, and where they are deep, of more.
    if (alike > 1 + (run.wholeFrames() ?? -1)) return { interval, frames };
    if (frames < FIRST_FRAMES + wholeFrames) continue;
    const end = (frame: number): number => ends[frame] as number;
    const found = end(frames - 1) - end(frames - 2);
    if (found > interval && found === end(frames - 2) - end(frames - 3)) return { interval: found, frames };
    if (frames < enough) continue;
    const mean = (end(frames - 1) - end(frames - 1 - steady)) / steady;
    if (mean <= interval || frames === enough + MORE_FRAMES) return { interval: mean, frames };
  }
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
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
