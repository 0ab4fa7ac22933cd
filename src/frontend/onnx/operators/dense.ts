import { broadcastsTo } from '../../../ir/broadcast.js';
import type { Op } from '../../../ir/op.js';
import { F32, type Quantization, type TensorType } from '../../../ir/tensor-type.js';
import { sameExtents } from '../../../ir/type-equality.js';
import { UNIT_WINDOW } from '../../../ir/window.js';
import { flag, real } from '../attributes.js';
import { type Call, countOf, emitAs, operandOf, type Result, refuseNode, step, tensorOf } from '../call.js';
import type { Known } from '../fold.js';
import { type RuleTable, rule, TWO } from '../rule.js';
import { graphShape } from '../values.js';
import { floatConstant, knownInput, realInput, realValues, type WeightForm, weightTensor } from './conv-weights.js';

/** Products of vectors with a constant matrix. */

const CONTRADICTION = 'the file contradicts itself; export the model again';

/** Shapes of a product of matrices in the file: each of the rows of A, `inputs` long, times the constant matrix B. */
export interface Product {
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
  /** B lies as [outputs][inputs] in the file. */
  readonly isTurned: boolean;
}

/** B as the weight [out][in] of a dense layer, or [out][1][1][in] of a convolution that has the rows as pixels. */
export function matrixForm({ rows, inputs, outputs, isTurned }: Product): WeightForm {
  const inner = rows === 1 ? [inputs] : [1, 1, inputs];
  return {
    split: isTurned ? [outputs, inputs] : [inputs, outputs],
    order: isTurned ? [0, 1] : [1, 0],
    shape: [outputs, ...inner],
    quant: (quant) => ({ ...quant, axis: (quant.axis === 0) === isTurned ? 0 : inner.length }),
  };
}

/** A layer on the graph's tensors: x has the rows of A one behind the other. */
export interface LayerInputs {
  readonly x: string;
  readonly weight: string;
  readonly bias: readonly string[];
}

/** The operator that computes the product, and the shape of its result in the graph. */
function layerOf(call: Call, { rows, inputs, outputs }: Product, { x, weight, bias }: LayerInputs) {
  const op: Op = rows === 1 ? { kind: 'dense' } : { kind: 'conv', ...UNIT_WINDOW, groups: 1 };
  const vector = reshaped(call, x, rows === 1 ? [inputs] : [rows, 1, inputs]);
  return { op, inputs: [vector, weight, ...bias], shape: rows === 1 ? [outputs] : [rows, 1, outputs] };
}

/** Emits the layer as the node's result. */
export function emitProduct(call: Call, product: Product, layerInputs: LayerInputs, result: Result): void {
  const { op, inputs, shape } = layerOf(call, product, layerInputs);
  emitAs(call, op, inputs, { ...result, made: shape });
}

function reshaped(call: Call, tensor: string, shape: readonly number[]): string {
  const type = call.work.typeOf(tensor);
  if (sameExtents(type.shape, shape)) return tensor;
  return step(call, { kind: 'reshape', shape }, [tensor], { ...type, shape });
}

/** The constant times a factor: of integers, whose scale takes it, with their own values unless it is negative. */
function scaledConstant(call: Call, value: Known, factor: number): Known {
  if (factor === 1) return value;
  call.work.spendCopy(4 * value.data.length);
  if (value.kind === 'quantised' && factor > 0)
    return { ...value, quant: { ...value.quant, scale: value.quant.scale.map((scale) => scale * factor) } };
  const data = Float32Array.from(realValues(value), (entry) => entry * factor);
  return { kind: 'constant', name: value.name, dtype: 'float32', shape: value.shape, data };
}

const GEMM = { alpha: real(1), beta: real(1), transA: flag(false), transB: flag(false) };

/** The product that a Gemm computes. */
export function gemmProduct(
  call: Call<{ readonly transA: boolean; readonly transB: boolean }>,
  a: { readonly shape: readonly number[] },
  b: { readonly shape: readonly number[] },
): Product {
  const { transA, transB } = call.attributes;
  const [rows = 0, inputs = 0] = transA ? a.shape.toReversed() : a.shape;
  const [outputs = 0, wanted = 0] = transB ? b.shape : b.shape.toReversed();
  if (a.shape.length === 2 && b.shape.length === 2 && wanted === inputs)
    return { rows, inputs, outputs, isTurned: transB };
  const text = `an input of [${a.shape.join(', ')}] does not go with a weight of [${b.shape.join(', ')}]`;
  return refuseNode(call, text, CONTRADICTION);
}

/** The rows of A one behind the other, where A lies as [inputs][rows] in the file. */
function turnedRows(call: Call, { rows, inputs }: Product): string {
  const tensor = realInput(call);
  if (rows === 1 || inputs === 1) return tensor;
  const type = { ...call.work.typeOf(tensor), shape: [rows, inputs] };
  return step(call, { kind: 'transpose', perm: [1, 0] }, [tensor], type);
}

