import { describe, expect, it } from 'vitest';
import { lowerModel } from '../../../src/compile.js';
import { executeInteger } from '../../../src/execute/integer/execute-integer.js';
import type { Layer, LayerGraph } from '../../../src/hw/layer.js';
import { lowerGraph } from '../../../src/hw/lower.js';
import { edgeName, streamReaders } from '../../../src/hw/netlist.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Op } from '../../../src/ir/op.js';
import { makeRandom, quantised, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';

const type = (shape: readonly number[], zeroPoint = 3) => quantised(shape, 8, true, 0.1, zeroPoint);

/** x through nodes one after the other, each with the shape of its output. */
function chainOf(input: readonly number[], nodes: readonly (readonly [Op, readonly number[]])[]): LayerGraph {
  const b = makeBuilder('m');
  let at = b.input('x', type(input));
  nodes.forEach(([op, shape], i) => {
    at = b.node(`n${i}`, op, [at], type(shape));
  });
  return lowerModel(b.build([at])).network;
}

const POOL: Op = { kind: 'max-pool', ...UNIT_WINDOW, kernelH: 2, kernelW: 1 };
const reshape = (shape: readonly number[]) => [{ kind: 'reshape', shape } as Op, shape] as const;
const RELU: Op = { kind: 'relu' };

describe('lowering of reshapes', () => {
  it('takes a vector that is read as a map as the pixels of the map', () => {
    const chain = chainOf([24], [reshape([4, 3, 2]), [POOL, [3, 3, 2]]]);
    expect(chain.inputs[0]?.map).toMatchObject({ height: 4, width: 3, channels: 2 });
    expect(chain.layers.map((layer) => layer.name)).toEqual(['n1']);
    expect(chain.aliases).toEqual(new Map([['n0', 'x']]));
  });

  it('follows pixels into another map, and lines of them', () => {
    const chain = chainOf([4, 3, 2], [reshape([12, 2]), reshape([6, 2, 2]), [POOL, [5, 2, 2]]]);
    expect(chain.inputs[0]?.map).toMatchObject({ height: 4, width: 3, channels: 2 });
    expect(chain.layers[0]?.input).toMatchObject({ height: 6, width: 2, channels: 2 });
  });

  it('takes any at the end as a name', () => {
    const chain = chainOf([12], [[RELU, [12]], reshape([3, 2, 2])]);
    expect(chain.aliases).toEqual(new Map([['n1', 'n0']]));
    expect(chain.outputs[0]?.tensor).toBe('n1');
  });

  it('takes others in beats that fit the pixels on both sides', () => {
    const { layers } = chainOf([4, 3, 4], [[POOL, [3, 3, 4]], reshape([3, 2, 6]), [POOL, [2, 2, 6]]]);
    expect(layers[1]).toMatchObject({ name: 'n1', kind: 'concat', axis: 'rows', mostLanes: 2 });
    expect(layers[1]?.output).toMatchObject({ height: 3, width: 2, channels: 6 });
  });

  it('takes one that only others read as a name', () => {
    const { layers } = chainOf([4, 3, 4], [[POOL, [3, 3, 4]], reshape([3, 2, 6]), reshape([9, 4]), [RELU, [9, 4]]]);
    expect(layers.map((layer) => layer.name)).toEqual(['n0', 'n3']);
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

  const preluOf = (slopes: readonly number[]): LayerGraph => {
    const b = makeBuilder('m');
    const x = b.input('x', type([2, 2, 3]));
    const slope = b.constant('slope', randomTensor(makeRandom(5), quantised(slopes, 8, true, 0.01, 0)));
    return lowerModel(b.build([b.node('y', { kind: 'prelu' }, [x, slope], type([2, 2, 3]))])).network;
  };

  it('has a slope for each channel, however they are broadcast', () => {
    for (const slopes of [[3], [1, 1, 3]]) {
      const [layer] = preluOf(slopes).layers;
      expect(layer?.kind === 'prelu' && layer.negative.length).toBe(3);
    }
  });

  it('refuses slopes that differ from pixel to pixel', () => {
    expect(() => preluOf([2, 2, 3])).toThrow(
      "error E414 slopes-of-pixels: node 'y': its slopes differ from pixel to pixel",
    );
  });
});

describe('lowering of changes of scale', () => {
  const layersOf = (op: Op, bits: number): readonly Layer[] => {
    const b = makeBuilder('m');
    const x = b.input('x', quantised([2, 2, 3], bits, true, 0.01, 5));
    const y =
      op.kind === 'requantise' ? quantised([2, 2, 3], 8, true, 2, -3) : quantised([2, 2, 3], bits, true, 0.01, 5);
    return lowerModel(b.build([b.node('y', op, [x], y)])).network.layers;
  };

  it('makes a table of up to 10 bits, an adder with one input of more', () => {
    expect(layersOf({ kind: 'requantise' }, 10)).toMatchObject([{ kind: 'lookup' }]);
    const [layer] = layersOf({ kind: 'requantise' }, 11);
    expect(layer).toMatchObject({ kind: 'add', inputZeroPoints: [5], zeroPoint: -3, clampLo: -128, clampHi: 127 });
    expect(layersOf({ kind: 'relu' }, 16)).toMatchObject([{ kind: 'add', multipliers: [2], shift: 1, clampLo: 5 }]);
  });
});

describe('lowering of products', () => {
  it('makes a table of a constant factor, also behind a flatten', () => {
    const b = makeBuilder('m');
    const x = b.input('x', type([4, 8, 8]));
    const factor = b.constant('k', { type: quantised([1], 16, true, 0.001, 2), data: Int16Array.of(-700) });
    b.node('flat', { kind: 'flatten' }, [x], type([256]));
    const graph = b.build([b.node('y', { kind: 'mul', clamp: { lo: -90 } }, [factor, 'flat'], type([256], -5))]);
    const [layer] = lowerModel(graph).network.layers;
    if (layer?.kind !== 'lookup') throw new Error('no lookup');
    expect(layer.output).toMatchObject({ height: 4, width: 8, channels: 8 });
    const all = Int8Array.from({ length: 256 }, (_, i) => i);
    const y = executeInteger(graph, new Map([['x', { type: type([4, 8, 8]), data: all }]])).get('y');
    expect([...layer.table]).toEqual([...(y?.data ?? [])]);
  });

  it('refuses factors that differ from element to element', () => {
    const b = makeBuilder('m');
    const x = b.input('x', type([2, 2, 3]));
    const factors = b.constant('k', randomTensor(makeRandom(5), quantised([2, 2, 3], 8, true, 0.01, 0)));
    const graph = b.build([b.node('y', { kind: 'mul' }, [x, factors], type([2, 2, 3]))]);
    expect(() => lowerModel(graph)).toThrow(
      "error E413 product-without-engine: node 'y': it multiplies by a constant that is neither one value nor one a channel",
    );
  });

  it('takes a map and a vector in either order, and two maps', () => {
    const b = makeBuilder('m');
    const x = b.input('x', type([2, 2, 3]));
    const gate = b.input('gate', type([1, 1, 3], 7));
    b.node('y', { kind: 'mul' }, [gate, x], type([2, 2, 3]));
    b.node('z', { kind: 'mul' }, ['y', x], type([2, 2, 3]));
    const [y, z] = lowerModel(b.build(['z'])).network.layers;
    expect(y).toMatchObject({ kind: 'mul', gate: true, inputTensor: 'x', inputZeroPoints: [3, 7] });
    expect(y?.inputs.map(({ tensor }) => tensor)).toEqual(['x', 'gate']);
    expect(z).toMatchObject({ kind: 'mul', gate: false, inputTensor: 'y' });
  });

  it('refuses more than two streams', () => {
    const b = makeBuilder('m');
    const x = b.input('x', type([2, 2, 3]));
    b.node('r', RELU, [x], type([2, 2, 3]));
    const graph = b.build([b.node('y', { kind: 'mul' }, [x, 'r', x], type([2, 2, 3]))]);
    expect(() => lowerModel(graph)).toThrow(
      "error E413 product-without-engine: node 'y': it multiplies 3 streams, and an engine takes two",
    );
  });
});

describe('lowering of what moves pixels and channels', () => {
  const pad = (before: readonly number[], after: readonly number[], mode: 'constant' | 'reflect' = 'constant'): Op => ({
    kind: 'pad',
    before,
    after,
    mode,
    value: 3,
  });

  it('pads pixels in one engine and channels in another', () => {
    const [around] = chainOf([2, 2, 3], [[pad([1, 0, 0], [0, 2, 0]), [3, 4, 3]]]).layers;
    expect(around).toMatchObject({ kind: 'pad', padTop: 1, padLeft: 0, padBottom: 0, padRight: 2, value: 3 });
    const [beside] = chainOf([2, 2, 3], [[pad([0, 0, 1], [0, 0, 2]), [2, 2, 6]]]).layers;
    expect(beside).toMatchObject({ kind: 'permute', order: Int32Array.of(-1, 0, 1, 2, -1, -1), padValue: 3 });
  });

  it('refuses by name what no engine does', () => {
    // Pads that a pass takes apart: lowered as they are.
    const padded = (op: Op, shape: readonly number[]) => (): LayerGraph => {
      const b = makeBuilder('m');
      return lowerGraph(b.build([b.node('n0', op, [b.input('x', type([2, 2, 3]))], type(shape))]));
    };
    expect(padded(pad([1, 0, 0], [0, 0, 0], 'reflect'), [3, 2, 3])).toThrow(
      "error E411 pad-mode-without-engine: node 'n0': padding by 'reflect' has no engine",
    );
    expect(padded(pad([1, 0, 1], [0, 0, 0]), [3, 2, 4])).toThrow(
      "error E412 pad-of-pixels-and-channels: node 'n0': it pads both pixels and channels",
    );
    const response = (size: number): Op => ({ kind: 'local-response-norm', size, alpha: 1e-4, beta: 0.75, bias: 2 });
    expect(() => chainOf([1, 1, 32], [[response(17), [1, 1, 32]]])).toThrow(
      "error E415 response-too-wide: node 'n0': it sums over 17 channels, and its engine over 15 at most",
    );
    expect(() =>
      chainOf(
        [2, 2, 8],
        [
          [{ kind: 'flatten' }, [32]],
          [response(3), [32]],
        ],
      ),
    ).toThrow(
      "error E410 other-map: node 'n1': its input is read as 1x1x32 int8, but the stream that carries it has the pixels of 2x2x8 int8",
    );
  });
});

describe('lowering of a branching network', () => {
  it('joins streams, deals one out to several readers, and names every edge', () => {
    const b = makeBuilder('m');
    const x = b.input('x', type([2, 2, 3]));
    b.node('relu', RELU, [x], type([2, 2, 3]));
    b.node('sum', { kind: 'add' }, [x, 'relu'], type([2, 2, 3]));
    b.node('all', { kind: 'concat', axis: 2 }, ['sum', x], type([2, 2, 6]));
    const { network } = lowerModel(b.build(['all', 'sum']));
    expect(network.layers.map(({ kind, inputs }) => [kind, ...inputs.map(({ tensor }) => tensor)])).toEqual([
      ['lookup', 'x'],
      ['add', 'x', 'relu'],
      ['concat', 'sum', 'x'],
    ]);
    const edges = [...streamReaders(network)].map(([tensor, readers]) => [
      tensor,
      ...readers.map((reader) => edgeName(network, reader)),
    ]);
    expect(edges).toEqual([
      ['x', 'relu.0', 'sum.0', 'all.1'],
      ['relu', 'sum.1'],
      ['sum', 'all.0', 'output.sum'],
      ['all', 'output.all'],
    ]);
  });

  it('keeps of constant addends what does not repeat', () => {
    const constantOf = (shape: readonly number[], data: readonly number[]): readonly number[] => {
      const b = makeBuilder('m');
      const x = b.input('x', type([1, 2, 3]));
      const k = b.constant('k', { type: quantised(shape, 8, true, 0.1, 1), data: Int8Array.from(data) });
      b.node('sum', { kind: 'add' }, [x, k], type([1, 2, 3]));
      const [layer] = lowerModel(b.build(['sum'])).network.layers;
      if (layer?.kind !== 'add') throw new Error('no add');
      const [multiplier = 0] = layer.multipliers;
      return [...layer.constant].map((value) => value / multiplier);
    };
    expect(constantOf([1, 1, 3], [5, 5, 5])).toEqual([4]);
    expect(constantOf([1, 1, 3], [5, 6, 7])).toEqual([4, 5, 6]);
    expect(constantOf([1, 2, 1], [5, 6])).toEqual([4, 4, 4, 5, 5, 5]);
  });

  it('joins along any axis, flattened maps as pixels of channels that suit all', () => {
    const b = makeBuilder('m');
    const x = b.input('x', type([2, 3, 4]));
    const y = b.input('y', type([1, 2, 6]));
    b.node('rows', { kind: 'concat', axis: 0 }, [x, x], type([4, 3, 4]));
    b.node('columns', { kind: 'concat', axis: 1 }, [x, x], type([2, 6, 4]));
    b.node('flat-x', { kind: 'flatten' }, [x], type([24]));
    b.node('flat-y', { kind: 'flatten' }, [y], type([12]));
    b.node('flat', { kind: 'concat', axis: 0 }, ['flat-x', 'flat-y'], type([36]));
    b.node('sum', { kind: 'add' }, ['flat-y', b.input('v', type([12]))], type([12]));
    const { layers } = lowerModel(b.build(['rows', 'columns', 'flat', 'sum'])).network;
    expect(layers).toMatchObject([
      { name: 'rows', axis: 'rows', output: { height: 4, width: 3, channels: 4 } },
      { name: 'columns', axis: 'columns' },
      { name: 'flat', axis: 'rows', output: { height: 18, width: 1, channels: 2 } },
      { name: 'sum', output: { height: 6, width: 1, channels: 2 } },
    ]);
  });

  it('refuses a constant beside a stream by name', () => {
    const b = makeBuilder('m');
    const x = b.input('x', type([2, 2, 3]));
    const k = b.constant('k', randomTensor(makeRandom(5), type([2, 2, 1])));
    const graph = b.build([b.node('y', { kind: 'concat', axis: 2 }, [x, k], type([2, 2, 4]))]);
    expect(() => lowerModel(graph)).toThrow("error E408 constant-in-concat: node 'y': its input 'k' is a constant");
  });
});
