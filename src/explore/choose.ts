import type { Folding } from '../hw/folding.js';
import { isJoinLayer, isWindowLayer, type LayerGraph, mostLanes } from '../hw/layer.js';
import { type Breach, foldingBreaches, illegalFolding, isPowerOfTwo } from '../hw/legality.js';
import { edgeName, streamReaders } from '../hw/netlist.js';
import type { SizedDesign } from '../schedule/size.js';
import { type Diagnostic, type FilePlace, HeddleError, TargetMissedError } from '../support/diagnostics.js';
import {
  badInputLanes,
  budgetTooSmall,
  missesTarget,
  nothingReaches,
  shallowFifo,
  unknownEdge,
  unknownLayer,
  unknownPin,
} from './messages.js';
import {
  defaultBudget,
  leastInterval,
  type NetworkPlan,
  NO_PINS,
  type Pins,
  planFor,
  planWithin,
  sizePlan,
  slowestInterval,
} from './solver.js';

/** What the user wants of a design. At most one of the targets is given; with none the documented default applies. */
export interface SizingRequest {
  /** Clock in MHz, which turns frames a second into clocks a frame. */
  readonly clockMHz: number;
  /** Frames a second that the smallest design that reaches them is wanted for. */
  readonly targetFps?: number;
  /**
   * Clocks a frame that every engine is allowed: what a row of `explore` is named by. Gives exactly that row's design,
   * whose predicted interval may be longer where buffers do not keep all engines busy.
   */
  readonly targetCycles?: number;
  /** Multipliers within which the fastest design is wanted. */
  readonly multiplierBudget?: number;
  readonly pins?: Pins;
  /** Folding file that the pins came from, for messages. */
  readonly pinPlace?: (layer?: string, field?: string) => FilePlace;
}

export const DEFAULT_CLOCK_MHZ = 200;

/** Clocks a frame at a frame rate. */
export function cyclesForFps(fps: number, clockMHz: number): number {
  return Math.floor((clockMHz * 1e6) / fps);
}

export function fpsOf(cyclesPerFrame: number, clockMHz: number): number {
  return (clockMHz * 1e6) / cyclesPerFrame;
}

/**
 * Chooses and sizes the design that a request asks for. HeddleError for pins that are illegal; TargetMissedError where
 * no design reaches the target or fits the budget.
 */
export function chooseDesign(network: LayerGraph, request: SizingRequest): SizedDesign {
  const pins = request.pins ?? NO_PINS;
  const problems = pinProblems(network, pins, request.pinPlace);
  if (problems.length > 0) throw new HeddleError(problems);
  const plan = choosePlan(network, request, pins);
  const sized = sizePlan(network, plan, pins);
  refuseShallow(sized, request.pinPlace);
  const target = request.targetCycles === undefined ? targetOf(request) : undefined;
  if (target !== undefined && sized.prediction.cyclesPerFrame > target)
    throw new TargetMissedError([missesTarget(network.name, target, sized.prediction.cyclesPerFrame)]);
  return sized;
}

/** @throws HeddleError for pinned FIFOs with which nothing would ever come out. */
export function refuseShallow({ shallowPins }: SizedDesign, placeOf: SizingRequest['pinPlace']): void {
  if (shallowPins.length > 0)
    throw new HeddleError(shallowPins.map((pin) => shallowFifo(pin, placeOf?.(undefined, pin.edge))));
}

function targetOf(request: SizingRequest): number | undefined {
  if (request.targetCycles !== undefined) return request.targetCycles;
  return request.targetFps === undefined ? undefined : cyclesForFps(request.targetFps, request.clockMHz);
}

