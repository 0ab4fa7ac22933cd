import { describe, expect, it } from 'vitest';
import { roundHalfEven } from '../../../../src/support/fixed-point.js';
import { makeRandom } from '../../../../src/support/random.js';
import type { Fields, TensorSpec } from './build-tflite.js';
import { floats, int8, ints, runOperator } from './run-tflite.js';

/** Convolutions against TensorFlow's definitions, by coordinates. Integer scales are powers of two: all is exact. */

const SEED = Number(process.env['HEDDLE_SEED'] ?? 20_261_124);
const random = makeRandom(SEED);
const pick = (lo: number, hi: number): number => lo + Math.floor(random() * (hi - lo + 1));
const values = (count: number): readonly number[] => Array.from({ length: count }, () => pick(-8, 7));

interface Geometry {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernelH: number;
  readonly kernelW: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly dilationH: number;
  readonly dilationW: number;
  readonly isSame: boolean;
}

function randomGeometry(channels: number): Geometry {
  const [kernelH, kernelW] = [pick(1, 4), pick(1, 4)];
  const [dilationH, dilationW] = [pick(1, 2), pick(1, 2)];
  return {
    height: pick((kernelH - 1) * dilationH + 1, 10),
    width: pick((kernelW - 1) * dilationW + 1, 10),
    ...{ channels, kernelH, kernelW, dilationH, dilationW },
    strideH: pick(1, 3),
    strideW: pick(1, 3),
    isSame: random() < 0.5,
  };
}

/** TensorFlow: SAME has ceil(in / stride) outputs, VALID ceil((in - reach + 1) / stride); the smaller half is in front. */
function placed(g: Geometry): {
  readonly outH: number;
  readonly outW: number;
  readonly top: number;
  readonly left: number;
} {
  const axis = (extent: number, kernel: number, stride: number, dilation: number): readonly [number, number] => {
    const reach = (kernel - 1) * dilation + 1;
    if (!g.isSame) return [Math.ceil((extent - reach + 1) / stride), 0];
    const count = Math.ceil(extent / stride);
    return [count, Math.floor(Math.max(0, (count - 1) * stride + reach - extent) / 2)];
  };
  const [outH, top] = axis(g.height, g.kernelH, g.strideH, g.dilationH);
  const [outW, left] = axis(g.width, g.kernelW, g.strideW, g.dilationW);
  return { outH, outW, top, left };
}

/** Sums over the window: `weight(oc, ky, kx, ic)` is 0 where channel ic is not read by oc. */
function convolve(
  g: Geometry,
  x: readonly number[],
  outputs: number,
  weight: (oc: number, ky: number, kx: number, ic: number) => number,
): number[] {
  const { outH, outW, top, left } = placed(g);
  const y: number[] = [];
  for (let oy = 0; oy < outH; oy++)
    for (let ox = 0; ox < outW; ox++)
      for (let oc = 0; oc < outputs; oc++) {
        let sum = 0;
        for (let ky = 0; ky < g.kernelH; ky++)
          for (let kx = 0; kx < g.kernelW; kx++) {
            const iy = oy * g.strideH + ky * g.dilationH - top;
            const ix = ox * g.strideW + kx * g.dilationW - left;
            if (iy < 0 || iy >= g.height || ix < 0 || ix >= g.width) continue;
            for (let ic = 0; ic < g.channels; ic++)
              sum += (x[(iy * g.width + ix) * g.channels + ic] ?? 0) * weight(oc, ky, kx, ic);
          }
        y.push(sum);
      }
  return y;
}

function convFields(g: Geometry, activation = 0): Fields {
  return {
    ...{ 0: ['i8', g.isSame ? 0 : 1], 1: ['i32', g.strideW], 2: ['i32', g.strideH], 3: ['i8', activation] },
    ...{ 4: ['i32', g.dilationW], 5: ['i32', g.dilationH] },
  };
}

const clamp8 = (value: number): number => Math.max(-128, Math.min(127, value));

/** Output of integer sums at scale 1/4, zero point 3, from inputs at 1/2 and weights at 1/4. */
const requantised = (sum: number): number => clamp8(3 + roundHalfEven((sum / 8) * 4));

