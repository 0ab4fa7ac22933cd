import type { Graph, GraphNode } from '../../ir/graph.js';
import type { ConvOp } from '../../ir/op.js';
import { defined, invariant } from '../../support/invariant.js';
import { viewBytes } from '../../support/typed-view.js';
import type { Kernel, KernelTable } from '../executor.js';
import { prepareConv } from '../float/conv.js';
import { FLOAT_KERNELS } from '../float/execute-float.js';
import { float32, realClamp } from '../float/values.js';
import { constantInput } from '../tensor-access.js';
import { convShape, fastOr } from './fast-kernels.js';
import { BLOCK, type ChannelBlock, groupBlocks, type LayerShape, PIXELS_AT_ONCE, patchRuns } from './layer-plan.js';
import { roomRefusal, Space, SUMS_AT_ONCE, SUMS_BYTES } from './memory-layout.js';
import { padMap, pixelOffsets } from './padded-map.js';
import { type SimdMachine, simdMachine } from './simd-machine.js';

/**
 * The float reference with convolutions whose sums are in single precision, for where speed counts for more than the last
 * digits: the statistics of layers. Their order of additions is fixed, and so are the results, on every machine.
 */
export const FAST_FLOAT_KERNELS: KernelTable = {
  ...FLOAT_KERNELS,
  conv: fastOr(prepareConv, (graph, node) => prepareFloatConv(graph, node, convShape(graph, node))),
};

const ELEMENT_BYTES = 4;
/** Weights that are in the kernels' memory at a time, and input bytes that are gone through with them. */
const WEIGHTS_AT_ONCE = 2 ** 18;
const INPUT_TILE = 2 ** 17;

/** What does not change between frames, and where it lies in the kernels' memory during a call. */
interface FloatConv {
  readonly shape: LayerShape;
  readonly blocks: readonly ChannelBlock[];
  readonly weights: Float32Array;
  readonly weightsPerBlock: number;
  readonly blocksAtOnce: number;
  readonly pixels: Int32Array;
  readonly runs: Int32Array;
  readonly runLength: number;
  readonly padded: ReturnType<typeof padMap>;
  readonly places: {
    readonly pixels: number;
    readonly runs: number;
    readonly padded: number;
    readonly sums: number;
    readonly weights: number;
    readonly end: number;
  };
  readonly machine: SimdMachine;
}

function prepareFloatConv(graph: Graph, node: GraphNode<ConvOp>, shape: LayerShape): Kernel | string {
  const machine = simdMachine();
  if (machine === undefined) return 'this machine offers no 128-bit SIMD in WebAssembly';
  if (shape.groups > 1 && shape.groups === shape.input[2]) return 'depthwise convolutions have few multiplications';
  const layer = planConv(shape, float32(constantInput(graph, node, 1).data), machine);
  const noRoom = roomRefusal(machine, layer.places.end);
  if (noRoom !== undefined) return noRoom;
  const clamp = node.op.clamp === undefined ? undefined : realClamp(node.op.clamp);
  const bias = node.inputs.length > 2 ? float32(constantInput(graph, node, 2).data) : new Float32Array(shape.output[2]);
  return ([input]) => {
    const y = new Float32Array(shape.output[0] * shape.output[1] * shape.output[2]);
    bringIn(layer, float32(input));
    runBlocks(layer, bias, y);
    return clamp === undefined ? y : y.map(clamp);
  };
}

function planConv(shape: LayerShape, filters: Float32Array, machine: SimdMachine): FloatConv {
  const { window, input, output } = shape;
  const padded = padMap(window, input, output, ELEMENT_BYTES);
  const { offsets: runs, runLength } = patchRuns(shape, padded);
  const blocks = groupBlocks(shape, padded);
  const filterLength = runs.length * runLength;
  const weightsPerBlock = filterLength * BLOCK;
  const weights = new Float32Array(blocks.length * weightsPerBlock);
  blocks.forEach(({ firstChannel, channels }, b) => {
    for (let o = 0; o < channels; o++) {
      const from = (firstChannel + o) * filterLength;
      const to = b * weightsPerBlock + o;
      for (let i = 0; i < filterLength; i++) weights[to + i * BLOCK] = filters[from + i] as number;
    }
  });
  const pixels = pixelOffsets(window, output, padded, PIXELS_AT_ONCE - 1);
  const blocksAtOnce = Math.max(1, Math.floor(WEIGHTS_AT_ONCE / (ELEMENT_BYTES * weightsPerBlock)));
  const space = new Space();
  const places = {
    pixels: space.take(pixels.byteLength),
    runs: space.take(runs.byteLength),
    padded: space.take(padded.bytes),
    sums: space.take((SUMS_AT_ONCE + PIXELS_AT_ONCE - 1) * SUMS_BYTES),
    weights: space.take(ELEMENT_BYTES * weightsPerBlock * Math.min(blocksAtOnce, blocks.length)),
    end: space.end,
  };
  return { shape, blocks, weights, weightsPerBlock, blocksAtOnce, pixels, runs, runLength, padded, places, machine };
}

