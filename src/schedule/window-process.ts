import type { WindowPlan } from '../hw/folding.js';
import { defined } from '../support/invariant.js';
import { type Channel, type Process, takeNext } from './token-network.js';

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
  let freedSeen = 0;
  let beatInFrame = 0;

  /** Clock from which the pixel that is being written has room; undefined while that is not known. */
  function roomAt(): number | undefined {
    const wanted = state.written.length - capacity + 1;
    if (wanted <= 0) return 0;
    while (freedSeen < state.freedCount.length && (state.freedCount[freedSeen] as number) < wanted) freedSeen++;
    const at = state.freedAt[freedSeen];
    return at === undefined ? undefined : at + 1;
  }

  return () => {
    let moved = false;
    for (;;) {
      const room = roomAt();
      const t = room === undefined ? undefined : takeNext(input, room);
      if (t === undefined) return moved;
      input.taken.push(t);
      beatInFrame++;
      const frameEnds = beatInFrame === plan.beatsPerFrame;
      if (frameEnds || beatInFrame % plan.beatsPerPixel === 0) state.written.push(t);
      if (frameEnds) beatInFrame = 0;
      moved = true;
    }
  };
}

/** Walks over positions and folds: hd_window_ctrl's steps, held back by hd_fold_credit. */
function foldReader(
  { plan, lanesOut, requantisers, fifoDepth, foldLatency }: WindowTiming,
  { need, freed, pixels }: PixelDemand,
  state: WindowState,
  output: Channel,
): () => boolean {
  /** Position over all frames, fold of it, results that wait for their beat to be complete, beats made. */
  let position = 0;
  let fold = 0;
  let phase = 0;
  let beatsOut = 0;
  let previousStep = -1;
  let previousChunks = 0;

  /** Clock of the fold's last step, when it makes `beats` beats; undefined while that is not known. */
  function lastStep(steps: number, beats: number, base: number, place: number): number | undefined {
    const present = state.written[base + (need[place] as number) - 1];
    const credit = beatsOut + beats - fifoDepth - 1;
    const popped = credit < 0 ? -1 : output.taken[credit];
    if (present === undefined || popped === undefined) return undefined;
    const first = Math.max(previousStep + 1, fold === 0 ? present + 1 : 0);
    return Math.max(first + steps - 1, previousStep + previousChunks, popped + 1);
  }

  return () => {
    let moved = false;
    for (;;) {
      const { steps, results, chunks } = defined(plan.folds[fold], 'a fold');
      const place = position % need.length;
      const base = ((position - place) / need.length) * pixels;
      const positionEnds = fold === plan.folds.length - 1;
      const waiting = phase + results;
      const beats = positionEnds ? Math.ceil(waiting / lanesOut) : Math.floor(waiting / lanesOut);
      const last = lastStep(steps, beats, base, place);
      if (last === undefined) return moved;
      for (let beat = 1; beat <= beats; beat++) {
        const chunk = Math.min(Math.ceil((beat * lanesOut - phase) / requantisers), chunks);
        output.ready.push(last + foldLatency + chunk - 1);
      }
      beatsOut += beats;
      phase = positionEnds ? 0 : waiting - beats * lanesOut;
      previousStep = last;
      previousChunks = chunks;
      fold = positionEnds ? 0 : fold + 1;
      if (positionEnds) {
        state.freedCount.push(base + (freed[place] as number));
        state.freedAt.push(last);
        position++;
      }
      moved = true;
    }
  };
}
