import type { Fields, ModelSpec, TensorSpec } from '../unit/frontend/tflite/build-tflite.js';
import { floats, int8, ints, type SingleOperator, singleOperator } from '../unit/frontend/tflite/run-tflite.js';

/** Small TFLite models: every operator that is imported, by itself, and a few networks. */

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => (i % 9) - 4);
const MAP = [1, 4, 4, 2];
const VECTOR = [1, 4];

/** Float and quantised, of one kind. */
function both(kind: string, from: readonly number[], to: readonly number[], more: Partial<SingleOperator> = {}) {
  const { operands = [], ...others } = more;
  return [
    { kind, operands: [floats(from), ...operands], outputs: [floats(to)], ...others },
    { kind, operands: [int8(from, 0.5, -3), ...operands], outputs: [int8(to, 0.25, 5)], ...others },
  ];
}

function conv(kind: string, name: string, fields: Fields, w: readonly number[], outputs: number): SingleOperator[] {
  const count = w.reduce((product, extent) => product * extent, 1);
  const to = [1, 2, 2, outputs];
  const perChannel: TensorSpec = {
    ...int8(w, 1, 0, range(count)),
    scale: Array.from({ length: outputs }, (_, i) => 0.25 + i),
    zeroPoint: Array.from({ length: outputs }, () => 0),
    axis: kind === 'DEPTHWISE_CONV_2D' ? 3 : 0,
  };
  const bias = range(outputs);
  const common = { kind, version: 2, options: [name, fields] as const };
  return [
    { ...common, operands: [floats(MAP), floats(w, range(count)), floats([outputs], bias)], outputs: [floats(to)] },
    { ...common, operands: [int8(MAP, 0.5, -1), perChannel, ints(bias)], outputs: [int8(to, 2, 3)] },
  ];
}

const POOL: Fields = { 0: ['i8', 1], 1: ['i32', 2], 2: ['i32', 2], 3: ['i32', 2], 4: ['i32', 2], 5: ['i8', 1] };

const HALVES: TensorSpec = { shape: [4], type: 'FLOAT16', data: Uint16Array.of(0x3c00, 0xc100, 0x0001, 0x8000) };

