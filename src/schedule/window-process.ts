import type { WindowPlan } from '../hw/folding.js';
import { type Channel, grantLimit, match, type Process, reserve } from './token-network.js';

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

/** What the two sides of a window memory know of each other, in rings of the pixels in the memory. */
interface WindowState {
  readonly mask: number;
  /** Pixels written, and the clock in which each one's last word is. */
  pixels: number;
  readonly written: Float64Array;
  /** Pixels given back, and the clock in which each one is. */
  freed: number;
  readonly freedAt: Float64Array;
}

function makeState(capacity: number, { need, freed }: PixelDemand): WindowState {
  // Where the stride is larger than the kernel, pixels are given back before they come.
  let early = 0;
  for (let place = 0; place < need.length; place++)
    early = Math.max(early, (freed[place] as number) - (need[place] as number));
  const size = 2 ** Math.ceil(Math.log2(capacity + early + 1));
  return {
    mask: size - 1,
    pixels: 0,
    written: new Float64Array(size),
    freed: 0,
    freedAt: new Float64Array(size),
  };
}

/** An engine with a window memory: conv, depthwise, dense or pool, as hd_window and hd_fold_credit time it. */
export function windowProcess(timing: WindowTiming, demand: PixelDemand, input: Channel, output: Channel): Process {
  const state = makeState(timing.capacity, demand);
  const takeBeats = pixelWriter(timing, state, input);
  const folds = foldReader(timing, demand, state, output);
  return {
    name: timing.name,
    inputs: [input],
    outputs: [output],
    kept(tell) {
      folds.kept(tell);
      const { freed, freedAt, mask } = state;
      // Of the pixels that may be waited for.
      for (let i = freed - timing.capacity; i < freed; i++) tell(i < 0 ? -1 : (freedAt[i & mask] as number));
    },
    advance() {
      for (let moved = false; ; moved = true) {
        const beats = takeBeats();
        const read = folds.take();
        if (!beats && !read) return moved;
      }
    },
  };
}

/** Takes input beats while there is room: what hd_gather does, and `space` of hd_window_ctrl. */
function pixelWriter({ plan, capacity }: WindowTiming, state: WindowState, input: Channel): () => boolean {
  const { beatsPerFrame, beatsPerPixel } = plan;
  const grant = pixelGranter(plan, capacity, state, input);
  let frameEnd = beatsPerFrame;
  let pixelEnd = Math.min(beatsPerPixel, frameEnd);
  return () => {
    // Of a pixel's beats only the last is looked at.
    grant(Math.min(input.gone, pixelEnd - 1));
    const moved = match(input);
    const { taken, gone, mask } = input;
    const before = state.pixels;
    for (; pixelEnd <= gone; state.pixels++) {
      state.written[state.pixels & state.mask] = taken[(pixelEnd - 1) & mask] as number;
      if (pixelEnd === frameEnd) frameEnd += beatsPerFrame;
      pixelEnd = Math.min(pixelEnd + beatsPerPixel, frameEnd);
    }
    return moved || state.pixels > before;
  };
}

/** Says from when on there is room for each input beat: from its pixel's place being free. */
function pixelGranter(
  { beatsPerFrame, beatsPerPixel }: WindowPlan,
  capacity: number,
  state: WindowState,
  input: Channel,
): (processed: number) => void {
  let pixel = 0;
  let frameEnd = beatsPerFrame;
  let pixelEnd = Math.min(beatsPerPixel, frameEnd);
  return (processed) => {
    const limit = grantLimit(input, processed);
    const { room, mask } = input;
    let beat = input.granted;
    while (beat < limit) {
      const place = pixel - capacity;
      if (place >= state.freed) break;
      const from = place < 0 ? 0 : (state.freedAt[place & state.mask] as number) + 1;
      const end = pixelEnd < limit ? pixelEnd : limit;
      for (; beat < end; beat++) room[beat & mask] = from;
      if (beat < pixelEnd) break;
      pixel++;
      if (pixelEnd === frameEnd) frameEnd += beatsPerFrame;
      pixelEnd = Math.min(pixelEnd + beatsPerPixel, frameEnd);
    }
    input.granted = beat;
  };
}

