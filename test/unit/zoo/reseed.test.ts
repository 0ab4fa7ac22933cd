import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../src/ir/graph.js';
import { makeZooNetwork, reseedNetwork } from '../../../src/zoo/make-network.js';

/** A float network, each of whose weights and normalisations is zero, as it is where an exporter left them out. */
function withoutWeights(model: Graph): Graph {
  const constants = [...model.constants].map(([name, { type, data }]) => {
    return [name, { type, data: new Float32Array(data.length) }] as const;
  });
  return { ...model, constants: new Map(constants) };
}

const empty = withoutWeights(makeZooNetwork('zoo:resnet8,input=16,width=0.5,float'));
const weightsOf = (graph: Graph): readonly unknown[] => [...graph.constants.values()].map(({ data }) => [...data]);

describe('a network that was exported without its weights', () => {
  it('gets seeded ones, and is of integers', () => {
    const graph = reseedNetwork(empty, 1);
    const weights = [...graph.constants.values()].filter(({ type }) => type.shape.length === 4);
    expect(weights).toHaveLength(9);
    for (const { type, data } of weights) {
      expect(type.element).toMatchObject({ kind: 'int', bits: 8 });
      const set = [...data].filter((value) => Number(value) !== 0).length;
      expect(set).toBeGreaterThan(0.9 * data.length);
    }
  });

  it('gets the same ones for the same seed alone', () => {
    expect(weightsOf(reseedNetwork(empty, 1))).toEqual(weightsOf(reseedNetwork(empty, 1)));
    expect(weightsOf(reseedNetwork(empty, 2))).not.toEqual(weightsOf(reseedNetwork(empty, 1)));
  });
});