const SINGLE: readonly SingleOperator[] = [
  ...conv(
    'CONV_2D',
    'Conv2DOptions',
    { 0: ['i8', 0], 1: ['i32', 2], 2: ['i32', 2], 3: ['i8', 1], 4: ['i32', 1], 5: ['i32', 1] },
    [3, 3, 3, 2],
    3,
  ),
  ...conv(
    'DEPTHWISE_CONV_2D',
    'DepthwiseConv2DOptions',
    { 0: ['i8', 0], 1: ['i32', 2], 2: ['i32', 2], 3: ['i32', 2], 4: ['i8', 3], 5: ['i32', 1], 6: ['i32', 1] },
    [1, 3, 3, 4],
    4,
  ),
  {
    kind: 'TRANSPOSE_CONV',
    version: 3,
    options: ['TransposeConvOptions', { 0: ['i8', 0], 1: ['i32', 2], 2: ['i32', 2] }],
    operands: [ints([1, 8, 8, 3]), floats([3, 3, 3, 2], range(54)), floats(MAP)],
    outputs: [floats([1, 8, 8, 3])],
  },
  ...both('FULLY_CONNECTED', VECTOR, [1, 2], {
    version: 9,
    options: ['FullyConnectedOptions', { 0: ['i8', 1], 2: ['i8', 0] }],
    operands: [int8([2, 4], 0.5, 0, range(8)), undefined],
  }),
  ...both('MAX_POOL_2D', MAP, [1, 2, 2, 2], { options: ['Pool2DOptions', POOL] }),
  ...both('AVERAGE_POOL_2D', MAP, [1, 2, 2, 2], { options: ['Pool2DOptions', POOL] }),
  ...both('MEAN', MAP, [1, 2], { options: ['ReducerOptions', { 0: ['i8', 0] }], operands: [ints([1, 2])] }),
  ...['ADD', 'SUB', 'MUL'].flatMap((kind) => [
    ...both(kind, MAP, MAP, { operands: [floats([2], [1, -2])] }).slice(0, 1),
    ...both(kind, MAP, MAP, { operands: [int8([1, 1, 1, 2], 0.5, 1, [1, -2])] }).slice(1),
  ]),
  { kind: 'ADD', operands: [floats(MAP), floats(MAP)], outputs: [floats(MAP)], options: ['AddOptions'] },
  ...['MAXIMUM', 'MINIMUM'].map((kind) => ({
    kind,
    operands: [floats(VECTOR), floats([], [1])],
    outputs: [floats(VECTOR)],
  })),
  ...['RELU', 'RELU6', 'RELU_N1_TO_1', 'RELU_0_TO_1', 'LOGISTIC', 'TANH', 'ELU', 'HARD_SWISH'].flatMap((kind) =>
    both(kind, VECTOR, VECTOR),
  ),
  ...both('LEAKY_RELU', VECTOR, VECTOR, { options: ['LeakyReluOptions', { 0: ['f32', 0.25] }] }),
  { kind: 'PRELU', operands: [floats(MAP), floats([1, 1, 2], [0.5, -1])], outputs: [floats(MAP)] },
  {
    kind: 'LOCAL_RESPONSE_NORMALIZATION',
    operands: [floats(MAP)],
    outputs: [floats(MAP)],
    options: ['LocalResponseNormalizationOptions', { 0: ['i32', 1], 1: ['f32', 2], 2: ['f32', 0.5], 3: ['f32', 1] }],
  },
  { kind: 'QUANTIZE', operands: [floats(VECTOR)], outputs: [int8(VECTOR, 0.5, 3)] },
  { kind: 'QUANTIZE', operands: [int8(VECTOR, 1, 0)], outputs: [int8(VECTOR, 0.5, 3)] },
  { kind: 'DEQUANTIZE', operands: [int8(VECTOR, 0.5, 3)], outputs: [floats(VECTOR)] },
  { kind: 'CAST', operands: [{ shape: VECTOR, type: 'UINT8' }], outputs: [floats(VECTOR)] },
  ...both('RESHAPE', MAP, [1, 32], { options: ['ReshapeOptions'], operands: [ints([1, -1])] }),
  ...both('SQUEEZE', [1, 1, 1, 4], VECTOR, { options: ['SqueezeOptions', { 0: ['ints', [1, 2]] }] }),
  ...both('EXPAND_DIMS', VECTOR, [1, 4, 1], { operands: [ints([-1])] }),
  ...both('TRANSPOSE', MAP, [1, 2, 4, 4], { operands: [ints([0, 3, 1, 2])] }),
  ...both('DEPTH_TO_SPACE', [1, 2, 2, 4], [1, 4, 4, 1], { options: ['DepthToSpaceOptions', { 0: ['i32', 2] }] }),
  ...both('RESIZE_NEAREST_NEIGHBOR', MAP, [1, 8, 4, 2], {
    options: ['ResizeNearestNeighborOptions', { 0: ['i8', 0], 1: ['i8', 1] }],
    operands: [ints([8, 4])],
  }),
  ...both('PAD', MAP, [1, 7, 4, 2], { operands: [ints([0, 0, 1, 2, 0, 0, 0, 0], [4, 2])] }),
  { kind: 'PADV2', operands: [floats(VECTOR), ints([0, 0, 1, 2], [2, 2]), floats([], [7])], outputs: [floats([1, 7])] },
  ...both('MIRROR_PAD', MAP, [1, 5, 4, 2], {
    options: ['MirrorPadOptions', { 0: ['i8', 0] }],
    operands: [ints([0, 0, 1, 0, 0, 0, 0, 0], [4, 2])],
  }),
  ...both('STRIDED_SLICE', MAP, [1, 2, 4, 2], {
    options: ['StridedSliceOptions', { 0: ['i32', 1], 1: ['i32', 13] }],
    operands: [ints([0, 1, 0, 0]), ints([1, 4, 4, 2]), ints([1, 2, 1, 1])],
  }),
  ...both('SLICE', MAP, [1, 2, 4, 2], { operands: [ints([0, 1, 0, 0]), ints([1, 2, -1, 2])] }),
  {
    kind: 'SPLIT',
    operands: [ints([3], []), floats(MAP)],
    outputs: [floats([1, 4, 4, 1]), floats([1, 4, 4, 1])],
    options: ['SplitOptions', { 0: ['i32', 2] }],
  },
  {
    kind: 'SPLIT_V',
    operands: [floats(MAP), ints([1, -1]), ints([1], [])],
    outputs: [floats([1, 1, 4, 2]), floats([1, 3, 4, 2])],
    options: ['SplitVOptions', { 0: ['i32', 2] }],
  },
  {
    kind: 'CONCATENATION',
    operands: [int8(MAP, 0.5, 0), int8(MAP, 0.25, 1), int8([1, 4, 4, 1], 1, 0, range(16))],
    outputs: [int8([1, 4, 4, 5], 0.5, 2)],
    options: ['ConcatenationOptions', { 0: ['i32', 3] }],
  },
  ...both('SOFTMAX', VECTOR, VECTOR, { options: ['SoftmaxOptions', { 0: ['f32', 1] }] }),
  { kind: 'LOG_SOFTMAX', operands: [floats(VECTOR)], outputs: [floats(VECTOR)] },
  {
    kind: 'ARG_MAX',
    operands: [floats(VECTOR), ints([1], [])],
    outputs: [{ shape: [1], type: 'INT64' }],
    options: ['ArgMaxOptions', { 0: ['i8', 4] }],
  },
];

