import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { ConvTransposeOp } from '../../../src/ir/op.js';
import { int, type TensorType } from '../../../src/ir/tensor-type.js';
import { transposedOutputs } from '../../../src/ir/window.js';
import { runPipeline } from '../../../src/passes/run.js';
import { splitConvTranspose } from '../../../src/passes/split-conv-transpose.js';
import { makeRandom, quantised, randomInteger, randomTensor, UNIT_WINDOW } from '../execute/make-graph.js';
import { expectSame, kinds, lowered } from './same-outputs.js';

const UP: ConvTransposeOp = { kind: 'conv-transpose', ...UNIT_WINDOW, groups: 1, outputPadH: 0, outputPadW: 0 };

interface Drawn {
  readonly op: ConvTransposeOp;
  readonly height: number;
  readonly width: number;
  /** Channels of a group. */
  readonly inputs: number;
  readonly outputs: number;
  readonly seed: number;
}

/** A transposed convolution with unsigned weights of a scale and zero point each, and a bias; undefined without outputs. */
function upGraph({ op, height, width, inputs, outputs, seed }: Drawn): Graph | undefined {
  const { outH, outW } = transposedOutputs(op, height, width);
  if (outH < 1 || outW < 1) return undefined;
  const random = makeRandom(seed);
  const channels = outputs * op.groups;
  const b = makeBuilder('m');
  b.input('x', quantised([height, width, inputs * op.groups], 8, false, 0.1, 90));
  const weight: TensorType = {
    shape: [channels, op.kernelH, op.kernelW, inputs],
    element: int(8, false),
    quant: {
      scale: Array.from({ length: channels }, () => 0.002 + 0.01 * random()),
      zeroPoint: Array.from({ length: channels }, () => randomInteger(random, 0, 255)),
      axis: 0,
    },
  };
  b.constant('w', randomTensor(random, weight));
  const bias = Int32Array.from({ length: channels }, () => randomInteger(random, -5000, 5000));
  b.constant('b', { type: { shape: [channels], element: int(32, true) }, data: bias });
  b.node('y', op, ['x', 'w', 'b'], quantised([outH, outW, channels], 8, true, 0.5, -20));
  return b.build(['y']);
}

function up(changes: Partial<ConvTransposeOp>, sizes: Partial<Drawn> = {}): Graph {
  const graph = upGraph({ op: { ...UP, ...changes }, height: 4, width: 3, inputs: 2, outputs: 3, seed: 5, ...sizes });
  if (graph === undefined) throw new Error('no outputs');
  return graph;
}

/** Elements of the convolution's filters that are no taps of the transposed one's. */
function addedZeros(graph: Graph): number {
  const [before, after] = [graph, splitConvTranspose.run(graph)].map((of) =>
    of.constants.get(of.nodes[0]?.inputs[1] ?? ''),
  );
  return (after?.data.length ?? 0) - (before?.data.length ?? 0);
}

const two = { kernelH: 2, kernelW: 2, strideH: 2, strideW: 2 };
const four = { ...two, kernelH: 4, kernelW: 4 };
const around = (pad: number) => ({ padTop: pad, padLeft: pad, padBottom: pad, padRight: pad });

describe('split-conv-transpose', () => {
  test.each([
    ['2x2, stride 2', up(two), ['conv', 'depth-to-space'], 0],
    ['4x4, stride 2, cut by 1', up({ ...four, ...around(1) }), ['conv', 'depth-to-space', 'slice'], 0],
    ['4x4, stride 2, nothing cut', up(four), ['conv', 'depth-to-space'], 0],
    ['stride 1', up({ kernelH: 3, kernelW: 3, ...around(1) }), ['conv'], 0],
    ['stride 1, dilated', up({ kernelH: 3, kernelW: 3, dilationH: 2, dilationW: 3, ...around(2) }), ['conv'], 0],
    [
      '3x3, stride 2, with output padding',
      up({ ...two, kernelH: 3, kernelW: 3, ...around(1), outputPadH: 1, outputPadW: 1 }),
      ['conv', 'depth-to-space'],
      (16 - 9) * 6,
    ],
    [
      'depthwise',
      up({ ...four, groups: 4 }, { inputs: 1, outputs: 1 }),
      ['conv', 'permute-channels', 'depth-to-space'],
      0,
    ],
    ['in groups', up({ ...two, groups: 3 }), ['conv', 'permute-channels', 'depth-to-space'], 0],
    ['other strides in height and width', up({ ...two, strideW: 1 }), ['conv', 'depth-to-space'], (12 * 3 - 12) * 2],
  ] as const)('%s', (_, graph, expected, zeros) => {
    expect(kinds(lowered(graph))).toEqual(expected);
    expect(addedZeros(graph)).toBe(zeros);
  });

  test('the clamp goes into the convolution', () => {
    const [conv] = lowered(up({ ...two, clamp: { lo: -20, hi: 60 } })).nodes;
    expect(conv?.op).toMatchObject({ kind: 'conv', clamp: { lo: -20, hi: 60 } });
  });

  test('any of them', () => {
    const [small, side, pad] = [fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 5 }), fc.nat(4)];
    const drawn = fc.record({
      op: fc
        .record({
          ...{ kernelH: side, kernelW: side, strideH: small, strideW: small, dilationH: small, dilationW: small },
          ...{ padTop: pad, padLeft: pad, padBottom: pad, padRight: pad, outputPadH: pad, outputPadW: pad },
          groups: small,
        })
        .map((attributes): ConvTransposeOp => ({ kind: 'conv-transpose', ...attributes })),
      ...{ height: side, width: side, inputs: small, outputs: small, seed: fc.nat() },
    });
    fc.assert(
      fc.property(drawn, (case_) => {
        const graph = upGraph(case_);
        if (graph === undefined) return;
        const changed = runPipeline(graph, [splitConvTranspose]);
        expect(kinds(changed)).not.toContain('conv-transpose');
        expectSame(graph, changed, case_.seed);
      }),
      { numRuns: 60 },
    );
  });
});
