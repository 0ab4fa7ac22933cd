import type { WindowMemory } from '../hw/design.js';
import { type Folding, splitTaps, type WindowPlan } from '../hw/folding.js';
import type { WindowLayer } from '../hw/layer.js';
import { makeChannel, settle, sink, source } from './token-network.js';
import { leastCapacity, type PixelDemand, pixelDemand, type WindowTiming, windowProcess } from './window-process.js';

/** Sizes of window memories and output FIFOs: the least at which the token-level model shows no loss. */

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

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

/** Interval of the engine alone, with an eager source and sink. */
function aloneInterval(timing: WindowTiming, demand: PixelDemand): number {
  const input = makeChannel();
  const output = makeChannel();
  settle([
    source(input, FRAMES * timing.plan.beatsPerFrame),
    windowProcess(timing, demand, input, output),
    sink(output),
  ]);
  const beats = output.taken.length / FRAMES;
  const end = (frame: number): number => output.taken[(frame + 1) * beats - 1] ?? Number.POSITIVE_INFINITY;
  return end(FRAMES - 1) - end(FRAMES - 2);
}

/**
 * Least capacity in pixels with which the engine, alone, has an interval of at most `target` clocks; that of two whole
 * frames where no less reaches it.
 */
export function capacityFor(timing: Omit<WindowTiming, 'capacity'>, target: number): number {
  const demand = pixelDemand(timing.plan);
  let low = leastCapacity(demand);
  let high = Math.max(low, 2 * demand.pixels);
  const reaches = (capacity: number): boolean => aloneInterval({ ...timing, capacity }, demand) <= target;
  if (reaches(low)) return low;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return high;
}
