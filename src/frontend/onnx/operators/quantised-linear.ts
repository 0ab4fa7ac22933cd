import type { Quantization } from '../../../ir/tensor-type.js';
import { elementCount, intRange, isInt } from '../../../ir/tensor-type.js';
import { sameExtents } from '../../../ir/type-equality.js';
import { clampTo, roundHalfEven } from '../../../support/fixed-point.js';
import { type AttributeSpecs, flag, integer } from '../attributes.js';
import {
  type Call,
  constantOf,
  define,
  defineConstant,
  emit,
  inputOf,
  normalAxis,
  operandOf,
  outputName,
  refuseNode,
  step,
} from '../call.js';
import { type ConstantData, type DType, dtypeName, dtypeOf, elementOf, isFloat, STORAGE } from '../dtypes.js';
import { type OperatorRule, type RuleTable, rule } from '../rule.js';
import { type Flowing, graphShape } from '../values.js';

/** QuantizeLinear and DequantizeLinear, and what else gives integers their meaning. Axes are the file's. */

const EXPORT_QUANTISED = 'export the model with static quantisation: constant scales and zero points';

/** Scale and zero point from inputs `at` and `at + 1`; a zero point that is left out is 0. */
export function quantisationOf(
  call: Call,
  at: number,
  axis: number | undefined,
  shape: readonly number[],
): Quantization {
  const scales = constantOf(call, at, 'scale');
  if (!isFloat(scales.dtype))
    refuseNode(call, `its scale is ${scales.dtype}, not a real number`, 'export the model again');
  const scale = Array.from(scales.data as ArrayLike<number>, Number);
  const given = inputOf(call, at + 1).kind === 'absent' ? undefined : constantOf(call, at + 1, 'zero point');
  const zeroPoint =
    given === undefined ? scale.map(() => 0) : Array.from(given.data as ArrayLike<number | bigint>, Number);
  const bad = scale.find((value) => !(Number.isFinite(value) && value > 0));
  if (bad !== undefined) refuseNode(call, `its scale is ${bad}, not a positive number`, 'export the model again');
  if (scales.shape.length > 1) {
    const text = `its scale has the shape [${scales.shape.join(', ')}]: quantisation in blocks is not supported`;
    refuseNode(call, text, 'quantise per tensor, or weights per channel');
  }
  if (zeroPoint.length !== scale.length) {
    refuseNode(call, `it has ${scale.length} scales, but ${zeroPoint.length} zero points`, 'export the model again');
  }
  if (scale.length === 1) return { scale, zeroPoint };
  const extent = axis === undefined ? undefined : shape[axis];
  if (axis !== undefined && extent === scale.length) return { scale, zeroPoint, axis };
  const text = `it has ${scale.length} scales for a tensor of the shape [${shape.join(', ')}]${axis === undefined ? '' : ` along axis ${axis}`}`;
  return refuseNode(call, text, 'give one scale, or one for each index of the axis');
}

/** The same quantisation of the graph's tensor, which has no batch axis. */
function inGraph(quant: Quantization, shape: readonly number[]): Quantization {
  return quant.axis === undefined ? quant : { ...quant, axis: quant.axis - (shape.length - graphShape(shape).length) };
}

/** Type of the integers: that of the zero point, or the attribute, or uint8. */
function quantisedDtype(call: Call<{ readonly output_dtype: number }>): DType {
  const zeroPoint = inputOf(call, 2);
  const wanted = call.attributes.output_dtype;
  const dtype = 'dtype' in zeroPoint ? zeroPoint.dtype : wanted === 0 ? 'uint8' : dtypeOf(wanted);
  const element = dtype === undefined ? undefined : elementOf(dtype);
  if (wanted !== 0 && dtypeOf(wanted) !== dtype) {
    refuseNode(call, `its zero point is ${dtype}, but output_dtype is ${dtypeName(wanted)}`, 'export the model again');
  }
  if (dtype !== undefined && element !== undefined && isInt(element)) return dtype;
  return refuseNode(call, `it quantises to ${dtype ?? dtypeName(wanted)}`, 'quantise to int8, uint8, int16 or uint16');
}

interface QuantizeAttributes {
  readonly axis: number;
  readonly output_dtype: number;
  readonly block_size: number;
  readonly precision: number;
}

function runQuantize(call: Call<QuantizeAttributes>): void {
  const { x, quant, dtype } = quantizeParts(call);
  if (x.kind !== 'flowing') refuseNode(call, 'its input is a constant with an unknown value', 'export the model again');
  emit(call, { kind: 'quantise' }, [x.tensor], { shape: x.shape, dtype, quant: inGraph(quant, x.shape) });
}

function foldQuantize(call: Call<QuantizeAttributes>): void {
  const { x, quant, dtype } = quantizeParts(call);
  if (x.kind !== 'constant') refuseNode(call, 'its input is quantised already', 'quantise real numbers only');
  const data = quantisedData(Float32Array.from(x.data as ArrayLike<number>), quant, x.shape, dtype);
  defineConstant(call, { dtype, shape: x.shape, data });
}