const scalar = (type = 'INT32'): TensorSpec => ({ shape: [1], type });

/** Shapes that a network computes from itself. */
const SHAPES: ModelSpec = {
  tensors: [
    floats([1, 2, 3]),
    { shape: [3], type: 'INT64' },
    { shape: [3], type: 'INT32' },
    ints([0], []),
    ...[scalar(), scalar(), scalar(), scalar(), scalar(), scalar()],
    { shape: [2], type: 'INT32' },
    floats([1, 6]),
    ...[ints([0]), ints([1]), ints([1])],
    { shape: [], type: 'INT32' },
    { shape: [2], type: 'INT32' },
    { shape: [1, 6], signature: [-1, -1] },
    ints([6], []),
  ],
  operators: [
    { kind: 'SHAPE', inputs: [0], outputs: [1], options: ['ShapeOptions', { 0: ['i8', 4] }] },
    { kind: 'CAST', inputs: [1], outputs: [2], options: ['CastOptions', { 0: ['i8', 4], 1: ['i8', 2] }] },
    { kind: 'SPLIT', inputs: [3, 2], outputs: [4, 5, 6], options: ['SplitOptions', { 0: ['i32', 3] }] },
    { kind: 'MUL', inputs: [5, 6], outputs: [7], options: ['MulOptions'] },
    { kind: 'SUB', inputs: [7, 4], outputs: [8], options: ['SubOptions'] },
    { kind: 'ADD', inputs: [8, 4], outputs: [9], options: ['AddOptions'] },
    { kind: 'CONCATENATION', inputs: [4, 9], outputs: [10], options: ['ConcatenationOptions'] },
    { kind: 'RESHAPE', inputs: [0, 10], outputs: [11] },
    {
      kind: 'STRIDED_SLICE',
      inputs: [2, 12, 13, 14],
      outputs: [15],
      options: ['StridedSliceOptions', { 4: ['i32', 1] }],
    },
    { kind: 'PACK', inputs: [15, 18], outputs: [16], options: ['PackOptions', { 0: ['i32', 2], 1: ['i32', 0] }] },
    { kind: 'RESHAPE', inputs: [11, 16], outputs: [17], options: ['ReshapeOptions'] },
  ],
  outputs: [17],
};

/** Weights of halves that are brought into shape in the file. */
const WEIGHTS: ModelSpec = {
  tensors: [
    floats([1, 2]),
    HALVES,
    floats([4]),
    ints([2, 2]),
    floats([2, 2]),
    ints([1, 0]),
    floats([2, 2]),
    floats([1, 2]),
  ],
  operators: [
    { kind: 'DEQUANTIZE', version: 3, inputs: [1], outputs: [2] },
    { kind: 'RESHAPE', inputs: [2, 3], outputs: [4], options: ['ReshapeOptions'] },
    { kind: 'TRANSPOSE', inputs: [4, 5], outputs: [6] },
    { kind: 'FULLY_CONNECTED', inputs: [0, 6, -1], outputs: [7], options: ['FullyConnectedOptions'] },
  ],
};

/** A branch that joins again, with a softmax behind it. */
const BRANCH: ModelSpec = {
  tensors: [
    int8(MAP, 0.5, 0),
    int8(MAP, 0.25, 1),
    int8(MAP, 0.5, -3),
    int8([1, 4, 4, 4], 0.5, 0),
    ints([1, 2]),
    int8([1, 4], 0.5, 0),
    int8([1, 4], 1 / 256, -128),
    floats([1, 4]),
  ],
  operators: [
    { kind: 'LOGISTIC', inputs: [0], outputs: [1] },
    { kind: 'ADD', inputs: [0, 1], outputs: [2], options: ['AddOptions'] },
    { kind: 'CONCATENATION', inputs: [2, 0], outputs: [3], options: ['ConcatenationOptions', { 0: ['i32', 3] }] },
    { kind: 'MEAN', inputs: [3, 4], outputs: [5], options: ['ReducerOptions', { 0: ['i8', 0] }] },
    { kind: 'SOFTMAX', inputs: [5], outputs: [6], options: ['SoftmaxOptions', { 0: ['f32', 1] }] },
    { kind: 'DEQUANTIZE', inputs: [6], outputs: [7] },
  ],
};

export const TFLITE_MODELS: readonly (readonly [string, ModelSpec])[] = [
  ['shapes', SHAPES],
  ['weights', WEIGHTS],
  ['branch', BRANCH],
  ...SINGLE.map((operator, index) => [`${operator.kind} (${index})`, singleOperator(operator)] as const),
];
