import { afterAll, describe, expect, it } from 'vitest';
import { importModel } from '../../src/frontend/json/import.js';
import { HeddleError } from '../../src/support/diagnostics.js';
import { cannotRead } from '../../src/support/messages.js';
import { formatSafetensors, type SafetensorsEntry } from '../../src/support/safetensors.js';
import { messageOf, openExpected } from './expected-messages.js';

/** Bad model files. The whole text of every message is in model.expected.txt. */

type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

interface Model extends JsonObject {
  inputs: JsonObject[];
  outputs: JsonObject[];
  tensors: { [name: string]: JsonObject };
  nodes: (JsonObject & { attributes: JsonObject; inputs: string[]; outputs: string[] })[];
}

/** image 8x8x2 uint8 -> conv 3x3 -> max-pool -> flatten -> dense, all in integers. */
function integerModel(): Model {
  const map = { scale: [0.02], zeroPoint: [0] };
  return {
    formatVersion: 1,
    name: 'small',
    weights: 'small.safetensors',
    requantBits: 18,
    inputs: [{ tensor: 'image', shape: [8, 8, 2], type: 'uint8', quantization: { scale: [0.004], zeroPoint: [0] } }],
    outputs: [{ tensor: 'logits' }],
    tensors: {
      'conv1.weight': {
        constant: true,
        shape: [4, 3, 3, 2],
        type: 'int8',
        quantization: { scale: [0.1, 0.2, 0.3, 0.4], zeroPoint: [0], axis: 0 },
      },
      'conv1.bias': { constant: true, shape: [4], type: 'int32' },
      'fc.weight': { constant: true, shape: [3, 36], type: 'int8', quantization: { scale: [0.1], zeroPoint: [0] } },
      map: { type: 'uint8', quantization: map },
      pooled: { type: 'uint8', quantization: map },
      flat: { type: 'uint8', quantization: map },
      logits: { type: 'int8', quantization: { scale: [0.5], zeroPoint: [0] } },
    },
    nodes: [
      {
        name: 'conv1',
        op: 'conv',
        inputs: ['image', 'conv1.weight', 'conv1.bias'],
        outputs: ['map'],
        attributes: { kernel: [3, 3], clamp: { lo: 0 } },
      },
      {
        name: 'pool1',
        op: 'max-pool',
        inputs: ['map'],
        outputs: ['pooled'],
        attributes: { kernel: [2, 2], stride: [2, 2] },
      },
      { name: 'flatten', op: 'flatten', inputs: ['pooled'], outputs: ['flat'], attributes: {} },
      { name: 'fc', op: 'dense', inputs: ['flat', 'fc.weight'], outputs: ['logits'], attributes: {} },
    ],
  };
}

/** x 4x4x3 -> conv 1x1 -> batch-norm -> sigmoid, all in float. */
function floatModel(): Model {
  const parameter = { constant: true, shape: [2], type: 'float32' };
  return {
    formatVersion: 1,
    name: 'small-float',
    weights: 'small.safetensors',
    inputs: [{ tensor: 'x', shape: [4, 4, 3], type: 'float32' }],
    outputs: [{ tensor: 'y' }],
    tensors: {
      w: { constant: true, shape: [2, 1, 1, 3], type: 'float32' },
      scale: { ...parameter },
      offset: { ...parameter },
      mean: { ...parameter },
      variance: { ...parameter },
    },
    nodes: [
      { name: 'conv', op: 'conv', inputs: ['x', 'w'], outputs: ['a'], attributes: {} },
      {
        name: 'bn',
        op: 'batch-norm',
        inputs: ['a', 'scale', 'offset', 'mean', 'variance'],
        outputs: ['b'],
        attributes: { epsilon: 0.001 },
      },
      { name: 'act', op: 'sigmoid', inputs: ['b'], outputs: ['y'], attributes: {} },
    ],
  };
}

type Entries = Map<string, SafetensorsEntry>;