function quantizeParts(call: Call<QuantizeAttributes>): {
  readonly x: ReturnType<typeof operandOf>;
  readonly quant: Quantization;
  readonly dtype: DType;
} {
  const x = operandOf(call, 0);
  if (!isFloat(x.dtype)) {
    const hint = 'quantise real numbers only; dequantise integers before they get another scale';
    return refuseNode(call, `its input is ${x.dtype}, not a real number`, hint);
  }
  const { block_size: block, precision } = call.attributes;
  if (block !== 0) refuseBlocks(call, block);
  if (precision !== 0 && dtypeOf(precision) !== 'float32') {
    refuseNode(call, `it divides in ${dtypeName(precision)} (precision)`, 'leave the attribute out, or use float32');
  }
  return { x, quant: quantisationOf(call, 1, quantAxis(call, x), x.shape), dtype: quantisedDtype(call) };
}

function refuseBlocks(call: Call, size: number): never {
  const text = `it has a scale for each block of ${size} elements (block_size)`;
  return refuseNode(call, text, 'quantise activations per tensor, and weights per tensor or per output channel');
}

/** The axis along which scales stand, if there may be any. */
function quantAxis(
  call: Call<{ readonly axis: number }>,
  { shape }: { readonly shape: readonly number[] },
): number | undefined {
  const scales = inputOf(call, 1);
  const isPerAxis = 'shape' in scales && elementCount(scales.shape) !== 1;
  return isPerAxis ? normalAxis(call, call.attributes.axis, shape.length) : undefined;
}

/** The entry of a quantisation for each element. */
function entryAt({ axis, scale }: Quantization, shape: readonly number[]): (index: number) => number {
  if (axis === undefined) return () => 0;
  const run = elementCount(shape.slice(axis + 1));
  return (index) => Math.floor(index / run) % scale.length;
}

/** clamp(zero point + rne(x / scale)), the quotient in float32 as runtimes compute it. */
function quantisedData(
  values: Float32Array,
  quant: Quantization,
  shape: readonly number[],
  dtype: DType,
): ConstantData {
  const data = STORAGE[dtype].make(values.length) as Int32Array;
  const element = elementOf(dtype);
  const { min, max } = element !== undefined && isInt(element) ? intRange(element) : { min: 0, max: 0 };
  const entry = entryAt(quant, shape);
  values.forEach((x, i) => {
    const at = entry(i);
    const quotient = Math.fround(x / (quant.scale[at] ?? 1));
    data[i] = clampTo((quant.zeroPoint[at] ?? 0) + roundHalfEven(quotient), min, max);
  });
  return data;
}

interface DequantizeAttributes {
  readonly axis: number;
  readonly block_size: number;
  readonly output_dtype: number;
}

function runDequantize(call: Call<DequantizeAttributes>): void {
  const x = operandOf(call, 0);
  const { block_size: block, output_dtype: wanted } = call.attributes;
  if (block !== 0) refuseBlocks(call, block);
  const quant = quantisationOf(call, 1, quantAxis(call, x), x.shape);
  const real = wanted === 0 ? constantOf(call, 1, 'scale').dtype : dtypeOf(wanted);
  if (real === undefined || !isFloat(real) || elementOf(real) === undefined) {
    refuseNode(call, `it dequantises to ${dtypeName(wanted)}`, 'dequantise to float32 or float16');
  }
  if (x.kind === 'quantised') refuseNode(call, 'its input is dequantised already', 'dequantise integers only');
  if (x.kind === 'constant') {
    call.work.values.set(outputName(call), { ...x, kind: 'quantised', name: x.name, quant });
    return;
  }
  const tensor = dequantisedTensor(call, outputName(call), x, quant);
  define(call, { shape: x.shape, dtype: real }, tensor);
}

/**
 * The real values that flowing integers have by `quant`. The integers of the graph's tensor have a meaning already, if
 * something before said so; where it is another one, the values are taken from that to this. Returns `output`.
 */
export function dequantisedTensor(call: Call, output: string, x: Flowing, quant: Quantization): string {
  const shape = graphShape(x.shape);
  const real = { shape, element: { kind: 'f32' } } as const;
  const known = claim(call, x, quant);
  const isSame = sameMeaning(known, inGraph(quant, x.shape));
  if (isSame) return call.work.node(output, { kind: 'dequantise' }, [x.tensor], real);
  if (known.axis !== undefined || quant.axis !== undefined) {
    return refuseNode(
      call,
      `its input '${x.tensor}' was quantised with other scales or zero points, along an axis`,
      'use the same scale and zero point at both ends',
    );
  }
  const [scale = 1] = known.scale;
  const [zeroPoint = 0] = known.zeroPoint;
  const [wanted = 1] = quant.scale;
  const [wantedZero = 0] = quant.zeroPoint;
  const constant = (name: string, value: number): string =>
    call.work.constant(`${output}/${name}`, {
      type: { shape: [1], element: { kind: 'f32' } },
      data: Float32Array.of(value),
    });
  const dequantised = step(call, { kind: 'dequantise' }, [x.tensor], real);
  if (zeroPoint === wantedZero) {
    return call.work.node(output, { kind: 'mul' }, [dequantised, constant('scale', wanted / scale)], real);
  }
  const scaled = step(call, { kind: 'mul' }, [dequantised, constant('scale', wanted / scale)], real);
  const offset = constant('offset', wanted * (zeroPoint - wantedZero));
  return call.work.node(output, { kind: 'add' }, [scaled, offset], real);
}

