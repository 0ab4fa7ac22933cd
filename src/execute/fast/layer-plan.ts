import type { Window } from '../../ir/op.js';
import type { RequantParams } from '../integer/requant-params.js';

/** Output channels that a kernel makes at a time. */
export const BLOCK = 8;
/** Input elements that a step of `convolve` takes from a run. */
const STEP = 4;
/** Pixels that `convolve` makes at a time: lists and outputs have room for the last ones beyond the end. */
const PIXELS_AT_ONCE = 4;

type MapShape = readonly [number, number, number];

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
  /** Bytes from a pixel's patch to the first input channel that the block reads. */
  readonly inputOffset: number;
}

/** The part of a layer that no frame changes, as the kernels read it. Addresses are in bytes, from the padded input on. */
export interface LayerPlan {
  readonly kind: 'convolve' | 'depthwise';
  readonly blocks: readonly ChannelBlock[];
  /** Packed weights, block by block. */
  readonly weights: Int16Array;
  readonly weightsPerBlock: number;
  /** Where each output position's patch begins, and room behind the last. */
  readonly pixels: Int32Array;
  readonly pixelCount: number;
  /** Where the runs of a patch begin (`convolve`), or its taps (`depthwise`). */
  readonly offsets: Int32Array;
  /** Steps of a run; `convolve` only. */
  readonly steps: number;
  readonly padded: PaddedInput;
}

/** The input as 16-bit integers with its border of zeros. */
export interface PaddedInput {
  readonly width: number;
  /** Channels of a pixel, those that fill up its last block included. */
  readonly channels: number;
  readonly bytes: number;
  /** Bytes from one input row to the next, and to the first one. */
  readonly rowPitch: number;
  readonly start: number;
  readonly hasBorder: boolean;
}

export function planLayer(shape: LayerShape, params: RequantParams): LayerPlan {
  const isDepthwise = shape.groups > 1 && shape.groups === shape.input[2] && shape.groups === shape.output[2];
  const padded = paddedInput(shape, isDepthwise ? roundUp(shape.input[2], BLOCK) : shape.input[2]);
  const pixels = pixelOffsets(shape, padded);
  const common = { pixels, pixelCount: shape.output[0] * shape.output[1], padded };
  return isDepthwise
    ? { kind: 'depthwise', steps: 0, ...common, ...depthwisePlan(shape, params, padded) }
    : { kind: 'convolve', ...common, ...convolvePlan(shape, params, padded) };
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function paddedInput({ window, input, output }: LayerShape, channels: number): PaddedInput {
  const [inH, inW] = input;
  const reach = (out: number, stride: number, kernel: number, dilation: number): number =>
    (out - 1) * stride + (kernel - 1) * dilation + 1;
  const height = Math.max(window.padTop + inH, reach(output[0], window.strideH, window.kernelH, window.dilationH));
  const width = Math.max(window.padLeft + inW, reach(output[1], window.strideW, window.kernelW, window.dilationW));
  return {
    width,
    channels,
    // Kernels read a step, or a block of channels, beyond the last element.
    bytes: 2 * (height * width * channels + 2 * BLOCK),
    rowPitch: 2 * width * channels,
    start: 2 * (window.padTop * width + window.padLeft) * channels,
    hasBorder: height > inH || width > inW,
  };
}

function pixelOffsets({ window, output: [outH, outW] }: LayerShape, { width, channels }: PaddedInput): Int32Array {
  const last = outH * outW - 1;
  return Int32Array.from({ length: last + PIXELS_AT_ONCE }, (_, i) => {
    const pixel = Math.min(i, last);
    const [oy, ox] = [Math.floor(pixel / outW), pixel % outW];
    return 2 * (oy * window.strideH * width + ox * window.strideW) * channels;
  });
}

function tapOffsets({ window }: LayerShape, { width, channels }: PaddedInput): readonly number[] {
  const count = window.kernelH * window.kernelW;
  return Array.from({ length: count }, (_, tap) => {
    const [ky, kx] = [Math.floor(tap / window.kernelW), tap % window.kernelW];
    return 2 * (ky * window.dilationH * width + kx * window.dilationW) * channels;
  });
}

type Packed = Pick<LayerPlan, 'blocks' | 'weights' | 'weightsPerBlock' | 'offsets' | 'steps'>;

/**
 * A patch is a run for each tap, or one for each kernel row where its taps lie side by side: no dilation, one group.
 * Weights are [block][run][step][pair of elements][8 channels][2].
 */
function convolvePlan(shape: LayerShape, params: RequantParams, padded: PaddedInput): Packed {
  const { window, groups, input, output } = shape;
  const groupIn = input[2] / groups;
  const groupOut = output[2] / groups;
  const areRows = groups === 1 && window.dilationW === 1;
  const tapsPerRun = areRows ? window.kernelW : 1;
  const offsets = Int32Array.from(tapOffsets(shape, padded).filter((_, tap) => tap % tapsPerRun === 0));
  const runLength = tapsPerRun * groupIn;
  const steps = Math.ceil(runLength / STEP);
  const blocks = Array.from({ length: groups }, (_, g) => blocksOf(g * groupOut, groupOut, 2 * g * groupIn)).flat();
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

/** `count` channels from `first` on in blocks that all read the same input channels. */
function blocksOf(first: number, count: number, inputOffset: number): readonly ChannelBlock[] {
  return Array.from({ length: Math.ceil(count / BLOCK) }, (_, b) => ({
    firstChannel: first + b * BLOCK,
    channels: Math.min(BLOCK, count - b * BLOCK),
    inputOffset,
  }));
}

/** Weights are [block][pair of taps][8 channels][2]; an odd last tap is paired with itself, with weights of zero. */
function depthwisePlan(shape: LayerShape, params: RequantParams, padded: PaddedInput): Omit<Packed, 'steps'> {
  const taps = tapOffsets(shape, padded);
  const paired = taps.length % 2 === 0 ? taps : [...taps, taps.at(-1) ?? 0];
  const blocks = blocksOf(0, shape.output[2], 0).map((block) => ({ ...block, inputOffset: 2 * block.firstChannel }));
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
  return { blocks, weights, weightsPerBlock, offsets: Int32Array.from(paired) };
}
