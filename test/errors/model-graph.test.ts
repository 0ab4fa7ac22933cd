import { expectMessages, type Files, float, integer, node, tensor } from './model-cases.js';

/** Model files whose network is wrong: wiring, shapes and types. The whole texts are in model-graph.expected.txt. */

const CASES: Readonly<Record<string, () => Files>> = {
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

expectMessages('model-graph.expected.txt', CASES);
