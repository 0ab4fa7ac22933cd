import type { GraphNode } from '../../src/ir/graph.js';
import type { Op, OpKind, OpOf } from '../../src/ir/op.js';
import { intRange, isInt, type Quantization, type TensorType } from '../../src/ir/tensor-type.js';
import { defined } from '../../src/support/invariant.js';
import { dtypeOf, type Emitter, inputOf, outputOf, quantConstants, typeOf } from './emitter.js';
import { windowAttributes } from './float-operators.js';
import { fileAxis, permuted } from './layout.js';
import type { OnnxData } from './onnx-builder.js';

/**
 * Operators that have a form on integers (QLinear...), where the runtime has a kernel for it. Returns undefined where it
 * has none: the node is then written on real values between a dequantise and a quantise.
 */
export function emitQuantised(emitter: Emitter, node: GraphNode, output: string): string | undefined {
  const emit = QUANTISED[node.op.kind] as Emit<Op> | undefined;
  return emit === undefined || !areBytes(emitter, node) ? undefined : emit(emitter, node, output);
}

type Emit<O extends Op> = (emitter: Emitter, node: GraphNode<O>, output: string) => string | undefined;

const MICROSOFT = 'com.microsoft';

const QUANTISED: { readonly [K in OpKind]?: Emit<OpOf<K>> } = {
  conv(emitter, node, output) {
    const weight = inputOf(emitter.graph, node, 1);
    const [oc = 0, kernelH = 0, kernelW = 0, perGroup = 0] = weight.shape;
    const stored = quantisedWeight(emitter, node, permuted, [oc, perGroup, kernelH, kernelW]);
    const bias = integerBias(emitter, node);
    if (stored === undefined || bias === undefined) return undefined;
    const attributes = { ...windowAttributes(node.op), group: BigInt(node.op.groups) };
    const inputs = [...quantisedInput(emitter, node, 0), ...stored, ...outputConstants(emitter, node), ...bias];
    return emitter.file.node({ op: 'QLinearConv', inputs, outputs: [output], attributes });
  },
  dense(emitter, node, output) {
    const [out = 0, inputs = 0] = inputOf(emitter.graph, node, 1).shape;
    const stored = quantisedWeight(emitter, node, (data) => permuted(data, [out, inputs], [1, 0]), [inputs, out]);
    const bias = integerBias(emitter, node);
    if (stored === undefined || bias === undefined) return undefined;
    const operands = [...quantisedInput(emitter, node, 0), ...stored];
    const ends = outputConstants(emitter, node);
    if (bias.length === 0)
      return emitter.file.node({ op: 'QLinearMatMul', inputs: [...operands, ...ends], outputs: [output] });
    return emitter.file.node({
      op: 'QGemm',
      domain: MICROSOFT,
      inputs: [...operands, ...bias, ...ends],
      outputs: [output],
    });
  },
  'max-pool': (emitter, node, output) =>
    emitter.file.opset < 12
      ? undefined
      : emitter.file.node({
          op: 'MaxPool',
          inputs: [node.inputs[0] ?? ''],
          outputs: [output],
          attributes: windowAttributes(node.op),
        }),
  'average-pool': (emitter, node, output) =>
    node.op.dilationH !== 1 || node.op.dilationW !== 1
      ? undefined
      : emitter.file.node({
          op: 'QLinearAveragePool',
          domain: MICROSOFT,
          inputs: [...quantisedInput(emitter, node, 0), ...outputConstants(emitter, node)],
          outputs: [output],
          attributes: { ...windowAttributes(node.op), count_include_pad: node.op.countIncludePad ? 1n : 0n },
        }),
  'global-average-pool': (emitter, node, output) => unary(emitter, node, 'QLinearGlobalAveragePool', output, 0n),
  sigmoid: (emitter, node, output) => unary(emitter, node, 'QLinearSigmoid', output),
  'leaky-relu': (emitter, node, output) =>
    emitter.file.node({
      op: 'QLinearLeakyRelu',
      domain: MICROSOFT,
      inputs: [...quantisedInput(emitter, node, 0), ...outputConstants(emitter, node)],
      outputs: [output],
      attributes: { alpha: { f: node.op.slope } },
    }),
  add: (emitter, node, output) => binary(emitter, node, 'QLinearAdd', output),
  mul: (emitter, node, output) => binary(emitter, node, 'QLinearMul', output),
  concat(emitter, node, output) {
    const rank = outputOf(emitter.graph, node).shape.length;
    const parts = node.inputs.flatMap((_, i) => quantisedInput(emitter, node, i));
    return emitter.file.node({
      op: 'QLinearConcat',
      domain: MICROSOFT,
      inputs: [...outputConstants(emitter, node), ...parts],
      outputs: [output],
      attributes: { axis: BigInt(fileAxis(rank, node.op.axis)) },
    });
  },
};

