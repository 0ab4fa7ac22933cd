import type { Graph, GraphInput, Preprocessing, SourceLayout } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { elementCount, elementName, intRange, isInt, type TensorType } from '../ir/tensor-type.js';
import { HeddleError } from '../support/diagnostics.js';
import { invariant } from '../support/invariant.js';
import type { NpyArray, NpyDtype } from '../support/npy.js';
import { makeRandom } from '../support/random.js';
import { type FrameKind, inputTensor } from './frames.js';
import { framesShape, preprocessedReal, rawDtype, rawIntoFloat, rawReal, tooFewFrames } from './messages.js';
import { allocate, typeOf } from './tensor-access.js';

/** Frames of one input of a model, made one at a time. */
export interface FrameSource {
  readonly count: number;
  /** What the numbers were taken for; `random` where there was no file. */
  readonly kind: FrameKind | 'random';
  readonly frame: (index: number) => Tensor;
}

export interface FrameOptions {
  /** The integers of a quantised input, in exactly its type. */
  readonly raw?: boolean;
  /** Order of the axes; the model's own where left out. */
  readonly layout?: SourceLayout;
  /** Replaces the model's own; for pixels only. */
  readonly preprocessing?: Preprocessing;
  /** Takes the first so many frames; all where left out. */
  readonly frames?: number;
}

/** Element type of a file that holds a tensor's integers: sub-byte ones in bytes. */
export function rawDtypeOf(type: TensorType): NpyDtype {
  invariant(isInt(type.element), 'raw integers of a float tensor');
  const { bits, signed } = type.element;
  if (bits <= 8) return signed ? 'i1' : 'u1';
  return signed ? 'i2' : 'u2';
}

/**
 * The frames of a .npy array, which stand in front: [frames][the input's shape in its source layout]. Floats are real
 * values, integers are pixels of 0..255, with `raw` the integers of the input. HeddleError for what does not fit;
 * values are checked when their frame is made.
 */
export function arrayFrames(
  graph: Graph,
  input: GraphInput,
  array: NpyArray,
  file: string,
  options: FrameOptions,
): FrameSource {
  const type = typeOf(graph, input.tensor);
  const layout = options.layout ?? input.layout;
  const shape = sourceShape(type.shape, layout);
  const [held = 0, ...frameShape] = array.shape;
  if (array.shape.length === 0 || frameShape.join() !== shape.join())
    throw new HeddleError([framesShape(file, input.tensor, array.shape, shape, layout)]);
  const count = options.frames ?? held;
  if (count > held || held === 0) throw new HeddleError([tooFewFrames(file, held, count)]);
  const kind = kindOf(input, type, array, file, options);
  const size = elementCount(shape);
  const format = {
    kind,
    layout,
    ...(options.preprocessing === undefined ? {} : { preprocessing: options.preprocessing }),
  };
  const frame = (index: number): Tensor => {
    const values = array.data.subarray(index * size, (index + 1) * size);
    return inputTensor(input, type, values instanceof BigInt64Array ? Array.from(values, Number) : values, format);
  };
  return { count, kind, frame };
}

/** [H][W][C] in the order of a file's axes. */
function sourceShape(shape: readonly number[], layout: SourceLayout): readonly number[] {
  const [height = 0, width = 0, channels = 0] = shape;
  return layout === 'nchw' && shape.length === 3 ? [channels, height, width] : shape;
}

function kindOf(input: GraphInput, type: TensorType, array: NpyArray, file: string, options: FrameOptions): FrameKind {
  const isReal = array.dtype === 'f4' || array.dtype === 'f8';
  if (options.raw === true) {
    if (!isInt(type.element)) throw new HeddleError([rawIntoFloat(input.tensor)]);
    if (isReal) throw new HeddleError([rawReal(file, input.tensor, elementName(type.element))]);
    if (array.dtype !== rawDtypeOf(type))
      throw new HeddleError([rawDtype(file, input.tensor, array.dtype, rawDtypeOf(type), elementName(type.element))]);
    return 'raw';
  }
  if (isReal && options.preprocessing !== undefined) throw new HeddleError([preprocessedReal(file, input.tensor)]);
  return isReal ? 'real' : 'pixels';
}

/** Random integers over the whole range of a quantised input, the same for the same seed; any frame at any time. */
export function randomFrames(graph: Graph, input: GraphInput, count: number, seed: number): FrameSource {
  const type = typeOf(graph, input.tensor);
  invariant(isInt(type.element), `random frames for the float input '${input.tensor}'`);
  const { element } = type;
  const { min, max } = intRange(element);
  const frame = (index: number): Tensor => {
    const random = makeRandom(seed + 0x9e3779b9 * index);
    const data = allocate(element, elementCount(type.shape));
    for (let i = 0; i < data.length; i++) data[i] = min + Math.floor(random() * (max - min + 1));
    return { type, data };
  };
  return { count, kind: 'random', frame };
}
