import type { Diagnostic } from '../support/diagnostics.js';
import { assertNever } from '../support/invariant.js';
import type { Graph, GraphNode } from './graph.js';
import { badConstantData, badVariance, notFinite, valueOutOfType } from './messages.js';
import type { Tensor, TensorData } from './tensor.js';
import { type Element, elementCount, elementName, type IntElement, intRange } from './tensor-type.js';
import { sameType } from './type-equality.js';

/** Names of the typed arrays, which are also their constructors' names. */
export type StorageName =
  | 'Float32Array'
  | 'Int8Array'
  | 'Uint8Array'
  | 'Int16Array'
  | 'Uint16Array'
  | 'Int32Array'
  | 'BigInt64Array';

/** The typed array that holds elements of a type: the next larger one; undefined where none does (uint17 and up). */
export function storageOf(element: Element): StorageName | undefined {
  if (element.kind === 'f32') return 'Float32Array';
  const { bits, signed } = element;
  if (bits <= 8) return signed ? 'Int8Array' : 'Uint8Array';
  if (bits <= 16) return signed ? 'Int16Array' : 'Uint16Array';
  if (!signed) return undefined;
  return bits <= 32 ? 'Int32Array' : 'BigInt64Array';
}

export function storageNameOf(data: TensorData): StorageName {
  if (data instanceof Float32Array) return 'Float32Array';
  if (data instanceof Int8Array) return 'Int8Array';
  if (data instanceof Uint8Array) return 'Uint8Array';
  if (data instanceof Int16Array) return 'Int16Array';
  if (data instanceof Uint16Array) return 'Uint16Array';
  if (data instanceof Int32Array) return 'Int32Array';
  if (data instanceof BigInt64Array) return 'BigInt64Array';
  return assertNever(data);
}

/** Constants whose array has another length or class than their type asks for. */
export function storageProblems(graph: Graph): readonly Diagnostic[] {
  return [...graph.constants].flatMap(([name, tensor]) => {
    const type = graph.types.get(name);
    const wanted = storageOf(tensor.type.element);
    const got = storageNameOf(tensor.data);
    const count = elementCount(tensor.type.shape);
    const problems: Diagnostic[] = [];
    if (type !== undefined && !sameType(type, tensor.type)) {
      problems.push(badConstantData(name, "its declared type is not its value's"));
    }
    if (got !== wanted) {
      problems.push(
        badConstantData(name, `its type is ${elementName(tensor.type.element)}, but its values are in a ${got}`),
      );
    }
    if (tensor.data.length !== count) {
      problems.push(
        badConstantData(name, `its shape has ${count} elements, but there are ${tensor.data.length} values`),
      );
    }
    return problems;
  });
}

/** Problems of the values themselves: NaN, infinities, integers beyond their type, variances that have no root. */
export function constantProblems(graph: Graph): readonly Diagnostic[] {
  return [
    ...[...graph.constants].flatMap(([name, tensor]) => valueProblems(name, tensor)),
    ...graph.nodes.flatMap((node) => varianceProblems(node, graph)),
  ];
}

/** Problems of one constant's values. */
export function valueProblems(name: string, { type, data }: Tensor): readonly Diagnostic[] {
  if (data instanceof Float32Array) {
    if (allFinite(data)) return [];
    const bad = countWhere(data, (value) => !Number.isFinite(value));
    return [notFinite(name, bad.count, bad.first)];
  }
  if (type.element.kind !== 'int' || fillsStorage(type.element, data)) return [];
  const bad = outsideOf(type.element, data);
  if (bad.count === 0) return [];
  return [valueOutOfType(name, elementName(type.element), bad.count, bad.first, String(data[bad.first]))];
}

/** All values at once: of a number that is not finite the difference to itself is NaN, which no sum loses. */
function allFinite(data: Float32Array): boolean {
  let sum = 0;
  for (let index = 0; index < data.length; index++) {
    const value = data[index] as number;
    sum += value - value;
  }
  return sum === 0;
}

/** Whether the array can hold nothing else than values of the type. */
function fillsStorage(element: IntElement, data: TensorData): boolean {
  return element.bits === 8 * data.BYTES_PER_ELEMENT && storageOf(element) === storageNameOf(data);
}

function outsideOf(element: IntElement, data: Exclude<TensorData, Float32Array>): Found {
  if (data instanceof BigInt64Array) {
    const half = 1n << BigInt(element.bits - 1);
    return countWhere(data, (value) => value < -half || value >= half);
  }
  const { min, max } = intRange(element);
  return countWhere(data, (value) => value < min || value > max);
}

interface Found {
  readonly count: number;
  readonly first: number;
}

function countWhere<T>(data: ArrayLike<T>, isBad: (value: T) => boolean): Found {
  let count = 0;
  let first = -1;
  for (let index = 0; index < data.length; index++) {
    if (!isBad(data[index] as T)) continue;
    if (count === 0) first = index;
    count++;
  }
  return { count, first };
}

function varianceProblems(node: GraphNode, graph: Graph): readonly Diagnostic[] {
  if (node.op.kind !== 'batch-norm') return [];
  const { epsilon } = node.op;
  const name = node.inputs[4] ?? '';
  const data = graph.constants.get(name)?.data;
  if (!(data instanceof Float32Array)) return [];
  const index = data.findIndex((value) => value + epsilon <= 0);
  return index < 0 ? [] : [badVariance(node.name, name, index, (data[index] ?? 0) + epsilon)];
}
