import {
  add,
  bits,
  type Case,
  concat,
  conv,
  dense,
  flatten,
  I8,
  map,
  maxPool,
  requantise,
  reshape,
  slice,
  U8,
  vector,
  wide,
} from './layer-makers.js';

/** Cases of layers that join streams, or take a part of one. */

const ADDS: readonly Case[] = [
  ['add to itself', map(5, 6, 5), add([0, 0])],
  ['add to itself, ties', map(5, 6, 3), add([0, 0], { logScale: 1 })],
  ['add signed and unsigned', map(5, 6, 5), [requantise(1, I8), add([0, 1])]],
  ['add signed and unsigned, ties', map(6, 5, 7, I8), [requantise(1, U8), add([1, 0], { output: I8, logScale: 1 })]],
  ['add with relu', map(5, 6, 6, I8), [requantise(1, I8), add([0, 1], { output: I8, clamp: 'relu' })]],
  ['add clamped on both sides', map(4, 7, 4), [requantise(1, I8), add([0, 1], { clamp: 'narrow' })]],
  [
    'add three of 8, 6 and 4 bits',
    map(5, 5, 6),
    [requantise(1, bits(6, true)), requantise(2, bits(4, false)), add([0, 1, 2], { output: I8 })],
  ],
  [
    'add four, two of them the same',
    map(4, 6, 7),
    [requantise(1, I8), requantise(2, bits(1, false)), add([0, 1, 0, 2], { output: bits(10, true) })],
  ],
  [
    'add 4 bits to 16',
    map(4, 5, 3, bits(4, true)),
    [requantise(1, bits(5, false)), add([0, 1], { output: bits(16, true) })],
  ],
  [
    'add 16 bits, signed and unsigned',
    map(4, 5, 3),
    [wide(1, bits(16, true)), wide(2, bits(16, false)), add([1, 2], { output: bits(16, true) })],
  ],
  [
    'add 16 bits, requantBits 31',
    map(4, 5, 3),
    [wide(1, bits(16, false)), wide(2, bits(12, true)), add([2, 1], { output: bits(16, false) })],
    31,
  ],
  ['add, requantBits 8', map(5, 5, 3), [requantise(1, I8), add([0, 1])], 8],
  ['add a constant', map(5, 6, 5), add([0], { constant: 'one' })],
  ['add a constant a channel', map(5, 6, 5, I8), add([0], { constant: 'channel', output: I8 })],
  ['add a constant map', map(4, 5, 3), add([0], { constant: 'map', clamp: 'relu' })],
  ['add two and a constant', map(4, 5, 3), [requantise(1, I8), add([0, 1], { constant: 'one' })]],
  ['add two and a constant a channel', map(4, 5, 6), [requantise(1, I8), add([1, 0], { constant: 'channel' })]],
  ['add three and a constant map', map(3, 4, 5), [requantise(1, I8), add([0, 1, 1], { constant: 'map', output: I8 })]],
  ['add vectors', vector(23), [requantise(1, I8), add([0, 1])]],
  ['add a flattened map and a vector', map(3, 2, 6), [flatten(1, 0), { ...dense(36), id: 2, from: [1] }, add([1, 2])]],
  [
    'add a vector, a flattened map and a constant',
    map(2, 3, 12),
    [flatten(1, 0), { ...dense(72), id: 2, from: [1] }, add([2, 1], { constant: 'map' })],
  ],
  ['add a constant to a vector', vector(19, I8), add([0], { constant: 'channel' })],
];

const CONCATS: readonly Case[] = [
  ['concat with itself', map(5, 6, 5), concat([0, 0])],
  ['concat with itself, one channel', map(5, 6, 1), concat([0, 0])],
  ['concat with itself, four channels', map(5, 4, 4), concat([0, 0])],
  ['concat of 3 and 7', map(4, 5, 7), [slice([0, 0, 0], [4, 5, 3]), concat([1, 0])]],
  ['concat of 8 and 5', map(4, 5, 8), [slice([0, 0, 3], [4, 5, 8]), concat([0, 1])]],
  [
    'concat of 1, 2 and 3',
    map(4, 5, 6),
    [slice([0, 0, 5], [4, 5, 6], 1), slice([0, 0, 0], [4, 5, 2], 2), slice([0, 0, 2], [4, 5, 5], 3), concat([1, 2, 3])],
  ],
  ['concat of other numbers', map(4, 5, 3), [requantise(1, I8), concat([1, 0])]],
  [
    'concat of 4 and 8 bits in 6',
    map(4, 5, 5),
    [requantise(1, bits(4, true)), concat([0, 1, 0], { output: bits(6, true) })],
  ],
  ['concat of 16 bits', map(4, 5, 3), [wide(1, bits(16, true)), concat([1, 1])]],
  [
    'concat of 16 bits and other numbers',
    map(4, 5, 3),
    [wide(1, bits(16, true)), wide(2, bits(16, false)), concat([1, 2])],
  ],
  ['concat of vectors', vector(13), [slice([2], [7]), concat([0, 1])]],
];

