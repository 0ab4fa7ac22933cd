import { beatsPerFrame } from '../hw/feature-map.js';
import { type Netlist, netOf } from '../hw/netlist.js';
import { type DesignRun, prepareRun, type RunOptions } from './token-design.js';

/** The fewest frames that show an interval behind the one that fills the buffers. */
export const FIRST_FRAMES = 3;
const MORE_FRAMES = 9;

/**
 * Clocks from frame to frame behind sources of a pace, in the steady state; infinite where nothing comes out any more. A
 * pace that is kept is seen at once, since nothing upstream runs ahead and has to fill buffers first; only FIFOs of whole
 * frames are full later.
 */
export function pacedInterval(run: DesignRun, interval: number, wholeFrames: number): number {
  const first = FIRST_FRAMES + wholeFrames;
  for (let frames = first; ; frames++) {
    const ends = run.run(frames);
    const [last, before, earlier] = [ends[frames - 1], ends[frames - 2], ends[frames - 3]];
    if (last === undefined || before === undefined || earlier === undefined) return Number.POSITIVE_INFINITY;
    const found = last - before;
    if (found <= interval || found === before - earlier || frames === first + MORE_FRAMES) return found;
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
