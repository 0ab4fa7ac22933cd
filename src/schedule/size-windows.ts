import type { ChosenBy, Engine } from '../hw/design.js';
import { type Folding, windowPlan } from '../hw/folding.js';
import { isWindowLayer, type Layer } from '../hw/layer.js';
import { layerInterval } from './cycles.js';
import { foldLatency } from './latency.js';
import { fifoDepthOf, makeCapacityFinder, memoryOf } from './window-memory.js';
import type { WindowTiming } from './window-process.js';

/** Window memories and output FIFOs of engines. */

/** A layer's parallelism and stream widths, before its buffers are sized. */
export interface EnginePlan {
  readonly layer: Layer;
  readonly lanesIn: number;
  readonly lanesOut: number;
  readonly folding?: Folding;
  readonly chosenBy: Readonly<Partial<Record<keyof Folding, ChosenBy>>>;
}

export function planInterval({ layer, folding, lanesIn, lanesOut }: EnginePlan): number {
  return layerInterval(layer, folding, lanesIn, lanesOut);
}

/** For each engine the pixels with which it has an interval of `target`, or its own, alone; 0 where it has no window. */
export function pixelsAlone(plans: readonly EnginePlan[], target: number): readonly number[] {
  const capacity = makeCapacityFinder();
  return plans.map((plan) => {
    const timing = timingOf(plan);
    return timing === undefined ? 0 : capacity(timing, Math.max(target, planInterval(plan)));
  });
}

/** Pixels of a row of the window memory: what one more row costs. */
export function rowPixels({ layer, folding, lanesIn }: EnginePlan): number {
  return isWindowLayer(layer) && folding !== undefined ? windowPlan(layer, folding, lanesIn).inW : 0;
}

/** The engine with a window memory of at least so many pixels. */
export function sizeEngine(plan: EnginePlan, pixels: number): Engine {
  const { layer, folding } = plan;
  const timing = timingOf(plan);
  if (timing === undefined || !isWindowLayer(layer) || folding === undefined) return plan;
  return { ...plan, fifoDepth: timing.fifoDepth, memory: memoryOf(layer, folding, timing.plan, pixels) };
}

/** What the model of an engine needs besides its memory; undefined for one without a window. */
function timingOf(plan: EnginePlan): Omit<WindowTiming, 'capacity'> | undefined {
  const { layer, folding, lanesIn, lanesOut } = plan;
  if (!isWindowLayer(layer) || folding === undefined) return undefined;
  const shape = windowPlan(layer, folding, lanesIn);
  const latency = foldLatency(plan);
  return {
    name: layer.name,
    plan: shape,
    lanesOut,
    requantisers: folding.requantisers,
    fifoDepth: fifoDepthOf(shape, lanesOut, latency),
    foldLatency: latency,
  };
}
