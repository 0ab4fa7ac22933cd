import { arrayDepth, constantBits, constantWords, type Engine, engineFormat } from '../hw/design.js';
import { beatsPerPixel } from '../hw/feature-map.js';
import { extents, type Folding, splitTaps, type WindowPlan, windowPlan } from '../hw/folding.js';
import type { AddLayer, LookupLayer, MacLayer } from '../hw/layer.js';
import type { MacFormat } from '../hw/mac-format.js';
import { defined } from '../support/invariant.js';
import { memoryNames } from './memory-names.js';
import { wordBuilder } from './memory-words.js';
import { permuteImage, responseImage, slopeImage } from './stream-memories.js';

/** A file that the RTL loads with $readmemh. */
export interface MemoryImage {
  readonly file: string;
  readonly text: string;
}

/** All memory images of an engine. */
export function memoryImages(engine: Engine, instance: string): readonly MemoryImage[] {
  const { layer, lanesIn } = engine;
  const names = memoryNames(instance);
  switch (layer.kind) {
    case 'conv':
    case 'depthwise':
    case 'dense':
      return macImages(engine, layer, instance);
    case 'lookup':
      return [image(names.table, tableLines(layer))];
    case 'add':
      return layer.constant.length === 0 ? [] : [image(names.constant, constantLines(layer, lanesIn))];
    case 'permute':
      return [image(names.map, permuteImage(layer, lanesIn))];
    case 'prelu':
      return [image(names.slopes, slopeImage(layer, lanesIn))];
    case 'local-response-norm':
      return [image(names.table, responseImage(layer))];
    default:
      return [];
  }
}

function image(file: string, lines: readonly string[]): MemoryImage {
  return { file, text: `${lines.join('\n')}\n` };
}

function macImages(engine: Engine, layer: MacLayer, instance: string): readonly MemoryImage[] {
  const names = memoryNames(instance);
  const folding = defined(engine.folding, `the folding of '${layer.name}'`);
  const plan = windowPlan(layer, folding, engine.lanesIn);
  const format = defined(engineFormat(engine), `the format of '${layer.name}'`);
  const source = weightSource(layer, folding, plan, engine.lanesIn);
  return [
    ...weightImages(layer, plan, format, arrayDepth(engine), source, names.weights),
    parameterImage(layer, folding, plan, format, names.parameters),
  ];
}

/** The constant operand of an add, a word a beat; padding lanes are zero. */
function constantLines(layer: AddLayer, lanes: number): readonly string[] {
  const bits = constantBits(layer);
  const { constant, output } = layer;
  const perPixel = beatsPerPixel({ map: output, lanes });
  const word = wordBuilder(lanes * bits);
  return Array.from({ length: constantWords(layer, lanes) }, (_, beat) => {
    for (let lane = 0; lane < lanes; lane++) {
      const channel = (beat % perPixel) * lanes + lane;
      const index = Math.floor(beat / perPixel) * output.channels + channel;
      const value = constant.length === 1 ? constant[0] : constant[index];
      word.put(constant.length > 1 && channel >= output.channels ? 0 : (value as number), bits);
    }
    return word.finish();
  });
}

/** Weight of (group, fold, step of the fold, result, product), or 0 where that place is padding. */
type WeightSource = (group: number, fold: number, step: number, result: number, product: number) => number;

function weightSource(layer: MacLayer, folding: Folding, plan: WindowPlan, lanesIn: number): WeightSource {
  switch (layer.kind) {
    case 'conv':
      return convSource(layer, folding, plan);
    case 'depthwise':
      return depthwiseSource(layer, folding, plan);
    case 'dense':
      return denseSource(layer, folding, lanesIn);
  }
}

/** Kernel position of a step and product, for the order kernel row step, kernel column step; see hd_window.v. */
function kernelPosition(plan: WindowPlan, tapsH: number, tapsW: number, tapStep: number, tap: number): number {
  const stepsX = plan.window.kernelW / tapsW;
  const ky = Math.floor(tapStep / stepsX) * tapsH + Math.floor(tap / tapsW);
  const kx = (tapStep % stepsX) * tapsW + (tap % tapsW);
  return ky * plan.window.kernelW + kx;
}

function convSource(layer: Extract<MacLayer, { kind: 'conv' }>, folding: Folding, plan: WindowPlan): WeightSource {
  const { pe: groupOut, simd: groupIn } = extents(layer);
  const { tapsH, tapsW } = splitTaps(layer, folding.taps);
  const { weights, filterLength } = layer.numbers;
  return (group, fold, step, result, product) => {
    const local = fold * folding.pe + result;
    const channel = (step % plan.slices) * folding.simd + (product % folding.simd);
    if (local >= groupOut || channel >= groupIn) return 0;
    const tap = Math.floor(product / folding.simd);
    const position = kernelPosition(plan, tapsH, tapsW, Math.floor(step / plan.slices), tap);
    return weights[(group * groupOut + local) * filterLength + position * groupIn + channel] as number;
  };
}

