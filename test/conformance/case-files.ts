import { axisOffsets, gather, stridesOf } from '../../src/execute/element-order.js';
import type { NumericData } from '../../src/execute/tensor-access.js';
import { newLike } from '../../src/frontend/moved-data.js';
import { MODEL, type ModelProto, type TensorProto, type ValueInfoProto } from '../../src/frontend/onnx/model-proto.js';
import type { Constant } from '../../src/frontend/onnx/values.js';
import { elementCount } from '../../src/ir/tensor-type.js';
import { defined } from '../../src/support/invariant.js';
import { encodeMessage, type Message } from '../oracle/proto-writer.js';
import { atLeastOpset, pictureAxes, weightInputs } from './operands.js';
import { type OperatorCase, tensorValue } from './test-data.js';

/** A case as files that a network could be, with what goes in and what has to come out. */

export interface CaseFile {
  readonly bytes: Uint8Array;
  /** Whether the first axis of inputs is a batch of one. */
  readonly hasBatch: boolean;
  /** By the names of the file's inputs and outputs, in the file's order of axes. */
  readonly inputs: ReadonlyMap<string, Constant>;
  readonly outputs: ReadonlyMap<string, Constant>;
}

export interface CaseFiles {
  /** How the case became these files, where it is not what it says; for people. */
  readonly remarks: readonly string[];
  readonly files: readonly CaseFile[];
}

interface CaseTensor {
  readonly proto: TensorProto;
  readonly value: Constant;
}

type Tensors = ReadonlyMap<string, CaseTensor>;

/** Weights become constants. Undefined where the case holds other things than tensors of numbers. */
export function filesOf({ model: asWritten, inputs, outputs }: OperatorCase): CaseFiles | undefined {
  const { model, remark } = atLeastOpset(asWritten);
  const graph = defined(model.graph, 'the graph');
  const given = namedTensors(inputs, graph.input);
  const expected = namedTensors(outputs, graph.output);
  if (given === undefined || expected === undefined) return undefined;
  const names = graph.input.map(({ name }) => name);
  const weights = weightInputs(graph.node, names);
  const whole = fileOf(model, weights, given, expected);
  if (whole.hasBatch) return { remarks: remark, files: [whole] };
  const [node] = graph.node;
  const operands = node?.input ?? [];
  const shapes = operands.map((name) => given.get(name)?.value.shape ?? []);
  const axes = graph.node.length === 1 && node !== undefined ? pictureAxes(node, shapes) : undefined;
  if (axes === undefined) return { remarks: [...remark, 'its first axis taken as data'], files: [whole] };
  const axisOf = new Map(Object.entries(axes).map(([index, axis]) => [operands[Number(index)] ?? '', axis]));
  const count = defined([...expected.values()][0], 'an output').value.shape[0] ?? 0;
  const files = Array.from({ length: count }, (_, picture) =>
    fileOf(model, weights, pictureOf(given, axisOf, picture), pictureOf(expected, undefined, picture)),
  );
  return { remarks: [...remark, 'picture by picture'], files };
}

function namedTensors(
  protos: readonly (TensorProto | undefined)[],
  infos: readonly ValueInfoProto[],
): Tensors | undefined {
  if (protos.length !== infos.length || protos.includes(undefined) || !infos.every(holdsNumbers)) return undefined;
  const named = infos.map(({ name, type }, i) => {
    // Data of bfloat16 say that they are of uint16.
    const dataType = defined(type?.tensorType, `the type of '${name}'`).elemType;
    const proto = { ...defined(protos[i], `the tensor '${name}'`), name, dataType };
    return [name, { proto, value: tensorValue(proto) }] as const;
  });
  return new Map(named);
}

/** TensorProto.DataType of texts. */
const STRING = 8n;

function holdsNumbers({ type }: ValueInfoProto): boolean {
  return type?.tensorType !== undefined && type.tensorType.elemType !== STRING;
}

/** One picture of each tensor that has an axis for them; undefined: the first one of all. */
function pictureOf(tensors: Tensors, axisOf: ReadonlyMap<string, number> | undefined, picture: number): Tensors {
  return new Map(
    [...tensors].map(([name, tensor]) => {
      const axis = axisOf === undefined ? 0 : axisOf.get(name);
      return [name, axis === undefined ? tensor : sliceOf(tensor, axis, picture)];
    }),
  );
}

