import { afterAll, describe, expect, it } from 'vitest';
import { importTflite } from '../../src/frontend/tflite/import.js';
import { formatDiagnostic } from '../../src/support/diagnostics.js';
import { buildTflite, type ModelSpec, type TensorSpec } from '../unit/frontend/tflite/build-tflite.js';
import { floats, int8, ints, type SingleOperator, singleOperator } from '../unit/frontend/tflite/run-tflite.js';
import { messageOf, openExpected } from './expected-messages.js';

/** Whole texts of what is said about TFLite files that are damaged or cannot be imported. */

const MAP = [1, 4, 4, 2];
const CONV = ['Conv2DOptions', { 1: ['i32', 1], 2: ['i32', 1] }] as const;
const WEIGHT = floats([3, 1, 1, 2], [1, 2, 3, 4, 5, 6]);

/** A sound network: one convolution. */
const sound: SingleOperator = {
  kind: 'CONV_2D',
  options: CONV,
  operands: [{ ...floats(MAP), name: 'image' }, { ...WEIGHT, name: 'w' }, undefined],
  outputs: [{ ...floats([1, 4, 4, 3]), name: 'map' }],
};

function conv(change: Partial<SingleOperator>): () => Uint8Array {
  return () => buildTflite(singleOperator({ ...sound, ...change }));
}

function single(operator: SingleOperator): () => Uint8Array {
  return () => buildTflite(singleOperator(operator));
}

function model(spec: ModelSpec): () => Uint8Array {
  return () => buildTflite(spec);
}

/** The sound file with something in its bytes changed. */
function damaged(change: (bytes: Uint8Array, view: DataView) => Uint8Array): () => Uint8Array {
  return () => {
    const bytes = buildTflite(singleOperator(sound));
    return change(bytes, new DataView(bytes.buffer));
  };
}

const relu = (from: TensorSpec, to: TensorSpec): ModelSpec =>
  singleOperator({ kind: 'RELU', operands: [from], outputs: [to] });
const base = singleOperator(sound);
const withTensor = (index: number, change: Partial<TensorSpec>): ModelSpec => ({
  ...base,
  tensors: base.tensors.map((tensor, at) => (at === index ? { ...tensor, ...change } : tensor)),
});

