import type { Window } from '../../ir/op.js';
import type { RequantParams } from '../integer/requant-params.js';
import { type MapShape, type PaddedMap, padMap, pixelOffsets, tapOffsets } from './padded-map.js';

/** Output channels that a kernel makes at a time. */
export const BLOCK = 8;
/** Input elements that a step of `convolve` takes from a run. */
const STEP = 4;
/** Pixels that `convolve` makes at a time: lists and sums have room for the last ones beyond the end. */
export const PIXELS_AT_ONCE = 4;

/** A convolution, or a dense layer as one of a single pixel. */
export interface LayerShape {
  readonly window: Window;
  readonly groups: number;
  readonly input: MapShape;
  readonly output: MapShape;
}

/** Eight output channels or fewer, which one call of a kernel makes. */
export interface ChannelBlock {
  readonly firstChannel: number;
  readonly channels: number;
  /** Bytes from the beginning of a patch to the first input channel that the block reads. */
  readonly inputOffset: number;
}

/** The part of a layer that no frame changes, as the kernels read it. */
export interface LayerPlan {
  readonly kind: 'convolve' | 'depthwise';
  readonly blocks: readonly ChannelBlock[];
  /** Packed weights, block by block. */
  readonly weights: Int16Array;
  readonly weightsPerBlock: number;
  /** Where each output position's patch begins, with room behind the last. */
  readonly pixels: Int32Array;
  readonly pixelCount: number;
  /** Where the runs of a patch begin (`convolve`), or its taps (`depthwise`). */
  readonly offsets: Int32Array;
  /** Steps of a run; `convolve` only. */
  readonly steps: number;
  /** The input as 16-bit integers. */
  readonly padded: PaddedMap;
}

export function planLayer(shape: LayerShape, params: RequantParams): LayerPlan {
  const { window, groups, input, output } = shape;
  const padded = padMap(window, input, output, 2);
  const common = {
    pixels: pixelOffsets(window, output, padded, PIXELS_AT_ONCE - 1),
    pixelCount: output[0] * output[1],
    padded,
  };
  const isDepthwise = groups > 1 && groups === input[2] && groups === output[2];
  return isDepthwise
    ? { kind: 'depthwise', ...common, ...depthwisePlan(shape, params, padded) }
    : { kind: 'convolve', ...common, ...convolvePlan(shape, params, padded) };
}

type Packed = Pick<LayerPlan, 'blocks' | 'weights' | 'weightsPerBlock' | 'offsets' | 'steps'>;

/** Where the runs of a patch begin, and how many elements each has. */
export interface PatchRuns {
  readonly offsets: Int32Array;
  readonly runLength: number;
}

/** A patch is a run for each tap, or one for each kernel row where its taps lie side by side: no dilation, one group. */
export function patchRuns({ window, groups, input }: LayerShape, padded: PaddedMap): PatchRuns {
  const areRows = groups === 1 && window.dilationW === 1;
  const tapsPerRun = areRows ? window.kernelW : 1;
  const offsets = Int32Array.from(tapOffsets(window, padded).filter((_, tap) => tap % tapsPerRun === 0));
  return { offsets, runLength: (tapsPerRun * input[2]) / groups };
}

/** The blocks of all groups, one group after the other. */
export function groupBlocks({ groups, input, output }: LayerShape, padded: PaddedMap): readonly ChannelBlock[] {
  const groupIn = input[2] / groups;
  const groupOut = output[2] / groups;
  return Array.from({ length: groups }, (_, g) => {
    const inputOffset = g * groupIn * padded.elementBytes;
    return blocksOf(groupOut).map((block) => ({
      ...block,
      firstChannel: g * groupOut + block.firstChannel,
      inputOffset,
    }));
  }).flat();
}

/** Weights are [block][run][step][pair of elements][8 channels][2]. */
function convolvePlan(shape: LayerShape, params: RequantParams, padded: PaddedMap): Packed {
  const { offsets, runLength } = patchRuns(shape, padded);
  const steps = Math.ceil(runLength / STEP);
  const blocks = groupBlocks(shape, padded);
  const weightsPerBlock = offsets.length * steps * STEP * BLOCK;
  const weights = new Int16Array(blocks.length * weightsPerBlock);
  blocks.forEach(({ firstChannel, channels }, b) => {
    for (let o = 0; o < channels; o++) {
      let from = (firstChannel + o) * params.filterLength;
      for (let run = 0; run < offsets.length; run++) {
        const to = b * weightsPerBlock + run * steps * STEP * BLOCK + 2 * o;
        for (let i = 0; i < runLength; i++) {
          weights[to + (i >> 1) * 2 * BLOCK + (i & 1)] = params.weights[from++] as number;
        }
      }
    }
  });
  return { blocks, weights, weightsPerBlock, offsets, steps };
}

function blocksOf(channels: number): readonly Omit<ChannelBlock, 'inputOffset'>[] {
  return Array.from({ length: Math.ceil(channels / BLOCK) }, (_, b) => ({
    firstChannel: b * BLOCK,
    channels: Math.min(BLOCK, channels - b * BLOCK),
  }));
}

/** Weights are [block][pair of taps][8 channels][2]; an odd last tap is paired with itself, with weights of zero. */
function depthwisePlan({ window, output }: LayerShape, params: RequantParams, padded: PaddedMap): Packed {
  const taps = tapOffsets(window, padded);
  const paired = taps.length % 2 === 0 ? taps : [...taps, taps.at(-1) ?? 0];
  const blocks = blocksOf(output[2]).map((block) => ({
    ...block,
    inputOffset: block.firstChannel * padded.elementBytes,
  }));
  const weightsPerBlock = paired.length * BLOCK;
  const weights = new Int16Array(blocks.length * weightsPerBlock);
  blocks.forEach(({ firstChannel, channels }, b) => {
    for (let o = 0; o < channels; o++) {
      for (let tap = 0; tap < taps.length; tap++) {
        const to = b * weightsPerBlock + (tap >> 1) * 2 * BLOCK + 2 * o + (tap & 1);
        weights[to] = params.weights[(firstChannel + o) * params.filterLength + tap] as number;
      }
    }
  });
  return { blocks, weights, weightsPerBlock, offsets: Int32Array.from(paired), steps: 0 };
}
