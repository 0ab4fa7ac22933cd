import type { Graph, GraphNode } from '../ir/graph.js';
import type { Tensor, TensorData } from '../ir/tensor.js';
import type { Element, TensorType } from '../ir/tensor-type.js';
import { intRange, isInt } from '../ir/tensor-type.js';
import { defined, invariant } from '../support/invariant.js';

/** Tensor data whose elements are plain numbers: all but 64-bit biases. */
export type NumericData = Exclude<TensorData, BigInt64Array>;

/** Room for `count` elements, zeroed, in the narrowest typed array that holds the element type. */
export function allocate(element: Element, count: number): NumericData {
  if (!isInt(element)) return new Float32Array(count);
  if (element.bits <= 8) return element.signed ? new Int8Array(count) : new Uint8Array(count);
  if (element.bits <= 16) return element.signed ? new Int16Array(count) : new Uint16Array(count);
  invariant(element.bits <= 32 && element.signed, `no room for ${element.bits}-bit elements`);
  return new Int32Array(count);
}

/** The data, known to hold plain numbers. */
export function numeric(data: TensorData | undefined): NumericData {
  invariant(data !== undefined && !(data instanceof BigInt64Array), '64-bit data where activations are wanted');
  return data;
}

export function typeOf(graph: Graph, tensor: string): TensorType {
  return defined(graph.types.get(tensor), `the type of tensor '${tensor}'`);
}

/** Type of the node's i-th input. */
export function inputType(graph: Graph, node: GraphNode, i = 0): TensorType {
  return typeOf(graph, defined(node.inputs[i], `input ${i} of node '${node.name}'`));
}

export function outputType(graph: Graph, node: GraphNode): TensorType {
  return typeOf(graph, defined(node.outputs[0], `the output of node '${node.name}'`));
}

/** Value of the node's i-th input, which is a constant (verifyGraph holds this for weights and biases). */
export function constantInput(graph: Graph, node: GraphNode, i: number): Tensor {
  const name = defined(node.inputs[i], `input ${i} of node '${node.name}'`);
  return defined(graph.constants.get(name), `the constant '${name}'`);
}

/** A shape known to be [H][W][C]. */
export function mapShape(type: TensorType, what: string): readonly [number, number, number] {
  const [height, width, channels] = type.shape;
  invariant(
    height !== undefined && width !== undefined && channels !== undefined && type.shape.length === 3,
    `${what} has the shape [${type.shape.join(', ')}], not [H][W][C]`,
  );
  return [height, width, channels];
}

/** What integer arithmetic needs to know of an activation: its per-tensor quantisation and its range. */
export interface Activation {
  readonly scale: number;
  readonly zeroPoint: number;
  readonly min: number;
  readonly max: number;
}

export function activationOf(type: TensorType, what: string): Activation {
  invariant(isInt(type.element) && type.quant !== undefined, `${what} is not a quantised tensor`);
  invariant(type.quant.scale.length === 1, `${what} is not quantised per tensor`);
  return {
    scale: defined(type.quant.scale[0], `the scale of ${what}`),
    zeroPoint: defined(type.quant.zeroPoint[0], `the zero point of ${what}`),
    ...intRange(type.element),
  };
}

/** Entry of a list that holds one value for all channels or one for each. */
export function perChannel(values: readonly number[], channel: number): number {
  return defined(values.length === 1 ? values[0] : values[channel], `the value of channel ${channel}`);
}
