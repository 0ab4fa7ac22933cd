import type { Graph, GraphNode } from '../../ir/graph.js';
import type { ConvOp, DenseOp } from '../../ir/op.js';
import { elementCount } from '../../ir/tensor-type.js';
import { defined, invariant } from '../../support/invariant.js';
import { viewBytes } from '../../support/typed-view.js';
import type { Kernel } from '../executor.js';
import { type RequantParams, requantParams } from '../integer/requant-params.js';
import { exactScales } from '../integer/requantise-sums.js';
import { inputType, numeric, outputType } from '../tensor-access.js';
import { type LayerPlan, type LayerShape, PIXELS_AT_ONCE, planLayer } from './layer-plan.js';
import {
  bytesRefusal,
  CONSTANTS_BYTES,
  flipOf,
  integerElement,
  LIMITS_BYTES,
  roomRefusal,
  Space,
  SUMS_AT_ONCE,
  SUMS_BYTES,
  sizeRefusal,
  writeConstants,
  writeLimits,
} from './memory-layout.js';
import { type SimdMachine, simdMachine } from './simd-machine.js';

/** Weights that are brought into the kernels' memory at a time, and used while they are in the cache. */
const WEIGHTS_AT_ONCE = 2 ** 18;
/** Input bytes that a kernel goes through before the next block of channels goes through the same. */
const INPUT_TILE = { convolve: 2 ** 17, depthwise: 2 ** 14 } as const;

/** Where the parts of a layer lie in the kernels' memory during a call. */
interface Layout {
  readonly constants: number;
  readonly pixels: number;
  readonly offsets: number;
  /** The input as it comes, in bytes. */
  readonly raw: number;
  readonly padded: number;
  readonly sums: number;
  readonly y: number;
  readonly weights: number;
  readonly end: number;
}

interface FastLayer {
  readonly plan: LayerPlan;
  readonly layout: Layout;
  readonly shape: LayerShape;
  /** Limits and constants, from address 0 on. */
  readonly head: Uint8Array;
  readonly blocksAtOnce: number;
  readonly machine: SimdMachine;
}

/** The kernel of a convolution or dense layer, or why there is none. */
export function prepareFastLayer(graph: Graph, node: GraphNode<ConvOp | DenseOp>, shape: LayerShape): Kernel | string {
  const [x, y] = [inputType(graph, node), outputType(graph, node)];
  const params = requantParams(graph, node);
  const refusal = bytesRefusal([x], y) ?? numbersRefusal(params) ?? sizeRefusal(leastBytes(shape));
  if (refusal !== undefined) return refusal;
  const machine = defined(simdMachine(), 'the machine of the fast kernels');
  const plan = planLayer(shape, params);
  const blocksAtOnce = Math.max(1, Math.floor(WEIGHTS_AT_ONCE / (2 * plan.weightsPerBlock)));
  const layout = layOut(shape, plan, blocksAtOnce);
  const noRoom = roomRefusal(machine, layout.end);
  if (noRoom !== undefined) return noRoom;
  const layer = { plan, layout, shape, head: headOf(plan, params), blocksAtOnce, machine };
  const { flip, offset } = flipOf(x);
  const zero = params.inputZeroPoint + offset;
  const outputs = plan.pixelCount * params.outChannels;
  const isSigned = integerElement(y).signed;
  return ([data]) => {
    bringIn(layer, viewBytes(numeric(data)), flip, zero);
    runBlocks(layer);
    const bytes = machine.bytes.slice(layout.y, layout.y + outputs);
    return isSigned ? new Int8Array(bytes.buffer) : bytes;
  };
}

/** Why the kernels would not be exact. Their additions wrap, so only final sums have to fit. */
function numbersRefusal(params: RequantParams): string | undefined {
  const fits = (sum: number): boolean => sum >= -(2 ** 31) && sum < 2 ** 31;
  if (!params.accMin.every(fits) || !params.accMax.every(fits)) return 'its sums may leave 32 bits';
  return exactScales(params) === undefined ? 'its sums times their multipliers may leave 53 bits' : undefined;
}

/** What the tensors and the list of pixels take at least: lists are not made for a layer that is too large. */
function leastBytes({ input, output }: LayerShape): number {
  return 3 * elementCount(input) + elementCount(output) + 4 * output[0] * output[1];
}

