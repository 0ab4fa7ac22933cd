import type { WindowPlan } from '../hw/folding.js';
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

/** An engine with a window memory: conv, depthwise, dense or pool, as hd_window and hd_fold_credit time it. */
export function windowProcess(timing: WindowTiming, demand: PixelDemand, input: Channel, output: Channel): Process {
  const { plan, capacity, lanesOut, requantisers, fifoDepth, foldLatency } = timing;
  const { need, freed, pixels } = demand;
  const positions = need.length;
  /** Clock in which each pixel's last word is written, counted over all frames. */
  const written: number[] = [];
  /** Pixels given back, counted over all frames, and when, position by position. */
  const freedCount: number[] = [];
  const freedAt: number[] = [];
  let freedSeen = 0;
  let beatInFrame = 0;
  let position = 0;
  let frame = 0;
  let fold = 0;
  let previousStep = -1;
  let previousChunks = 0;
  let phase = 0;
  let beatsOut = 0;

  /** Clock from which the pixel that is being written has room; undefined while that is not known. */
  function roomAt(): number | undefined {
    const wanted = written.length - capacity + 1;
    if (wanted <= 0) return 0;
    while (freedSeen < freedCount.length && (freedCount[freedSeen] as number) < wanted) freedSeen++;
    const at = freedAt[freedSeen];
    return at === undefined ? undefined : at + 1;
  }

  function takeBeats(): boolean {
    let moved = false;
    for (;;) {
      const room = roomAt();
      if (room === undefined) return moved;
      const t = takeNext(input, room);
      if (t === undefined) return moved;
      input.taken.push(t);
      beatInFrame++;
      const pixelEnds = beatInFrame % plan.beatsPerPixel === 0 || beatInFrame === plan.beatsPerFrame;
      if (pixelEnds) written.push(t);
      if (beatInFrame === plan.beatsPerFrame) beatInFrame = 0;
      moved = true;
    }
  }

  function takeFolds(): boolean {
    let moved = false;
    for (;;) {
      const current = plan.folds[fold];
      const present = written[frame * pixels + (need[position] as number) - 1];
      if (current === undefined || present === undefined) return moved;
      const lastFold = fold === plan.folds.length - 1;
      const results = phase + current.results;
      const beats = lastFold ? Math.ceil(results / lanesOut) : Math.floor(results / lanesOut);
      const credit = beatsOut + beats - fifoDepth - 1;
      const popped = credit < 0 ? -1 : output.taken[credit];
      if (popped === undefined) return moved;
      const first = Math.max(previousStep + 1, fold === 0 ? present + 1 : 0);
      const last = Math.max(first + current.steps - 1, previousStep + previousChunks, popped + 1);
      for (let beat = 1; beat <= beats; beat++) {
        const chunk = Math.min(Math.ceil((beat * lanesOut - phase) / requantisers), current.chunks);
        output.ready.push(last + foldLatency + chunk - 1);
      }
      beatsOut += beats;
      phase = lastFold ? 0 : results - beats * lanesOut;
      previousStep = last;
      previousChunks = current.chunks;
      moved = true;
      if (lastFold) finishPosition(last);
      else fold++;
    }
  }

  function finishPosition(last: number): void {
    freedCount.push(frame * pixels + (freed[position] as number));
    freedAt.push(last);
    fold = 0;
    position++;
    if (position === positions) {
      position = 0;
      frame++;
    }
  }

  return {
    name: timing.name,
    advance() {
      const folds = takeFolds();
      const beats = takeBeats();
      return folds || beats;
    },
  };
}