describe(`convolutions (HEDDLE_SEED=${SEED})`, () => {
  it('CONV_2D, with groups', () => {
    for (let round = 0; round < 40; round++) {
      const groups = pick(1, 3);
      const [perGroup, perFilter] = [pick(1, 3), pick(1, 3)];
      const g = randomGeometry(groups * perGroup);
      const outputs = groups * perFilter;
      const x = values(g.height * g.width * g.channels);
      const w = values(outputs * g.kernelH * g.kernelW * perGroup);
      const bias = values(outputs);
      const { outH, outW } = placed(g);
      const at = (oc: number, ky: number, kx: number, ic: number): number => {
        const own = ic - Math.floor(oc / perFilter) * perGroup;
        return own < 0 || own >= perGroup ? 0 : (w[((oc * g.kernelH + ky) * g.kernelW + kx) * perGroup + own] ?? 0);
      };
      const sums = convolve(g, x, outputs, at).map((sum, i) => sum + (bias[i % outputs] ?? 0));
      const wShape = [outputs, g.kernelH, g.kernelW, perGroup];
      const [xShape, yShape] = [
        [1, g.height, g.width, g.channels],
        [1, outH, outW, outputs],
      ];
      const options = ['Conv2DOptions', convFields(g)] as const;
      const float = {
        kind: 'CONV_2D',
        version: 6,
        options,
        operands: [floats(xShape), floats(wShape, w), floats([outputs], bias)],
        outputs: [floats(yShape)],
      };
      expect(runOperator(float, x)).toEqual(sums);
      const operands = [int8(xShape, 0.5, -1), int8(wShape, 0.25, 0, w), ints(bias)];
      const integer = { ...float, operands, outputs: [int8(yShape, 0.25, 3)] };
      expect(
        runOperator(
          integer,
          x.map((value) => value - 1),
        ),
      ).toEqual(sums.map(requantised));
    }
  });

  it('DEPTHWISE_CONV_2D, with a multiplier and a scale for each channel', () => {
    for (let round = 0; round < 40; round++) {
      const multiplier = pick(1, 3);
      const g = randomGeometry(pick(1, 4));
      const outputs = g.channels * multiplier;
      const x = values(g.height * g.width * g.channels);
      const w = values(g.kernelH * g.kernelW * outputs);
      const { outH, outW } = placed(g);
      const at = (oc: number, ky: number, kx: number, ic: number): number =>
        ic === Math.floor(oc / multiplier) ? (w[(ky * g.kernelW + kx) * outputs + oc] ?? 0) : 0;
      const sums = convolve(g, x, outputs, at);
      const wShape = [1, g.kernelH, g.kernelW, outputs];
      const [xShape, yShape] = [
        [1, g.height, g.width, g.channels],
        [1, outH, outW, outputs],
      ];
      const fields: Fields = {
        ...{ 0: ['i8', g.isSame ? 0 : 1], 1: ['i32', g.strideW], 2: ['i32', g.strideH], 3: ['i32', multiplier] },
        ...{ 4: ['i8', 0], 5: ['i32', g.dilationW], 6: ['i32', g.dilationH] },
      };
      const options = ['DepthwiseConv2DOptions', fields] as const;
      const float = {
        kind: 'DEPTHWISE_CONV_2D',
        version: 2,
        options,
        operands: [floats(xShape), floats(wShape, w), undefined],
        outputs: [floats(yShape)],
      };
      expect(runOperator(float, x)).toEqual(sums);
      const scale = Array.from({ length: outputs }, (_, oc) => 2 ** -(oc % 3));
      const weight: TensorSpec = { ...int8(wShape, 1, 0, w), scale, zeroPoint: scale.map(() => 0), axis: 3 };
      const integer = { ...float, operands: [int8(xShape, 0.5, -1), weight], outputs: [int8(yShape, 1, 0)] };
      const wanted = sums.map((sum, i) => clamp8(roundHalfEven(sum * 0.5 * (scale[i % outputs] ?? 1))));
      expect(
        runOperator(
          integer,
          x.map((value) => value - 1),
        ),
      ).toEqual(wanted);
    }
  });

  it('TRANSPOSE_CONV, where the output shape says what is cut off', () => {
    for (let round = 0; round < 40; round++) {
      const [channels, outputs] = [pick(1, 3), pick(1, 3)];
      const isSame = random() < 0.5;
      const [kernelH, kernelW, strideH, strideW] = [pick(1, 4), pick(1, 4), pick(1, 3), pick(1, 3)];
      const output = (kernel: number): number => pick(isSame ? 1 : kernel, 9);
      const [outH, outW] = [output(kernelH), output(kernelW)];
      const counts = (out: number, kernel: number, stride: number): number =>
        Math.ceil((isSame ? out : out - kernel + 1) / stride);
      const [height, width] = [counts(outH, kernelH, strideH), counts(outW, kernelW, strideW)];
      const cutOff = (out: number, count: number, kernel: number, stride: number): number =>
        Math.floor(Math.max(0, (count - 1) * stride + kernel - out) / 2);
      const top = cutOff(outH, height, kernelH, strideH);
      const left = cutOff(outW, width, kernelW, strideW);
      const x = values(height * width * channels);
      const w = values(outputs * kernelH * kernelW * channels);
      const y = new Array<number>(outH * outW * outputs).fill(0);
      for (let iy = 0; iy < height; iy++)
        for (let ix = 0; ix < width; ix++)
          for (let ky = 0; ky < kernelH; ky++)
            for (let kx = 0; kx < kernelW; kx++) {
              const [oy, ox] = [iy * strideH + ky - top, ix * strideW + kx - left];
              if (oy < 0 || oy >= outH || ox < 0 || ox >= outW) continue;
              for (let oc = 0; oc < outputs; oc++)
                for (let ic = 0; ic < channels; ic++)
                  y[(oy * outW + ox) * outputs + oc] =
                    (y[(oy * outW + ox) * outputs + oc] ?? 0) +
                    (x[(iy * width + ix) * channels + ic] ?? 0) *
                      (w[((oc * kernelH + ky) * kernelW + kx) * channels + ic] ?? 0);
            }
      const shape = ints([1, outH, outW, outputs]);
      const fields: Fields = { 0: ['i8', isSame ? 0 : 1], 1: ['i32', strideW], 2: ['i32', strideH] };
      const wShape = [outputs, kernelH, kernelW, channels];
      const [xShape, yShape] = [
        [1, height, width, channels],
        [1, outH, outW, outputs],
      ];
      const options = ['TransposeConvOptions', fields] as const;
      const float = {
        kind: 'TRANSPOSE_CONV',
        version: 3,
        options,
        operands: [shape, floats(wShape, w), floats(xShape)],
        outputs: [floats(yShape)],
      };
      expect(runOperator(float, x)).toEqual(y);
      const integer = {
        ...float,
        operands: [shape, int8(wShape, 0.25, 0, w), int8(xShape, 0.5, -1)],
        outputs: [int8(yShape, 0.25, 3)],
      };
      expect(
        runOperator(
          integer,
          x.map((value) => value - 1),
        ),
      ).toEqual(y.map(requantised));
    }
  });

  it('FULLY_CONNECTED: a flattened map, rows of a matrix, and kept axes', () => {
    const w = [1, 2, 3, -1, 0, 1];
    const fields = (keeps: boolean): Fields => ({ 0: ['i8', 0], 1: ['i8', 0], 2: ['i8', keeps ? 1 : 0] });
    const dense = (from: readonly number[], to: readonly number[], keeps: boolean) => ({
      kind: 'FULLY_CONNECTED',
      version: 5,
      options: ['FullyConnectedOptions', fields(keeps)] as const,
      operands: [floats(from), floats([2, 3], w), floats([2], [10, 20])],
      outputs: [floats(to)],
    });
    expect(runOperator(dense([1, 1, 3, 1], [1, 2], false), [1, 2, 3])).toEqual([24, 22]);
    expect(runOperator(dense([2, 3], [2, 2], false), [1, 2, 3, 4, 5, 6])).toEqual([24, 22, 42, 22]);
    expect(runOperator(dense([1, 2, 1, 3], [1, 2, 1, 2], true), [1, 2, 3, 4, 5, 6])).toEqual([24, 22, 42, 22]);
    expect(runOperator(dense([3], [1, 2], false), [1, 2, 3])).toEqual([24, 22]);
  });

  it('float layers read integer weights as what they stand for', () => {
    const weight: TensorSpec = { ...int8([2, 2], 1, 0, [1, 2, 3, 4]), scale: [0.5, 2], zeroPoint: [0, 1], axis: 0 };
    const operator = {
      kind: 'FULLY_CONNECTED',
      version: 9,
      options: ['FullyConnectedOptions', { 3: ['i8', 1] }] as const,
      operands: [floats([1, 2]), weight, undefined],
      outputs: [floats([1, 2])],
    } as const;
    expect(runOperator(operator, [1, 10])).toEqual([10.5, 64]);
  });

  it('uint8 weights keep their zero point, int16 activations their int64 bias', () => {
    const options = ['FullyConnectedOptions'] as const;
    const u8 = (shape: readonly number[], scale: number, zeroPoint: number, data?: readonly number[]): TensorSpec => ({
      ...{ shape, type: 'UINT8', scale: [scale], zeroPoint: [zeroPoint] },
      ...(data === undefined ? {} : { data: Uint8Array.from(data) }),
    });
    const bytes = {
      kind: 'FULLY_CONNECTED',
      options,
      operands: [u8([1, 2], 1, 10), u8([1, 2], 0.5, 130, [131, 128]), ints([4])],
      outputs: [u8([1, 1], 1, 5)],
    };
    expect(runOperator(bytes, [20, 12])).toEqual([5 + (4 + 10 - 4) / 2]);
    const i16 = (shape: readonly number[], scale: number): TensorSpec => ({
      shape,
      type: 'INT16',
      scale: [scale],
      zeroPoint: [0],
    });
    const bias: TensorSpec = { shape: [1], type: 'INT64', data: BigInt64Array.of(1000n) };
    const words = {
      kind: 'FULLY_CONNECTED',
      version: 7,
      options,
      operands: [i16([1, 2], 1), int8([1, 2], 0.5, 0, [3, -2]), bias],
      outputs: [i16([1, 1], 1)],
    };
    expect(runOperator(words, [1000, 250])).toEqual([(1000 + 3000 - 500) / 2]);
  });
});
