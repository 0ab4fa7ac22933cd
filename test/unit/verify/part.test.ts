import { describe, expect, it } from 'vitest';
import { executeInteger } from '../../../src/execute/integer/execute-integer.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Op } from '../../../src/ir/op.js';
import { AFTER_IMPORT, verifyGraph } from '../../../src/ir/verify.js';
import { partFrames, partOf } from '../../../src/verify/part.js';
import { makeRandom, quantised, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';

const TYPE = quantised([4, 4, 2], 8, true, 0.1, 0);
const POOL: Op = {
  kind: 'max-pool',
  ...UNIT_WINDOW,
  kernelH: 3,
  kernelW: 3,
  padTop: 1,
  padLeft: 1,
  padBottom: 1,
  padRight: 1,
};

/** x -> p1 -> {p2 -> p3, p4} -> sum -> p5; the sum is an output too. */
function network(): Graph {
  const b = makeBuilder('net');
  b.input('x', TYPE);
  b.node('p1', POOL, ['x'], TYPE);
  b.node('p2', POOL, ['p1'], TYPE);
  b.node('p3', POOL, ['p2'], TYPE);
  b.node('p4', POOL, ['p1'], TYPE);
  b.node('sum', { kind: 'add' }, ['p3', 'p4'], quantised([4, 4, 2], 8, true, 0.2, 0));
  b.node('p5', POOL, ['sum'], quantised([4, 4, 2], 8, true, 0.2, 0));
  return b.build(['p5', 'sum']);
}

describe('a part of a network', () => {
  it('has the named layers and all between them, and the ends that these need', () => {
    const part = partOf(network(), ['p2', 'sum']);
    verifyGraph(part, AFTER_IMPORT);
    expect(part.nodes.map((node) => node.name)).toEqual(['p2', 'p3', 'sum']);
    expect(part.inputs.map(({ tensor }) => tensor)).toEqual(['p1', 'p4']);
    expect(part.outputs.map(({ tensor }) => tensor)).toEqual(['sum']);
    expect(partOf(network(), ['p1', 'p4']).nodes.map((node) => node.name)).toEqual(['p1', 'p4']);
    expect(partOf(network(), ['p1', 'p4']).outputs.map(({ tensor }) => tensor)).toEqual(['p1', 'p4']);
  });

  it("computes on the whole network's tensors what the whole computes", async () => {
    const whole = network();
    const part = partOf(whole, ['p3', 'sum']);
    const frames = [1, 2].map((seed) => new Map([['x', randomTensor(makeRandom(seed), TYPE)]]));
    const inner = await partFrames(whole, part, frames);
    frames.forEach((frame, i) => {
      const result = executeInteger(part, inner[i] ?? new Map());
      expect(result.get('sum')).toEqual(executeInteger(whole, frame).get('sum'));
    });
  });

  it('names every layer that is not there', () => {
    expect(() => partOf(network(), ['p7', 'summ', 'p1'])).toThrow(/no layer 'p7'.*no layer 'summ'.*'sum'/s);
  });
});