function integerWeights(): Entries {
  return new Map<string, SafetensorsEntry>([
    ['conv1.weight', { dtype: 'I8', shape: [4, 3, 3, 2], data: new Int8Array(72).fill(3) }],
    ['conv1.bias', { dtype: 'I32', shape: [4], data: new Int32Array(4) }],
    ['fc.weight', { dtype: 'I8', shape: [3, 36], data: new Int8Array(108).fill(-3) }],
  ]);
}

function floatWeights(): Entries {
  const one = (): SafetensorsEntry => ({ dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) });
  return new Map<string, SafetensorsEntry>([
    ['w', { dtype: 'F32', shape: [2, 1, 1, 3], data: new Float32Array(6).fill(0.5) }],
    ...['scale', 'offset', 'mean', 'variance'].map((name) => [name, one()] as const),
  ]);
}

/** A case gives the JSON text and the bytes of the weights file; undefined stands for a missing file. */
interface Files {
  readonly json: string;
  readonly weights: Uint8Array | undefined;
}

function text(model: Json): string {
  return JSON.stringify(model, undefined, 2);
}

function integer(change: (model: Model, weights: Entries) => void): () => Files {
  return () => {
    const model = integerModel();
    const weights = integerWeights();
    change(model, weights);
    return { json: text(model), weights: formatSafetensors(weights) };
  };
}

function float(change: (model: Model, weights: Entries) => void): () => Files {
  return () => {
    const model = floatModel();
    const weights = floatWeights();
    change(model, weights);
    return { json: text(model), weights: formatSafetensors(weights) };
  };
}

function json(source: string | ((good: string) => string)): () => Files {
  return () => {
    const changed = typeof source === 'string' ? source : source(text(integerModel()));
    return { json: changed, weights: formatSafetensors(integerWeights()) };
  };
}

function weightsBytes(change: (good: Uint8Array) => Uint8Array | undefined): () => Files {
  return () => ({ json: text(integerModel()), weights: change(formatSafetensors(integerWeights())) });
}

/** A safetensors file with the given header text. */
function withHeader(header: string, dataBytes: number): Uint8Array {
  const encoded = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + encoded.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(encoded.length), true);
  bytes.set(encoded, 8);
  return bytes;
}

function tensor(model: Model, name: string): JsonObject {
  return model.tensors[name] ?? {};
}

