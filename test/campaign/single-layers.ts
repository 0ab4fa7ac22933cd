import {
  averagePool,
  bits,
  type Case,
  CHANNEL_ZERO,
  conv,
  dense,
  I8,
  map,
  maxPool,
  PLAIN_WEIGHT,
  pad,
  reshape,
  TENSOR_ZERO,
  U8,
  vector,
} from './layer-makers.js';
import type { NetworkSpec } from './network-spec.js';
import { JOINS } from './single-joins.js';

/** One layer at a time, each case for one thing that has gone wrong in such tools, or could. */

const KERNELS: readonly Case[] = [
  ['conv 1x1', map(5, 6, 5), conv(7, [1, 1])],
  ['conv 1x1 stride 2', map(7, 9, 5), conv(6, [1, 1], { stride: [2, 2] })],
  ['conv 1x1 stride 3', map(7, 10, 3), conv(4, [1, 1], { stride: [3, 3] })],
  ['conv 2x2', map(6, 5, 3), conv(5, [2, 2])],
  ['conv 2x2 stride 2', map(6, 8, 3), conv(5, [2, 2], { stride: [2, 2] })],
  ['conv 3x3', map(7, 8, 3), conv(5, [3, 3])],
  ['conv 3x3 same', map(7, 6, 5), conv(7, [3, 3], { pad: [1, 1, 1, 1] })],
  ['conv 3x3 stride 2 same', map(9, 7, 3), conv(5, [3, 3], { stride: [2, 2], pad: [1, 1, 1, 1] })],
  ['conv 3x3 stride 3', map(10, 9, 2), conv(3, [3, 3], { stride: [3, 3] })],
  ['conv 3x3 stride 1x2', map(6, 9, 3), conv(5, [3, 3], { stride: [1, 2], pad: [1, 0, 1, 1] })],
  ['conv 3x3 stride 3x1', map(9, 6, 3), conv(4, [3, 3], { stride: [3, 1], pad: [0, 1, 0, 1] })],
  ['conv 3x3 asymmetric padding', map(6, 7, 3), conv(5, [3, 3], { pad: [0, 2, 1, 0] })],
  ['conv 3x3 padding at the far side', map(6, 6, 3), conv(5, [3, 3], { stride: [2, 2], pad: [0, 0, 1, 1] })],
  ['conv 3x3 padding 2', map(5, 5, 2), conv(3, [3, 3], { pad: [2, 2, 2, 2] })],
  ['conv 4x4', map(7, 7, 2), conv(3, [4, 4], { pad: [1, 1, 2, 2] })],
  ['conv 5x5 same', map(8, 7, 2), conv(5, [5, 5], { pad: [2, 2, 2, 2] })],
  ['conv 5x5 stride 2', map(9, 9, 1), conv(6, [5, 5], { stride: [2, 2] })],
  ['conv 6x6', map(8, 8, 1), conv(3, [6, 6])],
  ['conv 7x7 stride 2', map(12, 11, 3), conv(5, [7, 7], { stride: [2, 2], pad: [3, 3, 3, 3] })],
  ['conv 1x5', map(5, 9, 3), conv(4, [1, 5], { pad: [0, 2, 0, 2] })],
  ['conv 5x1', map(9, 5, 3), conv(4, [5, 1], { pad: [2, 0, 2, 0] })],
  ['conv 3x2 stride 2x1', map(8, 7, 3), conv(5, [3, 2], { stride: [2, 1] })],
  ['conv 2x7', map(5, 10, 2), conv(3, [2, 7], { pad: [1, 3, 0, 3] })],
  ['conv 3x3 dilation 2', map(8, 9, 3), conv(4, [3, 3], { dilation: [2, 2], pad: [2, 2, 2, 2] })],
  ['conv 3x3 dilation 3x1', map(10, 6, 2), conv(3, [3, 3], { dilation: [3, 1], pad: [1, 1, 1, 1] })],
  ['conv 3x3 dilation 2 stride 2', map(11, 9, 2), conv(3, [3, 3], { dilation: [2, 2], stride: [2, 2] })],
  ['conv 2x3 dilation 1x2 stride 3x2', map(9, 11, 3), conv(4, [2, 3], { dilation: [1, 2], stride: [3, 2] })],
];

