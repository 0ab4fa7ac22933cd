import { describe, expect, it } from 'vitest';
import { executeInteger } from '../../../src/execute/integer/execute-integer.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import { AFTER_IMPORT, verifyGraph } from '../../../src/ir/verify.js';
import { requantiseConcat } from '../../../src/passes/requantise-concat.js';
import { makeRandom, quantised, randomTensor } from '../execute/make-graph.js';

const SEED = 4;

/** Three inputs, the second and the third with other numbers than the two concats that read them. */
function concats(): Graph {
  const b = makeBuilder('m');
  const a = b.input('a', quantised([2, 3, 2], 8, true, 0.1, 3));
  const c = b.input('c', quantised([2, 3, 1], 8, false, 0.07, 120));
  const d = b.input('d', quantised([2, 3, 4], 5, true, 0.3, 0));
  b.node('y', { kind: 'concat', axis: 2 }, [a, c, d], quantised([2, 3, 7], 8, true, 0.1, 3));
  b.node('z', { kind: 'concat', axis: 2 }, [c, c, a], quantised([2, 3, 4], 8, true, 0.1, 3));
  return b.build(['y', 'z']);
}

describe('requantise-concat', () => {
  it('requantises each input that differs once, and changes no result', () => {
    const graph = concats();
    verifyGraph(graph, AFTER_IMPORT);
    const changed = requantiseConcat.run(graph);
    verifyGraph(changed, AFTER_IMPORT);
    expect(changed.nodes.map(({ op, inputs }) => [op.kind, ...inputs])).toEqual([
      ['requantise', 'c'],
      ['requantise', 'd'],
      ['concat', 'a', 'c/scaled', 'd/scaled'],
      ['concat', 'c/scaled', 'c/scaled', 'a'],
    ]);
    const random = makeRandom(SEED);
    const frame = new Map(
      graph.inputs.map(({ tensor }) => [
        tensor,
        randomTensor(random, graph.types.get(tensor) ?? quantised([1], 8, true, 1, 0)),
      ]),
    );
    for (const output of ['y', 'z'])
      expect(executeInteger(changed, frame).get(output)).toEqual(executeInteger(graph, frame).get(output));
    expect(requantiseConcat.run(changed)).toBe(changed);
  });
});
