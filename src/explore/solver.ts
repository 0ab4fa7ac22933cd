import type { ChosenBy } from '../hw/design.js';

import { type Folding, multipliers } from '../hw/folding.js';
import { isWindowLayer, type Layer, type LayerChain } from '../hw/layer.js';
import { widestInput } from '../hw/legality.js';
import { layerInterval } from '../schedule/cycles.js';
import { type EnginePlan, type SizedDesign, sizeDesign } from '../schedule/size.js';
import { cheapestFolding, lanesFor, type PinnedFolding } from './layer-options.js';

/** What the user pinned: foldings by layer name, and stream widths. */
export interface Pins {
  readonly layers: ReadonlyMap<string, PinnedFolding & { readonly lanesOut?: number }>;
  readonly inputLanes?: number;
}

export const NO_PINS: Pins = { layers: new Map() };

export interface ChainPlan {
  readonly inputLanes: number;
  readonly engines: readonly EnginePlan[];
  /** Largest interval of any engine, before the buffers are looked at. */
  readonly interval: number;
  readonly multipliers: number;
}

const FIELDS: readonly (keyof Folding)[] = ['pe', 'simd', 'taps', 'requantisers'];

/**
 * The cheapest plan in which every layer takes at most `target` clocks a frame: layers are independent once the target
 * is given, so each is solved alone. Undefined when some layer cannot reach it. A layer whose folding is pinned whole is
 * taken as it is, whatever its interval.
 */
export function planFor(chain: LayerChain, target: number, pins: Pins, by: ChosenBy): ChainPlan | undefined {
  const engines: EnginePlan[] = [];
  const inputLanes = pins.inputLanes ?? lanesFor(chain.inputMap, target);
  let lanes = inputLanes;
  for (const layer of chain.layers) {
    const plan = planLayer(layer, target, lanes, pins, by);
    if (plan === undefined) return undefined;
    engines.push(plan);
    lanes = plan.lanesOut;
  }
  return {
    inputLanes,
    engines,
    interval: engines.reduce((most, plan) => Math.max(most, intervalOf(plan)), 0),
    multipliers: engines.reduce((sum, plan) => sum + multipliers(plan.layer, plan.folding), 0),
  };
}

function intervalOf(plan: EnginePlan): number {
  return layerInterval(plan.layer, plan.folding, plan.lanesIn, plan.lanesOut);
}

function planLayer(layer: Layer, target: number, lanes: number, pins: Pins, by: ChosenBy): EnginePlan | undefined {
  const pinned = pins.layers.get(layer.name) ?? {};
  if (!isWindowLayer(layer)) {
    // Lanes stay what they are through layers that take a beat and give a beat.
    const plan = { layer, lanesIn: lanes, lanesOut: lanes, chosenBy: {} };
    return intervalOf(plan) <= target || pins.inputLanes !== undefined ? plan : undefined;
  }
  const lanesOut = pinned.lanesOut ?? lanesFor(layer.output, target);
  const wholePin = FIELDS.every((field) => pinned[field] !== undefined);
  const limit = wholePin ? Number.POSITIVE_INFINITY : target;
  // The widest input first; where no folding is legal with it, an adapter makes it narrower.
  for (let lanesIn = lanes; lanesIn >= 1; lanesIn /= 2) {
    const folding = cheapestFolding(layer, limit, lanesIn, lanesOut, pinned);
    if (folding === undefined || widestInput(layer, folding, lanesIn) !== lanesIn) continue;
    const plan = { layer, lanesIn, lanesOut, folding, chosenBy: choosers(pinned, by) };
    if (wholePin || intervalOf(plan) <= target) return plan;
  }
  return undefined;
}

function choosers(pinned: PinnedFolding, by: ChosenBy): EnginePlan['chosenBy'] {
  return Object.fromEntries(FIELDS.map((field) => [field, pinned[field] === undefined ? by : 'user']));
}

/** Least target that any plan reaches: everything in parallel. */
export function leastInterval(chain: LayerChain, pins: Pins): number {
  return bisect(1, slowestInterval(chain), (target) => planFor(chain, target, pins, 'solver') !== undefined);
}

/** A target that the smallest design reaches: one multiplier a layer, one lane. */
export function slowestInterval(chain: LayerChain): number {
  return chain.layers.reduce((most, layer) => {
    const folding = isWindowLayer(layer) ? { pe: 1, simd: 1, taps: 1, requantisers: 1 } : undefined;
    return Math.max(most, layerInterval(layer, folding, 1, 1));
  }, 1);
}

/** Least integer in low..high for which `holds`, which must hold at high and stay true from there down to it. */
function bisect(low: number, high: number, holds: (n: number) => boolean): number {
  let [below, at] = [low - 1, high];
  while (at - below > 1) {
    const middle = Math.floor((below + at) / 2);
    if (holds(middle)) at = middle;
    else below = middle;
  }
  return at;
}

/** The fastest plan within a budget of multipliers; undefined when not even the smallest design fits. */
export function planWithin(chain: LayerChain, budget: number, pins: Pins, by: ChosenBy): ChainPlan | undefined {
  const fits = (target: number): boolean => {
    const plan = planFor(chain, target, pins, by);
    return plan !== undefined && plan.multipliers <= budget;
  };
  const slowest = slowestInterval(chain);
  if (!fits(slowest)) return undefined;
  return planFor(chain, bisect(1, slowest, fits), pins, by);
}

/** Sizes a plan's buffers and predicts it. */
export function sizePlan(chain: LayerChain, plan: ChainPlan): SizedDesign {
  return sizeDesign(chain, plan.inputLanes, plan.engines);
}

/** Multipliers of the default design: about this many clocks a frame at full efficiency simulate in seconds. */
const DEFAULT_CYCLES = 16_384;
const LEAST_DEFAULT = 16;
const MOST_DEFAULT = 4096;

/** Budget of the design that is built when the user asks for nothing in particular. What pins cost comes on top. */
export function defaultBudget(chain: LayerChain, pins: Pins = NO_PINS): number {
  const macs = chain.layers.reduce((sum, layer) => sum + layer.macs, 0);
  const smallest = (pinned: Pins): number =>
    planFor(chain, slowestInterval(chain), pinned, 'default')?.multipliers ?? 0;
  const least = smallest(NO_PINS);
  const wanted = Math.ceil(macs / DEFAULT_CYCLES);
  const own = Math.max(Math.min(Math.max(wanted, LEAST_DEFAULT), MOST_DEFAULT), least);
  return own + Math.max(0, smallest(pins) - least);
}