const MAPS: readonly Case[] = [
  ['conv over the whole map', map(4, 5, 3), conv(7, [4, 5])],
  ['conv on a 1x1 map', map(1, 1, 7), conv(5, [1, 1])],
  ['conv 3x3 on a 1x1 map', map(1, 1, 5), conv(3, [3, 3], { pad: [1, 1, 1, 1] })],
  ['conv on a 1xN map', map(1, 11, 3), conv(4, [1, 3], { pad: [0, 1, 0, 1] })],
  ['conv on an Nx1 map', map(11, 1, 3), conv(4, [3, 1], { pad: [1, 0, 1, 0] })],
  ['conv 1 to 1 channel', map(6, 6, 1), conv(1, [3, 3], { pad: [1, 1, 1, 1] })],
  ['conv 13 to 11 channels', map(4, 4, 13), conv(11, [3, 3], { pad: [1, 1, 1, 1] })],
  ['conv rows that stride leaves over', map(8, 8, 2), conv(3, [2, 2], { stride: [3, 3] })],
];

const GROUPS: readonly Case[] = [
  ['grouped 2', map(6, 6, 6), conv(10, [3, 3], { groups: 2, pad: [1, 1, 1, 1] })],
  ['grouped 3 stride 2', map(7, 7, 9), conv(6, [3, 3], { groups: 3, stride: [2, 2] })],
  ['grouped 4 1x1', map(5, 5, 12), conv(8, [1, 1], { groups: 4 })],
  ['grouped, one output a group', map(6, 5, 6), conv(3, [3, 3], { groups: 3, dilation: [2, 1], pad: [2, 1, 2, 1] })],
  ['grouped with zero points', map(5, 6, 6), conv(8, [2, 3], { groups: 2, weight: CHANNEL_ZERO })],
  ['depthwise 3x3', map(7, 6, 5), conv(5, [3, 3], { groups: 5, pad: [1, 1, 1, 1] })],
  ['depthwise 3x3 stride 2', map(9, 8, 7), conv(7, [3, 3], { groups: 7, stride: [2, 2], pad: [0, 0, 1, 1] })],
  ['depthwise 5x5 dilation 2', map(11, 11, 3), conv(3, [5, 5], { groups: 3, dilation: [2, 2], pad: [4, 4, 4, 4] })],
  ['depthwise multiplier 2', map(6, 6, 5), conv(10, [3, 3], { groups: 5, pad: [1, 1, 1, 1] })],
  ['depthwise multiplier 3', map(6, 7, 3), conv(9, [2, 3], { groups: 3, stride: [1, 2] })],
  ['depthwise with zero points', map(6, 6, 6), conv(6, [3, 3], { groups: 6, weight: CHANNEL_ZERO, pad: [1, 1, 1, 1] })],
  ['depthwise multiplier 2 with zero points', map(5, 6, 3), conv(6, [3, 3], { groups: 3, weight: TENSOR_ZERO })],
];