/** The folds of a position, and the clocks after a fold's last step in which its beats are offered. */
interface FoldTable {
  readonly steps: Float64Array;
  readonly chunks: Float64Array;
  /** Place in `delays` of each fold's first beat, and of the end. */
  readonly firstBeat: Int32Array;
  readonly delays: Float64Array;
}

/** A beat leaves with the chunk that completes it; the last one of a position need not be full. */
function foldTable({ plan, lanesOut, requantisers, foldLatency }: WindowTiming): FoldTable {
  const { folds } = plan;
  const firstBeat = [0];
  const delays: number[] = [];
  let phase = 0;
  folds.forEach(({ results, chunks }, fold) => {
    const waiting = phase + results;
    const beats = fold === folds.length - 1 ? Math.ceil(waiting / lanesOut) : Math.floor(waiting / lanesOut);
    for (let beat = 1; beat <= beats; beat++)
      delays.push(foldLatency + Math.min(Math.ceil((beat * lanesOut - phase) / requantisers), chunks) - 1);
    phase = waiting - beats * lanesOut;
    firstBeat.push(delays.length);
  });
  return {
    steps: Float64Array.from(folds, ({ steps }) => steps),
    chunks: Float64Array.from(folds, ({ chunks }) => chunks),
    firstBeat: Int32Array.from(firstBeat),
    delays: Float64Array.from(delays),
  };
}

interface FoldReader {
  take(): boolean;
  /** Until when the array, and until when the requantisers, are busy with the fold before. */
  kept(tell: (clock: number) => void): void;
}

/** Walks over positions and folds: hd_window_ctrl's steps, held back by hd_fold_credit. */
function foldReader(
  timing: WindowTiming,
  { need, freed, pixels }: PixelDemand,
  state: WindowState,
  output: Channel,
): FoldReader {
  const { fifoDepth } = timing;
  const { steps, chunks, firstBeat, delays } = foldTable(timing);
  reserve(output, fifoDepth + 1);
  /** Position of a frame, the frame's first pixel over all frames, fold. */
  let place = 0;
  let base = 0;
  let fold = 0;
  // Clocks of the fold before, in an array: a number that a closure keeps would be allocated anew for each fold.
  const before = Float64Array.of(-1, 0);

  function take(): boolean {
    const { written, freedAt, mask, pixels: present } = state;
    const { ready, taken, mask: outMask } = output;
    let [previousStep = 0, previousChunks = 0] = before;
    let { offered, gone } = output;
    let moved = false;
    for (;;) {
      const pixel = base + (need[place] as number) - 1;
      const first = firstBeat[fold] as number;
      const end = firstBeat[fold + 1] as number;
      const credit = offered + end - first - fifoDepth - 1;
      if (credit >= gone) {
        output.offered = offered;
        match(output);
        gone = output.gone;
      }
      if (pixel >= present || credit >= gone) break;
      let start = previousStep;
      if (fold === 0) start = Math.max(start, written[pixel & mask] as number);
      const popped = credit < 0 ? -1 : (taken[credit & outMask] as number);
      previousStep = Math.max(start + (steps[fold] as number), previousStep + previousChunks, popped + 1);
      previousChunks = chunks[fold] as number;
      for (let beat = first; beat < end; beat++) {
        ready[offered & outMask] = previousStep + (delays[beat] as number);
        offered++;
      }
      moved = true;
      fold++;
      if (fold < steps.length) continue;
      fold = 0;
      // Gives back the pixels that no later position needs.
      const count = base + (freed[place] as number);
      for (let free = state.freed; free < count; free++) freedAt[free & mask] = previousStep;
      if (count > state.freed) state.freed = count;
      place++;
      if (place < need.length) continue;
      place = 0;
      base += pixels;
    }
    before[0] = previousStep;
    before[1] = previousChunks;
    output.offered = offered;
    match(output);
    return moved;
  }

  return {
    take,
    kept(tell) {
      const [step = 0, chunks = 0] = before;
      tell(step);
      tell(step + chunks);
    },
  };
}
