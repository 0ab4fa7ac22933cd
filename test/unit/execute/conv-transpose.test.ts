import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ConvTransposeOp } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { int, type TensorType } from '../../../src/ir/tensor-type.js';
import { float, makeRandom, quantised, randomInteger, randomTensor } from './make-graph.js';
import { at, places, runNode, scaled } from './naive.js';

/** The operator in its other form: every input pixel adds to the outputs that its taps reach. */
function scattered(
  op: ConvTransposeOp,
  x: Tensor,
  zero: number,
  weight: (oc: number, ky: number, kx: number, c: number) => number,
  [outH = 0, outW = 0, outC = 0]: readonly number[],
): readonly number[] {
  const sums = new Array<number>(outH * outW * outC).fill(0);
  const [, , channels = 0] = x.type.shape;
  const [perGroup, groupOut] = [channels / op.groups, outC / op.groups];
  for (const [iy = 0, ix = 0, c = 0] of places(x.type.shape)) {
    const group = Math.floor(c / perGroup);
    for (const [ky = 0, kx = 0, k = 0] of places([op.kernelH, op.kernelW, groupOut])) {
      const oy = iy * op.strideH + ky * op.dilationH - op.padTop;
      const ox = ix * op.strideW + kx * op.dilationW - op.padLeft;
      if (oy < 0 || oy >= outH || ox < 0 || ox >= outW) continue;
      const oc = group * groupOut + k;
      const i = (oy * outW + ox) * outC + oc;
      sums[i] = (sums[i] ?? 0) + (at(x, [iy, ix, c]) - zero) * weight(oc, ky, kx, c % perGroup);
    }
  }
  return sums;
}

function randomOp(seed: number): { op: ConvTransposeOp; input: number[]; output: number[] } {
  const random = makeRandom(seed);
  const pick = (min: number, max: number): number => randomInteger(random, min, max);
  const [kernelH, kernelW, dilationH, dilationW] = [pick(1, 3), pick(1, 3), pick(1, 2), pick(1, 2)];
  const [strideH, strideW, groups] = [pick(1, 3), pick(1, 3), pick(1, 3)];
  const [reachH, reachW] = [dilationH * (kernelH - 1) + 1, dilationW * (kernelW - 1) + 1];
  const pads = { padTop: pick(0, 1), padLeft: pick(0, 1), padBottom: pick(0, 1), padRight: pick(0, 1) };
  const [outputPadH, outputPadW] = [pick(0, strideH - 1), pick(0, strideW - 1)];
  const [inH, inW] = [pick(2, 4), pick(3, 4)];
  const outH = (inH - 1) * strideH + reachH + outputPadH - pads.padTop - pads.padBottom;
  const outW = (inW - 1) * strideW + reachW + outputPadW - pads.padLeft - pads.padRight;
  const op: ConvTransposeOp = {
    kind: 'conv-transpose',
    ...{ kernelH, kernelW, strideH, strideW, dilationH, dilationW, groups, outputPadH, outputPadW },
    ...pads,
  };
  const shape = [Math.max(1, outH), Math.max(1, outW), groups * pick(1, 2)];
  return { op, input: [inH, inW, groups * pick(1, 2)], output: shape };
}

const cases = fc.nat().map((seed) => ({ seed, ...randomOp(seed) }));

function weightShape(op: ConvTransposeOp, input: readonly number[], output: readonly number[]): number[] {
  return [output[2] ?? 0, op.kernelH, op.kernelW, (input[2] ?? 0) / op.groups];
}

test('floats', () => {
  fc.assert(
    fc.property(cases, ({ seed, op, input, output }) => {
      const random = makeRandom(seed);
      const x = randomTensor(random, float(input));
      const w = randomTensor(random, float(weightShape(op, input, output)));
      const b = randomTensor(random, float([output[2] ?? 0]));
      const y = runNode(op, [x, w, b], float(output));
      scattered(op, x, 0, (...place) => at(w, place), output).forEach((sum, i) => {
        expect(y[i]).toBeCloseTo(sum + Number(b.data[i % b.data.length]), 5);
      });
    }),
  );
});

test('integers, exactly', () => {
  fc.assert(
    fc.property(cases, fc.boolean(), ({ seed, op, input, output }, perChannel) => {
      const random = makeRandom(seed);
      const x = randomTensor(random, quantised(input, 8, false, 0.1, 100));
      const channels = output[2] ?? 0;
      const count = perChannel ? channels : 1;
      const scale = Array.from({ length: count }, () => 0.001 + 0.01 * random());
      const zeroPoint = Array.from({ length: count }, () => randomInteger(random, 0, 255));
      const wType: TensorType = {
        shape: weightShape(op, input, output),
        element: int(8, false),
        quant: { scale, zeroPoint, ...(perChannel ? { axis: 0 } : {}) },
      };
      const w = randomTensor(random, wType);
      const b: Tensor = {
        type: { shape: [channels], element: int(32, true) },
        data: Int32Array.from({ length: channels }, () => randomInteger(random, -3000, 3000)),
      };
      const yType = quantised(output, 8, true, 0.05, 3);
      const own = (list: readonly number[], oc: number): number => list[list.length === 1 ? 0 : oc] ?? 0;
      const sums = scattered(op, x, 100, (oc, ...rest) => at(w, [oc, ...rest]) - own(zeroPoint, oc), output);
      const wanted = sums.map((sum, i) => {
        const oc = i % channels;
        return scaled(BigInt(sum) + BigInt(Number(b.data[oc])), (0.1 * own(scale, oc)) / 0.05, yType);
      });
      expect(runNode(op, [x, w, b], yType)).toEqual(wanted);
    }),
  );
});