const NUMBERS: readonly Case[] = [
  ['uint8 weights, zero point a tensor', map(6, 6, 3), conv(5, [3, 3], { weight: TENSOR_ZERO, pad: [1, 1, 1, 1] })],
  ['uint8 weights, zero point a channel', map(6, 6, 3), conv(5, [3, 3], { weight: CHANNEL_ZERO })],
  ['int8 weights with zero points', map(6, 6, 3), conv(5, [3, 3], { weight: { ...CHANNEL_ZERO, signed: true } })],
  ['signed activations', map(6, 6, 3, I8), conv(5, [3, 3], { output: I8, pad: [1, 1, 1, 1] })],
  ['signed in, unsigned out, relu', map(6, 6, 3, I8), conv(5, [3, 3], { clamp: 'relu' })],
  ['clamped on both sides', map(6, 6, 3), conv(5, [3, 3], { clamp: 'narrow' })],
  ['4-bit activations', map(6, 6, 5, bits(4, false)), conv(7, [3, 3], { output: bits(4, true), pad: [1, 1, 1, 1] })],
  ['1-bit activations', map(6, 6, 5, bits(1, false)), conv(7, [3, 3], { output: bits(1, false) })],
  ['16-bit activations', map(5, 6, 3, bits(16, true)), conv(5, [3, 3], { output: bits(16, true) })],
  [
    'uint16 activations',
    map(5, 6, 3, bits(16, false)),
    conv(5, [3, 3], { output: bits(16, false), weight: TENSOR_ZERO }),
  ],
  ['11 to 13 bits', map(5, 5, 3, bits(11, true)), conv(4, [2, 2], { output: bits(13, false) })],
  ['2-bit weights', map(6, 6, 5), conv(6, [3, 3], { weight: { ...PLAIN_WEIGHT, bits: 2 } })],
  ['3-bit unsigned weights', map(6, 6, 5), conv(6, [3, 3], { weight: { ...CHANNEL_ZERO, bits: 3 } })],
  ['5-bit weights', map(6, 6, 5), conv(6, [3, 3], { weight: { ...PLAIN_WEIGHT, bits: 5 } })],
  ['7-bit unsigned weights', map(6, 6, 5), conv(6, [3, 3], { weight: { ...TENSOR_ZERO, bits: 7 } })],
  ['no bias', map(6, 6, 3), conv(5, [3, 3], { bias: 'none' })],
  ['int64 bias', map(6, 6, 3), conv(5, [3, 3], { bias: 'int64' })],
  ['int64 bias, 16-bit output', map(5, 5, 2), conv(3, [3, 3], { bias: 'int64', output: bits(16, true) })],
  ['saturating sums', map(6, 6, 9), conv(6, [3, 3], { weight: { ...PLAIN_WEIGHT, fill: 'extreme' } })],
  [
    'saturating sums, wide',
    map(4, 4, 16, bits(16, false)),
    conv(4, [3, 3], { weight: { ...CHANNEL_ZERO, fill: 'extreme' } }),
  ],
  ['dead channels', map(6, 6, 3), conv(9, [3, 3], { weight: { ...PLAIN_WEIGHT, fill: 'dead' } })],
  [
    'dead channels without bias',
    map(6, 6, 3),
    conv(9, [3, 3], { bias: 'none', weight: { ...CHANNEL_ZERO, fill: 'dead' } }),
  ],
  ['sparse weights', map(6, 6, 5), conv(6, [3, 3], { weight: { ...PLAIN_WEIGHT, fill: 'sparse' } })],
  ['requantBits 8', map(6, 6, 3), conv(5, [3, 3]), 8],
  ['requantBits 9, zero points', map(6, 6, 3), conv(5, [3, 3], { weight: CHANNEL_ZERO }), 9],
  ['requantBits 24', map(6, 6, 3), conv(5, [3, 3]), 24],
  ['requantBits 31', map(6, 6, 3), conv(5, [3, 3]), 31],
  ['requantBits 31, 16-bit output', map(5, 5, 3, bits(16, true)), conv(4, [3, 3], { output: bits(16, false) }), 31],
  [
    'shift 1',
    map(5, 5, 2, bits(2, false)),
    conv(3, [1, 2], {
      weight: { ...PLAIN_WEIGHT, bits: 2, perChannel: false },
      bias: 'none',
      output: bits(16, true),
      logScale: 7.5,
    }),
    9,
  ],
  [
    'shift 1 of 8 bits',
    map(5, 5, 1, bits(1, false)),
    conv(3, [1, 2], {
      weight: { ...PLAIN_WEIGHT, bits: 2, perChannel: false },
      bias: 'none',
      output: bits(16, true),
      logScale: 6.5,
    }),
    8,
  ],
  [
    'shift 47',
    map(5, 5, 3),
    conv(5, [3, 3], { weight: { ...PLAIN_WEIGHT, perChannel: false }, bias: 'int64', logScale: -29.5 }),
  ],
  [
    'shift 47 of 31 bits',
    map(5, 5, 3),
    conv(5, [3, 3], { weight: { ...PLAIN_WEIGHT, perChannel: false }, bias: 'int64', logScale: -16.5 }),
    31,
  ],
  ['shifts that differ by two', map(5, 5, 3), conv(8, [3, 3], { logScale: -12.2 })],
];

