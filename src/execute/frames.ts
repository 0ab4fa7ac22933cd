import type { GraphInput, GraphOutput, Preprocessing, SourceLayout } from '../ir/graph.js';
import type { Tensor, TensorData } from '../ir/tensor.js';
import { elementCount, F32, intRange, isInt, type TensorType } from '../ir/tensor-type.js';
import type { Diagnostic } from '../support/diagnostics.js';
import { HeddleError } from '../support/diagnostics.js';
import { quantiseValue } from '../support/fixed-point.js';
import {
  bgrChannels,
  frameSize,
  inputOutOfRange,
  noPreprocessing,
  notFiniteInput,
  notPixel,
  preprocessingChannels,
  rawIntoFloat,
} from './messages.js';
import { activationOf, allocate, type NumericData, numeric, perChannel } from './tensor-access.js';

/**
 * The model's boundary: what users have (pixels, real values, raw integers, either layout) to the tensors that the
 * executors take, and back.
 */

/** What the numbers of a frame mean: real values, pixels 0..255 before preprocessing, or a quantised input's integers. */
export type FrameKind = 'real' | 'pixels' | 'raw';

export interface FrameFormat {
  readonly kind: FrameKind;
  /** Order of the axes of the frame; the input's own where left out. */
  readonly layout?: SourceLayout;
  /** Replaces the model's own. */
  readonly preprocessing?: Preprocessing;
}

/**
 * One frame as the tensor of the graph's input `input` of type `type`. A real value becomes an integer by rounding
 * half to even, then clamping. HeddleError where the frame does not fit.
 */
export function inputTensor(
  input: GraphInput,
  type: TensorType,
  frame: ArrayLike<number>,
  format: FrameFormat,
): Tensor {
  const count = elementCount(type.shape);
  if (frame.length !== count) throw refuse(frameSize(input.tensor, frame.length, count, type.shape.join('x')));
  const data = toChannelsLast(new Float64Array(frame), type.shape, format.layout ?? input.layout);
  if (format.kind === 'raw') return { type, data: rawIntegers(input.tensor, type, data) };
  const real = format.kind === 'real' ? data : pixelsToReal(input, type, data, format.preprocessing);
  return realToTensor(input.tensor, type, real);
}

function refuse(...problems: readonly Diagnostic[]): HeddleError {
  return new HeddleError(problems);
}

function rawIntegers(name: string, type: TensorType, values: Float64Array): NumericData {
  if (!isInt(type.element)) throw refuse(rawIntoFloat(name));
  const { min, max } = intRange(type.element);
  const bad = values.findIndex((value) => !(Number.isInteger(value) && value >= min && value <= max));
  if (bad >= 0) throw refuse(inputOutOfRange(name, bad, values[bad] ?? Number.NaN, min, max));
  const data = allocate(type.element, values.length);
  data.set(values);
  return data;
}

/** `(pixel - mean) / std` per channel of the model, channels reversed first where it wants blue first. [..][C]. */
export function pixelsToReal(
  input: GraphInput,
  type: TensorType,
  pixels: Float64Array,
  preprocessing: Preprocessing | undefined = input.preprocessing,
): Float64Array {
  const channels = type.shape.at(-1) ?? 1;
  if (preprocessing === undefined) throw refuse(noPreprocessing(input.tensor, rangeText(type)));
  const { mean, std, bgr } = preprocessing;
  for (const { length } of [mean, std]) {
    if (length !== 1 && length !== channels) throw refuse(preprocessingChannels(input.tensor, length, channels));
  }
  if (bgr && channels !== 3) throw refuse(bgrChannels(input.tensor, channels));
  const bad = pixels.findIndex((pixel) => !(Number.isInteger(pixel) && pixel >= 0 && pixel <= 255));
  if (bad >= 0) throw refuse(notPixel(input.tensor, bad, pixels[bad] ?? Number.NaN));
  return pixels.map((_, i) => {
    const c = i % channels;
    const pixel = pixels[bgr ? i - c + (channels - 1 - c) : i] as number;
    return (pixel - perChannel(mean, c)) / perChannel(std, c);
  });
}

