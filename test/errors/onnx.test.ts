import { afterAll, describe, expect, it } from 'vitest';
import { importOnnx } from '../../src/frontend/onnx/import.js';
import { MODEL } from '../../src/frontend/onnx/model-proto.js';
import { formatDiagnostic } from '../../src/support/diagnostics.js';
import { type OnnxAttribute, type OnnxBuilder, tensorMessage } from '../oracle/onnx-builder.js';
import { encodeMessage, type Message } from '../oracle/proto-writer.js';
import { type Build, fileOf, floats, integers, longs, node, single } from '../unit/frontend/onnx/run-onnx.js';
import { messageOf, openExpected } from './expected-messages.js';

/** Whole texts of what is said about ONNX files that are damaged or cannot be imported. */

const MAP = [1, 2, 4, 4];
const X = (b: OnnxBuilder): string => b.input('x', 'float32', MAP);
const WEIGHT = (b: OnnxBuilder): readonly string[] => [floats(b, [3, 2, 1, 1], [1, 2, 3, 4, 5, 6])];

function built(build: Build, opset?: number): () => Uint8Array {
  return () => fileOf(build, opset);
}

function op(
  name: string,
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
  others: (b: OnnxBuilder) => readonly string[] = () => [],
  opset?: number,
): () => Uint8Array {
  return built(single(name, MAP, others, attributes), opset);
}

/** A sound network: one convolution. */
const sound: Build = (b) => node(b, 'Conv', [X(b), ...WEIGHT(b)]);

/** A file written message by message. */
function model(change: Message): () => Uint8Array {
  return () => {
    const value = {
      name: 'x',
      type: { tensorType: { elemType: 1n, shape: { dim: [{ dimValue: 1n }, { dimValue: 4n }] } } },
    };
    const graph = {
      name: 'g',
      input: [value],
      output: [{ name: 'y' }],
      node: [{ opType: 'Relu', input: ['x'], output: ['y'] }],
    };
    const opsetImport = [{ domain: '', version: 13n }];
    return encodeMessage(MODEL, { irVersion: 7n, graph, opsetImport, ...change });
  };
}

function damaged(change: (bytes: Uint8Array) => Uint8Array): () => Uint8Array {
  return () => change(new Uint8Array(fileOf(sound)));
}

const scale = (b: OnnxBuilder, value = 0.5): string => floats(b, [], [value]);