function choosePlan(network: LayerGraph, request: SizingRequest, pins: Pins): NetworkPlan {
  const target = targetOf(request);
  if (target !== undefined) {
    const plan = planFor(network, target, pins, 'solver');
    if (plan !== undefined) return plan;
    const least = leastInterval(network, pins);
    throw new TargetMissedError([nothingReaches(network.name, target, least, fpsOf(least, request.clockMHz))]);
  }
  const by = request.multiplierBudget === undefined ? 'default' : 'solver';
  const budget = request.multiplierBudget ?? defaultBudget(network, pins);
  const plan = planWithin(network, budget, pins, by);
  if (plan !== undefined) return plan;
  // Pins alone may cost more than the default budget; the rest is then as small as can be.
  const smallest = planFor(network, slowestInterval(network), pins, by);
  if (smallest === undefined) {
    throw new TargetMissedError([nothingReaches(network.name, slowestInterval(network), Number.NaN, Number.NaN)]);
  }
  if (request.multiplierBudget !== undefined)
    throw new TargetMissedError([budgetTooSmall(network.name, budget, smallest.multipliers)]);
  return smallest;
}

function pinProblems(network: LayerGraph, pins: Pins, placeOf: SizingRequest['pinPlace']): readonly Diagnostic[] {
  const problems: Diagnostic[] = [
    ...inputProblems(network, pins.inputLanes, placeOf),
    ...fifoProblems(network, pins, placeOf),
  ];
  for (const [name, pinned] of pins.layers) {
    const layer = network.layers.find((candidate) => candidate.name === name);
    if (layer === undefined) {
      problems.push(
        unknownLayer(
          name,
          network.layers.map((candidate) => candidate.name),
          placeOf?.(name),
        ),
      );
      continue;
    }
    if (!isWindowLayer(layer)) {
      for (const field of Object.keys(pinned)) {
        if (field === 'lanesOut' && isJoinLayer(layer)) continue;
        problems.push(unknownPin(name, field, layer.kind, isJoinLayer(layer), placeOf?.(name, field)));
      }
      if (!isJoinLayer(layer)) continue;
    }
    const { lanesOut, ...rest } = pinned;
    const channels = isJoinLayer(layer) ? Math.min(mostLanes(layer), layer.output.channels) : layer.output.channels;
    const wrong = lanesOut === undefined ? undefined : lanesBreach('lanesOut', lanesOut, channels);
    if (wrong !== undefined) {
      problems.push(illegalFolding(name, wrong, placeOf?.(name, 'lanesOut')));
      continue;
    }
    if (!isWindowLayer(layer)) continue;
    // Fields that are not pinned are filled with ones that break no rule by themselves.
    const filled: Folding = { pe: rest.pe ?? rest.requantisers ?? 1, simd: 1, taps: 1, requantisers: 1, ...rest };
    const widest = lanesOut ?? Math.max(filled.requantisers, 1);
    for (const breach of foldingBreaches(layer, filled, widest)) {
      if (rest[breach.field] === undefined) continue;
      problems.push(illegalFolding(name, breach, placeOf?.(name, breach.field)));
    }
  }
  return problems;
}

function fifoProblems(network: LayerGraph, pins: Pins, placeOf: SizingRequest['pinPlace']): readonly Diagnostic[] {
  const edges = [...streamReaders(network).values()].flat().map((reader) => edgeName(network, reader));
  return [...(pins.fifos?.keys() ?? [])].flatMap((edge) =>
    edges.includes(edge) ? [] : [unknownEdge(edge, edges, placeOf?.(undefined, edge))],
  );
}

/** What is wrong with a stream width: beats carry a power of two of channels, and none is wholly empty. */
function lanesBreach(field: string, lanes: number, channels: number): Breach | undefined {
  const most = 2 ** Math.ceil(Math.log2(channels));
  if (isPowerOfTwo(lanes) && lanes <= most) return undefined;
  const text = `${field} is ${lanes}, which is not a power of two up to ${most} (${channels} channels)`;
  const powers = most <= 8 ? [1, 2, 4, 8].filter((power) => power <= most).join(', ') : `1, 2, 4 ... ${most}`;
  return { field: 'requantisers', text, hint: `choose ${powers}` };
}

function inputProblems(
  network: LayerGraph,
  lanes: number | undefined,
  placeOf: SizingRequest['pinPlace'],
): readonly Diagnostic[] {
  if (lanes === undefined) return [];
  return network.inputs.flatMap(({ tensor, map }) => {
    const breach = lanesBreach('lanes', lanes, map.channels);
    return breach === undefined ? [] : [badInputLanes(tensor, breach, placeOf?.())];
  });
}
