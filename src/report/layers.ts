import { layerText } from '../emit/stage-instances.js';
import {
  type ChosenBy,
  type Design,
  type Engine,
  engineMultipliers,
  type MemoryBits,
  memoryBits,
  totalBits,
} from '../hw/design.js';
import type { Folding } from '../hw/folding.js';
import { engineInterval, stepCycles } from '../schedule/cycles.js';
import { fifoReports } from './fifos.js';

/** What was decided for a layer, and by whom. */
export interface LayerChoice {
  readonly layer: string;
  readonly kind: string;
  /** `conv 5x5, 28x28x1 uint8 -> 28x28x6 uint8`. */
  readonly description: string;
  readonly lanesIn: number;
  readonly lanesOut: number;
  /** Absent for layers that take and give one beat a cycle. */
  readonly folding?: Folding;
  /** Field by field of the folding. */
  readonly chosenBy: Readonly<Partial<Record<keyof Folding, ChosenBy>>>;
  readonly macs: number;
  readonly multipliers: number;
  readonly predictedActiveCycles: number;
  readonly predictedInterval: number;
  readonly memoryBits: MemoryBits;
}

export function layerChoice(engine: Engine): LayerChoice {
  const { layer, folding } = engine;
  return {
    layer: layer.name,
    kind: layer.kind,
    description: layerText(layer),
    lanesIn: engine.lanesIn,
    lanesOut: engine.lanesOut,
    ...(folding === undefined ? {} : { folding }),
    chosenBy: engine.chosenBy,
    macs: layer.macs,
    multipliers: engineMultipliers(engine),
    predictedActiveCycles: stepCycles(engine),
    predictedInterval: engineInterval(engine),
    memoryBits: memoryBits(engine),
  };
}

/** Memory of a whole design by what it holds. */
export interface DesignMemory extends MemoryBits {
  readonly total: number;
}

/** Of the engines, and of the FIFOs between them. */
export function designMemory(design: Design): DesignMemory {
  const between = fifoReports(design).map(({ bits }) => ({ weights: 0, window: 0, parameters: 0, fifo: bits }));
  const each: readonly MemoryBits[] = [...design.engines.map(memoryBits), ...between];
  const sum = (field: keyof MemoryBits): number => each.reduce((bits, memory) => bits + memory[field], 0);
  return {
    weights: sum('weights'),
    window: sum('window'),
    parameters: sum('parameters'),
    fifo: sum('fifo'),
    total: each.reduce((bits, memory) => bits + totalBits(memory), 0),
  };
}

/** `pe 6, simd 1, taps 5, requantisers 1`; `-` for a layer without a folding. */
export function foldingWords(folding: Folding | undefined): string {
  if (folding === undefined) return '-';
  return `pe ${folding.pe}, simd ${folding.simd}, taps ${folding.taps}, requantisers ${folding.requantisers}`;
}

/** `solver`, or where the folding file pinned a part: `user (pe, simd), solver`. */
export function chooserWords(chosenBy: LayerChoice['chosenBy']): string {
  const fields = Object.keys(chosenBy) as readonly (keyof Folding)[];
  const pinned = fields.filter((field) => chosenBy[field] === 'user');
  const others = [...new Set(fields.flatMap((field) => (chosenBy[field] === 'user' ? [] : (chosenBy[field] ?? []))))];
  if (fields.length === 0) return '-';
  if (pinned.length === fields.length) return 'user';
  return [...(pinned.length > 0 ? [`user (${pinned.join(', ')})`] : []), ...others].join(', ');
}
