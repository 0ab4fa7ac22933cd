import type { Tensor } from '../ir/tensor.js';
import { elementCount, int } from '../ir/tensor-type.js';
import { clampTo, roundHalfEven } from '../support/fixed-point.js';
import { defined } from '../support/invariant.js';

/**
 * A filter so much weaker than the layer's strongest takes the scale of one this much weaker: its contribution is
 * far below one step of the output, and a smaller scale would need a multiplier or a bias beyond all bounds.
 */
const WEAKEST_FILTER = 2 ** -16;

/** Weights of a float conv or dense layer in `bits` bits: symmetric, one scale per output channel (axis 0). */
export function quantizeWeights(weight: Tensor, bits: number): Tensor {
  const outChannels = defined(weight.type.shape[0], 'the output channels');
  const filterLength = elementCount(weight.type.shape) / outChannels;
  const values = weight.data as Float32Array;
  const largest = 2 ** (bits - 1) - 1;
  const scale = filterScales(values, outChannels, filterLength, largest);
  const data = new Int8Array(values.length);
  scale.forEach((step, oc) => {
    for (let i = oc * filterLength; i < (oc + 1) * filterLength; i++) {
      data[i] = clampTo(roundHalfEven((values[i] as number) / step), -largest, largest);
    }
  });
  const quant = { scale, zeroPoint: scale.map(() => 0), axis: 0 };
  return { type: { shape: weight.type.shape, element: int(bits, true), quant }, data };
}

function filterScales(values: Float32Array, outChannels: number, filterLength: number, largest: number): number[] {
  const magnitudes = Array.from({ length: outChannels }, (_, oc) => {
    let magnitude = 0;
    for (let i = oc * filterLength; i < (oc + 1) * filterLength; i++) {
      const value = Math.abs(values[i] as number);
      if (value > magnitude) magnitude = value;
    }
    return magnitude;
  });
  const strongest = magnitudes.reduce((a, b) => Math.max(a, b), 0);
  // A filter of zeros has no scale of its own, only its bias; any scale of the layer serves that.
  const scaleOf = (magnitude: number): number =>
    magnitude === 0 ? strongest : Math.max(magnitude, strongest * WEAKEST_FILTER);
  return magnitudes.map((magnitude) => (strongest === 0 ? 1 : scaleOf(magnitude) / largest));
}

/** rne(b / (inputScale * weightScale[oc])) as int32, or as int64 where one does not fit. */
export function quantizeBias(bias: Tensor, inputScale: number, weightScale: readonly number[]): Tensor {
  const values = Array.from(bias.data as Float32Array, (b, oc) =>
    roundHalfEven(b / (inputScale * defined(weightScale[oc], 'a scale'))),
  );
  const { shape } = bias.type;
  return values.every((value) => value >= -(2 ** 31) && value < 2 ** 31)
    ? { type: { shape, element: int(32, true) }, data: Int32Array.from(values) }
    : { type: { shape, element: int(64, true) }, data: BigInt64Array.from(values, BigInt) };
}

/** The real values of quantised weights. */
export function realWeights({ type, data }: Tensor): Float32Array {
  const scale = defined(type.quant, 'the quantization of the weights').scale;
  const filterLength = data.length / scale.length;
  const values = new Float32Array(data.length);
  scale.forEach((step, oc) => {
    for (let i = oc * filterLength; i < (oc + 1) * filterLength; i++) values[i] = Number(data[i]) * step;
  });
  return values;
}
