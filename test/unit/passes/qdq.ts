import { executeFloat } from '../../../src/execute/float/execute-float.js';
import { prepareImported } from '../../../src/execute/imported.js';
import { executeInteger } from '../../../src/execute/integer/execute-integer.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph, GraphNode } from '../../../src/ir/graph.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { type IntElement, int, intRange, isInt, type TensorType } from '../../../src/ir/tensor-type.js';
import { sameNumbers } from '../../../src/ir/type-equality.js';
import { clampTo, quantiseValue, roundHalfEven } from '../../../src/support/fixed-point.js';
import { defined } from '../../../src/support/invariant.js';

/** Makes graphs with quantise and dequantise nodes of float ones, in the way of the exporters. */

export interface QdqStyle {
  readonly activation: IntElement;
  readonly weight: IntElement;
  readonly perChannel: boolean;
  /** Biases as int32 through dequantise, or as the float constants they were. */
  readonly integerBias: boolean;
  /** A quantise and dequantise of its own for each reader of a tensor. */
  readonly pairPerReader: boolean;
}

/** Whether a quantise stands behind a node: not between an operator and what belongs to it. */
export type Quantised = (node: GraphNode) => boolean;

const LAYERS: ReadonlySet<string> = new Set(['conv', 'conv-transpose', 'dense']);
/** The output is quantised as the input, as exporters do for what chooses and moves elements. */
const KEEPS: ReadonlySet<string> = new Set([
  'max-pool',
  'reshape',
  'flatten',
  'transpose',
  'slice',
  'upsample',
  'depth-to-space',
]);

function rangeOf(data: ArrayLike<number>): readonly [number, number] {
  let [lo, hi] = [0, 0];
  for (let i = 0; i < data.length; i++) {
    lo = Math.min(lo, data[i] as number);
    hi = Math.max(hi, data[i] as number);
  }
  return [lo, hi === lo ? lo + 1 : hi];
}

/** Scale and zero point for the whole range of the type; scales are float32 as in files. */
export function quantFor(data: ArrayLike<number>, element: IntElement): NonNullable<TensorType['quant']> {
  const [lo, hi] = rangeOf(data);
  const { min, max } = intRange(element);
  const scale = Math.fround((hi - lo) / (max - min));
  return { scale: [scale], zeroPoint: [Math.round(min - lo / scale)] };
}

function weightQuant(weight: Tensor, style: QdqStyle): NonNullable<TensorType['quant']> {
  const channels = weight.type.shape[0] ?? 1;
  const length = weight.data.length / channels;
  const data = weight.data as Float32Array;
  if (!style.weight.signed) return quantFor(data, style.weight);
  const { max } = intRange(style.weight);
  const scaleOf = (part: Float32Array): number =>
    Math.fround(part.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3) / max);
  if (!style.perChannel) return { scale: [scaleOf(data)], zeroPoint: [0] };
  const scale = Array.from({ length: channels }, (_, oc) => scaleOf(data.subarray(oc * length, (oc + 1) * length)));
  return { scale, zeroPoint: scale.map(() => 0), axis: 0 };
}

/** A constant through dequantise; the name of the float tensor. */
function dequantisedConstant(
  b: ReturnType<typeof makeBuilder>,
  name: string,
  tensor: Tensor,
  type: TensorType,
): string {
  const { scale, zeroPoint, axis } = defined(type.quant, 'a quantization');
  const run = axis === undefined ? tensor.data.length : tensor.data.length / (tensor.type.shape[0] ?? 1);
  const { min, max } = intRange(type.element as IntElement);
  const integers = Array.from(tensor.data as Float32Array, (value, i) => {
    const entry = Math.floor(i / run) % scale.length;
    return quantiseValue(value, scale[entry] ?? 1, zeroPoint[entry] ?? 0, min, max);
  });
  b.constant(`${name}_q`, { type, data: arrayFor(type.element as IntElement, integers) });
  return b.node(`${name}_dq`, { kind: 'dequantise' }, [`${name}_q`]);
}

function arrayFor(element: IntElement, values: readonly number[]): Tensor['data'] {
  if (element.bits > 16) return Int32Array.from(values);
  if (element.bits > 8) return element.signed ? Int16Array.from(values) : Uint16Array.from(values);
  return element.signed ? Int8Array.from(values) : Uint8Array.from(values);
}

function shapeOf(graph: Graph, tensor: string): readonly number[] {
  return defined(graph.types.get(tensor), `the type of '${tensor}'`).shape;
}

