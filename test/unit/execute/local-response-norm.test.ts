import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prepareInteger } from '../../../src/execute/integer/execute-integer.js';
import {
  cellOf,
  type ResponseParams,
  responseParams,
  sumsOfCell,
} from '../../../src/execute/integer/response-params.js';
import type { GraphNode } from '../../../src/ir/graph.js';
import type { LocalResponseNormOp } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { clampTo, requantise } from '../../../src/support/fixed-point.js';
import { makeRandom, quantised, randomTensor } from './make-graph.js';
import { at, nodeGraph, places, runNode } from './naive.js';

const ALEXNET: LocalResponseNormOp = { kind: 'local-response-norm', size: 5, alpha: 1e-4, beta: 0.75, bias: 2 };

interface Case {
  readonly op: LocalResponseNormOp;
  /** Scale and zero point; bits and sign. */
  readonly x: readonly [number, number, number, boolean];
  readonly y: readonly [number, number, number, boolean];
}

const CASES: readonly Case[] = [
  { op: ALEXNET, x: [0.5, 0, 8, false], y: [0.3, 0, 8, false] },
  { op: { ...ALEXNET, bias: 1, alpha: 1 }, x: [2, -3, 8, true], y: [0.05, 5, 8, true] },
  { op: { ...ALEXNET, size: 3, alpha: 5, beta: 1 }, x: [1, 0, 8, false], y: [0.02, 0, 8, false] },
  { op: { ...ALEXNET, size: 3, beta: 0.5 }, x: [0.1, 300, 9, false], y: [0.2, 7, 8, true] },
  { op: { ...ALEXNET, size: 2, alpha: 2, beta: 1.5 }, x: [1, 0, 4, true], y: [0.5, 0, 6, true] },
];

const CHANNELS = 12;

function tensorTypes({ x, y }: Case) {
  return {
    x: quantised([1, 1, CHANNELS], x[2], x[3], x[0], x[1]),
    y: quantised([1, 1, CHANNELS], y[2], y[3], y[0], y[1]),
  };
}

function paramsOf(entry: Case): ResponseParams {
  const { x, y } = tensorTypes(entry);
  const input: Tensor = { type: x, data: new Int16Array(CHANNELS) };
  const graph = nodeGraph(entry.op, [input], y);
  return responseParams(graph, graph.nodes[0] as GraphNode<LocalResponseNormOp>);
}

/** Steps of the output between an integer result and the real one, clamped to the output's type. */
function errorOf({ op, x, y }: Case, p: ResponseParams, value: number, sum: number): number {
  const got = requantise(value, p.multipliers[cellOf(sum, p.cellBits)] ?? 0, p.shift, p.zeroPoint, p.lo, p.hi);
  const real = (x[0] * value) / (op.bias + (op.alpha / op.size) * x[0] ** 2 * sum) ** op.beta / y[0];
  return Math.abs(got - clampTo(y[1] + real, p.lo, p.hi));
}

describe('integer local-response-norm', () => {
  test('cells cover all sums without a gap, each with the next bits behind the leading one', () => {
    for (const bits of [2, 8]) {
      for (let cell = 0, next = 0; cell < 5 * 2 ** bits; cell++) {
        const [first, last] = sumsOfCell(cell, bits);
        expect(first).toBe(next);
        expect([cellOf(first, bits), cellOf(last, bits)]).toEqual([cell, cell]);
        expect((last - first + 1) * 2 ** bits <= Math.max(first, 2 ** bits)).toBe(true);
        next = last + 1;
      }
    }
  });

  test.each(CASES)('is within its stated error, below a step, for every sum: %j', (entry) => {
    const p = paramsOf(entry);
    expect(p.errorSteps).toBeLessThan(1);
    const [lo, hi] = entry.x[3] ? [-(2 ** (entry.x[2] - 1)), 2 ** (entry.x[2] - 1) - 1] : [0, 2 ** entry.x[2] - 1];
    let worst = 0;
    // In a cell the multiplier is constant and the real factor monotonous: the ends are the worst.
    for (let cell = 0; cell < p.multipliers.length; cell++) {
      for (const sum of sumsOfCell(cell, p.cellBits)) {
        for (let x = lo; x <= hi; x += entry.op === ALEXNET ? 1 : 5) {
          const value = x - p.inputZeroPoint;
          if (value * value <= sum) worst = Math.max(worst, errorOf(entry, p, value, sum));
        }
      }
    }
    // And every sum that a byte's inputs can make, with the largest inputs that it admits.
    for (let sum = 0; sum <= p.largestSum && entry.op === ALEXNET; sum++) {
      const root = Math.floor(Math.sqrt(sum));
      for (const value of [Math.min(root, hi - p.inputZeroPoint), Math.max(-root, lo - p.inputZeroPoint)]) {
        worst = Math.max(worst, errorOf(entry, p, value, sum));
      }
    }
    expect(worst).toBeLessThanOrEqual(p.errorSteps);
  });

  test('sums over the neighbouring channels that there are', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CASES), fc.integer({ min: 1, max: 6 }), fc.nat(), (entry, size, seed) => {
        const sized = { ...entry, op: { ...entry.op, size } };
        const types = tensorTypes(sized);
        const x = randomTensor(makeRandom(seed), { ...types.x, shape: [2, 1, CHANNELS] });
        const y = runNode(sized.op, [x], { ...types.y, shape: [2, 1, CHANNELS] });
        const p = paramsOf(sized);
        places([2, 1, CHANNELS]).forEach(([row = 0, column = 0, c = 0], i) => {
          let sum = 0;
          for (let k = 0; k < CHANNELS; k++) {
            const isNear = k >= c - Math.floor((size - 1) / 2) && k <= c + Math.ceil((size - 1) / 2);
            if (isNear) sum += (at(x, [row, column, k]) - p.inputZeroPoint) ** 2;
          }
          const multiplier = p.multipliers[cellOf(sum, p.cellBits)] ?? 0;
          const value = at(x, [row, column, c]) - p.inputZeroPoint;
          expect(y[i]).toBe(requantise(value, multiplier, p.shift, p.zeroPoint, p.lo, p.hi));
        });
      }),
      { numRuns: 30 },
    );
  });

  test('what cannot be divided, or would be off by a step, is refused', () => {
    const run = (op: LocalResponseNormOp, bits: number): unknown => {
      const x: Tensor = { type: quantised([1, 1, 2], 8, false, 1, 0), data: Uint8Array.of(1, 2) };
      return prepareInteger(nodeGraph(op, [x], quantised([1, 1, 2], bits, false, 2 ** -bits, 0)));
    };
    expect(() => run({ ...ALEXNET, bias: 0 }, 8)).toThrow(/E395.*node 'n': .* reaches 0 for the values/);
    expect(() => run({ ...ALEXNET, alpha: 10 }, 16)).toThrow(/E396.*node 'n': its table leaves errors of up to/);
  });
});