const CASES: Readonly<Record<string, () => Uint8Array>> = {
  'file: empty': () => new Uint8Array(),
  'file: another format': () => Buffer.from('{"format": "heddle"}'),
  'file: cut off': damaged((bytes) => bytes.slice(0, bytes.length - 20)),
  'file: no graph': () => encodeMessage(MODEL, { irVersion: 7n, opsetImport: [{ domain: '', version: 13n }] }),
  'file: IR version and opset': model({ irVersion: 99n, opsetImport: [{ domain: '', version: 3n }] }),
  'file: no opset': model({ opsetImport: [] }),
  'file: opset of the future': built(sound, 99),

  'operator: unknown, with a suggestion': op('Convv'),
  'operator: unknown domain': built((b) => node(b, 'acme:Conv', [X(b)])),
  'operator: control flow': op('Loop'),
  'operator: number of inputs and outputs': built((b) => {
    b.node({ op: 'Relu', inputs: [X(b), 'x'], outputs: ['y', 'z'] });
    return 'y';
  }),
  'operator: input left out': built((b) => node(b, 'Conv', [X(b), '', ...WEIGHT(b)])),
  'operator: on constants only': op('Sqrt'),
  'operator: recurrent': op('LSTM'),
  'operator: top k': op('TopK', {}, (b) => [longs(b, [5])]),

  'attribute: unknown, with a suggestion': op('Conv', { stride: [1, 1] }, WEIGHT),
  'attribute: of a later opset': op('MaxPool', { kernel_shape: [2, 2], ceil_mode: 1n }, () => [], 8),
  'attribute: of another kind': op('Conv', { strides: 2n, group: { f: 1 } }, WEIGHT),
  'attribute: of no known word': op('Conv', { auto_pad: 'SAME' }, WEIGHT),
  'attribute: missing': op('MaxPool'),
  'attribute: out of range': op('Conv', { strides: [0, 1] }, WEIGHT),
  'attribute: for one dimension': op('Conv', { pads: [1, 1] }, WEIGHT),
  'attribute: contradicting padding': op('Conv', { auto_pad: 'SAME_UPPER', pads: [1, 1, 1, 1] }, WEIGHT),
  'attribute: groups': op('Conv', { group: 2n }, WEIGHT),

  'tensor: dangling, with a suggestion': built((b) => {
    const weight = b.constant('weights', 'float32', [3, 2, 1, 1], new Float32Array(6));
    return node(b, 'Add', [node(b, 'Conv', [X(b), 'weight']), weight]);
  }),
  'tensor: made twice': model({
    graph: {
      ...{ name: 'g', input: [], output: [{ name: 'y' }], initializer: [] },
      node: [1, 2].map(() => ({ opType: 'Constant', input: [], output: ['y'] })),
    },
  }),
  'tensor: output that nothing makes': built(() => 'nowhere'),
  'tensor: output that is constant': built((b) => node(b, 'Add', [scale(b), scale(b)])),
  'tensor: a ring of nodes': built((b) => {
    b.input('x', 'float32', [1, 2]);
    b.node({ op: 'Add', inputs: ['x', 'two'], outputs: ['one'] });
    b.node({ op: 'Relu', inputs: ['one'], outputs: ['two'] });
    return 'two';
  }),
  'tensor: too few values': model({
    graph: {
      ...{ name: 'g', input: [], output: [{ name: 'y' }], node: [{ opType: 'Relu', input: ['w'], output: ['y'] }] },
      initializer: [{ ...tensorMessage('w', 'float32', [3], new Float32Array(2)) }],
    },
  }),
  'tensor: NaN in a weight': op('Conv', {}, (b) => [floats(b, [1, 2, 1, 1], [Number.NaN, 1])]),

  'shape: batch': built(single('Relu', [4, 2])),
  'shape: open extents': built(single('Relu', ['N', 3, 'height', 'width'])),
  'shape: type of an input': built(single('Relu', [1, 4], () => [], {}, 'int64')),
  'shape: one-dimensional maps': built((b) =>
    node(b, 'Conv', [b.input('x', 'float32', [1, 2, 4]), floats(b, [1, 2, 1], [1, 2])]),
  ),
  'shape: operands': op('Add', {}, (b) => [floats(b, [3], [1, 2, 3])]),
  'shape: reshape': op('Reshape', {}, (b) => [longs(b, [3, -1])]),
  'shape: kernel larger than the map': op('MaxPool', { kernel_shape: [5, 1] }),
  'shape: bias': op('Conv', {}, (b) => [...WEIGHT(b), floats(b, [2], [1, 2])]),
  'shape: axis': op('Concat', { axis: 4n }),

  'value: weight that flows': built((b) => node(b, 'Conv', [X(b), b.input('w', 'float32', [3, 2, 1, 1])])),
  'value: division by what flows': built((b) => node(b, 'Div', [scale(b), X(b)])),
  'value: largest of two tensors': built((b) => node(b, 'Max', [X(b), b.input('z', 'float32', MAP)])),
  'value: softmax inside': built((b) => node(b, 'Relu', [node(b, 'Softmax', [X(b)])])),
  'value: training': op('BatchNormalization', { training_mode: 1n }, (b) =>
    [0, 1, 2, 3].map(() => floats(b, [2], [1, 1])),
  ),
  'value: cubic interpolation': op('Resize', { mode: 'cubic' }, (b) => ['', floats(b, [4], [1, 1, 2, 2])]),
  'value: uneven interpolation': op('Resize', { mode: 'linear' }, (b) => ['', '', longs(b, [1, 2, 6, 6])]),
  'value: interpolation of integers': built((b) => {
    const q = node(b, 'QuantizeLinear', [X(b), scale(b)]);
    return node(b, 'Resize', [q, '', floats(b, [4], [1, 1, 2, 2])], { mode: 'linear' });
  }),
  'value: uneven enlargement': op('Resize', {}, (b) => ['', '', longs(b, [1, 2, 6, 6])]),
  'value: flipped pictures': op('Slice', {}, (b) => [longs(b, [-1]), longs(b, [-9]), longs(b, [3]), longs(b, [-1])]),

  'quantised: scale that is computed': built((b) => {
    b.node({ op: 'DynamicQuantizeLinear', inputs: [X(b)], outputs: ['q', 's', 'z'] });
    return node(b, 'DequantizeLinear', ['q', 's', 'z']);
  }),
  'quantised: in blocks': op('QuantizeLinear', { block_size: 2n, axis: 1n }, (b) => [scale(b)]),
  'quantised: scale that is not positive': op('QuantizeLinear', {}, (b) => [
    scale(b, -1),
    integers(b, 'uint8', [], [0]),
  ]),
  'quantised: numbers of scales': op('QuantizeLinear', {}, (b) => [
    floats(b, [3], [1, 2, 3]),
    integers(b, 'uint8', [3], [0, 0, 0]),
  ]),
  'quantised: sums of integers without a scale': built((b) =>
    node(b, 'Add', [b.input('x', 'uint8', [1, 2]), b.input('z', 'uint8', [1, 2])]),
  ),

  'several: all at once': built((b) => {
    const x = b.input('x', 'float32', [1, 3, 'height', 'width']);
    const z = b.input('z', 'float32', MAP);
    const a = node(b, 'Conv', [z, ...WEIGHT(b)], { dilation: [1, 1], group: 1n, kernel_shape: [3, 3] });
    const c = node(b, 'Selu', [node(b, 'Relu', [a])]);
    return [
      node(b, 'Gelu', [x]),
      node(b, 'Add', [c, 'missing']),
      node(b, 'MaxPool', [z], { kernel_shape: [2, 2], padding: 'SAME' }),
    ];
  }),
};