const DENSE: readonly Case[] = [
  ['dense 1 to 1', vector(1), dense(1)],
  ['dense 7 to 5', vector(7), dense(5)],
  ['dense 37 to 11', vector(37), dense(11)],
  ['dense 64 to 10', vector(64), dense(10)],
  ['dense with zero points', vector(29), dense(13, { weight: CHANNEL_ZERO })],
  [
    'dense signed, 4-bit',
    vector(33, bits(4, true)),
    dense(9, { weight: { ...PLAIN_WEIGHT, bits: 4 }, output: bits(4, false) }),
  ],
  ['dense 16-bit', vector(23, bits(16, true)), dense(7, { output: bits(16, true), bias: 'int64' })],
  ['dense dead', vector(19), dense(9, { weight: { ...PLAIN_WEIGHT, fill: 'dead' }, bias: 'none' })],
];

const POOLS: readonly Case[] = [
  ['max 2x2 stride 2', map(6, 8, 5), maxPool([2, 2], { stride: [2, 2] })],
  ['max 2x2 stride 2, odd map', map(7, 9, 3, I8), maxPool([2, 2], { stride: [2, 2] })],
  ['max 2x2 stride 3', map(8, 9, 3), maxPool([2, 2], { stride: [3, 3] })],
  ['max 3x3 stride 3 padded', map(7, 8, 3, I8), maxPool([3, 3], { stride: [3, 3], pad: [1, 1, 1, 0] })],
  ['max 1x1 stride 2', map(6, 7, 4), maxPool([1, 1], { stride: [2, 2] })],
  ['max 3x3 stride 2', map(9, 9, 5), maxPool([3, 3], { stride: [2, 2] })],
  ['max 3x3 stride 2 padded', map(8, 7, 5, I8), maxPool([3, 3], { stride: [2, 2], pad: [1, 1, 1, 1] })],
  ['max 3x3 stride 1 same', map(6, 7, 6), maxPool([3, 3], { pad: [1, 1, 1, 1] })],
  ['max 2x3 dilated', map(8, 9, 3, I8), maxPool([2, 3], { dilation: [2, 2], pad: [0, 1, 1, 1] })],
  ['max 5x1', map(9, 4, 3, bits(12, true)), maxPool([5, 1], { pad: [2, 0, 2, 0] })],
  ['average 2x2 stride 2', map(6, 8, 5), averagePool([2, 2], false, { stride: [2, 2] })],
  [
    'average 3x3 stride 3 padded, inside only',
    map(8, 7, 3, I8),
    averagePool([3, 3], false, { stride: [3, 3], pad: [1, 1, 1, 1] }),
  ],
  [
    'average 3x3 stride 3 padded, all',
    map(8, 7, 3, I8),
    averagePool([3, 3], true, { stride: [3, 3], pad: [1, 1, 0, 1] }),
  ],
  ['average 3x3 stride 2', map(9, 7, 5), averagePool([3, 3], false, { stride: [2, 2] })],
  ['average 3x3 same, inside only', map(6, 7, 5, I8), averagePool([3, 3], false, { pad: [1, 1, 1, 1] })],
  ['average 3x3 same, all', map(7, 6, 5, I8), averagePool([3, 3], true, { pad: [1, 1, 1, 1] })],
  ['average 5x3 stride 2x1 padded', map(9, 7, 3), averagePool([5, 3], false, { stride: [2, 1], pad: [2, 1, 2, 0] })],
  [
    'average 2x2 dilated',
    map(7, 7, 3, bits(16, true)),
    averagePool([2, 2], true, { dilation: [2, 3], pad: [1, 1, 1, 1] }),
  ],
  ['average with relu', map(6, 6, 5, I8), averagePool([2, 2], false, { clamp: 'relu' })],
  ['average 16-bit', map(7, 7, 3, bits(16, false)), averagePool([3, 3], false, { stride: [2, 2], pad: [1, 1, 1, 1] })],
  ['global average 7x7', map(7, 7, 5), { op: 'global-average-pool', id: 1 }],
  ['global average 5x3 signed', map(5, 3, 9, I8), { op: 'global-average-pool', id: 1 }],
  ['global average 1x1', map(1, 1, 7), { op: 'global-average-pool', id: 1 }],
  ['global average 4x4 16-bit', map(4, 4, 3, bits(16, true)), { op: 'global-average-pool', id: 1 }],
];

