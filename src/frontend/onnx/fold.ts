import { elementCount } from '../../ir/tensor-type.js';
import type { Call } from './call.js';
import type { Constant, QuantisedConstant } from './values.js';

/** Computing with constants when the model is imported. */

/** The real values of quantised constants, as DequantizeLinear computes them in float32. */
export function dequantisedConstant(call: Call, { name, shape, data, quant }: QuantisedConstant): Constant {
  call.work.spendCopy(4 * data.length);
  const { scale, zeroPoint, axis } = quant;
  const inner = axis === undefined ? data.length : elementCount(shape.slice(axis + 1));
  const values = new Float32Array(data.length);
  for (let index = 0; index < values.length; index++) {
    const channel = axis === undefined ? 0 : Math.floor(index / inner) % scale.length;
    const steps = Math.fround(Number(data[index]) - (zeroPoint[channel] ?? 0));
    values[index] = steps * (scale[channel] ?? 1);
  }
  return { kind: 'constant', name, dtype: 'float32', shape, data: values };
}