function rangeText(type: TensorType): string {
  if (type.quant === undefined) return '';
  const { min, max } = realRange(type);
  return `; its real range is ${Number(min.toPrecision(6))} to ${Number(max.toPrecision(6))}`;
}

/** Smallest and largest real value that a quantised tensor can hold. */
export function realRange(type: TensorType): { readonly min: number; readonly max: number } {
  const { scale, zeroPoint, min, max } = activationOf(type, 'the tensor');
  return { min: (min - zeroPoint) * scale, max: (max - zeroPoint) * scale };
}

/** Real values in channels-last order as a tensor of the type. */
export function realToTensor(name: string, type: TensorType, real: ArrayLike<number>): Tensor {
  for (let i = 0; i < real.length; i++) if (!Number.isFinite(real[i])) throw refuse(notFiniteInput(name, i));
  if (!isInt(type.element)) return { type, data: new Float32Array(real) };
  const { scale, zeroPoint, min, max } = activationOf(type, `tensor '${name}'`);
  const data = allocate(type.element, real.length);
  for (let i = 0; i < real.length; i++) data[i] = quantiseValue(real[i] as number, scale, zeroPoint, min, max);
  return { type, data };
}

/** The real values of a tensor: `scale * (q - zeroPoint)`, rounded to float32. */
export function realValues(tensor: Tensor): Float32Array {
  const values = new Float32Array(numeric(tensor.data));
  if (!isInt(tensor.type.element)) return values;
  const { scale, zeroPoint } = activationOf(tensor.type, 'the tensor');
  return values.map((q) => (q - zeroPoint) * scale);
}

/** Real values of an output as a float32 tensor in its source layout, or in the one asked for. */
export function outputReal(output: GraphOutput, tensor: Tensor, layout: SourceLayout = output.layout): Tensor {
  return fromChannelsLast({ type: { shape: tensor.type.shape, element: F32 }, data: realValues(tensor) }, layout);
}

/** The integers of an output in its source layout, or in the one asked for. */
export function outputRaw(output: GraphOutput, tensor: Tensor, layout: SourceLayout = output.layout): Tensor {
  return fromChannelsLast(tensor, layout);
}

/** [C][H][W] as [H][W][C] where the layout is nchw; `shape` is the channels-last one. Other ranks stay. */
function toChannelsLast(data: Float64Array, shape: readonly number[], layout: SourceLayout): Float64Array {
  const [height = 0, width = 0, channels = 0] = shape;
  if (layout === 'nhwc' || shape.length !== 3) return data;
  const pixels = height * width;
  return data.map((_, i) => data[(i % channels) * pixels + Math.floor(i / channels)] as number);
}

/** [H][W][C] as [C][H][W] where the layout is nchw; other ranks stay. */
function fromChannelsLast(tensor: Tensor, layout: SourceLayout): Tensor {
  const [height = 0, width = 0, channels = 0] = tensor.type.shape;
  if (layout === 'nhwc' || tensor.type.shape.length !== 3) return tensor;
  const pixels = height * width;
  const source: TensorData = tensor.data;
  const data = source.slice();
  for (let i = 0; i < data.length; i++) data[i] = source[(i % pixels) * channels + Math.floor(i / pixels)] as never;
  return { type: { ...tensor.type, shape: [channels, height, width] }, data };
}

/** Indices of the k largest values, largest first; of equal ones the lower index first. */
export function topIndices(values: ArrayLike<number>, k: number): readonly number[] {
  const best: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    let place = best.length;
    while (place > 0 && (values[best[place - 1] as number] as number) < value) place -= 1;
    if (place < k) {
      best.splice(place, 0, i);
      if (best.length > k) best.pop();
    }
  }
  return best;
}