const CASES: Readonly<Record<string, () => Uint8Array>> = {
  'file: empty': () => new Uint8Array(),
  'file: another identifier': model({ ...base, identifier: 'TFL2' }),
  'file: cut off': damaged((bytes) => bytes.slice(0, 60)),
  'file: root outside': damaged((bytes, view) => {
    view.setUint32(0, 2 ** 31, true);
    return bytes;
  }),
  'file: vtable outside': damaged((bytes, view) => {
    view.setInt32(view.getUint32(0, true), -(2 ** 30), true);
    return bytes;
  }),
  'file: vtable of an odd length': damaged((bytes, view) => {
    const root = view.getUint32(0, true);
    view.setUint16(root - view.getInt32(root, true), 7, true);
    return bytes;
  }),
  'file: field beyond its table': damaged((bytes, view) => {
    const root = view.getUint32(0, true);
    view.setUint16(root - view.getInt32(root, true) + 2, 5, true);
    return bytes;
  }),
  'file: vector of 2^32 - 1 elements': damaged((bytes, view) => {
    const root = view.getUint32(0, true);
    const field = root + view.getUint16(root - view.getInt32(root, true) + 4 + 2 * 2, true);
    view.setUint32(field + view.getUint32(field, true), 2 ** 32 - 1, true);
    return bytes;
  }),
  'file: schema version': model({ ...base, version: 2 }),
  'file: field of a newer schema': model({ ...base, more: { 12: ['i32', 1] } }),
  'file: tensor index': model({ ...base, inputs: [7] }),
  'file: tensor of a missing buffer': model(withTensor(0, { more: { 2: ['i32', 99] } })),
  'file: operator of a missing code': model({
    ...base,
    operators: base.operators.map((operator) => ({ ...operator, more: { 0: ['i32', 5] } })),
  }),
  'file: no subgraph': model({ ...base, more: { 2: ['ints', []] } }),
  'file: no inputs and outputs': model({ ...base, inputs: [], outputs: [] }),
  'file: left out input and output': model({ ...base, inputs: [0, -1], outputs: [2, -1] }),

  'operator: unknown': single({ ...sound, kind: 'SVDF', options: ['SVDFOptions'] }),
  'operator: custom': model({
    ...base,
    operators: [{ kind: 'CUSTOM', customName: 'TFLite_Detection_PostProcess', inputs: [0], outputs: [2] }],
  }),
  'operator: control flow': single({
    kind: 'WHILE',
    options: ['WhileOptions'],
    operands: [floats([1, 2])],
    outputs: [floats([1, 2])],
  }),
  'operator: version': conv({ version: 9 }),
  'operator: options of another': conv({ options: ['Pool2DOptions', { 1: ['i32', 1], 2: ['i32', 1] }] }),
  'operator: options missing': () => {
    const { options: _, ...bare } = sound;
    return buildTflite(singleOperator(bare));
  },
  'operator: option of a newer schema': conv({ options: ['Conv2DOptions', { ...CONV[1], 7: ['i32', 1] }] }),
  'operator: option outside of its enumeration': conv({ options: ['Conv2DOptions', { ...CONV[1], 0: ['i8', 2] }] }),
  'operator: strides of 0': conv({ options: ['Conv2DOptions'] }),
  'operator: fused TANH': conv({ options: ['Conv2DOptions', { ...CONV[1], 3: ['i8', 4] }] }),
  'operator: custom options': model({
    ...base,
    operators: base.operators.map((operator) => ({ ...operator, more: { 5: ['ints', [1]], 8: ['ints', [1]] } })),
  }),
  'operator: too few operands': conv({ operands: [floats(MAP)] }),
  'operator: required operand left out': conv({ operands: [floats(MAP), undefined, floats([3], [1, 2, 3])] }),

  'operator: left out operand of a join': model({
    tensors: [floats([1, 2]), floats([1, 2])],
    operators: [
      { kind: 'CONCATENATION', inputs: [0, -1], outputs: [1], options: ['ConcatenationOptions', { 0: ['i32', 1] }] },
    ],
  }),
  'operator: too many computed constants': model({
    tensors: [
      floats([1, 70_000]),
      { shape: [70_000], type: 'INT32', data: new Int32Array(70_000) },
      floats([70_000]),
      floats([1, 70_000]),
    ],
    operators: [
      { kind: 'CAST', inputs: [1], outputs: [2] },
      { kind: 'ADD', inputs: [0, 2], outputs: [3] },
    ],
  }),

  'tensor: element type': model(relu({ shape: [1, 2], type: 'COMPLEX64' }, { shape: [1, 2], type: 'COMPLEX64' })),
  'tensor: dynamic shape': model(withTensor(0, { signature: [-1, -1, -1, 2] })),
  'tensor: integers of 32 bits': model(relu({ shape: [1, 2], type: 'INT8' }, { shape: [1, 2], type: 'INT32' })),
  'tensor: mixed numbers': model(relu(int8([1, 2], 1, 0), floats([1, 2]))),
  'tensor: per-axis activation': model(
    relu({ shape: [1, 2], type: 'INT8', scale: [1, 2], zeroPoint: [0, 0], axis: 1 }, floats([1, 2])),
  ),
  'tensor: dangling': model({
    ...base,
    tensors: [...base.tensors, floats([1, 2])],
    operators: [{ ...sound, inputs: [0, 3, -1], outputs: [2] }],
  }),
  'tensor: read before it is made': model({
    tensors: [floats([1, 2]), floats([1, 2]), floats([1, 2])],
    operators: [
      { kind: 'RELU', inputs: [1], outputs: [2] },
      { kind: 'RELU', inputs: [0], outputs: [1] },
    ],
  }),
  'tensor: made twice, a constant and an input': model({
    tensors: [floats([1, 2]), { ...floats([1, 2]), name: 'twice' }, floats([1, 2], [1, 2])],
    operators: [0, 1, 1, 2].map((output) => ({ kind: 'RELU', inputs: [0], outputs: [output] })),
    ...{ inputs: [0, 0], outputs: [1] },
  }),
  'tensor: output that nothing makes': model({ ...base, tensors: [...base.tensors, floats([1])], outputs: [2, 3, 1] }),
  'tensor: constant of another size': model(withTensor(1, { shape: [3, 1, 1, 3] })),
  'tensor: constant of strings': model(withTensor(1, { type: 'STRING' })),
  'tensor: values outside': model({ ...base, bufferFields: { 1: { 1: ['u64', 4096], 2: ['u64', 24] } } }),
  'tensor: sparse and variable': model({
    ...withTensor(1, { more: { 6: ['table'] } }),
    tensors: [
      ...withTensor(1, { more: { 6: ['table'] } }).tensors.slice(0, 2),
      { ...floats([1, 4, 4, 3]), more: { 5: ['i8', 1] } },
    ],
  }),
  'tensor: zero points': model(withTensor(0, { type: 'INT8', scale: [1], zeroPoint: [] })),
  'tensor: scales of an axis': model(
    withTensor(1, { type: 'INT8', data: new Int8Array(6), scale: [1, 2], zeroPoint: [0, 0], axis: 0 }),
  ),
  'tensor: axis of scales': model(
    withTensor(1, { type: 'INT8', data: new Int8Array(6), scale: [1, 2], zeroPoint: [0, 0], axis: 4 }),
  ),
  'tensor: NaN in a weight': model(
    withTensor(1, { data: Float32Array.of(1, Number.NaN, 2, 3, 4, Number.POSITIVE_INFINITY) }),
  ),

  'shape: output': conv({ outputs: [floats([1, 4, 4, 4])] }),
  'shape: batch': conv({ operands: [floats([2, 4, 4, 2]), WEIGHT], outputs: [floats([2, 4, 4, 3])] }),
  'shape: rank': conv({ operands: [floats([4, 4, 2]), WEIGHT] }),
  'shape: channels': conv({ operands: [floats([1, 4, 4, 3]), WEIGHT] }),
  'shape: bias': conv({ operands: [floats(MAP), WEIGHT, floats([2], [1, 2])] }),
  'shape: kernel larger than the map': conv({
    options: ['Conv2DOptions', { ...CONV[1], 0: ['i8', 1] }],
    operands: [floats(MAP), floats([1, 5, 1, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 0])],
    outputs: [floats([1, 0, 4, 1])],
  }),
  'shape: too large': model(relu(floats([1, 2 ** 21]), floats([1, 2 ** 21]))),
  'weight: flows': model({ ...base, tensors: base.tensors.map(({ data: _, ...tensor }) => tensor), inputs: [0, 1] }),
  'weight: scale of its bias': conv({
    operands: [
      int8(MAP, 0.5, 0),
      int8([3, 1, 1, 2], 0.5, 0, [1, 2, 3, 4, 5, 6]),
      { ...ints([1, 2, 3]), scale: [1], zeroPoint: [0] },
    ],
    outputs: [int8([1, 4, 4, 3], 1, 0)],
  }),
  'weight: scales along another axis': conv({
    operands: [
      int8(MAP, 0.5, 0),
      { ...int8([3, 1, 1, 2], 1, 0, [1, 2, 3, 4, 5, 6]), scale: [1, 2], zeroPoint: [0, 0], axis: 3 },
    ],
    outputs: [int8([1, 4, 4, 3], 1, 0)],
  }),

  'layout: reshape, transpose, pad': model({
    tensors: [
      floats([1, 2, 3]),
      ints([4, -1]),
      ints([0, 1]),
      ints([1, 1, 0, 0, 0, 0]),
      floats([4]),
      floats([3, 2, 1]),
      floats([3, 2, 3]),
    ],
    operators: [
      { kind: 'RESHAPE', inputs: [0, 1], outputs: [4] },
      { kind: 'TRANSPOSE', inputs: [0, 2], outputs: [5] },
      { kind: 'PAD', inputs: [0, 3], outputs: [6] },
    ],
    outputs: [4, 5, 6],
  }),
  'layout: resize, mirror, split': model({
    tensors: [
      floats([1, 2, 3, 1]),
      ints([3, 6]),
      ints([0, 0, 0, 0, 2, 0, 0, 0]),
      ints([1]),
      floats([1, 3, 6, 1]),
      floats([1, 2, 5, 1]),
      floats([1, 1, 3, 1]),
    ],
    operators: [
      { kind: 'RESIZE_NEAREST_NEIGHBOR', inputs: [0, 1], outputs: [4], options: ['ResizeNearestNeighborOptions'] },
      { kind: 'MIRROR_PAD', inputs: [0, 2], outputs: [5], options: ['MirrorPadOptions', { 0: ['i8', 1] }] },
      { kind: 'SPLIT', inputs: [3, 0], outputs: [6], options: ['SplitOptions', { 0: ['i32', 2] }] },
    ],
    outputs: [4, 5, 6],
  }),
  'layout: slices': model({
    tensors: [
      floats([1, 4]),
      ints([0, 3]),
      ints([1, 2]),
      ints([0, 0]),
      ints([1, 0]),
      ints([1, -1]),
      floats([1, 2]),
      floats([1, 2]),
      floats([1, 4]),
    ],
    operators: [
      { kind: 'SLICE', inputs: [0, 1, 2], outputs: [6] },
      { kind: 'STRIDED_SLICE', inputs: [0, 3, 2, 4], outputs: [7], options: ['StridedSliceOptions'] },
      {
        kind: 'STRIDED_SLICE',
        inputs: [0, 3, 2, 5],
        outputs: [8],
        options: ['StridedSliceOptions', { 0: ['i32', 3], 1: ['i32', 3] }],
      },
    ],
    outputs: [6, 7, 8],
  }),
  'numbers: tables, means and casts of integers': model({
    tensors: [
      { shape: [1, 2, 2, 2], type: 'INT16', scale: [1], zeroPoint: [0] },
      ints([3]),
      ...[0, 1, 2].map(() => ({ shape: [1, 2, 2, 2], type: 'INT16', scale: [1], zeroPoint: [0] })),
      floats([1, 2, 2, 2]),
    ],
    operators: [
      { kind: 'LOGISTIC', inputs: [0], outputs: [2] },
      { kind: 'MEAN', inputs: [0, 1], outputs: [3], options: ['ReducerOptions', { 0: ['i8', 1] }] },
      {
        kind: 'LOCAL_RESPONSE_NORMALIZATION',
        inputs: [0],
        outputs: [4],
        options: ['LocalResponseNormalizationOptions'],
      },
      { kind: 'CAST', inputs: [4], outputs: [5] },
    ],
    outputs: [2, 3, 4, 5],
  }),
  'end: softmax in the middle, with a beta': model({
    tensors: [floats([1, 2]), floats([1, 2]), floats([1, 2]), floats([1, 2])],
    operators: [
      { kind: 'SOFTMAX', inputs: [0], outputs: [1], options: ['SoftmaxOptions', { 0: ['f32', 1] }] },
      { kind: 'RELU', inputs: [1], outputs: [2] },
      { kind: 'SOFTMAX', inputs: [2], outputs: [3], options: ['SoftmaxOptions', { 0: ['f32', 2] }] },
    ],
  }),
  'many independent problems': model({
    tensors: [
      { ...floats(MAP), name: 'image', signature: [1, -1, 4, 2] },
      { ...WEIGHT, name: 'w' },
      { ...floats([1, 4, 4, 3]), name: 'a' },
      { ...floats([1, 4, 4, 3]), name: 'b' },
      { ...floats([1, 4, 4, 3]), name: 'c' },
      { ...floats([1, 4, 4, 3]), name: 'd' },
    ],
    operators: [
      { kind: 'CONV_2D', version: 99, inputs: [0, 1], outputs: [2], options: ['Conv2DOptions', { 0: ['i8', 9] }] },
      { kind: 'GELU', inputs: [2], outputs: [3] },
      { kind: 'ADD', inputs: [2, 3], outputs: [4], options: ['AddOptions', { 0: ['i8', 5] }] },
      { kind: 'CUSTOM', customName: 'mine', inputs: [4], outputs: [5] },
    ],
  }),
};

