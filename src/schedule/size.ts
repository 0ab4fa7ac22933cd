import type { ChosenBy, Design, Engine } from '../hw/design.js';
import { type Folding, windowPlan } from '../hw/folding.js';
import { isWindowLayer, type Layer, type LayerGraph, streamTensor } from '../hw/layer.js';
import { defined } from '../support/invariant.js';
import { branchEdges, branchFifos } from './branch-fifos.js';
import { layerInterval } from './cycles.js';
import { foldLatency } from './latency.js';
import { type Prediction, predict } from './predict.js';
import { type capacityFor, fifoDepthOf, makeCapacityFinder, memoryOf } from './window-memory.js';
import type { WindowTiming } from './window-process.js';

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
/** Window memories are trimmed in steps of this share of a row; each trial predicts the whole network. */
const ROW_PARTS = 8;

/**
 * Gives every engine its window memory and output FIFO, and predicts the whole. Each engine first gets the least memory
 * with which it reaches the network's interval alone. Where the network as a whole does not reach it, because engines
 * feed each other in bursts, all windows grow by rows until it does, or growing changes nothing; then each is trimmed to
 * the least that keeps what was reached.
 */
export function sizeDesign(
  network: LayerGraph,
  inputLanes: readonly number[],
  plans: readonly EnginePlan[],
): SizedDesign {
  const target = plans.reduce(
    (most, plan) => Math.max(most, layerInterval(plan.layer, plan.folding, plan.lanesIn, plan.lanesOut)),
    0,
  );
  const capacity = makeCapacityFinder();
  const alone = plans.map((plan) => pixelsAlone(plan, target, capacity));
  const build = (extra: readonly number[]): Design => {
    const engines = plans.map((plan, i) => sizeEngine(plan, (alone[i] ?? 0) + (extra[i] ?? 0)));
    const design = { network, inputLanes, engines, fifos: new Map() };
    return { ...design, fifos: branchFifos(design) };
  };
  const predicted = (design: Design): SizedDesign => ({ design, prediction: predict(design) });
  let extra = plans.map(() => 0);
  let best = predicted(build(extra));
  for (let rows = 1; rows <= MOST_ROUNDS && best.prediction.cyclesPerFrame > target; rows++) {
    const larger = plans.map((plan) => rows * rowPixels(plan));
    const next = predicted(build(larger));
    if (next.prediction.cyclesPerFrame < best.prediction.cyclesPerFrame) {
      best = next;
      extra = larger;
    }
  }
  return extra.some((pixels) => pixels > 0) ? trim(plans, extra, best, build) : best;
}

/** Engines on either side of one that is trimmed that are predicted with it at first; doubled where they are too few. */
const NEIGHBOURS = 2;

/**
 * Takes from each engine in turn what it was given in vain. A trial looks at the engine and its neighbours alone, since
 * that is how far bursts reach; that the whole network keeps what it reached is seen at the end, and where it does not,
 * trials look further.
 */
function trim(
  plans: readonly EnginePlan[],
  extra: readonly number[],
  reached: SizedDesign,
  build: (extra: readonly number[]) => Design,
): SizedDesign {
  const target = reached.prediction.cyclesPerFrame;
  for (let neighbours = NEIGHBOURS; neighbours < plans.length; neighbours *= 2) {
    const design = build(trimmed(plans, extra, target, neighbours, build));
    const prediction = predict(design);
    if (prediction.cyclesPerFrame <= target) return { design, prediction };
  }
  const design = build(trimmed(plans, extra, target, plans.length, build));
  return { design, prediction: predict(design) };
}

function trimmed(
  plans: readonly EnginePlan[],
  extra: readonly number[],
  target: number,
  neighbours: number,
  build: (extra: readonly number[]) => Design,
): readonly number[] {
  const kept = [...extra];
  plans.forEach((plan, i) => {
    const step = Math.max(1, Math.ceil(rowPixels(plan) / ROW_PARTS));
    let [enough, tooFew] = [Math.ceil((kept[i] ?? 0) / step), -1];
    while (enough - tooFew > 1) {
      const middle = tooFew < 0 ? 0 : Math.floor((enough + tooFew) / 2);
      const trial = partOf(build(kept.with(i, middle * step)), i - neighbours, i + neighbours + 1);
      if (predict(trial).cyclesPerFrame <= target) {
        enough = middle;
        kept[i] = middle * step;
      } else tooFew = middle;
    }
  });
  return kept;
}

/** Engines `from` to before `to` of a chain as a design of their own; the whole design where streams branch. */
function partOf(design: Design, from: number, to: number): Design {
  if (branchEdges(design).length > 0) return design;
  const engines = design.engines.slice(Math.max(from, 0), to);
  const first = engines[0];
  if (first === undefined || engines.length === design.engines.length) return design;
  const last = defined(engines.at(-1), 'the last engine').layer;
  return {
    ...design,
    network: {
      ...design.network,
      inputs: [{ tensor: streamTensor(design.network, first.layer.inputTensor), map: first.layer.input }],
      layers: engines.map(({ layer }) => layer),
      outputs: [{ tensor: last.outputTensor, map: last.output }],
    },
    inputLanes: [first.lanesIn],
    engines,
  };
}

/** Pixels of a row of the window memory: what one more row costs. */
function rowPixels({ layer, folding, lanesIn }: EnginePlan): number {
  return isWindowLayer(layer) && folding !== undefined ? windowPlan(layer, folding, lanesIn).inW : 0;
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

function pixelsAlone(plan: EnginePlan, target: number, capacity: typeof capacityFor): number {
  const timing = timingOf(plan);
  const own = layerInterval(plan.layer, plan.folding, plan.lanesIn, plan.lanesOut);
  return timing === undefined ? 0 : capacity(timing, Math.max(target, own));
}

function sizeEngine(plan: EnginePlan, pixels: number): Engine {
  const { layer, folding } = plan;
  const timing = timingOf(plan);
  if (timing === undefined || !isWindowLayer(layer) || folding === undefined) return plan;
  return { ...plan, fifoDepth: timing.fifoDepth, memory: memoryOf(layer, folding, timing.plan, pixels) };
}
