import { allocate } from '../../src/execute/tensor-access.js';
import type { Graph } from '../../src/ir/graph.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { elementCount, type TensorType } from '../../src/ir/tensor-type.js';
import { dtypeOf, typeOf } from './emitter.js';
import { fileDims, fromFile, toFile } from './layout.js';
import type { RuntimeTensor } from './runtime.js';

/** Between Heddle's tensors, channels-last without a batch axis, and those of a file that exportGraph or an importer knows. */

/** A value for the runtime: integers in the file's element type, maps as NCHW. */
export function toRuntime({ type, data }: Tensor): RuntimeTensor {
  return { dtype: dtypeOf(type), dims: fileDims(type.shape), data: toFile(data, type.shape) };
}

/** The runtime's value as a tensor of the type; undefined where it has another number of elements. */
export function fromRuntime(value: RuntimeTensor | undefined, type: TensorType): Tensor | undefined {
  if (value === undefined || value.data.length !== elementCount(type.shape)) return undefined;
  const data = allocate(type.element, value.data.length);
  data.set(Array.from(value.data as ArrayLike<number>, Number));
  return { type, data: fromFile(data, type.shape) };
}

/** The runtime's tensors by the graph's names. */
export function namedTensors(
  graph: Graph,
  values: ReadonlyMap<string, RuntimeTensor>,
): (tensor: string) => Tensor | undefined {
  return (tensor) => fromRuntime(values.get(tensor), typeOf(graph, tensor));
}
