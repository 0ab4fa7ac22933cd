import { prepareImported } from '../../../../src/execute/imported.js';
import { importTflite } from '../../../../src/frontend/tflite/import.js';
import type { Tensor, TensorData } from '../../../../src/ir/tensor.js';
import { isInt } from '../../../../src/ir/tensor-type.js';
import { defined } from '../../../../src/support/invariant.js';
import { buildTflite, type Fields, type ModelSpec, type OperatorSpec, type TensorSpec } from './build-tflite.js';

/** Imports a model and runs one frame of it. */
export function runModel(spec: ModelSpec, ...inputs: readonly (readonly number[])[]): readonly Tensor[] {
  const { graph } = importTflite(buildTflite(spec), 'test.tflite');
  const tensors = graph.inputs.map(({ tensor }, index) => {
    const type = defined(graph.types.get(tensor), `the type of '${tensor}'`);
    return [tensor, { type, data: storage(type, inputs[index] ?? []) }] as const;
  });
  const results = prepareImported(graph).run(new Map(tensors));
  return graph.outputs.map(({ tensor }) => defined(results.get(tensor), `output '${tensor}'`));
}

function storage({ element }: Tensor['type'], values: readonly number[]): TensorData {
  if (!isInt(element)) return Float32Array.from(values);
  if (element.bits > 8) return Int16Array.from(values);
  return element.signed ? Int8Array.from(values) : Uint8Array.from(values);
}

export interface SingleOperator {
  readonly kind: string;
  readonly version?: number;
  readonly options?: readonly [string, Fields?];
  /** Operands; those without data are the network's inputs. `undefined`: left out. */
  readonly operands: readonly (TensorSpec | undefined)[];
  readonly outputs: readonly TensorSpec[];
}

/** A network of one operator. */
export function singleOperator({ kind, version, options, operands, outputs }: SingleOperator): ModelSpec {
  const given = operands.flatMap((operand) => operand ?? []);
  const tensors = [...given, ...outputs];
  let next = 0;
  const operator: OperatorSpec = {
    kind,
    inputs: operands.map((operand) => (operand === undefined ? -1 : next++)),
    outputs: outputs.map((_, index) => given.length + index),
    ...(version === undefined ? {} : { version }),
    ...(options === undefined ? {} : { options }),
  };
  return {
    tensors,
    operators: [operator],
    inputs: given.flatMap(({ data }, index) => (data === undefined ? [index] : [])),
    outputs: operator.outputs,
  };
}

/** Runs a network of one operator; the elements and shape of its first output. */
export function runOperator(operator: SingleOperator, ...inputs: readonly (readonly number[])[]): readonly number[] {
  const [first] = runModel(singleOperator(operator), ...inputs);
  return Array.from(defined(first, 'an output').data as ArrayLike<number>);
}

export function floats(shape: readonly number[], values?: readonly number[]): TensorSpec {
  return { shape, ...(values === undefined ? {} : { data: Float32Array.from(values) }) };
}

export function ints(values: readonly number[], shape: readonly number[] = [values.length]): TensorSpec {
  return { shape, type: 'INT32', data: Int32Array.from(values) };
}

/** An int8 tensor with a scale and a zero point. */
export function int8(
  shape: readonly number[],
  scale: number,
  zeroPoint: number,
  values?: readonly number[],
): TensorSpec {
  const data = values === undefined ? {} : { data: Int8Array.from(values) };
  return { shape, type: 'INT8', scale: [scale], zeroPoint: [zeroPoint], ...data };
}