const TABLES: readonly Case[] = [
  ['sigmoid', map(5, 6, 3, I8), { op: 'sigmoid', id: 1, output: U8 }],
  ['sigmoid of 10 bits', map(5, 5, 2, bits(10, true)), { op: 'sigmoid', id: 1, output: bits(16, false) }],
  ['tanh', map(5, 6, 3), { op: 'tanh', id: 1, output: I8 }],
  ['tanh of 4 bits', vector(13, bits(4, true)), { op: 'tanh', id: 1, output: bits(6, true) }],
  ['requantise', map(5, 6, 5), { op: 'requantise', id: 1, output: I8 }],
  ['requantise 9 to 3 bits', map(5, 6, 5, bits(9, true)), { op: 'requantise', id: 1, output: bits(3, false) }],
  ['leaky relu', map(5, 6, 3, I8), { op: 'leaky-relu', id: 1, output: I8 }],
  ['leaky relu of 10 bits', map(4, 5, 3, bits(10, false)), { op: 'leaky-relu', id: 1, output: bits(12, true) }],
  ['elu', map(5, 6, 3, I8), { op: 'elu', id: 1, output: I8 }],
  ['hard sigmoid', map(5, 6, 3, I8), { op: 'hard-sigmoid', id: 1, output: U8 }],
  ['hard swish', map(5, 6, 3), { op: 'hard-swish', id: 1, output: U8 }],
  ['swish', map(5, 6, 5, I8), { op: 'swish', id: 1, output: I8 }],
  ['relu alone', map(5, 6, 3, I8), { op: 'relu', id: 1 }],
  ['clip alone', map(5, 6, 3), { op: 'clip', id: 1, lo: 0.2, hi: 0.7 }],
];

/** What exporters put in front of a layer, and costs nothing in hardware. */
const IN_FRONT: readonly Case[] = [
  ['pad and conv stride 2', map(8, 8, 3), [pad(0, 0, 1, 1), conv(5, [3, 3], { stride: [2, 2] })]],
  [
    'pad and depthwise stride 2, padded',
    map(7, 8, 5, I8),
    [pad(1, 0, 0, 1), conv(5, [3, 3], { groups: 5, stride: [2, 2], pad: [0, 1, 1, 0] })],
  ],
  ['pad and average, all', map(7, 6, 3, I8), [pad(1, 1, 1, 1), averagePool([3, 3], false, { stride: [2, 2] })]],
  ['vector as a map', vector(90), [reshape(9, 5, 2), conv(4, [3, 2], { stride: [2, 1] })]],
  ['pixels in another order of rows', map(6, 4, 3), [reshape(8, 3, 3), conv(4, [2, 3], { pad: [1, 1, 0, 1] })]],
];

/** Every case as a network of one layer, and what is in front of it, with the numbers of a seed. */
export function singleLayerCases(seed: number): readonly { readonly title: string; readonly spec: NetworkSpec }[] {
  const cases = [...KERNELS, ...MAPS, ...GROUPS, ...NUMBERS, ...DENSE, ...POOLS, ...TABLES, ...JOINS, ...IN_FRONT];
  return cases.map(([title, input, layer, requantBits = 18], index) => ({
    title,
    spec: { name: `single${index}`, seed: seed + index, input, requantBits, layers: [layer].flat() },
  }));
}
