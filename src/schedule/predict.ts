import type { Design } from '../hw/design.js';
import { type Netlist, netlistOf } from '../hw/netlist.js';
import { defined } from '../support/invariant.js';
import { engineInterval } from './cycles.js';
import { keepsPace, steadyFrames } from './steady.js';
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

/** Frames after which a design that has not become periodic is taken at its mean interval. */
const MOST_FRAMES = 24;
const FIRST_FRAMES = 6;

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

/** Runs frames through a netlist as fast as it takes them, until the interval is steady. */
function predictEager(netlist: Netlist, interval: number): Prediction {
  const run = prepareRun(netlist, { interval: 0 });
  for (let frames = FIRST_FRAMES; ; frames *= 2) {
    const prediction = summary(run.run(frames), frames, interval);
    if (prediction.settled || frames >= MOST_FRAMES) return prediction.result;
  }
}

function summary(
  frameEnds: readonly number[],
  frames: number,
  slowest: number,
): { result: Prediction; settled: boolean } {
  const end = (frame: number): number => frameEnds[frame] as number;
  if (frameEnds.length < frames) {
    const never = { cyclesPerFrame: Number.NaN, latencyCycles: Number.NaN, deadlockInFrame: frameEnds.length };
    return { result: never, settled: true };
  }
  const interval = end(frames - 1) - end(frames - 2);
  const half = Math.floor(frames / 2);
  const last = Math.min(steadyFrames(end(0), slowest), frames - 1);
  const settled = Array.from({ length: last }, (_, i) => end(frames - 1 - i) - end(frames - 2 - i)).every(
    (found) => found === interval,
  );
  return {
    result: {
      cyclesPerFrame: settled ? interval : (end(frames - 1) - end(half - 1)) / (frames - half),
      // The first input beat is taken in clock 0: the network is empty.
      latencyCycles: end(0),
    },
    settled,
  };
}
