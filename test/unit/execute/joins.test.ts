import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prepareInteger } from '../../../src/execute/integer/execute-integer.js';
import { addParams, mulParams } from '../../../src/execute/integer/join-params.js';
import type { GraphNode } from '../../../src/ir/graph.js';
import type { AddOp, MulOp } from '../../../src/ir/op.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { HeddleError } from '../../../src/support/diagnostics.js';
import { float, makeRandom, quantised, randomInteger, randomTensor } from './make-graph.js';
import { at, clamped, nodeGraph, places, roundedShift, runNode, scaled, scaleOf, zeroOf } from './naive.js';

const extents = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });

/** Shapes that broadcast to the first: fewer axes, or extents of 1. */
const broadcastShapes = extents.chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.array(
      fc
        .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }))
        .map(([skip, keep]) => shape.slice(skip).map((extent, axis) => (keep[axis] === true ? extent : 1))),
      { minLength: 1, maxLength: 2 },
    ),
  ),
);

function integerTensor(shape: readonly number[], seed: number): Tensor {
  const random = makeRandom(seed);
  const bits = randomInteger(random, 2, 12);
  const signed = random() < 0.5;
  const zero = randomInteger(random, 0, 2 ** (bits - 1) - 1);
  return randomTensor(random, quantised(shape, bits, signed, 0.01 + random(), zero));
}

function integerTensors(shape: readonly number[], others: readonly (readonly number[])[], seed: number): Tensor[] {
  return [shape, ...others].map((own, i) => integerTensor(own, seed + i));
}

describe('add', () => {
  test('floats, with broadcasting', () => {
    fc.assert(
      fc.property(broadcastShapes, fc.nat(), ([shape, others], seed) => {
        const inputs = [shape, ...others].map((own, i) => randomTensor(makeRandom(seed + i), float(own)));
        const wanted = places(shape).map((place) => Math.fround(inputs.reduce((sum, x) => sum + at(x, place), 0)));
        expect(runNode({ kind: 'add' }, inputs, float(shape), inputs.length)).toEqual(wanted);
      }),
    );
  });

  test('integers: one shift for all, and broadcasting', () => {
    fc.assert(
      fc.property(broadcastShapes, fc.nat(), ([shape, others], seed) => {
        const inputs = integerTensors(shape, others, seed);
        const y = quantised(shape, 8, true, 0.7, -3);
        const node: GraphNode<AddOp> = { name: 'n', op: { kind: 'add' }, inputs: [], outputs: ['y'] };
        const graph = nodeGraph(node.op, inputs, y, inputs.length);
        const { multipliers, shift } = addParams(graph, graph.nodes[0] as GraphNode<AddOp>);
        expect(Math.max(...multipliers)).toBeGreaterThanOrEqual(2 ** 17);
        inputs.forEach((x, i) => {
          expect(Math.abs((multipliers[i] ?? 0) / 2 ** shift - scaleOf(x.type) / 0.7)).toBeLessThanOrEqual(
            2 ** -(shift + 1) * 1.001,
          );
        });
        const wanted = places(shape).map((place) => {
          const terms = inputs.map((x, i) => BigInt(multipliers[i] ?? 0) * BigInt(at(x, place) - zeroOf(x.type)));
          return clamped(
            roundedShift(
              terms.reduce((a, b) => a + b),
              shift,
            ),
            y,
          );
        });
        expect(runNode(node.op, inputs, y, inputs.length)).toEqual(wanted);
      }),
    );
  });
});