const OTHER_AXES: readonly Case[] = [
  ['concat of rows', map(4, 5, 3), [slice([1, 0, 0], [3, 5, 3]), concat([0, 1, 0], { axis: 0 })]],
  ['concat of rows of many channels', map(3, 2, 9, I8), [requantise(1, U8), concat([0, 1], { axis: 0 })]],
  ['concat of columns', map(4, 5, 5), [slice([0, 2, 0], [4, 4, 5]), concat([1, 0], { axis: 1 })]],
  [
    'concat of flattened maps',
    map(3, 4, 6),
    [slice([0, 0, 0], [2, 4, 6], 1), flatten(2, 1), flatten(3, 0), concat([3, 2]), { ...dense(5), id: 4 }],
  ],
  [
    'concat of flattened maps of 12, 8 and 4 channels',
    map(3, 2, 12),
    [
      slice([0, 0, 2], [3, 2, 10], 1),
      slice([0, 0, 8], [3, 1, 12], 2),
      flatten(3, 0),
      flatten(4, 1),
      flatten(5, 2),
      concat([3, 4, 5]),
    ],
  ],
  [
    'concat of a flattened map and a vector',
    map(3, 2, 5),
    [flatten(1, 0), { ...dense(7), id: 2, from: [1] }, concat([1, 2])],
  ],
];

/** Reshapes that change the channels of the pixels. */
const REGROUPED: readonly Case[] = [
  [
    'reshape to fewer channels',
    map(3, 4, 12),
    [
      { ...reshape(6, 6, 4), id: 2 },
      { ...conv(3, [2, 2]), id: 3 },
    ],
  ],
  [
    'reshape to more channels',
    map(4, 6, 3),
    [
      { ...reshape(2, 4, 9), id: 2 },
      { ...maxPool([2, 2]), id: 3 },
    ],
  ],
  [
    'dense and reshape',
    vector(9),
    [
      { ...dense(40), id: 2 },
      { ...reshape(2, 5, 4), id: 3 },
      { ...conv(3, [2, 3]), id: 4 },
    ],
  ],
  [
    'heads of a detector',
    map(4, 3, 6),
    [
      { ...maxPool([2, 2], { stride: [2, 1] }), id: 1 },
      { ...conv(8, [1, 1]), id: 2, from: [0] },
      { ...reshape(24, 4), id: 3 },
      { ...conv(4, [1, 1]), id: 4, from: [1] },
      { ...reshape(4, 4), id: 5 },
      concat([3, 5], { axis: 0 }),
    ],
  ],
];

/** What is a table of narrower elements. */
const WIDE: readonly Case[] = [
  ['requantise 16 bits to 8', map(5, 4, 3, bits(16, true)), requantise(1, U8)],
  ['requantise 11 bits to 16', map(5, 4, 6, bits(11, false)), requantise(1, bits(16, true))],
  ['requantise 16 bits, requantBits 31', map(5, 4, 5, bits(16, false)), requantise(1, bits(16, true)), 31],
  ['relu of 16 bits', map(5, 4, 3, bits(16, true)), { op: 'relu', id: 1 }],
  ['clip of 12 bits', map(5, 4, 5, bits(12, false)), { op: 'clip', id: 1, lo: 0.2, hi: 0.7 }],
];

const SLICES: readonly Case[] = [
  ['slice of rows', map(7, 5, 3), slice([2, 0, 0], [5, 5, 3])],
  ['slice of columns', map(5, 8, 3), slice([0, 1, 0], [5, 7, 3])],
  ['slice of the first channels', map(4, 5, 9), slice([0, 0, 0], [4, 5, 5])],
  ['slice of the last channels', map(4, 5, 9, I8), slice([0, 0, 4], [4, 5, 9])],
  ['slice of channels in the middle', map(4, 5, 13), slice([0, 0, 3], [4, 5, 11])],
  ['slice of one channel', map(4, 5, 8), slice([0, 0, 6], [4, 5, 7])],
  ['slice of a box', map(6, 7, 7), slice([1, 2, 1], [5, 6, 6])],
  ['slice of one element', map(5, 6, 3), slice([3, 4, 2], [4, 5, 3])],
  ['slice of the last pixel', map(4, 4, 5), slice([3, 3, 0], [4, 4, 5])],
  ['slice of a vector', vector(29), slice([5], [18])],
];

export const JOINS: readonly Case[] = [...ADDS, ...CONCATS, ...OTHER_AXES, ...REGROUPED, ...SLICES, ...WIDE];
