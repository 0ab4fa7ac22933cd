import type { ChosenBy, Design, Engine } from '../hw/design.js';
import { type Folding, windowPlan } from '../hw/folding.js';
import { isWindowLayer, type Layer, type LayerChain } from '../hw/layer.js';
import { layerInterval } from './cycles.js';
import { foldLatency } from './latency.js';
import { type Prediction, predict } from './predict.js';
import { capacityFor, fifoDepthOf, memoryOf } from './window-memory.js';

/** A layer's parallelism and stream widths, before its buffers are sized. */
export interface EnginePlan {
  readonly layer: Layer;
  readonly lanesIn: number;
  readonly lanesOut: number;
  readonly folding?: Folding;
  readonly chosenBy: Readonly<Partial<Record<keyof Folding, ChosenBy>>>;
}

export interface SizedDesign {
  readonly design: Design;
  readonly prediction: Prediction;
}

/** Rounds of enlarging buffers when engines that feed each other in bursts fall short of what each reaches alone. */
const MOST_ROUNDS = 6;

/**
 * Gives every engine its window memory and output FIFO, and predicts the whole. Each engine first gets the least memory
 * with which it reaches the network's interval alone; where the network as a whole does not reach it, all windows grow
 * by a row until it does, or growing changes nothing.
 */
export function sizeDesign(chain: LayerChain, inputLanes: number, plans: readonly EnginePlan[]): SizedDesign {
  const target = plans.reduce(
    (most, plan) => Math.max(most, layerInterval(plan.layer, plan.folding, plan.lanesIn, plan.lanesOut)),
    0,
  );
  const build = (extraRows: number): SizedDesign => {
    const engines = plans.map((plan) => sizeEngine(plan, target, extraRows));
    const design = { chain, inputLanes, engines };
    return { design, prediction: predict(design) };
  };
  let best = build(0);
  for (let extra = 1; extra <= MOST_ROUNDS && best.prediction.cyclesPerFrame > target; extra++) {
    const next = build(extra);
    if (next.prediction.cyclesPerFrame >= best.prediction.cyclesPerFrame && extra > 2) break;
    if (next.prediction.cyclesPerFrame < best.prediction.cyclesPerFrame) best = next;
  }
  return best;
}

function sizeEngine(plan: EnginePlan, target: number, extraRows: number): Engine {
  const { layer, folding, lanesIn, lanesOut } = plan;
  if (!isWindowLayer(layer) || folding === undefined) return plan;
  const shape = windowPlan(layer, folding, lanesIn);
  const latency = foldLatency(plan);
  const fifoDepth = fifoDepthOf(shape, lanesOut, latency);
  const timing = {
    name: layer.name,
    plan: shape,
    lanesOut,
    requantisers: folding.requantisers,
    fifoDepth,
    foldLatency: latency,
  };
  const alone = Math.max(target, layerInterval(layer, folding, lanesIn, lanesOut));
  const pixels = capacityFor(timing, alone) + extraRows * shape.inW;
  return { ...plan, fifoDepth, memory: memoryOf(layer, folding, shape, pixels) };
}
