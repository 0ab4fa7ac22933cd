import type { Quantization, TensorType } from '../../../ir/tensor-type.js';
import { elementCount, isInt } from '../../../ir/tensor-type.js';
import { invariant } from '../../../support/invariant.js';
import {
  type AttributeSpecs,
  flag,
  integer,
  optionalInteger,
  optionalIntegers,
  real,
  required,
} from '../attributes.js';
import { type Call, define, emit, inputOf, operandOf, outputName, refuseNode, step } from '../call.js';
import { type DType, elementOf } from '../dtypes.js';
import { leftOut } from '../messages.js';
import { type OperatorRule, type RuleTable, rule } from '../rule.js';
import { ABSENT, type Flowing, graphShape, type QuantisedConstant, type Value } from '../values.js';
import { ACTIVATION_RULES } from './activations.js';
import { CONV_RULES } from './conv.js';
import { DENSE_RULES } from './dense.js';
import { ELEMENTWISE_RULES } from './elementwise.js';
import { AVERAGE_POOL, POOL_RULES } from './pool.js';
import { claim, dequantisedTensor, quantisationOf, sameMeaning } from './quantised-linear.js';
import { REDUCE_RULES } from './reduce.js';
import { REGION_RULES } from './regions.js';

/**
 * Operators of quantised tensors are what they are defined as: dequantise, the operator on real values, quantise. The pass
 * fold-quantise makes one operator of integers of the three, exactly, as it does where a file spells them out.
 */

/** The operator on real values, in the newest definition that the model's opset has. */
function realRule(call: Call, table: RuleTable, opType: string): OperatorRule {
  const opset = call.work.opsets.get('') ?? Number.POSITIVE_INFINITY;
  const rules = table[opType] ?? [];
  const found = rules.find(({ from, to = Number.POSITIVE_INFINITY }) => from <= opset && opset <= to) ?? rules.at(-1);
  invariant(found !== undefined, `no rule for ${opType}`);
  return found;
}

