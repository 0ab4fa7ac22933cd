import type { DequantiseOp, QuantiseOp } from '../ir/op.js';
import { elementCount, intRange, isInt, type TensorType } from '../ir/tensor-type.js';
import { clampTo, roundHalfEven } from '../support/fixed-point.js';
import { defined, invariant } from '../support/invariant.js';
import type { PrepareNode } from './executor.js';
import { float32 } from './float/values.js';
import { allocate, inputType, numeric, outputType, perChannel } from './tensor-access.js';

/** The two ways between real values and integers, which only graphs as imported have. Both per tensor or per axis. */

interface Steps {
  readonly scale: readonly number[];
  readonly zeroPoint: readonly number[];
  /** Elements that share an entry, one after the other: those behind the axis. */
  readonly run: number;
}

function stepsOf({ quant, shape }: TensorType, node: string): Steps {
  const { scale, zeroPoint, axis } = defined(quant, `the quantization that node '${node}' is about`);
  return { scale, zeroPoint, run: axis === undefined ? elementCount(shape) : elementCount(shape.slice(axis + 1)) };
}

/** y = clamp(zero point + rne(x / scale)), the quotient rounded to float32 first. */
export const prepareQuantise: PrepareNode<QuantiseOp> = (graph, node) => {
  const type = outputType(graph, node);
  const { element } = type;
  invariant(isInt(element), `quantise '${node.name}' makes ${element.kind}`);
  const { min, max } = intRange(element);
  const { scale, zeroPoint, run } = stepsOf(type, node.name);
  return ([input]) => {
    const x = float32(input);
    const y = allocate(element, x.length);
    for (let start = 0, entry = 0; start < x.length; start += run, entry = (entry + 1) % scale.length) {
      const step = perChannel(scale, entry);
      const zero = perChannel(zeroPoint, entry);
      for (let i = start; i < start + run; i++) {
        y[i] = clampTo(zero + roundHalfEven(Math.fround((x[i] as number) / step)), min, max);
      }
    }
    return y;
  };
};

/** y = scale * (q - zero point), each step rounded to float32. */
export const prepareDequantise: PrepareNode<DequantiseOp> = (graph, node) => {
  const { scale, zeroPoint, run } = stepsOf(inputType(graph, node), node.name);
  return ([input]) => {
    const q = numeric(input);
    const y = new Float32Array(q.length);
    for (let start = 0, entry = 0; start < q.length; start += run, entry = (entry + 1) % scale.length) {
      const step = perChannel(scale, entry);
      const zero = perChannel(zeroPoint, entry);
      for (let i = start; i < start + run; i++) y[i] = Math.fround((q[i] as number) - zero) * step;
    }
    return y;
  };
};
