import { beatsPerFrame } from '../hw/feature-map.js';
import { type Netlist, netOf } from '../hw/netlist.js';
import { type DesignRun, prepareRun, type RunOptions } from './token-design.js';

/** The fewest frames that show an interval behind the one that fills the buffers. */
export const FIRST_FRAMES = 3;
const MORE_FRAMES = 9;

/**
 * Intervals in a row that show what a network does for ever: frames may take turns in being held up, and a circuit of waiting
 * that comes round in some frames goes through as many of them, which all are inside at once.
 */
export function steadyFrames(latency: number, interval: number): number {
  return Math.max(FIRST_FRAMES - 1, Math.ceil(latency / interval));
}

/**
 * Mean clocks from frame to frame behind sources of a pace, in the steady state; infinite where nothing comes out any more.
 * Nothing upstream runs ahead and has to fill buffers first; only FIFOs of whole frames are full later.
 */
export function pacedInterval(run: DesignRun, interval: number, wholeFrames: number): number {
  const [start] = run.run(1);
  if (start === undefined) return Number.POSITIVE_INFINITY;
  const steady = steadyFrames(start, interval);
  const enough = wholeFrames + 1 + steady;
  for (let frames = FIRST_FRAMES + wholeFrames; ; frames++) {
    const ends = run.run(frames);
    if (ends.length < frames) return Number.POSITIVE_INFINITY;
    const end = (frame: number): number => ends[frame] as number;
    const found = end(frames - 1) - end(frames - 2);
    if (found > interval && found === end(frames - 2) - end(frames - 3)) return found;
    if (frames < enough) continue;
    const mean = (end(frames - 1) - end(frames - 1 - steady)) / steady;
    if (mean <= interval || frames === enough + MORE_FRAMES) return mean;
  }
}

/** Whether a netlist, or a part of it, keeps a pace. */
export function keepsPace(netlist: Netlist, options: RunOptions): boolean {
  const run = prepareRun(netlist, options);
  return pacedInterval(run, options.interval, mostWholeFrames(netlist, options)) <= options.interval;
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