/** The runtime's integer kernels take whole bytes, of one kind at both ends. */
function areBytes(emitter: Emitter, node: GraphNode): boolean {
  const out = outputOf(emitter.graph, node);
  const isByte = ({ element }: TensorType): boolean =>
    isInt(element) && element.bits === 8 && isInt(out.element) && element.signed === out.element.signed;
  const flowing = node.inputs.filter((name) => !emitter.graph.constants.has(name));
  return isByte(out) && flowing.every((name) => isByte(typeOf(emitter.graph, name)));
}

function unary(emitter: Emitter, node: GraphNode, op: string, output: string, channelsLast?: bigint): string {
  return emitter.file.node({
    op,
    domain: MICROSOFT,
    inputs: [...quantisedInput(emitter, node, 0), ...outputConstants(emitter, node)],
    outputs: [output],
    attributes: { channels_last: channelsLast },
  });
}

/** Two flowing inputs of the output's shape. */
function binary(emitter: Emitter, node: GraphNode, op: string, output: string): string | undefined {
  const { shape } = outputOf(emitter.graph, node);
  const isPlain = (name: string): boolean =>
    !emitter.graph.constants.has(name) && typeOf(emitter.graph, name).shape.length === shape.length;
  if (node.inputs.length !== 2 || !node.inputs.every(isPlain)) return undefined;
  const inputs = [0, 1].flatMap((i) => quantisedInput(emitter, node, i));
  return emitter.file.node({
    op,
    domain: MICROSOFT,
    inputs: [...inputs, ...outputConstants(emitter, node)],
    outputs: [output],
  });
}

/** Name, scale and zero point of a flowing input. */
function quantisedInput({ graph, file }: Emitter, node: GraphNode, i: number): readonly string[] {
  const name = defined(node.inputs[i], `input ${i} of '${node.name}'`);
  const type = typeOf(graph, name);
  const quant = defined(type.quant, `the quantization of '${name}'`);
  return [name, ...quantConstants(file, `${node.name}/in${i}`, dtypeOf(type), quant)];
}

function outputConstants({ graph, file }: Emitter, node: GraphNode): readonly string[] {
  const type = outputOf(graph, node);
  return quantConstants(file, `${node.name}/out`, dtypeOf(type), defined(type.quant, `'${node.name}'`));
}

/** Weight, scale and zero point; undefined where the runtime does not take their kinds together. */
function quantisedWeight(
  { graph, file }: Emitter,
  node: GraphNode,
  arrange: (data: Int8Array | Uint8Array, shape: readonly number[], perm: readonly number[]) => Int8Array | Uint8Array,
  dims: readonly number[],
): readonly string[] | undefined {
  const name = node.inputs[1] ?? '';
  const { type, data } = defined(graph.constants.get(name), `the weight '${name}'`);
  const { scale, zeroPoint } = defined(type.quant, `the quantization of '${name}'`);
  const dtype = dtypeOf(type);
  const isMixed = dtypeOf(inputOf(graph, node)) === 'int8' && dtype === 'uint8';
  const oneZero = zeroPoint.every((zero) => zero === zeroPoint[0]);
  if (isMixed || !oneZero || !(data instanceof Int8Array || data instanceof Uint8Array)) return undefined;
  const own: Quantization = scale.length > 1 ? { scale, zeroPoint, axis: 0 } : { scale, zeroPoint };
  const stored = file.constant(file.fresh(name), dtype, dims, arrange(data, type.shape, [0, 3, 1, 2]));
  return [stored, ...quantConstants(file, name, dtype, own)];
}

/** The bias as 32 bits, or nothing; undefined where it does not fit. */
function integerBias({ graph, file }: Emitter, node: GraphNode): readonly string[] | undefined {
  const name = node.inputs[2];
  if (name === undefined) return [];
  const { type, data } = defined(graph.constants.get(name), `the bias '${name}'`);
  const values = Array.from(data as Iterable<number | bigint>, Number);
  if (!values.every((value) => value === (value | 0))) return undefined;
  return [file.constant(file.fresh(name), 'int32', type.shape, Int32Array.from(values) as OnnxData)];
}

/** The clamp on integers that is left to do behind an operator, which saturates to its type by itself. */
export function remainingClamp(type: TensorType, clamp: { readonly lo?: number; readonly hi?: number } | undefined) {
  if (!isInt(type.element)) return clamp ?? {};
  const stored = storedRange(type);
  const own = intRange(type.element);
  const lo = Math.max(own.min, clamp?.lo ?? own.min);
  const hi = Math.min(own.max, clamp?.hi ?? own.max);
  return { lo: lo > stored.min ? lo : undefined, hi: hi < stored.max ? hi : undefined };
}

function storedRange({ element }: TensorType): { readonly min: number; readonly max: number } {
  if (!isInt(element)) throw new Error('a range of floats');
  return intRange({ ...element, bits: element.bits <= 8 ? 8 : 16 });
}
