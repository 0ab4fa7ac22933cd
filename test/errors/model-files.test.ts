import { describe, expect, it } from 'vitest';
import { messageOf } from './expected-messages.js';
import {
  expectMessages,
  type Files,
  float,
  importCase,
  integer,
  json,
  type Model,
  node,
  tensor,
  text,
  weightsBytes,
  withHeader,
} from './model-cases.js';

/** Model files that are no model: JSON, schema and weights. The whole texts are in model-files.expected.txt. */

const CASES: Readonly<Record<string, () => Files>> = {
  'json: empty file': json(''),
  'json: text after the end': json((good) => `${good}\n}`),
  'json: cut off': json((good) => good.slice(0, 200)),
  'json: missing comma': json((good) => good.replace('"formatVersion": 1,', '"formatVersion": 1')),
  'json: trailing comma': json((good) => good.replace('"axis": 0', '"axis": 0,')),
  'json: comment': json((good) => good.replace('"axis": 0', '"axis": 0 // output channels')),
  'json: leading zero': json((good) => good.replace('"axis": 0', '"axis": 00')),
  'json: single quotes': json((good) => good.replace('"name": "small"', "'name': 'small'")),
  'json: not a number': json((good) => good.replace('"axis": 0', '"axis": NaN')),
  'json: duplicate keys': json((good) => good.replace('"map": {', '"flat": {').replace('"requantBits"', '"name"')),
  'json: nested too deep': json('['.repeat(100_000)),
  'json: a list': json('[]'),
  'json: only null': json('null'),

  'schema: newer format': json((good) =>
    good.replace('"formatVersion": 1', '"formatVersion": 2').replace('"name"', '"title"'),
  ),
  'schema: format version is text': json((good) => good.replace('"formatVersion": 1', '"formatVersion": "1"')),
  'schema: format version 0': json((good) => good.replace('"formatVersion": 1', '"formatVersion": 0')),
  'schema: nothing there': json('{}'),
  'schema: misspelt properties': json((good) =>
    good
      .replace('"requantBits"', '"requantbits"')
      .replace('"zeroPoint"', '"zero_point"')
      .replace('"constant"', '"const"'),
  ),
  'schema: unknown property': integer((m) => {
    m['author'] = 'somebody';
  }),
  'schema: unknown op': integer((m) => {
    node(m, 0)['op'] = 'Conv2d';
    node(m, 1)['op'] = 'maxpool';
    node(m, 2)['op'] = 'softmax';
    node(m, 3)['op'] = 7;
  }),
  'schema: node without op': integer((m) => {
    delete node(m, 1)['op'];
  }),
  'schema: unknown attributes': integer((m) => {
    node(m, 0).attributes['strides'] = [1, 1];
    node(m, 2).attributes['axis'] = 1;
    node(m, 3).attributes['activation'] = 'relu';
  }),
  'schema: missing attributes': integer((m) => {
    delete node(m, 1).attributes['kernel'];
  }),
  'schema: no attributes object': integer((m) => {
    m.nodes[1] = {
      name: 'pool1',
      op: 'max-pool',
      inputs: ['map'],
      outputs: ['pooled'],
    } as unknown as Model['nodes'][number];
  }),
  'schema: attribute values': integer((m) => {
    node(m, 0).attributes = {
      kernel: [3],
      stride: [0, 1],
      dilation: [1, 1.5],
      pad: [-1, 0, 0, 0, 0],
      groups: '2',
      clamp: 6,
    };
  }),
  'schema: huge kernel': integer((m) => {
    node(m, 1).attributes = { kernel: [2, 1e9] };
  }),
  'schema: zero and huge sizes': integer((m) => {
    m.inputs[0] = { ...m.inputs[0], shape: [0, 8, 1e12] };
  }),
  'schema: wrong kinds of value': integer((m) => {
    m['name'] = 5;
    m.nodes[2] = null as unknown as Model['nodes'][number];
    node(m, 3)['inputs'] = 'flat' as unknown as string[];
    tensor(m, 'map')['quantization'] = 'same';
  }),
  'schema: element type': integer((m) => {
    tensor(m, 'map')['type'] = 'unit8';
    tensor(m, 'flat')['type'] = 'int65';
  }),
  'schema: layout': integer((m) => {
    m.inputs[0] = { ...m.inputs[0], layout: 'NCHW' };
  }),
  'schema: scale': json((good) => good.replace('0.004', '-0.004').replace('0.02', '1e999').replace('0.02', '1e-400')),
  'schema: constant without shape': integer((m) => {
    delete tensor(m, 'conv1.bias')['shape'];
  }),
  'schema: constant false': integer((m) => {
    tensor(m, 'map')['constant'] = false;
  }),
  'schema: names': integer((m) => {
    m['name'] = '';
    node(m, 0)['name'] = 'a\u0007b';
    m.tensors['x'.repeat(201)] = { type: 'int8' };
    m.tensors['line\nbreak'] = { type: 'int8' };
  }),
  'schema: weights in a folder': integer((m) => {
    m['weights'] = '../small.safetensors';
  }),
  'schema: requantBits': integer((m) => {
    m['requantBits'] = 32;
  }),
  'schema: no nodes': integer((m) => {
    m.nodes = [];
    m.outputs = [];
  }),

  'weights: missing file': weightsBytes(() => undefined),
  'weights: empty file': weightsBytes(() => new Uint8Array()),
  'weights: cut off in the header': weightsBytes((good) => good.slice(0, 100)),
  'weights: cut off in the data': weightsBytes((good) => good.slice(0, good.length - 1)),
  'weights: trailing bytes': weightsBytes((good) => Uint8Array.of(...good, 0)),
  'weights: oversized header': weightsBytes((good) => {
    new DataView(good.buffer).setBigUint64(0, 2n ** 63n, true);
    return good;
  }),
  'weights: header is not JSON': weightsBytes(() => withHeader('{"a": }', 0)),
  'weights: header is not UTF-8': weightsBytes((good) => good.fill(0xff, 8, 12)),
  'weights: header is a list': weightsBytes(() => withHeader('[]', 0)),
  'weights: duplicate tensor': weightsBytes(() =>
    withHeader(
      '{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}',
      1,
    ),
  ),
  'weights: overlapping tensors': weightsBytes(() =>
    withHeader(
      '{"a":{"dtype":"I8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[8],"data_offsets":[4,12]}}',
      12,
    ),
  ),
  'weights: gap': weightsBytes(() =>
    withHeader(
      '{"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"I8","shape":[2],"data_offsets":[4,6]}}',
      6,
    ),
  ),
  'weights: bad entries': weightsBytes(() =>
    withHeader(
      '{"a":1,"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"c":{"dtype":"I8","shape":[-1],"data_offsets":[0,0]},' +
        '"d":{"dtype":"I8","shape":[1],"data_offsets":[1,0]},"e":{"dtype":"I32","shape":[4],"data_offsets":[0,4]},' +
        '"f":{"shape":[]},"g":{"dtype":"I8","shape":[1],"data_offsets":[0,1],"offset":0}}',
      4,
    ),
  ),
  'weights: not named': integer((m) => {
    delete m['weights'];
  }),
  'weights: not needed': () => {
    const x = { tensor: 'x', shape: [2, 2, 1], type: 'float32' };
    const nodes = [{ name: 'r', op: 'relu', inputs: ['x'], outputs: ['y'] }];
    const model = {
      formatVersion: 1,
      name: 'r',
      weights: 'w.safetensors',
      inputs: [x],
      outputs: [{ tensor: 'y' }],
      tensors: {},
      nodes,
    };
    return { json: text(model), weights: undefined };
  },
  'weights: missing and undeclared tensors': integer((_m, weights) => {
    const weight = weights.get('conv1.weight');
    weights.delete('conv1.weight');
    weights.delete('fc.weight');
    if (weight !== undefined) weights.set('conv1.wieght', weight);
  }),
  'weights: dtype and shape': integer((_m, weights) => {
    weights.set('conv1.bias', { dtype: 'I8', shape: [4], data: new Int8Array(4) });
    weights.set('fc.weight', { dtype: 'I8', shape: [36, 3], data: new Int8Array(108) });
  }),
  'weights: type without storage': integer((m) => {
    tensor(m, 'conv1.bias')['type'] = 'uint32';
  }),
  'weights: value beyond its type': integer((m) => {
    tensor(m, 'fc.weight')['type'] = 'int2';
  }),
  'weights: NaN and infinity': float((_m, weights) => {
    weights.set('w', {
      dtype: 'F32',
      shape: [2, 1, 1, 3],
      data: Float32Array.of(1, 2, Number.NaN, 3, Number.NEGATIVE_INFINITY, 0),
    });
    weights.set('mean', { dtype: 'F32', shape: [2], data: Float32Array.of(0, Number.POSITIVE_INFINITY) });
  }),
  'weights: variance': float((_m, weights) => {
    weights.set('variance', { dtype: 'F32', shape: [2], data: Float32Array.of(1, -0.5) });
  }),
};

expectMessages('model-files.expected.txt', CASES);

describe('good model files', () => {
  it('are accepted', () => {
    expect(messageOf(() => importCase(integer(() => undefined)()))).toBe('accepted');
    expect(messageOf(() => importCase(float(() => undefined)()))).toBe('accepted');
  });
});