describe('mul', () => {
  test('floats, with broadcasting and a clamp', () => {
    fc.assert(
      fc.property(broadcastShapes, fc.nat(), ([shape, others], seed) => {
        const inputs = [shape, ...others].map((own, i) => randomTensor(makeRandom(seed + i), float(own)));
        const wanted = places(shape).map((place) => {
          const product = Math.fround(inputs.reduce((total, x) => total * at(x, place), 1));
          return product > 0.5 ? 0.5 : product;
        });
        expect(runNode({ kind: 'mul', clamp: { hi: 0.5 } }, inputs, float(shape), inputs.length)).toEqual(wanted);
      }),
    );
  });

  test('integers, with broadcasting', () => {
    fc.assert(
      fc.property(broadcastShapes, fc.nat(), ([shape, others], seed) => {
        const inputs = integerTensors(shape, others, seed);
        const y = quantised(shape, 8, false, 40, 9);
        const scale = inputs.reduce((product, x) => product * scaleOf(x.type), 1) / 40;
        const wanted = places(shape).map((place) =>
          scaled(
            inputs.reduce((product, x) => product * BigInt(at(x, place) - zeroOf(x.type)), 1n),
            scale,
            y,
          ),
        );
        expect(runNode({ kind: 'mul' }, inputs, y, inputs.length)).toEqual(wanted);
      }),
    );
  });

  test('products beyond 2^53 are refused', () => {
    const wide = quantised([1], 16, false, 1, 0);
    const inputs = [1, 2, 3, 4].map((value) => ({ type: wide, data: Uint16Array.of(value) }));
    const graph = nodeGraph({ kind: 'mul' }, inputs, wide, 4);
    expect(() => prepareInteger(graph)).toThrow(HeddleError);
    expect(() => prepareInteger(graph)).toThrow(
      "E392 product-too-wide: node 'n': its products can reach 18445618199572250000, beyond the 2^53 up to which they are computed exactly",
    );
    expect(() => prepareInteger(graph)).toThrow('multiply fewer tensors at once, or tensors of fewer bits');
    const three = nodeGraph({ kind: 'mul' }, inputs.slice(0, 3), wide, 3);
    expect(mulParams(three, three.nodes[0] as GraphNode<MulOp>)).toMatchObject({ multiplier: 2 ** 17, shift: 17 });
  });

  test('sums of an add beyond 2^53 are refused', () => {
    const type = { ...quantised([1], 32, true, 1, 0) };
    const inputs = Array.from({ length: 40 }, () => ({ type, data: Int32Array.of(1) }));
    expect(() => prepareInteger(nodeGraph({ kind: 'add' }, inputs, type, 40))).toThrow(/E346.*node 'n'/);
  });
});

describe('concat', () => {
  const joins = extents.chain((shape) =>
    fc.tuple(
      fc.constant(shape),
      fc.nat(shape.length - 1),
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 3 }),
    ),
  );

  test('floats and integers along any axis', () => {
    fc.assert(
      fc.property(joins, fc.boolean(), fc.nat(), ([shape, axis, parts], isFloat, seed) => {
        const shapes = parts.map((extent) => shape.map((own, i) => (i === axis ? extent : own)));
        const inputs = shapes.map((own, i) =>
          isFloat ? randomTensor(makeRandom(seed + i), float(own)) : integerTensor(own, seed + i),
        );
        const whole = shape.map((own, i) => (i === axis ? parts.reduce((a, b) => a + b) : own));
        const y = isFloat ? float(whole) : { ...integerTensor(whole, seed).type };
        const wanted = places(whole).map((place) => {
          let along = place[axis] ?? 0;
          let part = 0;
          while (along >= (parts[part] ?? 0)) along -= parts[part++] ?? 0;
          const x = inputs[part] as Tensor;
          const value = at(
            x,
            place.map((i, d) => (d === axis ? along : i)),
          );
          return isFloat ? value : scaled(BigInt(value - zeroOf(x.type)), scaleOf(x.type) / scaleOf(y), y);
        });
        expect(runNode({ kind: 'concat', axis }, inputs, y, inputs.length)).toEqual(wanted);
      }),
    );
  });

  test('an input whose scale does not fit is refused by its number', () => {
    const [a, b] = [quantised([1], 8, true, 1, 0), quantised([1], 8, true, 1e30, 0)];
    const inputs = [a, b].map((type) => ({ type, data: Int8Array.of(1) }));
    const graph = nodeGraph({ kind: 'concat', axis: 0 }, inputs, quantised([2], 8, true, 1, 0), 2);
    expect(() => prepareInteger(graph)).toThrow(/E340.*node 'n': input 1 needs the multiplier 1e\+30/);
  });
});
