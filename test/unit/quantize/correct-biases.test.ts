import { describe, expect, test } from 'vitest';
import { executeFloat } from '../../../src/execute/float/execute-float.js';
import { realValues } from '../../../src/execute/frames.js';
import { executeInteger } from '../../../src/execute/integer/execute-integer.js';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { verifyGraph } from '../../../src/ir/verify.js';
import { quantizeInputs } from '../../../src/quantize/compare.js';
import type { QuantizeOptions } from '../../../src/quantize/options.js';
import { quantizeGraph } from '../../../src/quantize/quantize-graph.js';
import { float, makeRandom, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';

const SEED = 31;
/** Weights of 5 bits, so that their rounding moves the means; activations that hardly round. */
const COARSE: QuantizeOptions = { weightBits: 5, activationBits: 12, equalisation: false };
const K3 = { ...UNIT_WINDOW, kernelH: 3, kernelW: 3, padTop: 1, padLeft: 1, padBottom: 1, padRight: 1 };

/** A grouped, a depthwise and a dense layer; `c1` has no bias, and a tensor is called as its bias would be. */
function network(random: () => number): Graph {
  const b = makeBuilder('three');
  b.input('x', float([5, 5, 4]));
  const constant = (name: string, shape: readonly number[]) => b.constant(name, randomTensor(random, float(shape)));
  constant('c1.w', [6, 3, 3, 2]);
  constant('c1.bias', [6]);
  constant('dw.w', [6, 3, 3, 1]);
  constant('fc.w', [5, 150]);
  constant('fc.b', [5]);
  b.node('c1', { kind: 'conv', ...K3, groups: 2, clamp: { lo: 0 } }, ['x', 'c1.w']);
  b.node('dw', { kind: 'conv', ...K3, groups: 6 }, ['c1', 'dw.w', 'c1.bias']);
  b.node('flat', { kind: 'flatten' }, ['dw']);
  b.node('fc', { kind: 'dense' }, ['flat', 'fc.w', 'fc.b']);
  return b.build(['fc']);
}

/** Frames whose values are mostly positive, as behind a ReLU. */
function framesOf(random: () => number, count: number): readonly ReadonlyMap<string, Tensor>[] {
  return Array.from({ length: count }, () => {
    const { type, data } = randomTensor(random, float([5, 5, 4]));
    return new Map([['x', { type, data: (data as Float32Array).map((value) => value * 0.5 + 0.4) }]]);
  });
}

/** For each channel of a tensor: how far its mean over the frames is off. */
function meanErrors(
  source: Graph,
  integer: Graph,
  frames: readonly ReadonlyMap<string, Tensor>[],
  tensor: string,
): readonly number[] {
  const channels = source.types.get(tensor)?.shape.at(-1) ?? 1;
  const sums = new Array<number>(channels).fill(0);
  let count = 0;
  for (const frame of frames) {
    const wanted = executeFloat(source, frame, { keep: 'all' }).get(tensor)?.data as Float32Array;
    const found = executeInteger(integer, quantizeInputs(integer, frame), { keep: 'all' }).get(tensor) as Tensor;
    realValues(found).forEach((value, i) => {
      sums[i % channels] = (sums[i % channels] ?? 0) + value - (wanted[i] ?? 0);
    });
    count += wanted.length / channels;
  }
  return sums.map((sum) => sum / count);
}

describe('correctBiases', () => {
  const random = makeRandom(SEED);
  const graph = network(random);
  const frames = framesOf(random, 16);
  const corrected = quantizeGraph(graph, frames, COARSE).graph;

  test.each(['dw', 'fc'])(`the means of '%s' are those of the float network, seed ${SEED}`, (tensor) => {
    const plain = quantizeGraph(graph, frames, { ...COARSE, biasCorrection: false }).graph;
    const size = (errors: readonly number[]): number => Math.max(...errors.map(Math.abs));
    const step = corrected.types.get(tensor)?.quant?.scale[0] ?? 0;
    const left = size(meanErrors(graph, corrected, frames, tensor));
    expect(left).toBeLessThan(step);
    expect(size(meanErrors(graph, plain, frames, tensor))).toBeGreaterThan(10 * left);
  });

  test('a layer without a bias gets one, under a name that is free; nothing else changes', () => {
    verifyGraph(corrected, 'correct-biases');
    expect(corrected.nodes.map(({ inputs }) => inputs)).toEqual([
      ['x', 'c1.w', 'c1.bias.2'],
      ['c1', 'dw.w', 'c1.bias'],
      ['dw'],
      ['flat', 'fc.w', 'fc.b'],
    ]);
    expect(corrected.constants.get('c1.bias.2')?.type.element).toMatchObject({ bits: 32, signed: true });
  });

  test('32 frames at most, at even distances; every step is told', () => {
    const many = framesOf(makeRandom(SEED), 70);
    const steps: (readonly [number, number | undefined])[] = [];
    const onStep: QuantizeOptions['onStep'] = (stage, done, total) => {
      if (stage === 'correct') steps.push([done, total]);
    };
    quantizeGraph(graph, many, { ...COARSE, onStep });
    expect(steps).toEqual(Array.from({ length: 36 }, (_, i) => [i + 1, 36]));
  });

  test('weights that rounding does not change leave the bias as it is', () => {
    const b = makeBuilder('exact');
    b.input('x', float([2]), { preprocessing: { mean: [0], std: [1], bgr: false } });
    b.constant('w', { type: float([2, 2]), data: Float32Array.from([127, -3, 5, 127]) });
    b.constant('b', { type: float([2]), data: Float32Array.from([7, -9]) });
    b.node('y', { kind: 'dense' }, ['x', 'w', 'b']);
    const pixels = [
      [3, 250],
      [9, 0],
    ].map((values) => new Map([['x', { type: float([2]), data: Float32Array.from(values) }]]));
    expect(quantizeGraph(b.build(['y']), pixels).graph.constants.get('b')?.data).toEqual(Int32Array.from([7, -9]));
  });
});
