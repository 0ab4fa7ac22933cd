import { prepareImported } from '../../execute/imported.js';
import { allocate, perChannel } from '../../execute/tensor-access.js';
import type { GraphNode } from '../../ir/graph.js';
import type { Tensor } from '../../ir/tensor.js';
import { elementCount, F32, intRange, isInt, type Quantization, type TensorType } from '../../ir/tensor-type.js';
import { quantiseValue } from '../../support/fixed-point.js';
import { defined } from '../../support/invariant.js';
import { type Folding, type KnownValue, outputOf, typeIn } from './state.js';

/** The values that a constant stands for, in double precision: its own if it is float32, else scale * (q - zero point). */
export function realValues({ type, data }: Tensor): Float64Array {
  const { quant } = type;
  if (!isInt(type.element) || quant === undefined) return Float64Array.from(data as Iterable<number | bigint>, Number);
  const run = quant.axis === undefined ? elementCount(type.shape) : elementCount(type.shape.slice(quant.axis + 1));
  return Float64Array.from({ length: data.length }, (_, i) => {
    const entry = Math.floor(i / run) % quant.scale.length;
    return perChannel(quant.scale, entry) * (Number(data[i]) - perChannel(quant.zeroPoint, entry));
  });
}

/** The same as a float32 tensor. */
export function floatTensor(tensor: Tensor): Tensor {
  if (!isInt(tensor.type.element)) return tensor;
  return { type: { shape: tensor.type.shape, element: F32 }, data: Float32Array.from(realValues(tensor)) };
}

/** Real values as integers of a type that is quantised per tensor. */
export function quantisedTensor(values: Float64Array, type: TensorType): Tensor {
  const { element, quant } = type;
  const { min, max } = isInt(element) ? intRange(element) : { min: 0, max: 0 };
  const data = allocate(element, values.length);
  const [scale = 1] = quant?.scale ?? [];
  const [zeroPoint = 0] = quant?.zeroPoint ?? [];
  for (let i = 0; i < data.length; i++) data[i] = quantiseValue(values[i] as number, scale, zeroPoint, min, max);
  return { type, data };
}

/** Whether the node only renames known values, or gives known values from known ones; if so they are recorded. */
export function evaluateConstant(folding: Folding, node: GraphNode): boolean {
  const inputs = node.inputs.map((name) => folding.values.get(name));
  if (!inputs.every((input) => input !== undefined)) return false;
  const output = outputOf(node);
  folding.values.set(output, knownResult(folding, node, inputs));
  return true;
}

function knownResult(folding: Folding, node: GraphNode, inputs: readonly KnownValue[]): KnownValue {
  const [first] = inputs;
  if (node.op.kind === 'dequantise' && first !== undefined) return first;
  const output = outputOf(node);
  const type = typeIn(folding.graph, output);
  const tensors = inputs.map(({ tensor }) => tensor);
  const moved = first === undefined ? undefined : movedType(node, first.tensor.type, type.shape);
  if (moved !== undefined) return record(folding, output, evaluate(folding, node, tensors.map(bare), moved));
  const isReal = !isInt(type.element) || node.op.kind === 'quantise';
  return record(folding, output, evaluate(folding, node, isReal ? tensors.map(floatTensor) : tensors, type));
}

/** A known value becomes a constant of the new graph; nobody may read it, then it goes in the end. */
function record(folding: Folding, name: string, tensor: Tensor): KnownValue {
  folding.types.set(name, tensor.type);
  folding.constants.set(name, tensor);
  return { tensor, name };
}

/** The integers without what they mean: movement does not need it. */
function bare({ type, data }: Tensor): Tensor {
  return { type: { shape: type.shape, element: type.element }, data };
}

function evaluate(folding: Folding, node: GraphNode, inputs: readonly Tensor[], type: TensorType): Tensor {
  const output = outputOf(node);
  const constants = new Map(node.inputs.map((name, i) => [name, defined(inputs[i], `the value of '${name}'`)]));
  const types = new Map([...constants].map(([name, tensor]) => [name, tensor.type])).set(output, type);
  const outputs = [{ tensor: output, layout: 'nhwc' as const, classOffset: 0 }];
  const graph = { ...folding.graph, inputs: [], nodes: [node], outputs, types, constants };
  return { type, data: defined(prepareImported(graph).run(new Map()).get(output), `the value of '${output}'`).data };
}

/**
 * The type of integers after an operator that only moves them: quantised as before, the axis where it has gone to.
 * Undefined for other operators, and where entries of the quantisation would have to be picked.
 */
function movedType(node: GraphNode, type: TensorType, shape: readonly number[]): TensorType | undefined {
  const { element, quant } = type;
  if (!isInt(element)) return undefined;
  const moved = (axis: number | undefined): TensorType | undefined => {
    if (quant === undefined) return { shape, element };
    if (quant.axis === undefined) return { shape, element, quant };
    return axis === undefined ? undefined : { shape, element, quant: { ...quant, axis } };
  };
  switch (node.op.kind) {
    case 'transpose':
      return moved(node.op.perm.indexOf(quant?.axis ?? 0));
    case 'reshape':
    case 'flatten':
      return moved(axisAfterReshape(type, quant, shape));
    default:
      return undefined;
  }
}

/** The axis of the new shape with as many elements before it, and of the same extent. */
function axisAfterReshape(
  type: TensorType,
  quant: Quantization | undefined,
  shape: readonly number[],
): number | undefined {
  const axis = quant?.axis ?? 0;
  const before = elementCount(type.shape.slice(0, axis));
  const found = shape.findIndex(
    (extent, i) => extent === type.shape[axis] && elementCount(shape.slice(0, i)) === before,
  );
  return found < 0 ? undefined : found;
}

/** Addends and factors of integers, 16 bits signed. */
const LARGEST = 2 ** 15 - 1;
const MOST_FRACTION_BITS = 15;

/**
 * The scale for a float constant that is added: a power of two below the output's, so that its multiplier in the sum is
 * exact, and as fine as 16 bits (and the sum's shift) allow: with values up to 255 steps of the output, 1/256 of a step
 * off at most.
 */
export function addendScale(values: Float64Array, outputScale: number, shift: number): number {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / outputScale;
  let bits = Math.min(MOST_FRACTION_BITS, shift);
  while (largest * 2 ** bits > LARGEST) bits--;
  return outputScale * 2 ** -bits;
}

/** The scale for float constants that are multiplied: of 16 bits, the largest is met, and a lone one is 1 or -1 step. */
export function factorScale(values: Float64Array): number {
  const magnitudes = values.map(Math.abs);
  const largest = magnitudes.reduce((most, value) => Math.max(most, value), 0);
  if (largest === 0) return 1;
  return magnitudes.every((value) => value === largest || value === 0) ? largest : largest / LARGEST;
}
