import { decodeModel } from '../../src/frontend/onnx/decode.js';
import { type GraphProto, MODEL, type NodeProto } from '../../src/frontend/onnx/model-proto.js';
import { TAIL_OPERATORS } from '../../src/frontend/onnx/registry.js';
import { defined } from '../../src/support/invariant.js';
import { makeRandom } from '../../src/support/random.js';
import { tensorMessage } from './onnx-builder.js';
import { encodeMessage, type Message } from './proto-writer.js';

/** Files of others: what they compute, and the same with other weights. */

function graphOf(bytes: Uint8Array, file: string): GraphProto {
  return defined(decodeModel(bytes, file).graph, `the graph of ${file}`);
}

/** The names of all tensors that nodes make and that are no outputs of the file yet. */
export function innerTensors(bytes: Uint8Array, file: string): readonly string[] {
  const { node, output } = graphOf(bytes, file);
  const outputs = new Set(output.map(({ name }) => name));
  return node.flatMap((one) => one.output).filter((name) => name !== '' && !outputs.has(name));
}

/** Functions that the front end leaves out at the end of a network: its output is what they are computed from. */
const LEFT_OUT: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax']);

/** For each output of the file behind such a function, the tensor that the function is computed from. */
export function leftOutSources(bytes: Uint8Array, file: string): ReadonlyMap<string, string> {
  const { node, output } = graphOf(bytes, file);
  const makers = new Map(node.flatMap((one) => one.output.map((name) => [name, one] as const)));
  const sourceOf = (tensor: string): string | undefined => {
    const maker = makers.get(tensor);
    if (maker === undefined || !TAIL_OPERATORS.has(maker.opType)) return undefined;
    const from = maker.input[0] ?? '';
    return LEFT_OUT.has(maker.opType) ? from : sourceOf(from);
  };
  return new Map(output.flatMap(({ name }) => [[name, sourceOf(name)] as const].filter(isFound)));
}

function isFound(pair: readonly [string, string | undefined]): pair is readonly [string, string] {
  return pair[1] !== undefined;
}

/**
 * The file with every weight that is a ConstantOfShape, and every initializer of real values, replaced by seeded random
 * numbers of the size that keeps activations in range.
 */
export function withRandomWeights(bytes: Uint8Array, file: string, seed: number): Uint8Array {
  const model = decodeModel(bytes, file);
  const graph = defined(model.graph, `the graph of ${file}`);
  const random = makeRandom(seed);
  const made = new Map(
    graph.node.filter(({ opType }) => opType === 'ConstantOfShape').map((node) => [node.output[0] ?? '', node]),
  );
  const shapes = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const weights: Message[] = [];
  const replaced = new Set<string>();
  for (const reader of graph.node) {
    for (const [index, name] of reader.input.entries()) {
      const dims = weightDims(name);
      if (dims === undefined || replaced.has(name)) continue;
      replaced.add(name);
      weights.push(tensorMessage(name, 'float32', dims, randomWeights(reader, index, dims, random)));
    }
  }
  const node = graph.node.filter((one) => !made.has(one.output[0] ?? ''));
  const initializer = [...graph.initializer.filter(({ name }) => !replaced.has(name)), ...weights];
  // Since IR version 4 initializers need not be listed among the inputs.
  return encodeMessage(MODEL, { ...model, irVersion: 7n, graph: { ...graph, node, initializer } } as Message);

  function weightDims(name: string): readonly number[] | undefined {
    const own = shapes.get(name);
    if (own !== undefined && own.dataType === 1n) return own.dims.map(Number);
    const shape = shapes.get(made.get(name)?.input[0] ?? '');
    return shape === undefined ? undefined : int64Values(defined(shape.rawData, 'raw data'));
  }
}

function int64Values(raw: Uint8Array): readonly number[] {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: raw.byteLength / 8 }, (_, i) => Number(view.getBigInt64(8 * i, true)));
}

/** Uniform numbers: weights within sqrt(6 / inputs of a sum), scales and variances around 1, offsets and means around 0. */
function randomWeights(
  { opType }: NodeProto,
  index: number,
  dims: readonly number[],
  random: () => number,
): Float32Array {
  const count = dims.reduce((a, b) => a * b, 1);
  const around = (middle: number, reach: number): Float32Array =>
    Float32Array.from({ length: count }, () => middle + reach * (2 * random() - 1));
  if (opType === 'BatchNormalization') return index === 1 || index === 4 ? around(1, 0.5) : around(0, 0.2);
  if (dims.length < 2) return around(0, 0.1);
  return around(0, Math.sqrt((6 * (dims[0] ?? 1)) / count));
}
