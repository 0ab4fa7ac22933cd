import { F32, type Quantization } from '../../../ir/tensor-type.js';
import { sameExtents } from '../../../ir/type-equality.js';
import { flag, real } from '../attributes.js';
import { type Call, countOf, emit, operandOf, refuseNode, step } from '../call.js';
import type { Known } from '../fold.js';
import { type RuleTable, rule, TWO } from '../rule.js';
import { graphShape } from '../values.js';
import { floatConstant, knownInput, realInput, realValues, weightTensor } from './conv-weights.js';

/** Products of a vector with a constant matrix. */

/** One row of the file, as the vector that dense layers read. */
function vectorOf(call: Call, index: number, length: number): string {
  const tensor = realInput(call, index);
  const type = call.work.typeOf(tensor);
  if (sameExtents(type.shape, [length])) return tensor;
  return step(call, { kind: 'reshape', shape: [length] }, [tensor], { ...type, shape: [length] });
}

/** The weight [out][in] of a matrix [in][out], or [out][in] where it lies so already, times `factor`. */
function matrixTensor(call: Call, value: Known, isTurned: boolean, factor: number): string {
  const [first = 0, second = 0] = value.shape;
  const scaled = factor === 1 ? value : scaledConstant(call, value, factor);
  const order = isTurned ? [0, 1] : [1, 0];
  return weightTensor(call, scaled, 'weight', {
    split: [first, second],
    order,
    shape: isTurned ? [first, second] : [second, first],
  });
}

/** The constant times a factor: of integers, whose scale takes it, with their own values unless it is negative. */
function scaledConstant(call: Call, value: Known, factor: number): Known {
  call.work.spendCopy(4 * value.data.length);
  if (value.kind === 'quantised' && factor > 0)
    return { ...value, quant: { ...value.quant, scale: value.quant.scale.map((scale) => scale * factor) } };
  const data = Float32Array.from(realValues(value), (entry) => entry * factor);
  return { kind: 'constant', name: value.name, dtype: 'float32', shape: value.shape, data };
}

/** A dense layer's result under the file's shape. */
function emitDense(call: Call, inputs: readonly string[], outputs: number, shape: readonly number[]): void {
  const { dtype } = operandOf(call, 0);
  const result = { shape, dtype };
  const wanted = graphShape(shape);
  if (sameExtents(wanted, [outputs])) {
    emit(call, { kind: 'dense' }, inputs, result);
    return;
  }
  const made = step(call, { kind: 'dense' }, inputs, { shape: [outputs], element: F32 });
  emit(call, { kind: 'reshape', shape: wanted }, [made], result);
}

const GEMM = { alpha: real(1), beta: real(1), transA: flag(false), transB: flag(false) };

/** alpha * A * B + beta * C with one row in A. */
const gemm = rule({
  from: 7,
  attributes: GEMM,
  inputs: { min: 2, max: 3 },
  run: (call) => {
    const { alpha, beta, transA, transB } = call.attributes;
    const a = operandOf(call, 0);
    const [rows = 0, inputs = 0] = transA ? a.shape.toReversed() : a.shape;
    const b = knownInput(call, 1, 'weight');
    const [outputs = 0, wanted = 0] = transB ? b.shape : b.shape.toReversed();
    if (a.shape.length !== 2 || b.shape.length !== 2 || wanted !== inputs) {
      const text = `an input of [${a.shape.join(', ')}] does not go with a weight of [${b.shape.join(', ')}]`;
      refuseNode(call, text, 'the file contradicts itself; export the model again');
    }
    if (rows !== 1)
      refuseNode(call, `its input has ${rows} rows, but it is one vector in hardware`, 'export with batch size 1');
    const x = vectorOf(call, 0, inputs);
    const weight = matrixTensor(call, b, transB, alpha);
    const c = call.inputs[2];
    if (c?.kind === 'flowing') {
      const product = step(call, { kind: 'dense' }, [x, weight], { shape: [outputs], element: F32 });
      emitSum(call, product, outputs, beta);
    } else {
      emitDense(call, [x, weight, ...gemmBias(call, outputs, beta)], outputs, [1, outputs]);
    }
  },
});

/** The product plus beta * C, where C is computed. */
function emitSum(call: Call, product: string, outputs: number, beta: number): void {
  const c = operandOf(call, 2);
  const shape = graphShape(c.shape);
  if (!sameExtents(shape, [outputs])) {
    const text = `its third input has the shape [${c.shape.join(', ')}], but there are ${outputs} outputs`;
    refuseNode(call, text, 'export it with one value for each output');
  }
  const addend = realInput(call, 2);
  const scaled =
    beta === 1
      ? addend
      : step(
          call,
          { kind: 'mul' },
          [addend, floatConstant(call, `${call.spot.node}/beta`, [1], Float32Array.of(beta))],
          call.work.typeOf(addend),
        );
  emit(call, { kind: 'add' }, [product, scaled], { shape: [1, outputs], dtype: operandOf(call, 0).dtype });
}

/** beta * C as one value for each output. Returns what to append to the layer's inputs. */
function gemmBias(call: Call, outputs: number, beta: number): readonly string[] {
  const value = call.inputs[2];
  if (value === undefined || value.kind === 'absent' || beta === 0) return [];
  const c = knownInput(call, 2, 'bias');
  const count = countOf(c);
  const isRow = c.shape.length <= 2 && c.shape.at(-1) === outputs && count === outputs;
  if (!isRow && count !== 1) {
    const text = `its bias has the shape [${c.shape.join(', ')}], but there are ${outputs} outputs`;
    refuseNode(call, text, 'the file contradicts itself; export the model again');
  }
  if (!isRow || c.kind === 'constant') {
    const values = realValues(c);
    const data = Float32Array.from({ length: outputs }, (_, i) => (values[isRow ? i : 0] ?? 0) * beta);
    return [floatConstant(call, c.name, [outputs], data)];
  }
  const scaled = beta === 1 ? c : scaledConstant(call, c, beta);
  const form = { split: [outputs], order: [0], shape: [outputs], quant: alongOutputs };
  return [weightTensor(call, scaled, 'bias', form)];
}

function alongOutputs({ scale, zeroPoint }: Quantization): Quantization {
  return scale.length === 1 ? { scale, zeroPoint } : { scale, zeroPoint, axis: 0 };
}

/** A vector, or a matrix of one row, times a constant matrix or vector. */
const matMul = rule({
  from: 1,
  inputs: TWO,
  run: (call) => {
    const a = operandOf(call, 0);
    const b = knownInput(call, 1, 'weight');
    const [inputs = 0, outputs = 1] = b.shape;
    if (b.shape.length === 0 || b.shape.length > 2 || a.shape.at(-1) !== inputs) {
      const text = `an input of [${a.shape.join(', ')}] does not go with a weight of [${b.shape.join(', ')}]`;
      refuseNode(call, text, 'only the product of a vector and a matrix of two axes is supported');
    }
    const rows = countOf(a) / inputs;
    if (rows !== 1)
      refuseNode(call, `its input has ${rows} rows, but it is one vector in hardware`, 'export with batch size 1');
    const matrix = b.shape.length === 2 ? b : { ...b, shape: [inputs, 1] };
    const weight = matrixTensor(call, matrix, false, 1);
    const result = [...a.shape.slice(0, -1), ...(b.shape.length === 2 ? [outputs] : [])];
    emitDense(call, [vectorOf(call, 0, inputs), weight], outputs, result);
  },
});

export const DENSE_RULES: RuleTable = { Gemm: [gemm], MatMul: [matMul] };
