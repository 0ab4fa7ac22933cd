import type { TensorData } from '../../ir/tensor.js';
import { elementCount, type Quantization } from '../../ir/tensor-type.js';
import { type Diagnostic, HeddleError } from '../../support/diagnostics.js';
import { halvesToFloats } from '../../support/float16.js';
import { type ArrayClass, viewElements } from '../../support/typed-view.js';
import {
  badQuantization,
  constantSize,
  outsideBuffer,
  type Spot,
  sparseTensor,
  unsupportedType,
  variableTensor,
} from './messages.js';
import type { FileTensor } from './model.js';
import { elementOf, elementSize, type Numbers, type Value } from './value.js';
import type { Workspace } from './workspace.js';

/** Tensors of the file as they are declared. */

/** @throws HeddleError where the quantisation contradicts itself. */
export function readNumbers(tensor: FileTensor, spot: Spot): Numbers {
  const element = elementOf(tensor.element);
  // On float tensors scales are records of the training and mean nothing.
  const isReal = tensor.element === 'FLOAT32' || tensor.element === 'FLOAT16';
  return { name: tensor.element, element, quant: isReal ? undefined : readQuantization(tensor, spot) };
}

function readQuantization({ quantization, shape }: FileTensor, spot: Spot): Quantization | undefined {
  const { scale, zeroPoint, axis, isCustom } = quantization;
  const fail = (reason: string, fix = 'the file contradicts itself; convert the model again'): never => {
    throw new HeddleError([badQuantization(spot, reason, fix)]);
  };
  if (isCustom) fail('its quantisation is of a custom kind', 'convert the model with scales and zero points');
  if (scale.length === 0) return undefined;
  if (zeroPoint.length !== scale.length) fail(`it has ${scale.length} scales, but ${zeroPoint.length} zero points`);
  if (scale.length === 1) return { scale, zeroPoint };
  // Some converters give a bias the axis of its weight; a vector has but one.
  const own = shape.length === 1 ? 0 : axis;
  if (own < 0 || own >= shape.length) fail(`it is quantised along axis ${axis} of ${shape.length}`);
  if (shape[own] !== scale.length) fail(`it has ${scale.length} scales for the ${shape[own]} indices of axis ${own}`);
  return { scale, zeroPoint, axis: own };
}

/** What makes a tensor unusable, whoever reads it. */
export function tensorProblems(tensor: FileTensor, spot: Spot): readonly Diagnostic[] {
  const { isOutside, isVariable, isSparse } = tensor;
  return [
    ...(isOutside ? [outsideBuffer(spot)] : []),
    ...(isVariable ? [variableTensor(spot)] : []),
    ...(isSparse ? [sparseTensor(spot)] : []),
  ];
}

/** Whether a tensor that nothing makes is a constant. */
export function isConstant(tensor: FileTensor): boolean {
  return tensor.bytes.length > 0 || tensor.isOutside || elementCount(tensor.shape) === 0;
}

/** The value of a constant. @throws HeddleError with all that is wrong with it. */
export function constantValue(tensor: FileTensor, work: Workspace): Value {
  const spot = work.spotOf(tensor);
  const problems = [...tensorProblems(tensor, spot)];
  const size = elementSize(tensor.element);
  if (size === undefined) {
    const fix = 'convert the model with constants of another type';
    problems.push(unsupportedType(spot, `it is a constant of ${tensor.element}, which cannot be read`, fix));
  } else if (!tensor.isOutside && elementCount(tensor.shape) * size !== tensor.bytes.length) {
    const needed = elementCount(tensor.shape) * size;
    problems.push(constantSize(spot, tensor.shape, tensor.element, needed, tensor.bytes.length));
  }
  if (problems.length > 0) throw new HeddleError(problems);
  const numbers = readNumbers(tensor, spot);
  return { file: tensor, shape: tensor.shape, numbers, data: remembered(() => decode(tensor, work)) };
}

/** Computes once, when it is asked for. */
export function remembered<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}

const CLASSES: Readonly<Record<string, ArrayClass<TensorData>>> = {
  FLOAT32: Float32Array,
  INT8: Int8Array,
  UINT8: Uint8Array,
  INT16: Int16Array,
  UINT16: Uint16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
};

/** A view of the file where the address allows; halves become float32, which holds all of them. */
function decode({ element, bytes }: FileTensor, work: Workspace): TensorData {
  const elementClass = CLASSES[element];
  if (elementClass === undefined) {
    work.spendCopy(bytes.length * 2);
    return halvesToFloats(bytes);
  }
  if (bytes.byteOffset % elementClass.BYTES_PER_ELEMENT !== 0) work.spendCopy(bytes.length);
  return viewElements(elementClass, bytes);
}