/** One position along an axis, which stays with an extent of 1. */
function sliceOf({ proto, value }: CaseTensor, axis: number, position: number): CaseTensor {
  if (value.dtype !== 'float32' && value.dtype !== 'uint8' && value.dtype !== 'int8' && value.dtype !== 'int32')
    throw new Error(`pictures of ${value.dtype}`);
  const shape = value.shape.map((extent, i) => (i === axis ? 1 : extent));
  const strides = stridesOf(value.shape);
  const data = newLike(value.data as NumericData, elementCount(shape));
  const offsets = axisOffsets(shape, (i, own) => (own === axis ? position : i) * (strides[own] ?? 0));
  gather(value.data as NumericData, offsets, data);
  const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const dims = shape.map(BigInt);
  return {
    proto: { ...proto, dims, rawData, floatData: [], int32Data: [] },
    value: { ...value, shape, data },
  };
}

function fileOf(model: ModelProto, weights: ReadonlySet<string>, given: Tensors, expected: Tensors): CaseFile {
  const graph = defined(model.graph, 'the graph');
  const tensor = (name: string): CaseTensor => defined(given.get(name), `the tensor '${name}'`);
  const shapeOf = (name: string): readonly number[] => tensor(name).value.shape;
  const initializer = [...graph.initializer, ...[...weights].map((name) => tensor(name).proto)];
  const input = graph.input
    .filter(({ name }) => !weights.has(name))
    .map(({ name, type }) =>
      withShape(name, defined(type?.tensorType, `the type of '${name}'`).elemType, shapeOf(name)),
    );
  const message = { ...model, graph: { ...graph, initializer, input } };
  const values = (tensors: Tensors, names: readonly ValueInfoProto[]): ReadonlyMap<string, Constant> =>
    new Map(names.map(({ name }) => [name, defined(tensors.get(name), `the tensor '${name}'`).value]));
  const shapes = input.map(({ name }) => shapeOf(name));
  return {
    bytes: encodeMessage(MODEL, message as unknown as Message),
    hasBatch: shapes.every((shape) => shape.length < 2 || shape[0] === 1),
    inputs: values(given, input),
    outputs: values(expected, graph.output),
  };
}

function withShape(name: string, elemType: bigint, shape: readonly number[]): ValueInfoProto {
  const dim = shape.map((extent) => ({ dimValue: BigInt(extent), dimParam: '' }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

/** TensorProto.DataType and AttributeProto.AttributeType. */
const FLOAT = 1n;
const INT_ATTRIBUTE = 2n;

/** The case with constants only, whose results are added to inputs of zeros: a network has to have some. */
export function constantFileOf({ model, inputs, outputs }: OperatorCase): CaseFile | undefined {
  const graph = defined(model.graph, 'the graph');
  const given = namedTensors(inputs, graph.input);
  const expected = namedTensors(outputs, graph.output);
  if (given === undefined || expected === undefined) return undefined;
  const ends = [...expected].map(([name, { value }]) => {
    const shape = value.shape.length === 0 ? [1] : value.shape;
    return {
      name,
      zeros: `${name}/zeros`,
      real: `${name}/real`,
      sum: `${name}/sum`,
      shape,
      value: { ...value, shape },
    };
  });
  const node = ends.flatMap(({ name, zeros, real, sum }) => [
    { opType: 'Cast', input: [name], output: [real], attribute: [{ name: 'to', type: INT_ATTRIBUTE, i: FLOAT }] },
    { opType: 'Add', input: [real, zeros], output: [sum] },
  ]);
  const input = ends.map(({ zeros, shape }) => withShape(zeros, FLOAT, shape));
  const initializer = [...graph.initializer, ...[...given.values()].map(({ proto }) => proto)];
  const output = ends.map(({ sum }) => ({ name: sum }));
  const message = { ...model, graph: { ...graph, node: [...graph.node, ...node], initializer, input, output } };
  return {
    bytes: encodeMessage(MODEL, message as unknown as Message),
    hasBatch: false,
    inputs: new Map(ends.map(({ zeros, shape }) => [zeros, zerosOf(zeros, shape)])),
    outputs: new Map(ends.map(({ sum, value }) => [sum, value])),
  };
}

function zerosOf(name: string, shape: readonly number[]): Constant {
  return { kind: 'constant', name, dtype: 'float32', shape, data: new Float32Array(elementCount(shape)) };
}