function node(model: Model, index: number): Model['nodes'][number] {
  return model.nodes[index] ?? { attributes: {}, inputs: [], outputs: [] };
}

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

  'graph: cycle': integer((m) => {
    node(m, 0).inputs = ['flat', 'conv1.weight', 'conv1.bias'];
  }),
  'graph: node that reads itself': integer((m) => {
    node(m, 1).inputs = ['pooled'];
  }),
  'graph: two cycles': float((m) => {
    m.nodes = [
      { name: 'a', op: 'add', inputs: ['x', 't2'], outputs: ['t1'], attributes: {} },
      { name: 'b', op: 'relu', inputs: ['t1'], outputs: ['t2'], attributes: {} },
      { name: 'c', op: 'add', inputs: ['t2', 'y'], outputs: ['t3'], attributes: {} },
      { name: 'd', op: 'relu', inputs: ['t3'], outputs: ['y'], attributes: {} },
    ];
    m.tensors = {};
    delete m['weights'];
  }),
  'graph: duplicate names': integer((m) => {
    node(m, 3)['name'] = 'conv1';
    node(m, 2).outputs = ['map'];
  }),
  'graph: node output is an input and a constant': float((m) => {
    node(m, 0).outputs = ['x'];
    node(m, 1).outputs = ['scale'];
  }),
  'graph: dangling tensors': integer((m) => {
    node(m, 1).inputs = ['mapp'];
    node(m, 3).inputs = ['nowhere', 'fc.weight'];
    m.outputs = [{ tensor: 'logit' }];
    m.tensors['ghost'] = { type: 'int8', quantization: { scale: [1], zeroPoint: [0] }, shape: [3] };
  }),
  'graph: unused input and constant': float((m, weights) => {
    m.inputs.push({ tensor: 'x2', shape: [1], type: 'float32' });
    m.tensors['spare'] = { constant: true, shape: [1], type: 'float32' };
    weights.set('spare', { dtype: 'F32', shape: [1], data: Float32Array.of(1) });
  }),
  'graph: input listed again, output twice': integer((m) => {
    m.tensors['image'] = { type: 'uint8' };
    m.outputs = [{ tensor: 'logits' }, { tensor: 'logits' }];
  }),
  'graph: constant as output': integer((m) => {
    m.outputs.push({ tensor: 'fc.weight' });
  }),
  'graph: wrong number of inputs': integer((m) => {
    node(m, 0).inputs = ['image'];
    node(m, 1).inputs = ['map', 'map'];
    node(m, 2).outputs = ['flat', 'flat2'];
  }),
  'graph: computes on constants only': float((m) => {
    node(m, 2).inputs = ['scale'];
  }),
  'graph: weight is not a constant': float((m) => {
    m.inputs.push({ tensor: 'w2', shape: [2, 1, 1, 3], type: 'float32' });
    node(m, 0).inputs = ['x', 'w2'];
    delete m.tensors['w'];
    m.nodes.push({ name: 'use', op: 'relu', inputs: ['w2'], outputs: ['w3'], attributes: {} });
  }),
  'graph: preprocessing and class offset': integer((m) => {
    m.inputs[0] = { ...m.inputs[0], preprocessing: { mean: [1, 2, 3], std: [1], bgr: false } };
    m.outputs = [{ tensor: 'logits', classOffset: 3 }];
  }),

  'shape: kernel and channels': integer((m) => {
    node(m, 0).attributes = { kernel: [5, 5], groups: 2 };
  }),
  'shape: groups': integer((m) => {
    node(m, 0).attributes = { groups: 3 };
  }),
  'shape: bias': integer((m, weights) => {
    tensor(m, 'conv1.bias')['shape'] = [3];
    weights.set('conv1.bias', { dtype: 'I32', shape: [3], data: new Int32Array(3) });
  }),
  'shape: dense after a map': integer((m) => {
    node(m, 3).inputs = ['pooled', 'fc.weight'];
  }),
  'shape: dense width': integer((m) => {
    node(m, 2).inputs = ['map'];
  }),
  'shape: ranks': float((m) => {
    m.inputs[0] = { ...m.inputs[0], shape: [1, 4, 4, 3] };
    m.nodes.push({ name: 'gap', op: 'global-average-pool', inputs: ['scale'], outputs: ['z'], attributes: {} });
  }),
  'shape: declared shape': integer((m) => {
    tensor(m, 'map')['shape'] = [8, 8, 4];
  }),
  'shape: padding': integer((m) => {
    node(m, 0).attributes = { pad: [3, 0, 0, 5] };
  }),
  'shape: kernel larger than the map': integer((m) => {
    node(m, 1).attributes = { kernel: [2, 7] };
  }),
  'shape: window in padding alone': integer((m) => {
    m.inputs[0] = { ...m.inputs[0], shape: [3, 3, 2] };
    node(m, 1).attributes = { kernel: [2, 2], dilation: [3, 3], pad: [2, 2, 2, 2] };
  }),
  'shape: add': float((m) => {
    m.nodes.push({ name: 'sum', op: 'add', inputs: ['x', 'b', 'scale'], outputs: ['z'], attributes: {} });
  }),
  'shape: broadcast of a flowing tensor': float((m) => {
    m.inputs.push({ tensor: 'v', shape: [2], type: 'float32' });
    m.nodes.push({ name: 'sum', op: 'add', inputs: ['b', 'v'], outputs: ['z'], attributes: {} });
  }),
  'shape: batch-norm': float((m, weights) => {
    tensor(m, 'mean')['shape'] = [3];
    weights.set('mean', { dtype: 'F32', shape: [3], data: new Float32Array(3) });
  }),
  'shape: too large': float((m) => {
    m.inputs[0] = { ...m.inputs[0], shape: [1048576, 1048576, 3] };
  }),
  'shape: average-pool without countIncludePad': float((m) => {
    m.nodes.push({
      name: 'avg',
      op: 'average-pool',
      inputs: ['b'],
      outputs: ['z'],
      attributes: { kernel: [2, 2], pad: [1, 0, 0, 0] },
    });
  }),

  'types: mixed': integer((m) => {
    m.tensors['flat'] = { type: 'float32' };
  }),
  'types: undeclared integer tensor': integer((m) => {
    delete m.tensors['pooled'];
  }),
  'types: missing quantization': integer((m) => {
    delete tensor(m, 'logits')['quantization'];
    delete m.inputs[0]?.['quantization'];
  }),
  'types: widths': integer((m, weights) => {
    tensor(m, 'logits')['type'] = 'int17';
    tensor(m, 'fc.weight')['type'] = 'int16';
    tensor(m, 'conv1.bias')['type'] = 'int16';
    weights.set('fc.weight', { dtype: 'I16', shape: [3, 36], data: new Int16Array(108) });
    weights.set('conv1.bias', { dtype: 'I16', shape: [4], data: new Int16Array(4) });
  }),
  'types: quantization': integer((m) => {
    tensor(m, 'logits')['quantization'] = { scale: [0.5], zeroPoint: [200] };
    tensor(m, 'map')['quantization'] = { scale: [0.5, 0.5], zeroPoint: [0], axis: 0 };
    tensor(m, 'conv1.weight')['quantization'] = { scale: [0.5, 0.5], zeroPoint: [0], axis: 0 };
    tensor(m, 'fc.weight')['quantization'] = { scale: [0.5, 0.5, 0.5], zeroPoint: [0] };
    tensor(m, 'conv1.bias')['quantization'] = { scale: [0.5], zeroPoint: [0] };
  }),
  'types: float with quantization': float((m) => {
    m.tensors['a'] = { type: 'float32', quantization: { scale: [1], zeroPoint: [0] } };
  }),
  'types: pool changes the scale': integer((m) => {
    tensor(m, 'pooled')['quantization'] = { scale: [0.03], zeroPoint: [0] };
  }),
  'types: clamp': integer((m) => {
    node(m, 0).attributes = { clamp: { lo: -1, hi: 300 } };
    node(m, 3).attributes = { clamp: { lo: 5, hi: 4 } };
  }),
  'types: sigmoid on many bits': integer((m) => {
    m.tensors['logits'] = { type: 'int12', quantization: { scale: [0.5], zeroPoint: [0] } };
    m.tensors['p'] = { type: 'uint8', quantization: { scale: [0.004], zeroPoint: [0] } };
    m.nodes.push({ name: 'act', op: 'sigmoid', inputs: ['logits'], outputs: ['p'], attributes: {} });
  }),
  'types: requantise in float': float((m) => {
    node(m, 2)['op'] = 'requantise';
  }),

  'several independent problems': integer((m, weights) => {
    weights.delete('conv1.bias');
    node(m, 0).attributes = { pad: [3, 0, 0, 0] };
    node(m, 3).inputs = ['flatt', 'fc.weight'];
    node(m, 1)['name'] = 'conv1';
    m.outputs = [{ tensor: 'logits', classOffset: -0 }, { tensor: 'probabilities' }];
    tensor(m, 'logits')['quantization'] = { scale: [0.5], zeroPoint: [1000] };
  }),
};

function importCase(files: Files): unknown {
  return importModel(files.json, 'models/small.json', (name) => {
    if (files.weights === undefined) throw new HeddleError([cannotRead(`models/${name}`, 'it does not exist')]);
    return files.weights;
  });
}

const expected = openExpected('model.expected.txt');

describe('bad model files', () => {
  it.each(Object.keys(CASES))('%s', (name) => {
    const files = CASES[name]?.() ?? { json: '', weights: undefined };
    const message = messageOf(() => importCase(files));
    expect(message).not.toBe('accepted');
    if (expected.updating) expected.update(name, message);
    else expect(message).toBe(expected.get(name));
  });

  it('have no expectation without a case', () => {
    if (!expected.updating) expect(expected.names).toEqual(Object.keys(CASES));
  });

  it('differ from good ones', () => {
    expect(messageOf(() => importCase(integer(() => undefined)()))).toBe('accepted');
    expect(messageOf(() => importCase(float(() => undefined)()))).toBe('accepted');
  });

  afterAll(() => {
    if (expected.updating) expected.save();
  });
});
