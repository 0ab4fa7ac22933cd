import { fpsOf, type SizingRequest } from '../explore/choose.js';
import type { ChosenBy, Design } from '../hw/design.js';
import { count, significant } from './table.js';

/** What was asked of a design. */
export interface SizingDocument {
  readonly clockMHz: number;
  readonly targetFps: number | undefined;
  readonly targetCycles: number | undefined;
  readonly multiplierBudget: number | undefined;
  readonly pinnedLayers: readonly string[];
  /** Channels a beat of the input stream; with several inputs of each, in their order. */
  readonly inputLanes: number | readonly number[];
  /** Who set the foldings that are not pinned: a search with a target or budget, or the documented default. */
  readonly chosenBy: ChosenBy;
}

export function sizingDocument(request: SizingRequest, design: Design): SizingDocument {
  const choosers = design.engines.flatMap((engine) => Object.values(engine.chosenBy));
  const asked = request.targetFps ?? request.targetCycles ?? request.multiplierBudget;
  const own: ChosenBy = asked === undefined ? 'default' : 'solver';
  return {
    clockMHz: request.clockMHz,
    targetFps: request.targetFps,
    targetCycles: request.targetCycles,
    multiplierBudget: request.multiplierBudget,
    pinnedLayers: [...(request.pins?.layers.keys() ?? [])],
    inputLanes: design.inputLanes.length === 1 ? (design.inputLanes[0] ?? 1) : design.inputLanes,
    chosenBy: choosers.length > 0 && choosers.every((by) => by === 'user') ? 'user' : own,
  };
}

/** Frames a second; undefined without a steady interval. */
export function framesPerSecond(cyclesPerFrame: number | undefined, clockMHz: number): number | undefined {
  return cyclesPerFrame === undefined || !Number.isFinite(cyclesPerFrame) || cyclesPerFrame === 0
    ? undefined
    : fpsOf(cyclesPerFrame, clockMHz);
}

/** Why the design is as it is, in a sentence. */
export function sizingWords(sizing: SizingDocument): string {
  const clock = `${significant(sizing.clockMHz)} MHz`;
  const pins = sizing.pinnedLayers.length === 0 ? '' : `, with ${sizing.pinnedLayers.length} layers pinned by the user`;
  if (sizing.targetFps !== undefined)
    return `the smallest that reaches ${count(sizing.targetFps)} frames a second at ${clock}${pins}`;
  if (sizing.targetCycles !== undefined) return `i${sizing.targetCycles} of heddle explore${pins}`;
  if (sizing.multiplierBudget !== undefined)
    return `the fastest within ${count(sizing.multiplierBudget)} multipliers${pins}`;
  return `the default, which simulates quickly${pins}`;
}
