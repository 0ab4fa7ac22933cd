import { describe, expect, it } from 'vitest';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import { F32 } from '../../../src/ir/tensor-type.js';
import { UNIT_WINDOW } from '../../../src/ir/window.js';
import { HeddleError } from '../../../src/support/diagnostics.js';
import { defined } from '../../../src/support/invariant.js';
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

  it('keeps the weights that interpolate, and is refused where it is of integers already', () => {
    const b = makeBuilder('net');
    const real = (shape: readonly number[]) => ({ shape, element: F32 });
    const zeros = { type: real([2, 3, 3, 1]), data: new Float32Array(18) };
    const filter = [0.25, 0.5, 0.25, 0.5, 1, 0.5, 0.25, 0.5, 0.25];
    const x = b.input('x', real([4, 4, 2]));
    const pads = { padTop: 1, padBottom: 1, padLeft: 1, padRight: 1 };
    const kernel = { ...UNIT_WINDOW, ...pads, kernelH: 3, kernelW: 3, groups: 2 };
    const y = b.node('conv', { kind: 'conv', ...kernel }, [x, b.constant('w', zeros)], real([4, 4, 2]));
    const op = { kind: 'conv-transpose', ...kernel, strideH: 2, strideW: 2, outputPadH: 0, outputPadW: 0 } as const;
    const enlarged = b.node(
      'up',
      op,
      [y, b.constant('up.w', { ...zeros, data: Float32Array.from([...filter, ...filter]) })],
      real([7, 7, 2]),
    );
    const graph = reseedNetwork(b.build([enlarged]), 1);
    const weight = defined(
      graph.constants.get(graph.nodes.find(({ name }) => name === 'up')?.inputs[1] ?? ''),
      'its weight',
    );
    expect([...weight.data].map((value) => Number(value) * (weight.type.quant?.scale[0] ?? 0))).toEqual(
      [...filter, ...filter].map((value) => expect.closeTo(value, 2)),
    );
    expect(() => reseedNetwork(graph, 1)).toThrow(HeddleError);
  });

  it('gets the same ones for the same seed alone', () => {
    expect(weightsOf(reseedNetwork(empty, 1))).toEqual(weightsOf(reseedNetwork(empty, 1)));
    expect(weightsOf(reseedNetwork(empty, 2))).not.toEqual(weightsOf(reseedNetwork(empty, 1)));
  });
});
