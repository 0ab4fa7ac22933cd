import type { Fold, WindowPlan } from '../hw/folding.js';
import type { Channel, Process } from './token-network.js';

/** What a window engine's timing depends on. */
export interface WindowTiming {
  readonly name: string;
  readonly plan: WindowPlan;
  /** Pixels that the window memory holds. */
  readonly capacity: number;
  readonly lanesOut: number;
  readonly requantisers: number;
  /** Beats of the output FIFO. */
  readonly fifoDepth: number;
  /** Clocks from a fold's last step to its first chunk's beat. */
  readonly foldLatency: number;
}

/** For each output position in raster order: pixels of its frame it needs, and pixels that are free once it is done. */
export interface PixelDemand {
  readonly need: Int32Array;
  readonly freed: Int32Array;
  readonly pixels: number;
}

/** The rules of rtl/layer/hd_window_ctrl.v. */
export function pixelDemand(plan: WindowPlan): PixelDemand {
  const { inH, inW, outH, outW, window: w } = plan;
  const need = new Int32Array(outH * outW);
  const freed = new Int32Array(outH * outW);
  const firstRow = (oy: number): number => Math.max(0, oy * w.strideH - w.padTop);
  const firstCol = (ox: number): number => Math.max(0, ox * w.strideW - w.padLeft);
  const reach = (origin: number, kernel: number, dilation: number, extent: number): number =>
    Math.min(origin + (kernel - 1) * dilation, extent - 1);
  /** First pixel that the window at (oy, ox), or any later one, can touch. */
  const oldest = (oy: number, ox: number): number => {
    const here = firstRow(oy) * inW + firstCol(ox);
    return oy + 1 < outH ? Math.min(here, firstRow(oy + 1) * inW) : here;
  };
  for (let oy = 0; oy < outH; oy++) {
    for (let ox = 0; ox < outW; ox++) {
      const row = reach(oy * w.strideH - w.padTop, w.kernelH, w.dilationH, inH);
      const col = reach(ox * w.strideW - w.padLeft, w.kernelW, w.dilationW, inW);
      need[oy * outW + ox] = row * inW + col + 1;
      const last = ox === outW - 1;
      freed[oy * outW + ox] = !last ? oldest(oy, ox + 1) : oy === outH - 1 ? inH * inW : oldest(oy + 1, 0);
    }
  }
  return { need, freed, pixels: inH * inW };
}

/** Pixels that must fit for every window to be able to begin: less deadlocks. */
export function leastCapacity(demand: PixelDemand): number {
  let least = 0;
  let free = 0;
  for (let position = 0; position < demand.need.length; position++) {
    least = Math.max(least, (demand.need[position] as number) - free);
    free = Math.min(demand.freed[position] as number, demand.pixels);
  }
  return least;
}

/** What the two sides of a window memory know of each other; pixels and positions are counted over all frames. */
interface WindowState {
  /** Clock in which each pixel's last word is written. */
  readonly written: number[];
  /** Pixels given back after each position, and when. */
  readonly freedCount: number[];
  readonly freedAt: number[];
}

/** An engine with a window memory: conv, depthwise, dense or pool, as hd_window and hd_fold_credit time it. */
export function windowProcess(timing: WindowTiming, demand: PixelDemand, input: Channel, output: Channel): Process {
  const state: WindowState = { written: [], freedCount: [], freedAt: [] };
  const takeBeats = pixelWriter(timing, state, input);
  const takeFolds = foldReader(timing, demand, state, output);
  return {
    name: timing.name,
    advance() {
      const folds = takeFolds();
      const beats = takeBeats();
      return folds || beats;
    },
  };
}

/** Takes input beats while there is room: what hd_gather does, and `space` of hd_window_ctrl. */
function pixelWriter({ plan, capacity }: WindowTiming, state: WindowState, input: Channel): () => boolean {
  const { beatsPerFrame, beatsPerPixel } = plan;
  const { written, freedCount, freedAt } = state;
  let freedSeen = 0;
  let beatInFrame = 0;
  let beatInPixel = 0;
  let pixels = 0;

  /** Clock from which the pixel that is being written has room; undefined while that is not known. */
  function roomAt(): number | undefined {
    const wanted = pixels - capacity + 1;
    if (wanted <= 0) return 0;
    while (freedSeen < freedCount.length && (freedCount[freedSeen] as number) < wanted) freedSeen++;
    const at = freedAt[freedSeen];
    return at === undefined ? undefined : at + 1;
  }

  return () => {
    const { ready, taken } = input;
    const before = taken.length;
    let previous = before === 0 ? -1 : (taken[before - 1] as number);
    let room = roomAt();
    for (let beat = before; room !== undefined && beat < ready.length; beat++) {
      previous = Math.max(ready[beat] as number, previous + 1, room);
      taken.push(previous);
      beatInFrame++;
      beatInPixel++;
      if (beatInPixel < beatsPerPixel && beatInFrame < beatsPerFrame) continue;
      written.push(previous);
      pixels++;
      beatInPixel = 0;
      if (beatInFrame === beatsPerFrame) beatInFrame = 0;
      room = roomAt();
    }
    return taken.length > before;
  };
}

/** Walks over positions and folds: hd_window_ctrl's steps, held back by hd_fold_credit. */
function foldReader(
  { plan, lanesOut, requantisers, fifoDepth, foldLatency }: WindowTiming,
  { need, freed, pixels }: PixelDemand,
  state: WindowState,
  output: Channel,
): () => boolean {
  const { folds } = plan;
  const { written, freedCount, freedAt } = state;
  /** Position of a frame, the frame's first pixel over all frames, fold, results that wait for their beat to be complete. */
  let place = 0;
  let base = 0;
  let fold = 0;
  let phase = 0;
  let previousStep = -1;
  let previousChunks = 0;

  return () => {
    const { ready, taken } = output;
    let moved = false;
    for (;;) {
      const { steps, results, chunks } = folds[fold] as Fold;
      const positionEnds = fold === folds.length - 1;
      const waiting = phase + results;
      const beats = positionEnds ? Math.ceil(waiting / lanesOut) : Math.floor(waiting / lanesOut);
      const present = fold === 0 ? written[base + (need[place] as number) - 1] : previousStep;
      const credit = ready.length + beats - fifoDepth - 1;
      const popped = credit < 0 ? -1 : taken[credit];
      if (present === undefined || popped === undefined) return moved;
      const last = Math.max(Math.max(previousStep, present) + steps, previousStep + previousChunks, popped + 1);
      for (let beat = 1; beat <= beats; beat++) {
        const chunk = Math.min(Math.ceil((beat * lanesOut - phase) / requantisers), chunks);
        ready.push(last + foldLatency + chunk - 1);
      }
      phase = waiting - beats * lanesOut;
      previousStep = last;
      previousChunks = chunks;
      fold++;
      moved = true;
      if (!positionEnds) continue;
      phase = 0;
      fold = 0;
      freedCount.push(base + (freed[place] as number));
      freedAt.push(last);
      place++;
      if (place < need.length) continue;
      place = 0;
      base += pixels;
    }
  };
}
