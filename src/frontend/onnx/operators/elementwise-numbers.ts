import { isInt, type Quantization } from '../../../ir/tensor-type.js';
import { type Call, define, emit, operandOf, refuseNode, tensorOf } from '../call.js';
import type { DType } from '../dtypes.js';

/** What results have in common with an operand. */
export interface SameNumbers {
  readonly dtype: DType;
  readonly quant?: Quantization;
}

/** Type and quantisation of a result that consists of the operand's own numbers. */
export function sameNumbers(call: Call, index: number): SameNumbers {
  const value = operandOf(call, index);
  const { quant } = call.work.typeOf(tensorOf(call, value));
  return quant === undefined ? { dtype: value.dtype } : { dtype: value.dtype, quant };
}

/** Limits as the file gives them: of integers they are among their own values. Left out: none. */
export interface Limits {
  readonly lo?: number;
  readonly hi?: number;
}

/** Emits the operand limited to lo..hi; where these cross, everything becomes hi, as Min(Max(x, lo), hi) is. */
export function emitLimits(call: Call, index: number, { lo, hi }: Limits): void {
  const value = operandOf(call, index);
  const result = { shape: value.shape, ...sameNumbers(call, index) };
  if (Number.isNaN(lo) || Number.isNaN(hi)) refuseNode(call, 'its limit is not a number', 'export the model again');
  const ends = realLimits(call, index, {
    ...(lo === undefined ? {} : { lo: hi === undefined ? lo : Math.min(lo, hi) }),
    ...(hi === undefined ? {} : { hi }),
  });
  const tensor = tensorOf(call, value);
  if (lo === undefined && hi === undefined) define(call, result, tensor);
  else emit(call, { kind: 'clip', ...ends }, [tensor], result);
}

/** The limits in real values, as the graph has them. Integers whose scale is not known yet cannot be limited. */
function realLimits(call: Call, index: number, limits: Limits): Limits {
  const { element, quant } = call.work.typeOf(tensorOf(call, operandOf(call, index)));
  if (!isInt(element)) return limits;
  const [scale, zeroPoint] = [quant?.scale[0], quant?.zeroPoint[0]];
  if (scale === undefined || zeroPoint === undefined || quant?.axis !== undefined) {
    const text = 'its input is integers of which the file does not say what they stand for';
    return refuseNode(call, text, 'put it behind DequantizeLinear when exporting');
  }
  const real = (end: number): number => scale * (end - zeroPoint);
  return Object.fromEntries(Object.entries(limits).map(([end, value]) => [end, real(value)]));
}