/** Sound files that the user is told something about. */
const NOTES: Readonly<Record<string, () => Uint8Array>> = {
  'note: softmax of a vector': built(single('Softmax', [1, 3])),
  'note: softmax of a map': op('LogSoftmax', { axis: 1n }),
  'note: arg-max behind a softmax': built((b) =>
    node(b, 'ArgMax', [node(b, 'Softmax', [b.input('x', 'float32', [1, 3])])], { axis: -1n }),
  ),
};

const expected = openExpected('onnx.expected.txt');

function compare(name: string, message: string): void {
  if (expected.updating) expected.update(name, message);
  else expect(message).toBe(expected.get(name));
}

describe('messages about ONNX files', () => {
  it.each(Object.keys(CASES))('%s', (name) => {
    const bytes = CASES[name]?.() ?? new Uint8Array();
    const message = messageOf(() => importOnnx(bytes, 'net.onnx', () => new Uint8Array()));
    expect(message).not.toBe('accepted');
    compare(name, message);
  });

  it.each(Object.keys(NOTES))('%s', (name) => {
    const { notes } = importOnnx(NOTES[name]?.() ?? new Uint8Array(), 'net.onnx', () => new Uint8Array());
    compare(name, notes.map(formatDiagnostic).join('\n'));
  });

  it('differ from good ones', () => {
    expect(messageOf(() => importOnnx(fileOf(sound), 'net.onnx', () => new Uint8Array()))).toBe('accepted');
  });

  it('have no expectation without a case', () => {
    if (!expected.updating) expect(expected.names).toEqual([...Object.keys(CASES), ...Object.keys(NOTES)]);
  });

  afterAll(() => {
    if (expected.updating) expected.save();
  });
});