/** alpha * A * B + beta * C. */
const gemm = rule({
  from: 7,
  attributes: GEMM,
  inputs: { min: 2, max: 3 },
  run: (call) => {
    const { alpha, transA } = call.attributes;
    const b = knownInput(call, 1, 'weight');
    const product = gemmProduct(call, operandOf(call, 0), b);
    const x = transA ? turnedRows(call, product) : realInput(call);
    const weight = weightTensor(call, scaledConstant(call, b, alpha), 'weight', matrixForm(product));
    const shape = [product.rows, product.outputs];
    const result = { shape, dtype: operandOf(call, 0).dtype };
    if (isApart(call, product.outputs)) {
      const layer = layerOf(call, product, { x, weight, bias: [] });
      const made: TensorType = { shape: layer.shape, element: F32 };
      const tensor = reshaped(call, step(call, layer.op, layer.inputs, made), graphShape(shape));
      emitAs(call, { kind: 'add' }, [tensor, addend(call, shape)], { ...result, made: graphShape(shape) });
    } else {
      emitProduct(call, product, { x, weight, bias: gemmBias(call, product.outputs) }, result);
    }
  },
});

/** Whether C is no bias: computed, or not the same in all rows. */
function isApart(call: Call, outputs: number): boolean {
  const c = call.inputs[2];
  if (c === undefined || c.kind === 'absent' || c.kind === 'unknown') return false;
  const isRow = c.shape.at(-1) === outputs && countOf(c) === outputs;
  return c.kind === 'flowing' || !(isRow || countOf(c) === 1);
}

/** beta * C. */
function addend(call: Call<{ readonly beta: number }>, shape: readonly number[]): string {
  const c = operandOf(call, 2);
  if (!broadcastsTo(c.shape, shape)) {
    const text = `its third input has the shape [${c.shape.join(', ')}], but its result has [${shape.join(', ')}]`;
    refuseNode(call, text, CONTRADICTION);
  }
  const { beta } = call.attributes;
  if (c.kind !== 'flowing') return tensorOf(call, scaledConstant(call, c, beta));
  const tensor = realInput(call, 2);
  if (beta === 1) return tensor;
  const factor = floatConstant(call, `${call.spot.node}/beta`, [1], Float32Array.of(beta));
  return step(call, { kind: 'mul' }, [tensor, factor], call.work.typeOf(tensor));
}

/** beta * C as one value for each output. Returns what to append to the layer's inputs. */
function gemmBias(call: Call<{ readonly beta: number }>, outputs: number): readonly string[] {
  const { beta } = call.attributes;
  const value = call.inputs[2];
  if (value === undefined || value.kind === 'absent' || beta === 0) return [];
  const c = knownInput(call, 2, 'bias');
  const isRow = countOf(c) === outputs;
  if (!isRow || c.kind === 'constant') {
    const values = realValues(c);
    const data = Float32Array.from({ length: outputs }, (_, i) => (values[isRow ? i : 0] ?? 0) * beta);
    return [floatConstant(call, c.name, [outputs], data)];
  }
  const form = { split: [outputs], order: [0], shape: [outputs], quant: alongOutputs };
  return [weightTensor(call, scaledConstant(call, c, beta), 'bias', form)];
}

function alongOutputs({ scale, zeroPoint }: Quantization): Quantization {
  return scale.length === 1 ? { scale, zeroPoint } : { scale, zeroPoint, axis: 0 };
}

/** The product that a MatMul computes, and the file's shape of its result. */
export function matMulProduct(
  call: Call,
  a: { readonly shape: readonly number[] },
  b: { readonly shape: readonly number[] },
): { readonly product: Product; readonly shape: readonly number[] } {
  const [inputs = 0, outputs = 1] = b.shape;
  if (b.shape.length === 0 || b.shape.length > 2 || a.shape.at(-1) !== inputs || inputs === 0) {
    const text = `an input of [${a.shape.join(', ')}] does not go with a weight of [${b.shape.join(', ')}]`;
    refuseNode(call, text, 'only the product with a constant matrix of two axes is supported');
  }
  const shape = [...a.shape.slice(0, -1), ...(b.shape.length === 2 ? [outputs] : [])];
  return { product: { rows: countOf(a) / inputs, inputs, outputs, isTurned: false }, shape };
}

/** Rows times a constant matrix or vector. */
const matMul = rule({
  from: 1,
  inputs: TWO,
  run: (call) => {
    const a = operandOf(call, 0);
    const b = knownInput(call, 1, 'weight');
    const { product, shape } = matMulProduct(call, a, b);
    const weight = weightTensor(call, b, 'weight', matrixForm(product));
    emitProduct(call, product, { x: realInput(call), weight, bias: [] }, { shape, dtype: a.dtype });
  },
});

export const DENSE_RULES: RuleTable = { Gemm: [gemm], MatMul: [matMul] };
