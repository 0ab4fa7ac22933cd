import { describe, expect, test } from 'vitest';
import { compactConstants } from '../../../src/ir/compact-constants.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { float, makeGraph } from '../execute/make-graph.js';

function view(buffer: ArrayBuffer, first: number, count: number): Tensor {
  return { type: float([count]), data: new Float32Array(buffer, 4 * first, count) };
}

describe('compactConstants', () => {
  const file = Float32Array.from({ length: 100 }, (_, i) => i).buffer;
  const graphOf = (constants: Readonly<Record<string, Tensor>>) => makeGraph({ nodes: [], types: {}, constants });

  test('small parts of a large buffer are copied', () => {
    const whole = view(Float32Array.from([1, 2, 3]).buffer, 0, 3);
    const { constants } = compactConstants(graphOf({ a: view(file, 3, 5), b: view(file, 90, 10), whole }));
    expect([...constants].map(([name, { data }]) => [name, data.buffer.byteLength])).toEqual([
      ['a', 20],
      ['b', 40],
      ['whole', 12],
    ]);
    expect(constants.get('a')?.data).toEqual(Float32Array.from([3, 4, 5, 6, 7]));
    expect(constants.get('whole')).toBe(whole);
  });

  test('parts that make up half of their buffer stay where they are', () => {
    const graph = graphOf({ a: view(file, 0, 30), b: view(file, 30, 20) });
    expect(compactConstants(graph)).toBe(graph);
  });
});