function depthwiseSource(
  layer: Extract<MacLayer, { kind: 'depthwise' }>,
  folding: Folding,
  plan: WindowPlan,
): WeightSource {
  const { tapsH, tapsW } = splitTaps(layer, folding.taps);
  const { weights, filterLength } = layer.numbers;
  return (_group, fold, step, result, product) => {
    const channel = fold * folding.pe + Math.floor(result / layer.multiplier);
    if (channel >= layer.input.channels) return 0;
    const oc = fold * folding.pe * layer.multiplier + result;
    return weights[oc * filterLength + kernelPosition(plan, tapsH, tapsW, step, product)] as number;
  };
}

/** A dense layer's vector is its input stream as it comes: pixel after pixel, each padded to whole beats. */
function denseSource(layer: Extract<MacLayer, { kind: 'dense' }>, folding: Folding, lanesIn: number): WeightSource {
  const pixelLanes = beatsPerPixel({ map: layer.input, lanes: lanesIn }) * lanesIn;
  const { weights, filterLength } = layer.numbers;
  return (_group, fold, step, result, product) => {
    const place = step * folding.simd + product;
    const channel = place % pixelLanes;
    const index = Math.floor(place / pixelLanes) * layer.input.channels + channel;
    const output = fold * folding.pe + result;
    if (output >= layer.output.channels || channel >= layer.input.channels || index >= filterLength) return 0;
    return weights[output * filterLength + index] as number;
  };
}

/** One image a chain position; see rtl/arith/hd_mac_array.v for the order. */
function weightImages(
  layer: MacLayer,
  plan: WindowPlan,
  format: MacFormat,
  depth: number,
  weightAt: WeightSource,
  name: string,
): readonly MemoryImage[] {
  const segments = Math.ceil(depth / format.chain);
  const bits = layer.numbers.weightBits;
  const results = plan.resultsPerFold;
  const steps = defined(plan.folds[0], 'the first fold').steps;
  const lines: string[][] = Array.from({ length: format.chain }, () => []);
  const word = wordBuilder(results * segments * bits);
  for (let group = 0; group < plan.groups; group++) {
    for (let fold = 0; fold < plan.foldsPerGroup; fold++) {
      for (let step = 0; step < steps; step++) {
        lines.forEach((own, position) => {
          for (let segment = 0; segment < segments; segment++) {
            const product = segment * format.chain + position;
            for (let result = 0; result < results; result++) {
              word.put(product < depth ? weightAt(group, fold, step, result, product) : 0, bits);
            }
          }
          own.push(word.finish());
        });
      }
    }
  }
  return lines.map((own, position) => ({
    file: `${name}_${String(position).padStart(2, '0')}.mem`,
    text: `${own.join('\n')}\n`,
  }));
}

/** One word a chunk of results; see rtl/layer/hd_mac_back.v for the fields. */
function parameterImage(
  layer: MacLayer,
  folding: Folding,
  plan: WindowPlan,
  format: MacFormat,
  file: string,
): MemoryImage {
  const { bias, multiplier, shift, weightZeroPoint, requantBits } = layer.numbers;
  const laneBits = format.accBits + requantBits + format.shiftBits + format.zeroPointBits;
  const word = wordBuilder(folding.requantisers * laneBits);
  const lines: string[] = [];
  let first = 0;
  for (const fold of plan.folds) {
    for (let chunk = 0; chunk < fold.chunks; chunk++) {
      for (let lane = 0; lane < folding.requantisers; lane++) {
        const place = chunk * folding.requantisers + lane;
        const oc = first + place;
        const used = place < fold.results;
        const m = used ? (multiplier[oc] as number) : 0;
        word.put(used ? (bias[oc] as number) : 0, format.accBits);
        // The RTL adds 2^(requantBits - 1) back, which leaves one signed multiplier of requantBits bits.
        word.put(m - 2 ** (requantBits - 1), requantBits);
        word.put(m === 0 ? 0 : (shift[oc] as number) - format.shiftMin, format.shiftBits);
        word.put(used ? (weightZeroPoint[oc] as number) : 0, format.zeroPointBits);
      }
      lines.push(word.finish());
    }
    first += fold.results;
  }
  return { file, text: `${lines.join('\n')}\n` };
}

function tableLines(layer: LookupLayer): readonly string[] {
  const bits = layer.output.element.bits;
  const word = wordBuilder(bits);
  return Array.from(layer.table, (value) => {
    word.put(value, bits);
    return word.finish();
  });
}
