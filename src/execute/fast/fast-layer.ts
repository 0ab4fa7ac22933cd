import type { IntElement } from '../../ir/tensor-type.js';
import { defined, invariant } from '../../support/invariant.js';
import { viewBytes } from '../../support/typed-view.js';
import type { Kernel } from '../executor.js';
import type { RequantParams } from '../integer/requant-params.js';
import { exactScales } from '../integer/requantise-sums.js';
import { numeric } from '../tensor-access.js';
import { BLOCK, type LayerPlan, type LayerShape, planLayer } from './layer-plan.js';
import { MOST_MEMORY, type SimdMachine, simdMachine } from './simd-machine.js';

/** The limits of outputs, at address 0, and the constants of a block of channels: see kernels.wat. */
const LIMITS_BYTES = 48;
const CONSTANTS_BYTES = 96;
/** Weights that are brought into the kernels' memory at a time, and used while they are in the cache. */
const WEIGHTS_AT_ONCE = 2 ** 18;
/** Input bytes that a kernel goes through before the next block of channels goes through the same. */
const INPUT_TILE = { convolve: 2 ** 17, depthwise: 2 ** 14 } as const;
/** Tiles end between two groups of pixels that a kernel makes at a time. */
const TILE_PIXELS = 4;

/** What a layer's numbers are: its constants, and the types of its input and output. */
export interface LayerNumbers {
  readonly params: RequantParams;
  readonly input: IntElement;
  readonly output: IntElement;
}

/** Why a layer is not for the fast kernels; undefined where it is. */
export function refusalOf({ params, input, output }: LayerNumbers): string | undefined {
  if (simdMachine() === undefined) return 'this machine offers no 128-bit SIMD in WebAssembly';
  if (input.bits > 8) return `its input has ${input.bits} bits, and the fast kernels take up to 8`;
  if (output.bits > 8) return `its output has ${output.bits} bits, and the fast kernels make up to 8`;
  // Additions wrap, so only the final sums have to fit.
  const fits = (sum: number): boolean => sum >= -(2 ** 31) && sum < 2 ** 31;
  if (!params.accMin.every(fits) || !params.accMax.every(fits)) return 'its sums may leave 32 bits';
  if (exactScales(params) === undefined) return 'its sums times their multipliers may leave 53 bits';
  return undefined;
}

/** Where the parts of a layer lie in the kernels' memory during a call. */
interface Layout {
  readonly constants: number;
  readonly pixels: number;
  readonly offsets: number;
  /** The input as it comes, in bytes. */
  readonly raw: number;
  readonly padded: number;
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
  readonly outputs: number;
  readonly machine: SimdMachine;
}

/** The kernel of a layer that refusalOf lets pass; the reason where it finds no room for it. */
export function prepareFastLayer(shape: LayerShape, numbers: LayerNumbers): Kernel | string {
  const { params, input, output } = numbers;
  const machine = defined(simdMachine(), 'the machine of the fast kernels');
  const plan = planLayer(shape, params);
  const outputs = plan.pixelCount * params.outChannels;
  const blocksAtOnce = Math.max(1, Math.floor(WEIGHTS_AT_ONCE / (2 * plan.weightsPerBlock)));
  const layout = layOut(shape, plan, outputs, blocksAtOnce);
  if (!machine.reserve(layout.end))
    return `it needs ${Math.ceil(layout.end / 2 ** 20)} MiB in the fast kernels, which may have ${MOST_MEMORY / 2 ** 20}`;
  const layer = { plan, layout, shape, head: headOf(plan, params), blocksAtOnce, outputs, machine };
  const zero = params.inputZeroPoint + (input.signed ? 128 : 0);
  return ([data]) => {
    bringIn(layer, viewBytes(numeric(data)), input.signed ? 0x80 : 0, zero);
    runBlocks(layer);
    const y = machine.bytes.slice(layout.y, layout.y + outputs);
    return output.signed ? new Int8Array(y.buffer) : y;
  };
}

function layOut({ input }: LayerShape, plan: LayerPlan, outputs: number, blocksAtOnce: number): Layout {
  let end = LIMITS_BYTES;
  const take = (bytes: number): number => {
    const start = end;
    end = Math.ceil((start + bytes) / 16) * 16;
    return start;
  };
  const constants = take(plan.blocks.length * CONSTANTS_BYTES);
  const pixels = take(plan.pixels.byteLength);
  const offsets = take(plan.offsets.byteLength);
  const raw = take(input[0] * input[1] * input[2]);
  const padded = take(plan.padded.bytes);
  const y = take(outputs + (TILE_PIXELS - 1) * (outputs / plan.pixelCount));
  const weights = take(2 * plan.weightsPerBlock * Math.min(blocksAtOnce, plan.blocks.length));
  return { constants, pixels, offsets, raw, padded, y, weights, end };
}

/** The limits of the outputs, then for each block its biases and scales; channels that fill up a block stay 0. */
function headOf(plan: LayerPlan, params: RequantParams): Uint8Array {
  const scales = defined(exactScales(params), 'the scales');
  const bytes = new ArrayBuffer(LIMITS_BYTES + plan.blocks.length * CONSTANTS_BYTES);
  const { lo, hi, zeroPoint } = params;
  new Float64Array(bytes, 0, 4).set([lo - zeroPoint, lo - zeroPoint, hi - zeroPoint, hi - zeroPoint]);
  new Int32Array(bytes, 32, 4).fill(zeroPoint);
  plan.blocks.forEach(({ firstChannel, channels }, b) => {
    const at = LIMITS_BYTES + b * CONSTANTS_BYTES;
    const last = firstChannel + channels;
    new Int32Array(bytes, at, BLOCK).set(params.bias.subarray(firstChannel, last));
    new Float64Array(bytes, at + 4 * BLOCK, BLOCK).set(scales.subarray(firstChannel, last));
  });
  return new Uint8Array(bytes);
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
  const to = layout.padded + padded.start;
  if (padded.channels === inC) {
    kernels.widen(layout.raw, to, inH, inW * inC, padded.rowPitch, flip, zero);
  } else {
    for (let row = 0; row < inH; row++) {
      const from = layout.raw + row * inW * inC;
      kernels.widen(from, to + row * padded.rowPitch, inW, inC, 2 * padded.channels, flip, zero);
    }
  }
}

/** Makes all outputs: some weights at a time, with them all tiles of the input, in each tile all these blocks. */
function runBlocks(layer: FastLayer): void {
  const { plan, layout, shape, blocksAtOnce, machine } = layer;
  const weights = viewBytes(plan.weights);
  const blockBytes = 2 * plan.weightsPerBlock;
  const pixelBytes = 2 * plan.padded.channels * shape.window.strideH * shape.window.strideW;
  const tile = TILE_PIXELS * Math.max(1, Math.floor(INPUT_TILE[plan.kind] / pixelBytes / TILE_PIXELS));
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
  const { convolve, depthwise } = machine.kernels;
  if (plan.kind === 'depthwise')
    depthwise(x, pixels, count, layout.offsets, offsetsEnd, weights, constants, y, pitch, channels);
  else convolve(x, pixels, count, layout.offsets, offsetsEnd, plan.steps, weights, constants, y, pitch, channels);
}
