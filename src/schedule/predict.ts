import type { Design } from '../hw/design.js';
import { type Netlist, netlistOf } from '../hw/netlist.js';
import { defined } from '../support/invariant.js';
import { engineInterval } from './cycles.js';
import { isSame, keepsPace, steadyFrames } from './steady.js';
import { prepareRun } from './token-design.js';

/** What the token-level model says of a design with an eager source and sink. */
export interface Prediction {
  /** Clocks between the last output beats of consecutive frames, in the steady state. */
  readonly cyclesPerFrame: number;
  /** Clocks from the first input beat to the last output beat of the first frame. */
  readonly latencyCycles: number;
  /** Undefined, or the frame that never came out: buffers too small. */
  readonly deadlockInFrame?: number;
}

/** Frames, or as many times as many as are inside at once, after which a design without a steady state is taken at its mean. */
const MOST_FRAMES = 24;
const MOST_ROUNDS = 3;

/**
 * Predicts frame interval and latency. Deterministic; time grows with beats and folds a frame. No design is faster than
 * its slowest engine; where it keeps that engine's pace, that is its interval, and one frame shows the latency. A pace that
 * the design is known to keep saves finding it out.
 */
export function predict(design: Design, keptPace = Number.POSITIVE_INFINITY): Prediction {
  const netlist = netlistOf(design);
  const interval = Math.max(...design.engines.map(engineInterval));
  if (keptPace > interval && !keepsPace(netlist, { interval })) return predictEager(netlist, interval);
  const [latencyCycles] = prepareRun(netlist, { interval: 0 }).run(1);
  return { cyclesPerFrame: interval, latencyCycles: defined(latencyCycles, 'the end of the first frame') };
}

/**
 * Clocks from the first input beat to the last output beat of each of so many frames, with an eager source and sink; those before
 * the steady state among them, and fewer than asked for where the design deadlocks.
 */
export function predictFrameEnds(design: Design, frames: number): readonly number[] {
  return prepareRun(netlistOf(design), { interval: 0 }).run(frames);
}

/** Frames of an eager source that may take turns in being held up. */
const MOST_TURNS = 4;

/** Runs frames through a netlist as fast as it takes them, until its state is that of a frame before. */
function predictEager(netlist: Netlist, slowest: number): Prediction {
  const run = prepareRun(netlist, { interval: 0 });
  const states: (readonly number[])[] = [];
  for (let frames = 1; ; frames++) {
    const ends = run.run(frames);
    if (ends.length < frames)
      return { cyclesPerFrame: Number.NaN, latencyCycles: Number.NaN, deadlockInFrame: ends.length };
    const end = (frame: number): number => ends[frame] as number;
    // The first input beat is taken in clock 0: the network is empty.
    const over = (intervals: number): Prediction => ({
      cyclesPerFrame: (end(frames - 1) - end(frames - 1 - intervals)) / intervals,
      latencyCycles: end(0),
    });
    const state = run.state(end(frames - 1));
    const at = states.findLastIndex((former) => isSame(former, state));
    if (at >= 0) return over(states.length - at);
    if (frames >= Math.max(MOST_FRAMES, MOST_ROUNDS * steadyFrames(end(0), slowest)))
      return over(Math.floor(frames / 2));
    states.push(state);
    if (states.length > MOST_TURNS) states.shift();
  }
}