/** The graph with quantise and dequantise behind the input and each node for which `isQuantised`. */
export function quantiseDequantise(
  graph: Graph,
  style: QdqStyle,
  sample: ReadonlyMap<string, Tensor>,
  isQuantised: Quantised = () => true,
): Graph {
  const values = executeFloat(graph, sample, { keep: 'all' });
  const b = makeBuilder(graph.name);
  /** For a tensor of the float graph: makes or finds the one to read. */
  const readAs = new Map<string, () => string>();
  const types = new Map<string, TensorType>();
  const quantise = (name: string, type: TensorType): void => {
    types.set(name, type);
    let made = 0;
    const pair = (): string => {
      const suffix = made++ === 0 ? '' : `.${made}`;
      b.node(`${name}_q${suffix}`, { kind: 'quantise' }, [name], type);
      return b.node(`${name}_dq${suffix}`, { kind: 'dequantise' }, [`${name}_q${suffix}`]);
    };
    const first = pair();
    let used = false;
    readAs.set(name, () => {
      if (!used || !style.pairPerReader) {
        used = true;
        return first;
      }
      return pair();
    });
  };
  const chosen = (name: string): TensorType => {
    const { type, data } = defined(values.get(name), `the value of '${name}'`);
    return { shape: type.shape, element: style.activation, quant: quantFor(data as Float32Array, style.activation) };
  };
  for (const { tensor } of graph.inputs) {
    b.input(tensor, defined(graph.types.get(tensor), 'a type'));
    quantise(tensor, chosen(tensor));
  }
  for (const node of graph.nodes) {
    const [first = ''] = node.inputs;
    const layer = LAYERS.has(node.op.kind);
    const inputs = node.inputs.map((name, i) => {
      const constant = graph.constants.get(name);
      if (constant === undefined) return (readAs.get(name) ?? (() => name))();
      if (layer && i === 1) {
        const type = { ...constant.type, element: style.weight, quant: weightQuant(constant, style) };
        return dequantisedConstant(b, name, constant, type);
      }
      if (layer && i === 2 && style.integerBias) {
        const weight = defined(graph.constants.get(node.inputs[1] ?? ''), 'a weight');
        const { scale } = weightQuant(weight, style);
        const x = types.get(first)?.quant?.scale[0] ?? 1;
        const channels = constant.data.length;
        const scales = Array.from({ length: channels }, (_, oc) =>
          Math.fround(x * (scale.length > 1 ? (scale[oc] ?? 1) : (scale[0] ?? 1))),
        );
        const quant = { scale: scales, zeroPoint: scales.map(() => 0), axis: 0 };
        return dequantisedConstant(b, name, constant, { ...constant.type, element: int(32, true), quant });
      }
      return b.constant(name, constant);
    });
    const [output = ''] = node.outputs;
    b.node(output, node.op, inputs);
    const before = types.get(first);
    const kept =
      KEEPS.has(node.op.kind) && before !== undefined ? { ...before, shape: shapeOf(graph, output) } : undefined;
    if (isQuantised(node)) quantise(output, kept ?? chosen(output));
    else if (kept !== undefined) types.set(output, kept);
  }
  return b.build(graph.outputs.map(({ tensor }) => (readAs.get(tensor) ?? (() => tensor))()));
}

/** How far a folded graph is from the mixed one that it was made from. */
export interface Distance {
  readonly elements: number;
  readonly different: number;
  /** The largest difference, in steps, and the node where it is. */
  readonly largest: number;
  readonly at: string;
}

/**
 * Runs each node of the folded graph on the integers that the mixed graph has at that place, and compares what comes out
 * with the mixed graph's, where it has such a tensor too.
 */
export function distance(mixed: Graph, folded: Graph, inputs: ReadonlyMap<string, Tensor>): Distance {
  const wanted = integersOf(mixed, folded, inputs);
  const values = new Map<string, Tensor>(folded.constants);
  for (const { tensor } of folded.inputs) values.set(tensor, defined(wanted.get(tensor), `input '${tensor}'`));
  let [elements, different, largest, at] = [0, 0, 0, ''];
  for (const node of folded.nodes) {
    const [output = ''] = node.outputs;
    const found = runNode(folded, node, values);
    const reference = wanted.get(output);
    values.set(output, reference ?? found);
    if (reference === undefined) continue;
    for (let i = 0; i < found.data.length; i++) {
      const off = Math.abs(Number(found.data[i]) - Number(reference.data[i]));
      elements++;
      if (off > 0) different++;
      if (off > largest) [largest, at] = [off, node.name];
    }
  }
  return { elements, different, largest, at };
}

/** The mixed graph's integers under the folded graph's names: quantised tensors, and float ones in steps of their type. */
function integersOf(mixed: Graph, folded: Graph, inputs: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  const found = prepareImported(mixed).run(inputs, { keep: 'all' });
  const result = new Map<string, Tensor>();
  const outputs = new Set(folded.outputs.map((output) => output.tensor));
  const ends = new Set([...folded.inputs.map((input) => input.tensor), ...outputs]);
  for (const [name, type] of folded.types) {
    const tensor = found.get(name);
    if (tensor === undefined) continue;
    if (isInt(tensor.type.element)) {
      if (sameNumbers(tensor.type, type)) result.set(name, { type, data: tensor.data });
    } else if (ends.has(name)) result.set(name, inSteps(tensor, type));
  }
  return result;
}

/** As quantise nodes do it: the quotient is rounded to float32 first. */
function inSteps({ data }: Tensor, type: TensorType): Tensor {
  const [scale = 1] = type.quant?.scale ?? [];
  const [zeroPoint = 0] = type.quant?.zeroPoint ?? [];
  const { min, max } = intRange(type.element as IntElement);
  const q = Array.from(data as Float32Array, (x) =>
    clampTo(zeroPoint + roundHalfEven(Math.fround(x / scale)), min, max),
  );
  return { type, data: arrayFor(type.element as IntElement, q) };
}

function runNode(graph: Graph, node: GraphNode, values: ReadonlyMap<string, Tensor>): Tensor {
  const [output = ''] = node.outputs;
  const flowing = [...new Set(node.inputs)].filter((name) => !graph.constants.has(name));
  const single = {
    ...graph,
    nodes: [node],
    inputs: flowing.map((tensor) => ({ tensor, layout: 'nhwc' as const })),
    outputs: [{ tensor: output, layout: 'nhwc' as const, classOffset: 0 }],
  };
  const inputs = new Map(flowing.map((name) => [name, defined(values.get(name), `the value of '${name}'`)]));
  return defined(executeInteger(single, inputs).get(output), `the value of '${output}'`);
}