/** The inputs of a quantised operator that stand for real tensors, and the operator on them. */
interface RealOperator {
  readonly table: RuleTable;
  readonly opType: string;
  readonly inputs: readonly Value[];
  /** Attributes besides those that the operator has by default. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

/** The result of the operator on real values, under the name of the node. */
function runReal(call: Call, { table, opType, inputs, attributes = {} }: RealOperator): Flowing {
  const found = realRule(call, table, opType);
  const { node: name } = call.spot;
  const output = call.work.unique(name === outputName(call) ? `${name}/real` : name);
  const defaults = Object.fromEntries(Object.entries(found.attributes).map(([name, { fallback }]) => [name, fallback]));
  const node = { ...call.node, output: [output] };
  found.run({ ...call, node, inputs, attributes: { ...defaults, ...attributes }, isTail: false });
  const value = call.work.values.get(output);
  invariant(value?.kind === 'flowing', `${opType} without a result`);
  return value;
}

/** The real values of input `at`, whose scale and zero point follow it. */
function realOf(call: Call, at: number, axis?: number): Flowing | QuantisedConstant {
  const x = operandOf(call, at);
  const quant = quantisationOf(call, at + 1, axis, x.shape);
  if (x.kind === 'constant') return { ...x, kind: 'quantised', quant };
  if (x.kind === 'quantised')
    return refuseNode(call, `its input ${at} is dequantised already`, 'export the model again');
  checkMeaning(call, at, x, quant);
  const name = call.work.unique(`${outputName(call)}/dequantise`);
  return { kind: 'flowing', tensor: dequantisedTensor(call, name, x, quant), shape: x.shape, dtype: 'float32' };
}

/** Integers have one scale: a reader that takes them in another one would compute with other numbers. */
function checkMeaning(call: Call, at: number, x: Flowing, quant: Quantization): void {
  const known = claim(call, x, quant);
  if (sameMeaning(known, quant)) return;
  const words = ({ scale, zeroPoint }: Quantization): string => `scale ${scale[0]} and zero point ${zeroPoint[0]}`;
  const text = `it reads '${call.node.input[at]}' with ${words(quant)}, but that has ${words(known)}`;
  refuseNode(call, text, 'the scales at both ends of a tensor have to be equal; export the model again');
}

/** Quantises the result with the scale and zero point at inputs `at` and `at + 1`. */
function quantiseResult(call: Call, real: Flowing, at: number): void {
  const quant = quantisationOf(call, at, undefined, real.shape);
  const zeroPoint = inputOf(call, at + 1);
  const first = call.inputs.find((value) => 'dtype' in value && isIntegers(value.dtype));
  const like = 'dtype' in zeroPoint ? zeroPoint : first;
  const dtype = like !== undefined && 'dtype' in like ? like.dtype : 'uint8';
  if (!isIntegers(dtype)) refuseNode(call, `its result is ${dtype}`, 'quantise to int8, uint8, int16 or uint16');
  emit(call, { kind: 'quantise' }, [real.tensor], { shape: real.shape, dtype, quant });
}

function isIntegers(dtype: DType): boolean {
  const element = elementOf(dtype);
  return element !== undefined && isInt(element);
}

/** x, scale, zero point; y scale, y zero point. */
function unary(table: RuleTable, opType: string, attributes: AttributeSpecs = {}): OperatorRule {
  return rule({
    from: 1,
    attributes,
    inputs: { min: 4, max: 5 },
    run: (call) => {
      const real = runReal(call, { table, opType, inputs: [realOf(call, 0)], attributes: call.attributes });
      quantiseResult(call, real, 3);
    },
  });
}

/** a, scale, zero point, b, scale, zero point, y scale, y zero point. */
function binary(table: RuleTable, opType: string, from: number): OperatorRule {
  return rule({
    from,
    inputs: { min: 7, max: 8 },
    run: (call) => {
      const inputs = [realOf(call, 0), realOf(call, 3, lastAxis(call, opType))];
      quantiseResult(call, runReal(call, { table, opType, inputs }), 6);
    },
  });
}

/** The right side of a matrix product may have a scale for each column. */
function lastAxis(call: Call, opType: string): number | undefined {
  return opType === 'MatMul' ? operandOf(call, 3).shape.length - 1 : undefined;
}

const TO_NCHW = [2, 0, 1] as const;
const TO_NHWC = [1, 2, 0] as const;

/** [1][H][W][C] as [1][C][H][W], or back. */
function turned(call: Call, x: Flowing, order: readonly number[]): Flowing {
  if (x.shape.length !== 4 || x.shape[0] !== 1) {
    const text = `its input has the shape [${x.shape.join(', ')}], but only pictures are supported`;
    refuseNode(call, text, 'export the model with batch size 1 and two-dimensional feature maps');
  }
  const shape = [1, ...order.map((axis) => x.shape[axis + 1] ?? 1)];
  const type: TensorType = { shape: graphShape(shape), element: { kind: 'f32' } };
  return { ...x, tensor: step(call, { kind: 'transpose', perm: order }, [x.tensor], type), shape };
}

const CHANNELS_LAST = { channels_last: flag(false) };

/** The first input's real values with the channels first. */
function pictureOf(call: Call, isLast: boolean): Flowing {
  const x = realOf(call, 0);
  if (x.kind !== 'flowing') return refuseNode(call, 'its input is a constant', 'fold constants when exporting');
  return isLast ? turned(call, x, TO_NCHW) : x;
}

/** As unary, of pictures with the channels first or last. */
function pool(opType: string, attributes: AttributeSpecs = {}): OperatorRule {
  return rule({
    from: 1,
    attributes: { ...CHANNELS_LAST, ...attributes },
    inputs: { min: 4, max: 5 },
    run: (call) => {
      const { channels_last: isLast, ...own } = call.attributes as { readonly channels_last: boolean };
      const inputs = [pictureOf(call, isLast)];
      const real = runReal(call, { table: POOL_RULES, opType, inputs, attributes: own });
      quantiseResult(call, isLast ? turned(call, real, TO_NHWC) : real, 3);
    },
  });
}

/** A bias of int32 in steps of the sums of x and w, times `factor`. */
function biasOf(call: Call, at: number, weight: Value, factor = 1): Value {
  const bias = inputOf(call, at);
  if (bias.kind === 'absent') return ABSENT;
  if (bias.kind !== 'constant' || bias.dtype !== 'int32' || weight.kind !== 'quantised') {
    const text = `its bias is ${bias.kind === 'constant' ? bias.dtype : 'computed while the model runs'}, not constants of int32`;
    return refuseNode(call, text, 'export the model again, with constant weights and biases');
  }
  const [step_ = 1] = quantisationOf(call, 1, undefined, []).scale;
  const scale = weight.quant.scale.map((own) => own * step_ * factor);
  const quant: Quantization = { scale, zeroPoint: scale.map(() => 0), ...(scale.length > 1 ? { axis: 0 } : {}) };
  const shape = scale.length > 1 ? [elementCount(bias.shape)] : bias.shape;
  return { ...bias, kind: 'quantised', shape, quant };
}

/** x, scale, zero point, w, scale, zero point, y scale, y zero point, bias. */
function qlinearConv(from: number, more: AttributeSpecs): OperatorRule {
  return rule({
    from,
    attributes: { ...CONV_RULES['Conv']?.[0]?.attributes, ...more },
    inputs: { min: 8, max: 9 },
    run: (call) => {
      const { channels_last: isLast = false, ...attributes } = call.attributes as { readonly channels_last?: boolean };
      const weight = realOf(call, 3, 0);
      const inputs = [pictureOf(call, isLast), weight, biasOf(call, 8, weight)];
      const real = runReal(call, { table: CONV_RULES, opType: 'Conv', inputs, attributes });
      quantiseResult(call, isLast ? turned(call, real, TO_NHWC) : real, 6);
    },
  });
}

const GEMM = { alpha: real(1), transA: flag(false), transB: flag(false) };

/** a, scale, zero point, b, scale, zero point, bias?, y scale?, y zero point?; without a y scale the result is real. */
const qgemm = rule({
  from: 1,
  attributes: GEMM,
  inputs: { min: 6, max: 9 },
  run: (call) => {
    const { alpha, transB } = call.attributes;
    if (!(alpha > 0)) refuseNode(call, `its attribute 'alpha' is ${alpha}`, 'it must be positive');
    const b = realOf(call, 3, transB ? 0 : 1);
    const inputs = [realOf(call, 0), b, biasOf(call, 6, b, alpha)];
    const result = runReal(call, { table: DENSE_RULES, opType: 'Gemm', inputs, attributes: call.attributes });
    if (inputOf(call, 7).kind === 'absent') define(call, result, result.tensor);
    else quantiseResult(call, result, 7);
  },
});

/** y scale, y zero point, then x, scale, zero point of each part. */
const qlinearConcat = rule({
  from: 1,
  attributes: { axis: required(optionalInteger()) },
  inputs: { min: 5, max: Number.POSITIVE_INFINITY },
  run: (call) => {
    const count = call.inputs.length;
    if (count % 3 !== 2) {
      const text = `it has ${count} inputs, not two and three for each part`;
      refuseNode(call, text, 'export the model again');
    }
    const inputs = Array.from({ length: (count - 2) / 3 }, (_, part) => realOf(call, 2 + 3 * part));
    const { attributes } = call;
    quantiseResult(call, runReal(call, { table: REGION_RULES, opType: 'Concat', inputs, attributes }), 0);
  },
});

/** As Softmax at the end: the integers stand for logits as they are. */
const qlinearSoftmax = rule({
  from: 1,
  attributes: { axis: integer(-1), opset: integer(13) },
  inputs: { min: 5, max: 5 },
  run: (call) => {
    const x = operandOf(call, 0);
    if (x.kind !== 'flowing' || !call.isTail) {
      const text = 'it stands inside the network, where its values are computed with';
      return refuseNode(call, text, 'only at the end can it be left out; cut the network before it');
    }
    dequantisedTensor(
      call,
      call.work.unique(`${outputName(call)}/dequantise`),
      x,
      quantisationOf(call, 1, undefined, x.shape),
    );
    call.work.note(leftOut(call.spot, 'a softmax', 'logits'));
    define(call, { shape: x.shape, dtype: x.dtype, pastEnd: 'logits' }, x.tensor);
  },
});

const REDUCE = { axes: required(optionalIntegers()), keepdims: flag(true) };

export const QLINEAR_RULES: RuleTable = {
  QLinearConv: [qlinearConv(10, {})],
  QLinearMatMul: [binary(DENSE_RULES, 'MatMul', 10)],
};

/** The domain com.microsoft. */
export const RUNTIME_QLINEAR_RULES: RuleTable = {
  QLinearConv: [qlinearConv(1, CHANNELS_LAST)],
  QLinearAdd: [binary(ELEMENTWISE_RULES, 'Add', 1)],
  QLinearMul: [binary(ELEMENTWISE_RULES, 'Mul', 1)],
  QLinearSigmoid: [unary(ACTIVATION_RULES, 'Sigmoid')],
  QLinearLeakyRelu: [unary(ACTIVATION_RULES, 'LeakyRelu', { alpha: real(0.01) })],
  QLinearGlobalAveragePool: [pool('GlobalAveragePool')],
  QLinearAveragePool: [pool('AveragePool', AVERAGE_POOL)],
  QLinearReduceMean: [unary(REDUCE_RULES, 'ReduceMean', REDUCE)],
  QLinearConcat: [qlinearConcat],
  QLinearSoftmax: [qlinearSoftmax],
  QGemm: [qgemm],
};
