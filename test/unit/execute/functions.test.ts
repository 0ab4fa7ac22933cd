import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prepareInteger } from '../../../src/execute/integer/execute-integer.js';
import type { Op } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { float, makeRandom, quantised, randomInteger, randomTensor } from './make-graph.js';
import { at, nodeGraph, places, runNode, scaled, scaleOf, zeroOf } from './naive.js';

/** The functions once more, in other words. */
const POINTWISE: readonly (readonly [Op, (x: number) => number])[] = [
  [{ kind: 'sigmoid' }, (x) => Math.exp(x) / (Math.exp(x) + 1)],
  [{ kind: 'tanh' }, (x) => 1 - 2 / (Math.exp(2 * x) + 1)],
  [{ kind: 'elu', alpha: 1.5 }, (x) => (x < 0 ? 1.5 * (Math.exp(x) - 1) : x)],
  [{ kind: 'hard-sigmoid', alpha: 0.3, beta: 0.4 }, (x) => (x < -0.4 / 0.3 ? 0 : x > 0.6 / 0.3 ? 1 : 0.3 * x + 0.4)],
  [{ kind: 'hard-swish' }, (x) => (x < -3 ? 0 : x > 3 ? x : (x * (x + 3)) / 6)],
  [{ kind: 'swish' }, (x) => (x * Math.exp(x)) / (Math.exp(x) + 1)],
];

describe.each(POINTWISE)('$kind', (op, f) => {
  test('floats of any rank', () => {
    const shape = [2, 3, 4, 5];
    const x = randomTensor(makeRandom(5), float(shape));
    const tenfold: Tensor = { ...x, data: (x.data as Float32Array).map((value) => 8 * value) };
    const y = runNode(op, [tenfold], float(shape));
    y.forEach((value, i) => {
      expect(value).toBeCloseTo(f(Number(tenfold.data[i])), 5);
    });
  });

  test('integers are tables, half a step from the function', () => {
    const x = quantised([256], 8, true, 1 / 16, 5);
    const y = quantised([256], 8, false, 1 / 20, 30);
    const data = Int8Array.from({ length: 256 }, (_, i) => i - 128);
    const outputs = runNode(op, [{ type: x, data }], y);
    outputs.forEach((q, i) => {
      const real = f(((data[i] ?? 0) - 5) / 16) * 20 + 30;
      const limited = Math.max(0, Math.min(255, real));
      expect(Math.abs(q - limited)).toBeLessThanOrEqual(0.5 + 1e-9);
    });
  });
});

describe('leaky-relu and prelu', () => {
  const slopes = fc.double({ min: -2, max: 2, noNaN: true });

  test('floats', () => {
    const x = randomTensor(makeRandom(1), float([3, 2, 4]));
    const slope: Tensor = { type: float([4]), data: Float32Array.of(0.5, -1, 0, 2) };
    const scalar = runNode({ kind: 'leaky-relu', slope: 0.25 }, [x], x.type);
    const channels = runNode({ kind: 'prelu' }, [x, slope], x.type);
    places([3, 2, 4]).forEach((place, i) => {
      const value = at(x, place);
      expect(scalar[i]).toBe(value < 0 ? value / 4 : value);
      expect(channels[i]).toBeCloseTo(value < 0 ? value * at(slope, place) : value, 6);
    });
  });

  function randomInput(seed: number): Tensor {
    const random = makeRandom(seed);
    const [bits, signed] = [randomInteger(random, 2, 16), random() < 0.5];
    const zero = randomInteger(random, 0, 2 ** (bits - 1) - 1);
    return randomTensor(random, quantised([2, 3, 4], bits, signed, 0.01 + random(), zero));
  }

  test('integers: a multiplier for each sign', () => {
    fc.assert(
      fc.property(slopes, fc.nat(), (raw, seed) => {
        const slope = Math.abs(raw) < 1e-3 ? 0 : raw;
        const x = randomInput(seed);
        const y = quantised([2, 3, 4], 8, true, 0.3, -7);
        const wanted = places([2, 3, 4]).map((place) => {
          const v = at(x, place) - zeroOf(x.type);
          return scaled(BigInt(v), ((v < 0 ? slope : 1) * scaleOf(x.type)) / 0.3, y);
        });
        expect(runNode({ kind: 'leaky-relu', slope }, [x], y)).toEqual(wanted);
      }),
    );
  });

  test('integers: a slope for each channel, or one for all', () => {
    fc.assert(
      fc.property(fc.constantFrom([4], [1], [3, 1], [2, 1, 4]), fc.nat(), (shape, seed) => {
        const x = randomInput(seed);
        const slope = randomTensor(makeRandom(seed + 1), quantised(shape, 8, true, 0.01, 4));
        const y = quantised([2, 3, 4], 8, true, 0.3, -7);
        const wanted = places([2, 3, 4]).map((place) => {
          const v = at(x, place) - zeroOf(x.type);
          const own = 0.01 * (at(slope, place) - 4);
          return scaled(BigInt(v), ((v < 0 ? own : 1) * scaleOf(x.type)) / 0.3, y);
        });
        expect(runNode({ kind: 'prelu' }, [x, slope], y)).toEqual(wanted);
      }),
    );
  });

  test('a slope that no multiplier gives is refused', () => {
    const x: Tensor = { type: quantised([1], 8, true, 1, 0), data: Int8Array.of(1) };
    const graph = nodeGraph({ kind: 'leaky-relu', slope: 1e20 }, [x], x.type);
    expect(() => prepareInteger(graph)).toThrow(/E340.*node 'n': slope 0 needs the multiplier 1/);
  });
});

test('local-response-norm over neighbouring channels', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 7 }), fc.nat(), (size, channels, seed) => {
      const x = randomTensor(makeRandom(seed), float([2, 2, channels]));
      const op: Op = { kind: 'local-response-norm', size, alpha: 0.7, beta: 0.75, bias: 1.5 };
      const y = runNode(op, [x], x.type);
      places([2, 2, channels]).forEach(([row = 0, column = 0, c = 0], i) => {
        let squares = 0;
        for (let k = 0; k < channels; k++) {
          if (k >= c - Math.floor((size - 1) / 2) && k <= c + Math.ceil((size - 1) / 2)) {
            squares += at(x, [row, column, k]) ** 2;
          }
        }
        expect(y[i]).toBeCloseTo(at(x, [row, column, c]) / (1.5 + (0.7 / size) * squares) ** 0.75, 6);
      });
    }),
  );
});

test('reduce-mean over any axes', () => {
  fc.assert(
    fc.property(fc.subarray([0, 1, 2, 3], { minLength: 1 }), fc.boolean(), fc.nat(), (axes, keepDims, seed) => {
      const shape = [2, 3, 1, 4];
      const x = randomTensor(makeRandom(seed), float(shape));
      const kept = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
      const result = keepDims ? kept : shape.filter((_, axis) => !axes.includes(axis));
      const y = runNode({ kind: 'reduce-mean', axes, keepDims }, [x], float(result));
      places(kept).forEach((place, i) => {
        const own = places(shape).filter((from) => from.every((at, axis) => axes.includes(axis) || at === place[axis]));
        expect(y[i]).toBeCloseTo(own.reduce((sum, from) => sum + at(x, from), 0) / own.length, 6);
      });
    }),
  );
});
