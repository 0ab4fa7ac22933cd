import { allocate } from '../../src/execute/tensor-access.js';
import type { Graph, SourceLayout } from '../../src/ir/graph.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { elementCount, intRange, isInt, type TensorType } from '../../src/ir/tensor-type.js';
import { sameExtents } from '../../src/ir/type-equality.js';
import { clampTo, roundHalfEven } from '../../src/support/fixed-point.js';
import { roundToHalf } from '../../src/support/float16.js';
import { dtypeOf, typeOf } from './emitter.js';
import { halfBits, halfValue } from './float16.js';
import { fileDims, fromFile, toFile } from './layout.js';
import type { RuntimeTensor } from './runtime.js';

/** Between Heddle's tensors, channels-last without a batch axis, and those of a file. */

/** A value for the runtime: integers in the file's element type, maps as NCHW unless they have the file's order already. */
export function toRuntime({ type, data }: Tensor, layout: SourceLayout = 'nchw'): RuntimeTensor {
  const dtype = dtypeOf(type);
  if (layout === 'nhwc') return { dtype, dims: [1, ...type.shape], data };
  return { dtype, dims: fileDims(type.shape), data: toFile(data, type.shape) };
}

/** The same with 16-bit floats, which the runtime takes as their bits. */
export function asHalves(value: RuntimeTensor): RuntimeTensor {
  return { ...value, dtype: 'float16', data: Uint16Array.from(numbersOf(value), (x) => halfBits(roundToHalf(x))) };
}

/** Numbers of a runtime's tensor; those of 16-bit floats from their bits. */
export function numbersOf({ dtype, data }: RuntimeTensor): ArrayLike<number> {
  if (dtype === 'float16' && data instanceof Uint16Array) return Float32Array.from(data, halfValue);
  return dtype === 'int64' ? Array.from(data, Number) : (data as ArrayLike<number>);
}

/**
 * The runtime's value as a tensor of the type; undefined where it has another number of elements. Maps are NCHW in a file
 * unless their dimensions fit channels-last only. Real values become integers where the type is one, as at a network's ends.
 */
export function fromRuntime(value: RuntimeTensor | undefined, type: TensorType): Tensor | undefined {
  if (value === undefined || value.data.length !== elementCount(type.shape)) return undefined;
  const numbers = numbersOf(value);
  const data = allocate(type.element, numbers.length);
  data.set(isInt(type.element) && value.dtype.startsWith('float') ? quantised(numbers, type) : numbers);
  const isTurned = type.shape.length === 3 && sameExtents(value.dims.slice(-3), fileDims(type.shape).slice(1));
  return { type, data: isTurned ? fromFile(data, type.shape) : data };
}

function quantised(numbers: ArrayLike<number>, { element, quant }: TensorType): readonly number[] {
  if (!isInt(element) || quant === undefined) throw new Error('integers without a scale');
  const { min, max } = intRange(element);
  const [scale = 1, zero = 0] = [quant.scale[0], quant.zeroPoint[0]];
  return Array.from(numbers, (x) => clampTo(zero + roundHalfEven(Math.fround(x / scale)), min, max));
}

/** The runtime's tensors by the graph's names. */
export function namedTensors(
  graph: Graph,
  values: ReadonlyMap<string, RuntimeTensor>,
): (tensor: string) => Tensor | undefined {
  return (tensor) => fromRuntime(values.get(tensor), typeOf(graph, tensor));
}
