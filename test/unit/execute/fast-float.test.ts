import { describe, expect, test } from 'vitest';
import { prepareNode } from '../../../src/execute/executor.js';
import { FAST_FLOAT_KERNELS } from '../../../src/execute/fast/fast-float.js';
import { FLOAT_KERNELS } from '../../../src/execute/float/execute-float.js';
import { float32 } from '../../../src/execute/float/values.js';
import type { ConvOp } from '../../../src/ir/op.js';
import { windowOutputs } from '../../../src/ir/window.js';
import { float, makeGraph, makeRandom, randomTensor, UNIT_WINDOW } from './make-graph.js';

interface Case {
  readonly op: Partial<ConvOp>;
  readonly input: readonly [number, number, number];
  readonly out: number;
}

const CASES: readonly Case[] = [
  { op: {}, input: [5, 7, 3], out: 8 },
  { op: { kernelH: 3, kernelW: 3, padTop: 1, padLeft: 1, padBottom: 1, padRight: 1 }, input: [9, 6, 5], out: 19 },
  { op: { kernelH: 7, kernelW: 5, strideH: 2, strideW: 3, padTop: 3, padRight: 2 }, input: [20, 17, 3], out: 4 },
  { op: { kernelH: 3, kernelW: 3, dilationH: 2, dilationW: 3, padLeft: 2 }, input: [11, 12, 4], out: 9 },
  { op: { kernelH: 3, kernelW: 2, groups: 3, clamp: { lo: -0.5, hi: 0.75 } }, input: [6, 6, 12], out: 30 },
  { op: { kernelH: 2, kernelW: 2, clamp: { lo: 0 } }, input: [40, 40, 70], out: 33 },
];

describe('the fast float convolution', () => {
  test.each(CASES)('$op of $input to $out channels is the plain one but for rounding', ({ op: parts, input, out }) => {
    const op: ConvOp = { kind: 'conv', ...UNIT_WINDOW, groups: 1, ...parts };
    const random = makeRandom(input[0] + out);
    const x = randomTensor(random, float(input));
    const constants = {
      w: randomTensor(random, float([out, op.kernelH, op.kernelW, input[2] / op.groups])),
      b: randomTensor(random, float([out])),
    };
    const { outH, outW } = windowOutputs(op, input[0], input[1]);
    const node = { name: 'n', op, inputs: ['x', 'w', 'b'], outputs: ['y'] };
    const graph = makeGraph({ nodes: [node], types: { x: x.type, y: float([outH, outW, out]) }, constants });
    const fast = prepareNode(graph, node, FAST_FLOAT_KERNELS);
    expect(fast.plainBecause).toBeUndefined();
    const got = float32(fast([x.data]));
    const wanted = float32(prepareNode(graph, node, FLOAT_KERNELS)([x.data]));
    expect(got.length).toBe(wanted.length);
    const terms = op.kernelH * op.kernelW * input[2];
    expect(got.reduce((most, v, i) => Math.max(most, Math.abs(v - (wanted[i] ?? 0))), 0)).toBeLessThan(terms * 1e-6);
  });
});