function layOut({ input, output }: LayerShape, plan: LayerPlan, blocksAtOnce: number): Layout {
  const space = new Space();
  const constants = space.take(plan.blocks.length * CONSTANTS_BYTES);
  const pixels = space.take(plan.pixels.byteLength);
  const offsets = space.take(plan.offsets.byteLength);
  const raw = space.take(elementCount(input));
  const padded = space.take(plan.padded.bytes);
  const sums = space.take((SUMS_AT_ONCE + PIXELS_AT_ONCE - 1) * SUMS_BYTES);
  const y = space.take(plan.pixelCount * output[2]);
  const weights = space.take(2 * plan.weightsPerBlock * Math.min(blocksAtOnce, plan.blocks.length));
  return { constants, pixels, offsets, raw, padded, sums, y, weights, end: space.end };
}

function headOf(plan: LayerPlan, params: RequantParams): Uint8Array {
  const scales = defined(exactScales(params), 'the scales');
  const bytes = new Uint8Array(LIMITS_BYTES + plan.blocks.length * CONSTANTS_BYTES);
  writeLimits(bytes, params);
  plan.blocks.forEach(({ firstChannel, channels }, b) => {
    const last = firstChannel + channels;
    const at = LIMITS_BYTES + b * CONSTANTS_BYTES;
    writeConstants(bytes, at, params.bias.subarray(firstChannel, last), scales.subarray(firstChannel, last));
  });
  return bytes;
}

/** Brings a frame's input and what the layer needs besides weights into the kernels' memory. */
function bringIn({ plan, layout, shape, head, machine }: FastLayer, x: Uint8Array, flip: number, zero: number): void {
  invariant(machine.reserve(layout.end), 'the memory of the fast kernels has shrunk');
  const { bytes, kernels } = machine;
  bytes.set(head, 0);
  bytes.set(viewBytes(plan.pixels), layout.pixels);
  bytes.set(viewBytes(plan.offsets), layout.offsets);
  bytes.set(x, layout.raw);
  const { padded } = plan;
  if (padded.hasBorder) bytes.fill(0, layout.padded, layout.padded + padded.bytes);
  const [inH, inW, inC] = shape.input;
  kernels.widen(layout.raw, layout.padded + padded.start, inH, inW * inC, padded.rowPitch, flip, zero);
}

/** Makes all outputs: some weights at a time, with them all tiles of the input, in each tile all these blocks. */
function runBlocks(layer: FastLayer): void {
  const { plan, layout, shape, blocksAtOnce, machine } = layer;
  const weights = viewBytes(plan.weights);
  const blockBytes = 2 * plan.weightsPerBlock;
  const pixelBytes = plan.padded.pixelPitch * shape.window.strideH * shape.window.strideW;
  const fitting = PIXELS_AT_ONCE * Math.max(1, Math.floor(INPUT_TILE[plan.kind] / pixelBytes / PIXELS_AT_ONCE));
  const tile = Math.min(fitting, SUMS_AT_ONCE);
  for (let first = 0; first < plan.blocks.length; first += blocksAtOnce) {
    const last = Math.min(first + blocksAtOnce, plan.blocks.length);
    machine.bytes.set(weights.subarray(first * blockBytes, last * blockBytes), layout.weights);
    for (let pixel = 0; pixel < plan.pixelCount; pixel += tile) {
      for (let b = first; b < last; b++) {
        runBlock(layer, b, layout.weights + (b - first) * blockBytes, pixel, Math.min(tile, plan.pixelCount - pixel));
      }
    }
  }
}

/** Makes the outputs of a block of channels at `count` pixels. */
function runBlock(layer: FastLayer, b: number, weights: number, firstPixel: number, count: number): void {
  const { plan, layout, shape, machine } = layer;
  const { firstChannel, channels, inputOffset } = defined(plan.blocks[b], 'a block of channels');
  const x = layout.padded + inputOffset;
  const pixels = layout.pixels + 4 * firstPixel;
  const offsetsEnd = layout.offsets + plan.offsets.byteLength;
  const constants = layout.constants + b * CONSTANTS_BYTES;
  const pitch = shape.output[2];
  const y = layout.y + firstPixel * pitch + firstChannel;
  const { convolve, depthwise, requantise } = machine.kernels;
  if (plan.kind === 'depthwise')
    depthwise(x, pixels, count, layout.offsets, offsetsEnd, weights, constants, layout.sums);
  else convolve(x, pixels, count, layout.offsets, offsetsEnd, plan.steps, weights, constants, layout.sums);
  requantise(layout.sums, count, constants, y, pitch, channels);
}
