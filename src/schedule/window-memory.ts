import type { WindowMemory } from '../hw/design.js';
import { type Folding, splitTaps, type WindowPlan } from '../hw/folding.js';
import type { WindowLayer } from '../hw/layer.js';
import { greatestCommonDivisor } from '../support/whole-numbers.js';
import { makeChannel, settle, sink, source } from './token-network.js';
import { leastCapacity, type PixelDemand, pixelDemand, type WindowTiming, windowProcess } from './window-process.js';

/** Sizes of window memories and output FIFOs: the least at which the token-level model shows no loss. */

/** Least number of banks in which `kernel` rows (or columns) `dilation` apart all differ. */
function leastBanks(kernel: number, dilation: number): number {
  let banks = kernel;
  while (banks / greatestCommonDivisor(banks, dilation) < kernel) banks++;
  return banks;
}

/** The memory of at least `pixels` pixels in the form that the taps ask for. */
export function memoryOf(layer: WindowLayer, folding: Folding, plan: WindowPlan, pixels: number): WindowMemory {
  const { tapsH, tapsW } = splitTaps(layer, folding.taps);
  if (folding.taps === 1) return { capacity: pixels, rowBanks: 1, colBanks: 1, bankRows: 1 };
  const rows = Math.ceil(pixels / plan.inW);
  const fewest = leastBanks(tapsH, plan.window.dilationH);
  const colBanks = tapsW === 1 ? 1 : leastBanks(tapsW, plan.window.dilationW);
  const bankRows = Math.max(1, Math.floor(rows / fewest));
  let rowBanks = Math.max(fewest, Math.ceil(rows / bankRows));
  while (rowBanks / greatestCommonDivisor(rowBanks, plan.window.dilationH) < tapsH) rowBanks++;
  return { capacity: rowBanks * bankRows * plan.inW, rowBanks, colBanks, bankRows };
}

/** Beats that the output FIFO needs so that credits come back in time: those of one fold, and those on their way. */
export function fifoDepthOf(plan: WindowPlan, lanesOut: number, foldLatency: number): number {
  const mostBeats = Math.floor((plan.resultsPerFold + 2 * lanesOut - 2) / lanesOut);
  const results = plan.folds.reduce((sum, fold) => sum + fold.results, 0);
  const clocks = plan.folds.reduce((sum, fold) => sum + Math.max(fold.steps, fold.chunks), 0);
  const beatRate = Math.min(1, Math.ceil(results / lanesOut) / clocks);
  return mostBeats + Math.ceil((foldLatency + 3) * beatRate);
}

/** Frames that the search for a capacity looks at: the first fill the memory, the last show the steady interval. */
const FRAMES = 4;

/** Output beats of a frame. */
function beatsOf(plan: WindowPlan, lanesOut: number): number {
  const results = plan.folds.reduce((sum, fold) => sum + fold.results, 0);
  return plan.outH * plan.outW * Math.ceil(results / lanesOut);
}

/** Interval of the engine alone, with an eager source and sink. */
function aloneInterval(timing: WindowTiming, demand: PixelDemand): number {
  const input = makeChannel();
  const output = makeChannel();
  const end = sink(output, beatsOf(timing.plan, timing.lanesOut));
  settle([source(input, FRAMES * timing.plan.beatsPerFrame), windowProcess(timing, demand, input, output), end]);
  const at = (frame: number): number => end.frameEnds[frame] ?? Number.POSITIVE_INFINITY;
  return at(FRAMES - 1) - at(FRAMES - 2);
}

/** Output rows, in kernels, of the flat picture that the search for a capacity begins with. */
const FLAT_KERNELS = 3;

/** The engine on a picture of fewer rows: far from the border all rows are alike. Undefined where it is flat already. */
function flattened(timing: CapacityTiming, target: number): { timing: CapacityTiming; target: number } | undefined {
  const { plan } = timing;
  const outH = FLAT_KERNELS * plan.window.kernelH;
  const inH = plan.inH - (plan.outH - outH) * plan.window.strideH;
  if (outH >= plan.outH || inH < 1) return undefined;
  const flat = { ...plan, inH, outH, beatsPerFrame: (plan.beatsPerFrame / plan.inH) * inH };
  const [work, interval] = [planInterval(flat, timing.lanesOut), planInterval(plan, timing.lanesOut)];
  return { timing: { ...timing, plan: flat }, target: Math.floor((work * target) / interval) };
}

/** Clocks a frame that a plan takes at least. */
function planInterval(plan: WindowPlan, lanesOut: number): number {
  const position = plan.folds.reduce((sum, fold) => sum + Math.max(fold.steps, fold.chunks), 0);
  return Math.max(plan.outH * plan.outW * position, plan.beatsPerFrame, beatsOf(plan, lanesOut));
}

type CapacityTiming = Omit<WindowTiming, 'capacity'>;

/**
 * Least capacity in pixels with which the engine, alone, has an interval of at most `target` clocks; that of two whole
 * frames where no less reaches it.
 */
export function capacityFor(timing: CapacityTiming, target: number): number {
  const demand = pixelDemand(timing.plan);
  const least = leastCapacity(demand);
  const most = Math.max(least, 2 * demand.pixels);
  const flat = flattened(timing, target);
  const guess = flat === undefined ? least : capacityFor(flat.timing, flat.target);
  const reaches = (capacity: number): boolean => aloneInterval({ ...timing, capacity }, demand) <= target;
  return leastThat(reaches, least, most, Math.min(Math.max(guess, least), most));
}

/**
 * Least number in least..most that reaches, where larger ones reach if smaller ones do; `most` where none does. Looks at
 * steps that double from `guess` on.
 */
export function leastThat(reaches: (n: number) => boolean, least: number, most: number, guess: number): number {
  let [tooFew, enough] = [least - 1, most];
  if (guess < most && !reaches(guess)) {
    tooFew = guess;
    for (let step = 1; tooFew + step < most; step *= 2) {
      if (reaches(tooFew + step)) {
        enough = tooFew + step;
        break;
      }
      tooFew += step;
    }
  } else {
    enough = guess;
    for (let step = 1; enough - step >= least; step *= 2) {
      if (!reaches(enough - step)) {
        tooFew = enough - step;
        break;
      }
      enough -= step;
    }
  }
  while (enough - tooFew > 1) {
    const middle = Math.floor((enough + tooFew) / 2);
    if (reaches(middle)) enough = middle;
    else tooFew = middle;
  }
  return enough;
}

/** `capacityFor` that remembers: networks repeat their layers. */
export function makeCapacityFinder(): typeof capacityFor {
  const found = new Map<string, number>();
  return (timing, target) => {
    const key = JSON.stringify({ ...timing, name: '', target });
    const known = found.get(key) ?? capacityFor(timing, target);
    found.set(key, known);
    return known;
  };
}
