import type { ChosenBy } from '../hw/design.js';

import { type Folding, multipliers } from '../hw/folding.js';
import {
  isJoinLayer,
  isWindowLayer,
  type JoinLayer,
  type Layer,
  type LayerGraph,
  mostLanes,
  streamTensor,
} from '../hw/layer.js';
import { acceptsLanes, widestInput } from '../hw/legality.js';
import { layerInterval } from '../schedule/cycles.js';
import type { FifoPins } from '../schedule/fifo-pins.js';
import { type EnginePlan, type SizedDesign, sizeDesign } from '../schedule/size.js';
import { defined } from '../support/invariant.js';
import { cheapestFolding, lanesFor, type PinnedFolding } from './layer-options.js';

/** What the user pinned: foldings by layer name, and stream widths. */
export interface Pins {
  readonly layers: ReadonlyMap<string, PinnedFolding & { readonly lanesOut?: number }>;
  readonly inputLanes?: number;
  /** Depths of FIFOs, by edge. */
  readonly fifos?: FifoPins;
}

export const NO_PINS: Pins = { layers: new Map() };

export interface NetworkPlan {
  /** Of each input stream. */
  readonly inputLanes: readonly number[];
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
export function planFor(network: LayerGraph, target: number, pins: Pins, by: ChosenBy): NetworkPlan | undefined {
  const engines: EnginePlan[] = [];
  const inputLanes = network.inputs.map(({ map }) => pins.inputLanes ?? lanesFor(map, target));
  const lanes = new Map(
    network.inputs.map(({ tensor }, i) => [tensor, defined(inputLanes[i], 'the lanes of an input')]),
  );
  for (const layer of network.layers) {
    const arriving = defined(
      lanes.get(streamTensor(network, layer.inputTensor)),
      `the stream of '${layer.inputTensor}'`,
    );
    const plan = planLayer(layer, target, arriving, pins, by);
    if (plan === undefined) return undefined;
    engines.push(plan);
    lanes.set(layer.outputTensor, plan.lanesOut);
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
  if (isJoinLayer(layer)) return planJoin(layer, target, pinned.lanesOut);
  if (!isWindowLayer(layer)) return planStream(layer, target, lanes, pins);
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

/**
 * Lanes stay what they are through layers without a folding, if the engine takes them and keeps up; otherwise they are the
 * fewest with which it does. Where the user pinned the input's width, a layer may be slower than the target.
 */
function planStream(layer: Layer, target: number, arriving: number, pins: Pins): EnginePlan | undefined {
  const planOf = (lanes: number): EnginePlan => ({ layer, lanesIn: lanes, lanesOut: lanes, chosenBy: {} });
  const most = Math.max(layer.input.channels, layer.output.channels);
  const keepsUp = (lanes: number): boolean =>
    acceptsLanes(layer, undefined, lanes) && intervalOf(planOf(lanes)) <= target;
  if (keepsUp(arriving)) return planOf(arriving);
  if (pins.inputLanes !== undefined) return planOf(widestInput(layer, undefined, arriving));
  for (let lanes = 1; lanes < 2 * most; lanes *= 2) {
    if (keepsUp(lanes)) return planOf(lanes);
  }
  return undefined;
}

/** Streams that meet have the same lanes, the fewest with which the engine keeps up, or the pinned ones; adapters see to it. */
function planJoin(layer: JoinLayer, target: number, pinned: number | undefined): EnginePlan | undefined {
  if (pinned !== undefined) return { layer, lanesIn: pinned, lanesOut: pinned, chosenBy: {} };
  for (let lanes = 1; ; lanes *= 2) {
    const plan = { layer, lanesIn: lanes, lanesOut: lanes, chosenBy: {} };
    if (intervalOf(plan) <= target) return plan;
    if (lanes >= mostLanes(layer)) return undefined;
  }
}

function choosers(pinned: PinnedFolding, by: ChosenBy): EnginePlan['chosenBy'] {
  return Object.fromEntries(FIELDS.map((field) => [field, pinned[field] === undefined ? by : 'user']));
}

/** Least target that any plan reaches: everything in parallel. */
export function leastInterval(network: LayerGraph, pins: Pins): number {
  return bisect(1, slowestInterval(network), (target) => planFor(network, target, pins, 'solver') !== undefined);
}

/** A target that the smallest design reaches: one multiplier a layer, one lane. */
export function slowestInterval(network: LayerGraph): number {
  return network.layers.reduce((most, layer) => {
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
export function planWithin(network: LayerGraph, budget: number, pins: Pins, by: ChosenBy): NetworkPlan | undefined {
  const fits = (target: number): boolean => {
    const plan = planFor(network, target, pins, by);
    return plan !== undefined && plan.multipliers <= budget;
  };
  const slowest = slowestInterval(network);
  if (!fits(slowest)) return undefined;
  return planFor(network, bisect(1, slowest, fits), pins, by);
}

/** Sizes a plan's buffers and predicts it. */
export function sizePlan(network: LayerGraph, plan: NetworkPlan, pins: Pins = NO_PINS): SizedDesign {
  return sizeDesign(network, plan.inputLanes, plan.engines, pins.fifos);
}

/** Multipliers of the default design: about this many clocks a frame at full efficiency simulate in seconds. */
const DEFAULT_CYCLES = 16_384;
const LEAST_DEFAULT = 16;
const MOST_DEFAULT = 4096;

/** Budget of the design that is built when the user asks for nothing in particular. What pins cost comes on top. */
export function defaultBudget(network: LayerGraph, pins: Pins = NO_PINS): number {
  const macs = network.layers.reduce((sum, layer) => sum + layer.macs, 0);
  const smallest = (pinned: Pins): number =>
    planFor(network, slowestInterval(network), pinned, 'default')?.multipliers ?? 0;
  const least = smallest(NO_PINS);
  const wanted = Math.ceil(macs / DEFAULT_CYCLES);
  const own = Math.max(Math.min(Math.max(wanted, LEAST_DEFAULT), MOST_DEFAULT), least);
  return own + Math.max(0, smallest(pins) - least);
}
