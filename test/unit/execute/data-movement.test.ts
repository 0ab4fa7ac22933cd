import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Op, PadMode } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import type { TensorType } from '../../../src/ir/tensor-type.js';
import { float, makeRandom, quantised, randomTensor } from './make-graph.js';
import { at, places, runNode } from './naive.js';

/** Each operator against its formula by coordinates, in floats, bytes and 16-bit integers of any rank. */

function tensorOf(kind: number, shape: readonly number[], seed: number): Tensor {
  const types = [float(shape), quantised(shape, 8, true, 0.5, 3), quantised(shape, 16, false, 0.5, 3)];
  return randomTensor(makeRandom(seed), types[kind % 3] as TensorType);
}

const extents = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
const kinds = fc.nat(2);
const seeds = fc.nat();

/** Expects y[place] = x[source(place)] for every place of the output's shape. */
function expectMoved(
  op: Op,
  x: Tensor,
  shape: readonly number[],
  source: (place: readonly number[]) => readonly number[] | number,
): void {
  const wanted = places(shape).map((place) => {
    const from = source(place);
    return typeof from === 'number' ? from : at(x, from);
  });
  expect(runNode(op, [x], { ...x.type, shape })).toEqual(wanted);
}

describe('data movement', () => {
  test('transpose', () => {
    const permuted = extents.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray(
          shape.map((_, axis) => axis),
          { minLength: shape.length },
        ),
      ),
    );
    fc.assert(
      fc.property(permuted, kinds, seeds, ([shape, perm], kind, seed) => {
        const x = tensorOf(kind, shape, seed);
        const result = perm.map((axis) => shape[axis] ?? 0);
        expectMoved({ kind: 'transpose', perm }, x, result, (place) => {
          const from = new Array<number>(shape.length).fill(0);
          perm.forEach((axis, i) => {
            from[axis] = place[i] ?? 0;
          });
          return from;
        });
      }),
    );
  });

  test('slice', () => {
    const axis = fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), fc.nat(2));
    fc.assert(
      fc.property(fc.array(axis, { minLength: 1, maxLength: 4 }), kinds, seeds, (axes, kind, seed) => {
        const [begin, size, step] = [0, 1, 2].map((i) => axes.map((entry) => entry[i] ?? 0)) as [
          number[],
          number[],
          number[],
        ];
        const shape = axes.map(([from, count, stride, rest]) => from + (count - 1) * stride + 1 + rest);
        expectMoved({ kind: 'slice', begin, size, step }, tensorOf(kind, shape, seed), size, (place) =>
          place.map((i, d) => (begin[d] ?? 0) + i * (step[d] ?? 0)),
        );
      }),
    );
  });

  test('pad', () => {
    const axis = fc.tuple(fc.integer({ min: 3, max: 5 }), fc.nat(2), fc.nat(2));
    const modes = fc.constantFrom<PadMode>('constant', 'edge', 'reflect');
    fc.assert(
      fc.property(fc.array(axis, { minLength: 1, maxLength: 4 }), modes, kinds, seeds, (axes, mode, kind, seed) => {
        const shape = axes.map(([extent]) => extent);
        const before = axes.map(([, lo]) => lo);
        const after = axes.map(([, , hi]) => hi);
        const padded = axes.map(([extent, lo, hi]) => extent + lo + hi);
        const inside = (i: number, extent: number): number => {
          if (mode === 'edge') return i < 0 ? 0 : i >= extent ? extent - 1 : i;
          return i < 0 ? -i : i >= extent ? 2 * (extent - 1) - i : i;
        };
        expectMoved({ kind: 'pad', before, after, mode, value: 7 }, tensorOf(kind, shape, seed), padded, (place) => {
          const from = place.map((i, d) => i - (before[d] ?? 0));
          if (mode === 'constant' && from.some((i, d) => i < 0 || i >= (shape[d] ?? 0))) return 7;
          return from.map((i, d) => inside(i, shape[d] ?? 0));
        });
      }),
    );
  });

  const maps = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }));
  const factors = fc.integer({ min: 1, max: 3 });

  test('upsample', () => {
    fc.assert(
      fc.property(maps, factors, factors, kinds, seeds, ([h, w, c], factorH, factorW, kind, seed) => {
        const x = tensorOf(kind, [h, w, c], seed);
        expectMoved(
          { kind: 'upsample', factorH, factorW },
          x,
          [h * factorH, w * factorW, c],
          ([oy = 0, ox = 0, channel = 0]) => [Math.floor(oy / factorH), Math.floor(ox / factorW), channel],
        );
      }),
    );
  });

  test('depth-to-space', () => {
    const orders = fc.constantFrom('depth-first' as const, 'column-first' as const);
    fc.assert(
      fc.property(maps, factors, orders, kinds, seeds, ([h, w, c], block, order, kind, seed) => {
        const x = tensorOf(kind, [h, w, c * block * block], seed);
        const op: Op = { kind: 'depth-to-space', block, order };
        expectMoved(op, x, [h * block, w * block, c], ([oy = 0, ox = 0, channel = 0]) => {
          const [by, bx] = [oy % block, ox % block];
          const from = order === 'depth-first' ? (by * block + bx) * c + channel : (channel * block + by) * block + bx;
          return [(oy - by) / block, (ox - bx) / block, from];
        });
      }),
    );
  });

  test('permute-channels', () => {
    const drawn = extents.chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray([...Array(shape.at(-1) ?? 0).keys()], { minLength: shape.at(-1) ?? 0 }),
      ),
    );
    fc.assert(
      fc.property(drawn, kinds, seeds, ([shape, order], kind, seed) => {
        const x = tensorOf(kind, shape, seed);
        expectMoved({ kind: 'permute-channels', order }, x, shape, (place) => [
          ...place.slice(0, -1),
          order[place.at(-1) ?? 0] ?? 0,
        ]);
      }),
    );
  });

  test('reshape and flatten keep the order', () => {
    const x = tensorOf(1, [2, 3, 2], 1);
    const elements = Array.from(x.data as Iterable<number>);
    expect(runNode({ kind: 'reshape', shape: [3, 1, 4] }, [x], { ...x.type, shape: [3, 1, 4] })).toEqual(elements);
    expect(runNode({ kind: 'flatten' }, [x], { ...x.type, shape: [12] })).toEqual(elements);
  });

  test('a scalar has one element', () => {
    const x: Tensor = { type: float([]), data: Float32Array.of(3) };
    expect(runNode({ kind: 'transpose', perm: [] }, [x], float([]))).toEqual([3]);
    expect(runNode({ kind: 'pad', before: [], after: [], mode: 'constant', value: 0 }, [x], float([]))).toEqual([3]);
  });
});