/** Sound files that the user is told something about. */
const NOTES: Readonly<Record<string, () => Uint8Array>> = {
  'note: softmax, arg-max, log-softmax': model({
    tensors: [floats([1, 2]), ...[1, 2].map(() => floats([1, 2])), ints([1]), { shape: [1], type: 'INT32' }],
    operators: [
      { kind: 'SOFTMAX', inputs: [0], outputs: [1], options: ['SoftmaxOptions', { 0: ['f32', 1] }] },
      { kind: 'LOG_SOFTMAX', inputs: [0], outputs: [2] },
      { kind: 'ARG_MAX', inputs: [0, 3], outputs: [4] },
    ],
    outputs: [1, 2, 4],
  }),
  'note: other subgraphs': model({ ...base, otherSubgraphs: ['body', ''] }),
  'note: integer weights of a float layer': conv({
    operands: [floats(MAP), int8([3, 1, 1, 2], 1, 0, [1, 2, 3, 4, 5, 6])],
  }),
};

const expected = openExpected('tflite.expected.txt');

function compare(name: string, message: string): void {
  if (expected.updating) expected.update(name, message);
  else expect(message).toBe(expected.get(name));
}

describe('bad TFLite files', () => {
  it.each(Object.keys(CASES))('%s', (name) => {
    const bytes = CASES[name]?.() ?? new Uint8Array();
    const message = messageOf(() => importTflite(bytes, 'net.tflite'));
    expect(message).not.toBe('accepted');
    compare(name, message);
  });

  it.each(Object.keys(NOTES))('%s', (name) => {
    const { notes } = importTflite(NOTES[name]?.() ?? new Uint8Array(), 'net.tflite');
    compare(name, notes.map(formatDiagnostic).join('\n'));
  });

  it('differ from good ones', () => {
    expect(messageOf(() => importTflite(buildTflite(base), 'net.tflite'))).toBe('accepted');
  });

  it('have no expectation without a case', () => {
    if (!expected.updating) expect(expected.names).toEqual([...Object.keys(CASES), ...Object.keys(NOTES)]);
  });

  afterAll(() => {
    if (expected.updating) expected.save();
  });
});
