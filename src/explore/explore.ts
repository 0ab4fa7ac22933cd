import { designMultipliers } from '../hw/design.js';
import type { LayerGraph } from '../hw/layer.js';
import type { SizedDesign } from '../schedule/size.js';
import { TargetMissedError } from '../support/diagnostics.js';
import { defined, invariant } from '../support/invariant.js';
import { fpsOf, refuseShallow } from './choose.js';
import { budgetsTooSmall } from './messages.js';
import {
  leastInterval,
  type NetworkPlan,
  NO_PINS,
  type Pins,
  planFor,
  planWithin,
  sizePlan,
  slowestInterval,
} from './solver.js';

/** One design of the front; `chooseDesign` with `targetCycles` makes exactly this one again. */
export interface ExploredDesign {
  /** `i` and the clocks a frame that every engine was allowed. */
  readonly id: string;
  readonly targetCycles: number;
  readonly multipliers: number;
  /** Predicted, as the latency. */
  readonly cyclesPerFrame: number;
  readonly latencyCycles: number;
  readonly fps: number;
  /** Multiply-accumulates a frame over multipliers times cycles. */
  readonly efficiency: number;
  readonly sized: SizedDesign;
}

export interface ExploreOptions {
  readonly clockMHz: number;
  /** Multipliers; powers of two and their middles from the smallest design to the fully parallel one when left out. */
  readonly budgets?: readonly number[];
  readonly pins?: Pins;
  readonly onBudget?: (done: number, total: number) => void;
}

/**
 * The best design within each of a range of budgets, without those that another one beats in both multipliers and
 * cycles; smallest first. TargetMissedError where a budget given is below the smallest design.
 */
export function explore(network: LayerGraph, options: ExploreOptions): readonly ExploredDesign[] {
  const pins = options.pins ?? NO_PINS;
  const budgets = options.budgets ?? defaultBudgets(network, pins);
  refuseSmall(network, pins, options.budgets ?? []);
  const found = new Map<number, ExploredDesign>();
  budgets.forEach((budget, index) => {
    const plan = planWithin(network, budget, pins, 'solver');
    const target = plan === undefined ? undefined : settledTarget(network, plan, pins);
    if (target !== undefined && !found.has(target))
      found.set(target, exploredDesign(network, target, pins, options.clockMHz));
    options.onBudget?.(index + 1, budgets.length);
  });
  return paretoFront([...found.values()]);
}

function refuseSmall(network: LayerGraph, pins: Pins, budgets: readonly number[]): void {
  const least = defined(planFor(network, slowestInterval(network), pins, 'solver'), 'the smallest plan').multipliers;
  const small = [...new Set(budgets)].filter((budget) => budget < least);
  if (small.length > 0) throw new TargetMissedError([budgetsTooSmall(network.name, small, least)]);
}

/** The plan's own interval, which as a target gives this plan again. */
function settledTarget(network: LayerGraph, plan: NetworkPlan, pins: Pins): number {
  const again = defined(planFor(network, plan.interval, pins, 'solver'), `the plan of ${plan.interval} cycles`);
  return again.interval < plan.interval ? settledTarget(network, again, pins) : plan.interval;
}

function exploredDesign(network: LayerGraph, target: number, pins: Pins, clockMHz: number): ExploredDesign {
  const plan = defined(planFor(network, target, pins, 'solver'), `the plan of ${target} cycles`);
  invariant(plan.interval === target, `the plan of ${target} cycles has an interval of ${plan.interval}`);
  const sized = sizePlan(network, plan, pins);
  refuseShallow(sized, undefined);
  const { cyclesPerFrame, latencyCycles } = sized.prediction;
  const multipliers = designMultipliers(sized.design);
  const macs = network.layers.reduce((sum, layer) => sum + layer.macs, 0);
  return {
    id: `i${target}`,
    targetCycles: target,
    multipliers,
    cyclesPerFrame,
    latencyCycles,
    fps: fpsOf(cyclesPerFrame, clockMHz),
    efficiency: multipliers === 0 ? 0 : macs / (multipliers * cyclesPerFrame),
    sized,
  };
}

/** Designs that no other one equals or beats in both multipliers and cycles, smallest first. */
function paretoFront(designs: readonly ExploredDesign[]): readonly ExploredDesign[] {
  const sorted = [...designs].sort((a, b) => a.multipliers - b.multipliers || a.cyclesPerFrame - b.cyclesPerFrame);
  let fastest = Number.POSITIVE_INFINITY;
  return sorted.filter(({ cyclesPerFrame }) => {
    if (!(cyclesPerFrame < fastest)) return false;
    fastest = cyclesPerFrame;
    return true;
  });
}

/** The smallest design, every power of two and one and a half times it, and the fully parallel design. */
function defaultBudgets(network: LayerGraph, pins: Pins): readonly number[] {
  const least = defined(planFor(network, slowestInterval(network), pins, 'solver'), 'the smallest plan').multipliers;
  const most = defined(planFor(network, leastInterval(network, pins), pins, 'solver'), 'the fastest plan').multipliers;
  const budgets = new Set([least, most]);
  for (let power = 1; power <= most; power *= 2) {
    for (const budget of [power, 1.5 * power])
      if (Number.isInteger(budget) && budget > least && budget < most) budgets.add(budget);
  }
  return [...budgets].sort((a, b) => a - b);
}

/** The target of a design id; undefined where it is not one. */
export function targetOfId(id: string): number | undefined {
  const match = /^i([1-9]\d{0,14})$/.exec(id);
  return match === null ? undefined : Number(match[1]);
}
