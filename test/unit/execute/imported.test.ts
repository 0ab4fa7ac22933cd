import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prepareImported } from '../../../src/execute/imported.js';
import type { Graph, GraphNode } from '../../../src/ir/graph.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { int, type TensorType } from '../../../src/ir/tensor-type.js';
import { HeddleError } from '../../../src/support/diagnostics.js';
import { float, makeGraph, makeRandom, quantised, randomTensor } from './make-graph.js';

function run(graph: Graph, x: Tensor): readonly number[] {
  const y = prepareImported(graph)
    .run(new Map([['x', x]]))
    .get('y');
  return Array.from(y?.data as Iterable<number>);
}

function single(node: Omit<GraphNode, 'name' | 'outputs'>, x: TensorType, y: TensorType): Graph {
  return makeGraph({ nodes: [{ name: 'n', outputs: ['y'], ...node }], types: { x, y } });
}

/** Element by element: the entry of the axis by counting down the axes behind it. */
function entryOf(type: TensorType, index: number): number {
  if (type.quant?.axis === undefined) return 0;
  const behind = type.shape.slice(type.quant.axis + 1).reduce((a, b) => a * b, 1);
  return Math.floor(index / behind) % (type.shape[type.quant.axis] ?? 1);
}

const perAxis = fc.constantFrom<number | undefined>(undefined, 0, 1, 2).map((axis): TensorType => {
  const shape = [2, 3, 4];
  const count = axis === undefined ? 1 : (shape[axis] ?? 1);
  const scale = Array.from({ length: count }, (_, i) => Math.fround(0.01 * (i + 1)));
  const zeroPoint = Array.from({ length: count }, (_, i) => 3 * i - 2);
  return { shape, element: int(8, true), quant: { scale, zeroPoint, ...(axis === undefined ? {} : { axis }) } };
});

describe('quantise and dequantise', () => {
  test('quantise: a float32 quotient, ties to even, per tensor or per axis', () => {
    fc.assert(
      fc.property(perAxis, fc.nat(), (y, seed) => {
        const x = randomTensor(makeRandom(seed), float(y.shape));
        const wanted = Array.from(x.data as Float32Array, (value, i) => {
          const quotient = Float32Array.of(value / (y.quant?.scale[entryOf(y, i)] ?? 0))[0] ?? 0;
          const down = Math.floor(quotient);
          const isUp = quotient - down > 0.5 || (quotient - down === 0.5 && Math.abs(down) % 2 === 1);
          const q = down + (isUp ? 1 : 0) + (y.quant?.zeroPoint[entryOf(y, i)] ?? 0);
          return Math.min(127, Math.max(-128, q));
        });
        expect(run(single({ op: { kind: 'quantise' }, inputs: ['x'] }, x.type, y), x)).toEqual(wanted);
      }),
    );
  });

  test('quantise: ties, ends, and a quotient that only float32 makes a tie', () => {
    const x = float([6]);
    const y = quantised([6], 8, false, Math.fround(0.1), 10);
    // 0.25 / float32(0.1) is below 2.5 in double precision and 2.5 in float32.
    const data = Float32Array.of(0.25, -0.25, 0.35, 1000, -1000, 0);
    expect(run(single({ op: { kind: 'quantise' }, inputs: ['x'] }, x, y), { type: x, data })).toEqual([
      12, 8, 14, 255, 0, 10,
    ]);
  });

  test('dequantise, per tensor or per axis', () => {
    fc.assert(
      fc.property(perAxis, fc.nat(), (x, seed) => {
        const value = randomTensor(makeRandom(seed), x);
        const wanted = Array.from(value.data as Int8Array, (q, i) => {
          const { scale, zeroPoint } = x.quant ?? { scale: [], zeroPoint: [] };
          return Math.fround((q - (zeroPoint[entryOf(x, i)] ?? 0)) * (scale[entryOf(x, i)] ?? 0));
        });
        expect(run(single({ op: { kind: 'dequantise' }, inputs: ['x'] }, x, float(x.shape)), value)).toEqual(wanted);
      }),
    );
  });
});

describe('graphs as imported', () => {
  const weightType: TensorType = {
    shape: [2, 2],
    element: int(8, true),
    quant: { scale: [0.5, 0.25], zeroPoint: [0, 0], axis: 0 },
  };
  const weight: Tensor = { type: weightType, data: Int8Array.of(1, 2, 3, -4) };

  test('a weight behind a dequantise is computed once', () => {
    const graph = makeGraph({
      nodes: [
        { name: 'wf', op: { kind: 'dequantise' }, inputs: ['w'], outputs: ['wf'] },
        { name: 'd', op: { kind: 'dense' }, inputs: ['x', 'wf'], outputs: ['f'] },
        { name: 'q', op: { kind: 'quantise' }, inputs: ['f'], outputs: ['y'] },
      ],
      types: { x: float([2]), wf: float([2, 2]), f: float([2]), y: quantised([2], 8, true, 0.5, 1) },
      constants: { w: weight },
    });
    // [1.5, 2] * [[0.5, 1], [0.75, -1]] = [2.75, -0.875].
    const x: Tensor = { type: float([2]), data: Float32Array.of(1.5, 2) };
    expect(run(graph, x)).toEqual([7, -1]);
    const kept = prepareImported(graph).run(new Map([['x', x]]), { keep: 'all' });
    expect([...kept.keys()]).toEqual(['x', 'f', 'y']);
    expect([...(kept.get('f')?.data ?? [])]).toEqual([2.75, -0.875]);
  });

  test('a dense layer of 32 bits hands out its sums, whatever its scales', () => {
    const x = quantised([2], 8, false, 0.125, 100);
    const sums: TensorType = { shape: [2], element: int(32, true), quant: { scale: [1], zeroPoint: [0] } };
    const graph = makeGraph({
      nodes: [{ name: 'd', op: { kind: 'dense' }, inputs: ['x', 'w'], outputs: ['y'] }],
      types: { x, y: sums },
      constants: { w: weight },
    });
    expect(run(graph, { type: x, data: Uint8Array.of(255, 0) })).toEqual([155 - 200, 465 + 400]);
  });

  test('a weight that depends on an input is refused', () => {
    const graph = makeGraph({
      nodes: [
        { name: 'r', op: { kind: 'relu' }, inputs: ['x'], outputs: ['w'] },
        { name: 'd', op: { kind: 'dense' }, inputs: ['x', 'w'], outputs: ['y'] },
      ],
      types: { x: float([2]), w: float([2]), y: float([2]) },
    });
    expect(() => prepareImported(graph)).toThrow(HeddleError);
    expect(() => prepareImported(graph)).toThrow(/node 'd'.*weight/);
  });
});
