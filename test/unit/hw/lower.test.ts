import { describe, expect, it } from 'vitest';
import { lowerModel } from '../../../src/compile.js';
import { executeInteger } from '../../../src/execute/integer/execute-integer.js';
import type { LayerChain } from '../../../src/hw/layer.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Op } from '../../../src/ir/op.js';
import { HeddleError } from '../../../src/support/diagnostics.js';
import { makeRandom, quantised, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';

const type = (shape: readonly number[], zeroPoint = 3) => quantised(shape, 8, true, 0.1, zeroPoint);

/** x through nodes one after the other, each with the shape of its output. */
function chainOf(input: readonly number[], nodes: readonly (readonly [Op, readonly number[]])[]): LayerChain {
  const b = makeBuilder('m');
  let at = b.input('x', type(input));
  nodes.forEach(([op, shape], i) => {
    at = b.node(`n${i}`, op, [at], type(shape));
  });
  return lowerModel(b.build([at])).chain;
}

const POOL: Op = { kind: 'max-pool', ...UNIT_WINDOW, kernelH: 2, kernelW: 1 };
const reshape = (shape: readonly number[]) => [{ kind: 'reshape', shape } as Op, shape] as const;
const RELU: Op = { kind: 'relu' };

describe('lowering of reshapes', () => {
  it('takes a vector that is read as a map as the pixels of the map', () => {
    const chain = chainOf([24], [reshape([4, 3, 2]), [POOL, [3, 3, 2]]]);
    expect(chain.inputMap).toMatchObject({ height: 4, width: 3, channels: 2 });
    expect(chain.layers.map((layer) => layer.name)).toEqual(['n1']);
    expect(chain.aliases).toEqual(new Map([['n0', 'x']]));
  });

  it('follows pixels into another map, and lines of them', () => {
    const chain = chainOf([4, 3, 2], [reshape([12, 2]), reshape([6, 2, 2]), [POOL, [5, 2, 2]]]);
    expect(chain.inputMap).toMatchObject({ height: 4, width: 3, channels: 2 });
    expect(chain.layers[0]?.input).toMatchObject({ height: 6, width: 2, channels: 2 });
  });

  it('takes any at the end as a name', () => {
    const chain = chainOf([12], [[RELU, [12]], reshape([3, 2, 2])]);
    expect(chain.aliases).toEqual(new Map([['n1', 'n0']]));
    expect(chain.outputTensor).toBe('n1');
  });

  it('refuses others by name', () => {
    expect(() => chainOf([4, 3, 2], [[POOL, [3, 3, 2]], reshape([3, 2, 3]), [POOL, [2, 2, 3]]])).toThrow(
      "error E401 no-engine: node 'n1': the operator 'reshape' has no engine yet",
    );
  });
});

describe('lowering of slopes', () => {
  it('makes a table of a leaky relu that says what the golden model does', () => {
    const chain = chainOf([256], [[{ kind: 'leaky-relu', slope: 0.3 }, [256]]]);
    const [layer] = chain.layers;
    if (layer?.kind !== 'lookup') throw new Error('no lookup');
    const b = makeBuilder('m');
    const x = b.input('x', type([256]));
    const graph = b.build([b.node('y', { kind: 'leaky-relu', slope: 0.3 }, [x], type([256]))]);
    const all = Int8Array.from({ length: 256 }, (_, i) => i);
    const y = executeInteger(graph, new Map([['x', { type: type([256]), data: all }]])).get('y');
    expect([...layer.table]).toEqual([...(y?.data ?? [])]);
  });

  it('refuses slopes that differ from channel to channel', () => {
    const b = makeBuilder('m');
    const x = b.input('x', type([2, 2, 3]));
    const slope = b.constant('slope', randomTensor(makeRandom(5), quantised([3], 8, true, 0.01, 0)));
    const graph = b.build([b.node('y', { kind: 'prelu' }, [x, slope], type([2, 2, 3]))]);
    expect(() => lowerModel(graph)).toThrow("error E401 no-engine: node 'y': the operator 'prelu' has no engine yet");
  });
});

describe('lowering of a branching network', () => {
  it('refuses every branch and every operator without an engine by name', () => {
    const b = makeBuilder('m');
    const x = b.input('x', type([2, 2, 3]));
    b.node('relu', RELU, [x], type([2, 2, 3]));
    b.node('sum', { kind: 'add' }, [x, 'relu'], type([2, 2, 3]));
    const lower = (): unknown => lowerModel(b.build(['sum']));
    expect(lower).toThrow(HeddleError);
    expect(lower).toThrow(
      "error E402 branching-network: tensor 'x': it is read by 2 nodes ('relu', 'sum'); only linear networks have hardware yet",
    );
    expect(lower).toThrow("error E401 no-engine: node 'sum': the operator 'add' has no engine yet");
  });
});
