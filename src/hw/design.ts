import type { FeatureMap } from './feature-map.js';
import { type Folding, multipliers, windowPlan } from './folding.js';
import { isMacLayer, isWindowLayer, type Layer, type LayerChain } from './layer.js';
import { type MacFormat, macFormat } from './mac-format.js';

/** Window memory of an engine; see rtl/layer/hd_window.v. */
export interface WindowMemory {
  /** Pixels held; rowBanks * bankRows * width in the banked forms. */
  readonly capacity: number;
  readonly rowBanks: number;
  readonly colBanks: number;
  readonly bankRows: number;
}

/** Who set a value: the user's folding file, the search that meets a target, or a documented default. */
export type ChosenBy = 'user' | 'solver' | 'default';

/** A layer with everything decided: one instance in the RTL. */
export interface Engine {
  readonly layer: Layer;
  readonly lanesIn: number;
  readonly lanesOut: number;
  /** Window layers only. */
  readonly folding?: Folding;
  readonly memory?: WindowMemory;
  /** Beats of the output FIFO; window layers only. */
  readonly fifoDepth?: number;
  /** Who chose the folding, field by field; empty for layers without one. */
  readonly chosenBy: Readonly<Partial<Record<keyof Folding, ChosenBy>>>;
}

/** A width adapter between two engines. */
export interface Adapter {
  readonly kind: 'adapter';
  readonly map: FeatureMap;
  readonly lanesIn: number;
  readonly lanesOut: number;
  /** The layer it stands in front of. */
  readonly before: string;
}

export type Stage = { readonly kind: 'engine'; readonly engine: Engine } | Adapter;

/** The whole accelerator: a chain of engines with adapters where the widths differ. */
export interface Design {
  readonly chain: LayerChain;
  readonly inputLanes: number;
  readonly engines: readonly Engine[];
}

/** Engines and the adapters between them, in stream order. */
export function stages(design: Design): readonly Stage[] {
  const all: Stage[] = [];
  let lanes = design.inputLanes;
  for (const engine of design.engines) {
    if (lanes !== engine.lanesIn)
      all.push({
        kind: 'adapter',
        map: engine.layer.input,
        lanesIn: lanes,
        lanesOut: engine.lanesIn,
        before: engine.layer.name,
      });
    all.push({ kind: 'engine', engine });
    lanes = engine.lanesOut;
  }
  return all;
}

export function engineMultipliers(engine: Engine): number {
  return multipliers(engine.layer, engine.folding);
}

export function designMultipliers(design: Design): number {
  return design.engines.reduce((sum, engine) => sum + engineMultipliers(engine), 0);
}

/** Products of one result in a step: the depth of the array's chains. */
export function arrayDepth(engine: Engine): number {
  return (engine.folding?.taps ?? 1) * (engine.folding?.simd ?? 1);
}

/** Arithmetic formats of an engine with weights. */
export function engineFormat(engine: Engine): MacFormat | undefined {
  const { layer } = engine;
  return isMacLayer(layer) ? macFormat(layer.numbers, layer.input.element.bits, arrayDepth(engine)) : undefined;
}

/** Bits of on-chip memory, by what they hold. */
export interface MemoryBits {
  readonly weights: number;
  readonly window: number;
  readonly parameters: number;
  readonly fifo: number;
}

export function totalBits(bits: MemoryBits): number {
  return bits.weights + bits.window + bits.parameters + bits.fifo;
}

/** Memory of an engine in bits, padding of the last fold and slice included, as the RTL declares it. */
export function memoryBits(engine: Engine): MemoryBits {
  const { layer, folding, lanesOut } = engine;
  const outBits = layer.output.element.bits;
  if (!isWindowLayer(layer) || folding === undefined || engine.memory === undefined) return streamLayerBits(engine);
  const plan = windowPlan(layer, folding, engine.lanesIn);
  const steps = plan.folds.reduce((sum, fold) => sum + fold.steps, 0);
  const chunks = plan.folds.reduce((sum, fold) => sum + fold.chunks, 0);
  const { capacity, rowBanks, colBanks, bankRows } = engine.memory;
  const banked = folding.taps > 1;
  const pixels = banked ? rowBanks * colBanks * bankRows * Math.ceil(plan.inW / colBanks) : capacity;
  const format = engineFormat(engine);
  return {
    weights: isMacLayer(layer) ? steps * engineMultipliers(engine) * layer.numbers.weightBits : 0,
    window: pixels * plan.pixelWords * plan.wordLanes * layer.input.element.bits,
    parameters:
      format === undefined || !isMacLayer(layer)
        ? 0
        : chunks *
          folding.requantisers *
          (format.accBits + layer.numbers.requantBits + format.shiftBits + format.zeroPointBits),
    fifo: (engine.fifoDepth ?? 0) * lanesOut * outBits,
  };
}

/** Beats of the output FIFO inside hd_pool_stream. */
const POOL_STREAM_FIFO = 16;

function streamLayerBits(engine: Engine): MemoryBits {
  const { layer, lanesIn, lanesOut } = engine;
  const outBits = layer.output.element.bits;
  if (layer.kind === 'lookup')
    return { weights: 0, window: 0, parameters: lanesIn * layer.table.length * outBits, fifo: 0 };
  const bits = layer.kind === 'pool-stream' ? poolAccumulatorBits(layer) : 0;
  const words = layer.output.width * Math.ceil(layer.input.channels / lanesIn);
  return { weights: 0, window: words * lanesIn * bits, parameters: 0, fifo: POOL_STREAM_FIFO * lanesOut * outBits };
}

function poolAccumulatorBits(layer: Extract<Layer, { kind: 'pool-stream' }>): number {
  const { bits } = layer.input.element;
  return layer.mode === 'max' ? bits : bits + 1 + bitsOfCount(layer.window.kernelH * layer.window.kernelW);
}

function bitsOfCount(count: number): number {
  return Math.ceil(Math.log2(count + 1));
}