/** Brings a frame, with its border of zeros, and the lists into the kernels' memory. */
function bringIn({ shape, pixels, runs, padded, places, machine }: FloatConv, x: Float32Array): void {
  invariant(machine.reserve(places.end), 'the memory of the fast kernels has shrunk');
  const { bytes } = machine;
  bytes.set(viewBytes(pixels), places.pixels);
  bytes.set(viewBytes(runs), places.runs);
  bytes.fill(0, places.padded, places.padded + padded.bytes);
  const [height, width, channels] = shape.input;
  const row = width * channels;
  const from = viewBytes(x);
  for (let y = 0; y < height; y++) {
    const to = places.padded + padded.start + y * padded.rowPitch;
    bytes.set(from.subarray(y * row * ELEMENT_BYTES, (y + 1) * row * ELEMENT_BYTES), to);
  }
}

/** Makes all outputs: some weights at a time, with them all tiles of the input, in each tile all these blocks. */
function runBlocks(layer: FloatConv, bias: Float32Array, y: Float32Array): void {
  const { blocks, blocksAtOnce, weights, weightsPerBlock, shape, padded, places, machine } = layer;
  const pixelCount = shape.output[0] * shape.output[1];
  const blockBytes = ELEMENT_BYTES * weightsPerBlock;
  const pixelBytes = padded.pixelPitch * shape.window.strideH * shape.window.strideW;
  const fitting = PIXELS_AT_ONCE * Math.max(1, Math.floor(INPUT_TILE / pixelBytes / PIXELS_AT_ONCE));
  const tile = Math.min(fitting, SUMS_AT_ONCE);
  for (let first = 0; first < blocks.length; first += blocksAtOnce) {
    const last = Math.min(first + blocksAtOnce, blocks.length);
    machine.bytes.set(viewBytes(weights.subarray(first * weightsPerBlock, last * weightsPerBlock)), places.weights);
    for (let pixel = 0; pixel < pixelCount; pixel += tile) {
      for (let b = first; b < last; b++) {
        const count = Math.min(tile, pixelCount - pixel);
        runBlock(layer, b, places.weights + (b - first) * blockBytes, pixel, count);
        putSums(layer, b, pixel, count, bias, y);
      }
    }
  }
}

/** Makes the sums of a block of channels at `count` pixels. */
function runBlock(layer: FloatConv, b: number, weights: number, pixel: number, count: number): void {
  const { blocks, runs, runLength, places, machine } = layer;
  const x = places.padded + defined(blocks[b], 'a block of channels').inputOffset;
  const runsEnd = places.runs + runs.byteLength;
  const pixels = places.pixels + 4 * pixel;
  machine.kernels.convolveFloat(x, pixels, count, places.runs, runsEnd, runLength, weights, places.sums);
}

/** Adds the bias to these sums, and puts them where they belong. */
function putSums(
  { blocks, places, machine, shape }: FloatConv,
  b: number,
  pixel: number,
  count: number,
  bias: Float32Array,
  y: Float32Array,
): void {
  const { firstChannel, channels } = defined(blocks[b], 'a block of channels');
  const sums = new Float32Array(machine.bytes.buffer, places.sums, count * BLOCK);
  for (let p = 0; p < count; p++) {
    const at = (pixel + p) * shape.output[2] + firstChannel;
    for (let o = 0; o < channels; o++) y[at + o] = (sums[p * BLOCK + o] as number) + (bias[firstChannel + o] as number);
  }
}
