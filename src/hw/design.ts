import { intRange } from '../ir/tensor-type.js';
import { beatsPerFrame, beatsPerPixel } from './feature-map.js';
import { type Folding, multipliers, windowPlan } from './folding.js';
import {
  type AddLayer,
  type ConcatLayer,
  isMacLayer,
  isWindowLayer,
  type Layer,
  type LayerGraph,
  type LookupLayer,
  type PoolStreamLayer,
  type SliceLayer,
  type WindowLayer,
} from './layer.js';
import { type MacFormat, macFormat } from './mac-format.js';
import { gateBeats, permuteFormat, preluFormat, responseAhead, rowBufferFormat } from './stream-formats.js';

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

/** A FIFO on the way from a stream to one of its readers. */
export interface EdgeFifo {
  /** Beats that it holds, the one that it offers included; at least 1. */
  readonly depth: number;
  /** Look-up tables for shallow ones (hd_fifo), block memory for deep ones (hd_fifo_block). */
  readonly memory: 'distributed' | 'block';
  readonly chosenBy: ChosenBy;
}

/** The whole accelerator: an engine for each layer, and what stands between them. */
export interface Design {
  readonly network: LayerGraph;
  /** Channels a beat of each input stream, in the order of the network's inputs. */
  readonly inputLanes: readonly number[];
  /** In the order of the network's layers. */
  readonly engines: readonly Engine[];
  /** By the edge's name (`edgeName`); an edge that is not here has none. */
  readonly fifos: ReadonlyMap<string, EdgeFifo>;
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

/** Bits of the FIFO on an edge whose stream has beats of `beatBits`. */
export function fifoBits(fifo: EdgeFifo, beatBits: number): number {
  return fifo.depth * beatBits;
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

/**
 * Beats of the output FIFO inside hd_pool_stream, hd_add, hd_mul and hd_prelu; of hd_concat and hd_crop, where they pack
 * channels anew; of hd_lrn.
 */
const STREAM_FIFO = 16;
const REALIGN_FIFO = 4;
const RESPONSE_FIFO = 32;
/** Beats on their way in hd_add, beyond one for each input. */
const ADD_PIPELINE = 6;

const NO_BITS: MemoryBits = { weights: 0, window: 0, parameters: 0, fifo: 0 };

function streamLayerBits(engine: Engine): MemoryBits {
  const { layer, lanesIn, lanesOut } = engine;
  if (isWindowLayer(layer)) return NO_BITS;
  const beatBits = lanesOut * layer.output.element.bits;
  const outputFifo = STREAM_FIFO * beatBits;
  switch (layer.kind) {
    case 'lookup':
      return { ...NO_BITS, parameters: lanesIn * layer.table.length * layer.output.element.bits };
    case 'pool-stream': {
      const words = layer.output.width * Math.ceil(layer.input.channels / lanesIn);
      return { ...NO_BITS, window: words * lanesIn * poolAccumulatorBits(layer), fifo: outputFifo };
    }
    case 'add':
      return {
        ...NO_BITS,
        parameters: constantWords(layer, lanesIn) * lanesIn * constantBits(layer),
        fifo: Math.max(STREAM_FIFO, layer.inputs.length + ADD_PIPELINE) * beatBits,
      };
    case 'concat':
    case 'slice':
      return { ...NO_BITS, fifo: REALIGN_FIFO * beatBits };
    default:
      return elementEngineBits(layer, lanesIn, outputFifo);
  }
}

function elementEngineBits(
  layer: Exclude<Layer, WindowLayer | LookupLayer | PoolStreamLayer | AddLayer | ConcatLayer | SliceLayer>,
  lanes: number,
  outputFifo: number,
): MemoryBits {
  const beatBits = lanes * layer.input.element.bits;
  switch (layer.kind) {
    case 'permute': {
      const { inBeats, outBeats, laneBits, beatBits: indexBits } = permuteFormat(layer, lanes);
      const map = outBeats * lanes * (laneBits + indexBits + 1);
      return { ...NO_BITS, window: 2 * inBeats * beatBits, parameters: map };
    }
    case 'upsample':
    case 'depth-to-space': {
      const { capacity, inBeats } = rowBufferFormat(layer, lanes);
      return { ...NO_BITS, window: capacity * inBeats * beatBits };
    }
    case 'mul': {
      const bits = layer.inputs[1]?.map.element.bits ?? 0;
      return { ...NO_BITS, window: 2 * gateBeats(layer, lanes) * lanes * bits, fifo: outputFifo };
    }
    case 'prelu': {
      const { slopeWords, entryBits } = preluFormat(layer, lanes);
      return { ...NO_BITS, parameters: slopeWords * lanes * entryBits, fifo: outputFifo };
    }
    case 'local-response-norm': {
      const depth = RESPONSE_FIFO + responseAhead(layer, lanes);
      const table = layer.params.multipliers.length * layer.requantBits;
      return { ...NO_BITS, parameters: lanes * table, fifo: depth * lanes * layer.output.element.bits };
    }
    case 'pad':
      return NO_BITS;
  }
}

/** Beats of an add's constant operand before it repeats: one value, a pixel's, or a whole frame's; 0 without one. */
export function constantWords(layer: AddLayer, lanes: number): number {
  const stream = { map: layer.output, lanes };
  if (layer.constant.length <= 1) return layer.constant.length;
  return layer.constant.length === layer.output.channels ? beatsPerPixel(stream) : beatsPerFrame(stream);
}

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Bits of a signed number that holds a range. */
function signedBits({ low, high }: Range): number {
  let bits = 1;
  while (low < -(2 ** (bits - 1)) || high >= 2 ** (bits - 1)) bits++;
  return bits;
}

function constantRange({ constant }: AddLayer): Range {
  return constant.reduce(({ low, high }, k) => ({ low: Math.min(low, k), high: Math.max(high, k) }), {
    low: 0,
    high: 0,
  });
}

/** Bits of an element of an add's constant operand, signed; 1 without one. */
export function constantBits(layer: AddLayer): number {
  return signedBits(constantRange(layer));
}

/** Bits of an add's sum before the shift, the half that rounds included, and of every partial sum. */
export function sumBits(layer: AddLayer): number {
  const constant = constantRange(layer);
  const half = 2 ** (layer.shift - 1);
  const sums = layer.inputs.reduce(
    ({ low, high }, { map }, i) => {
      const { min, max } = intRange(map.element);
      const zero = layer.inputZeroPoints[i] ?? 0;
      const multiplier = layer.multipliers[i] ?? 0;
      return { low: low + multiplier * Math.min(min - zero, 0), high: high + multiplier * Math.max(max - zero, 0) };
    },
    { low: constant.low, high: constant.high + half },
  );
  // No narrower than a product, whose operands are as wide as their types.
  const products = layer.inputs.map(({ map }, i) => map.element.bits + bitsOfCount(layer.multipliers[i] ?? 0) + 1);
  return Math.max(signedBits(sums), ...products);
}

function poolAccumulatorBits(layer: Extract<Layer, { kind: 'pool-stream' }>): number {
  const { bits } = layer.input.element;
  return layer.mode === 'max' ? bits : bits + 1 + bitsOfCount(layer.window.kernelH * layer.window.kernelW);
}

function bitsOfCount(count: number): number {
  return Math.ceil(Math.log2(count + 1));
}