/** The quantisation of the graph's tensor; if nobody has said one yet, it is `quant`. */
export function claim(call: Call, x: Flowing, quant: Quantization): Quantization {
  const { quant: known, element } = call.work.typeOf(x.tensor);
  if (!isInt(element)) return refuseNode(call, `its input is ${x.dtype}, not an integer`, EXPORT_QUANTISED);
  if (known !== undefined) return known;
  const own = inGraph(quant, x.shape);
  call.work.setQuant(x.tensor, own);
  return own;
}

/** A scale stored in half or single precision is the same one. */
const SAME_SCALE = 1e-6;

export function sameMeaning(a: Quantization, b: Quantization): boolean {
  return (
    a.axis === b.axis &&
    sameExtents(a.zeroPoint, b.zeroPoint) &&
    a.scale.every((scale, i) => Math.abs(scale / (b.scale[i] ?? Number.NaN) - 1) <= SAME_SCALE)
  );
}

/** Integers as the real numbers of the same value, whatever they stand for. Returns the float tensor. */
export function castToReal(call: Call, x: Flowing): string {
  return dequantisedTensor(call, outputName(call), x, { scale: [1], zeroPoint: [0] });
}

const OPERANDS = { min: 2, max: 3 } as const;

/** Attributes by the opset that brought them. `saturate` speaks of 8-bit floats only, which are refused. */
const SINCE_13 = { axis: integer(1) };
const QUANTIZE_19 = { ...SINCE_13, saturate: flag(true) };
const QUANTIZE_21 = { ...QUANTIZE_19, block_size: integer(0), output_dtype: integer(0) };
const QUANTIZE_23 = { ...QUANTIZE_21, precision: integer(0) };
const DEQUANTIZE_21 = { ...SINCE_13, block_size: integer(0) };
const DEQUANTIZE_23 = { ...DEQUANTIZE_21, output_dtype: integer(0) };

/** What stands for attributes that an opset does not have. */
const NONE = { axis: 1, block_size: 0, output_dtype: 0, precision: 0 };

function quantizeRule(from: number, to: number | undefined, attributes: AttributeSpecs): OperatorRule {
  const full = (call: Call<object>): Call<QuantizeAttributes> => ({
    ...call,
    attributes: { ...NONE, ...call.attributes },
  });
  const ends = to === undefined ? { from } : { from, to };
  const run = (call: Call<object>): void => runQuantize(full(call));
  return rule({ ...ends, attributes, inputs: OPERANDS, run, fold: (call) => foldQuantize(full(call)) });
}

function dequantizeRule(from: number, to: number | undefined, attributes: AttributeSpecs): OperatorRule {
  const ends = to === undefined ? { from } : { from, to };
  const run = (call: Call<object>): void => runDequantize({ ...call, attributes: { ...NONE, ...call.attributes } });
  return rule({ ...ends, attributes, inputs: OPERANDS, run });
}

/** Quantisation whose scales are computed from each frame: hardware would have to see a whole tensor before it. */
const DYNAMIC = rule({
  from: 11,
  outputs: { min: 1, max: 3 },
  run: (call) =>
    refuseNode(
      call,
      'it chooses scale and zero point anew for each input, from the smallest and largest of its elements, while hardware is built for constant ones',
      'quantise the model statically, with calibration data, or export it in float32 and let Heddle quantise it',
    ),
});

export const QUANTISE_RULES: RuleTable = {
  QuantizeLinear: [
    quantizeRule(10, 12, {}),
    quantizeRule(13, 18, SINCE_13),
    quantizeRule(19, 20, QUANTIZE_19),
    quantizeRule(21, 22, QUANTIZE_21),
    quantizeRule(23, undefined, QUANTIZE_23),
  ],
  DequantizeLinear: [
    dequantizeRule(10, 12, {}),
    dequantizeRule(13, 20, SINCE_13),
    dequantizeRule(21, 22, DEQUANTIZE_21),
    dequantizeRule(23, undefined, DEQUANTIZE_23),
  ],
  DynamicQuantizeLinear: [DYNAMIC],
};

/** Those of com.microsoft, which came before the standard had an axis and 16 bits. */
export const MICROSOFT_QUANTISE_RULES: RuleTable = {
  QuantizeLinear: [quantizeRule(1, undefined, { ...QUANTIZE_19, block_size: integer(0) })],
  DequantizeLinear: [dequantizeRule(1, undefined, DEQUANTIZE_21)],
};
