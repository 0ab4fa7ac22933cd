import { describe, expect, it } from 'vitest';
import type { ConvOp, Op } from '../../../src/ir/op.js';
import { operatorText } from '../../../src/report/operator-text.js';

const WINDOW = {
  ...{ kernelH: 3, kernelW: 3, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1 },
  ...{ padTop: 0, padLeft: 0, padBottom: 0, padRight: 0 },
};
const CONV: ConvOp = { kind: 'conv', groups: 1, ...WINDOW };

describe('operators in words', () => {
  const cases: readonly (readonly [string, Op])[] = [
    ['conv 3x3', CONV],
    [
      'conv 3x3, stride 2, pad 0 0 1 1, relu6',
      { ...CONV, ...{ strideH: 2, strideW: 2, padBottom: 1, padRight: 1 }, clamp: { lo: 0, hi: 6 } },
    ],
    [
      'conv 1x7, stride 1x2, dilation 1x3, pad 2',
      {
        ...CONV,
        ...{ kernelH: 1, kernelW: 7, strideW: 2, dilationW: 3 },
        ...{ padTop: 2, padLeft: 2, padBottom: 2, padRight: 2 },
      },
    ],
    ['depthwise 3x3, relu', { ...CONV, groups: 8, clamp: { lo: 0 } }],
    ['conv 3x3, 4 groups, clamp -1..', { ...CONV, groups: 4, clamp: { lo: -1 } }],
    ['max-pool 3x3', { kind: 'max-pool', ...WINDOW }],
    ['average-pool 3x3, padding counted', { kind: 'average-pool', countIncludePad: true, ...WINDOW }],
    ['dense, clamp ..5', { kind: 'dense', clamp: { hi: 5 } }],
    ['leaky-relu {slope=0.1}', { kind: 'leaky-relu', slope: 0.1 }],
    ['flatten', { kind: 'flatten' }],
  ];
  it.each(cases)('%s', (text, op) => {
    expect(operatorText(op, 8)).toBe(text);
  });
});
