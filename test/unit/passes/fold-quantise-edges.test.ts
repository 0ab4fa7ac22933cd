import { describe, expect, test } from 'vitest';
import { prepareImported } from '../../../src/execute/imported.js';
import { executeInteger } from '../../../src/execute/integer/execute-integer.js';
import { type GraphBuilder, makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { Tensor } from '../../../src/ir/tensor.js';
import { int, type TensorType } from '../../../src/ir/tensor-type.js';
import { AFTER_IMPORT, verifyGraph } from '../../../src/ir/verify.js';
import { foldQuantise } from '../../../src/passes/fold-quantise.js';
import { type Diagnostic, formatDiagnostic, HeddleError } from '../../../src/support/diagnostics.js';
import { float, quantised, UNIT_WINDOW } from '../execute/make-graph.js';

const MAP = [2, 2, 2] as const;
const X = quantised(MAP, 8, false, 0.5, 3);
const Y = quantised(MAP, 8, true, 0.25, -7);

/** A builder with the float input x, quantised as X: `xq`, and back: `xd`. */
function start(): GraphBuilder {
  const b = makeBuilder('m');
  b.input('x', float(MAP));
  b.node('xq', { kind: 'quantise' }, ['x'], X);
  b.node('xd', { kind: 'dequantise' }, ['xq']);
  return b;
}

function int8(values: readonly number[], shape: readonly number[], scale: readonly number[], axis?: number): Tensor {
  const quant = { scale, zeroPoint: scale.map(() => 0), ...(axis === undefined ? {} : { axis }) };
  return { type: { shape, element: int(8, true), quant }, data: Int8Array.from(values) };
}

function floats(values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  return { type: float(shape), data: Float32Array.from(values) };
}

/** A 1x1 convolution of two channels with the int8 weight 1 2 / 3 4 through dequantise. */
function conv(b: GraphBuilder, name: string, x: string, bias?: string): string {
  b.constant(`${name}.wq`, int8([1, 2, 3, 4], [2, 1, 1, 2], [0.5, 0.25], 0));
  b.node(`${name}.w`, { kind: 'dequantise' }, [`${name}.wq`]);
  const inputs = [x, `${name}.w`, ...(bias === undefined ? [] : [bias])];
  return b.node(name, { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, inputs);
}

/** `x` quantised as `type` and back; the float tensor. */
function pair(b: GraphBuilder, x: string, type: TensorType = Y): string {
  b.node(`${x}.q`, { kind: 'quantise' }, [x], type);
  return b.node(`${x}.d`, { kind: 'dequantise' }, [`${x}.q`]);
}

function fold(graph: Graph): { readonly graph: Graph; readonly notes: readonly string[] } {
  verifyGraph(graph, AFTER_IMPORT, 'imported');
  const notes: Diagnostic[] = [];
  const folded = foldQuantise.run(graph, (note) => notes.push(note));
  verifyGraph(folded, AFTER_IMPORT);
  return { graph: folded, notes: notes.map(formatDiagnostic) };
}

function refusals(graph: Graph): readonly string[] {
  verifyGraph(graph, AFTER_IMPORT, 'imported');
  try {
    foldQuantise.run(graph);
  } catch (error) {
    if (error instanceof HeddleError) return error.diagnostics.map(formatDiagnostic);
    throw error;
  }
  return [];
}

test('nothing is left of integers that no output depends on', () => {
  const b = makeBuilder('m');
  b.input('x', float(MAP));
  b.node('y', { kind: 'relu' }, ['x']);
  b.node('unread', { kind: 'quantise' }, ['y'], X);
  const { graph } = fold(b.build(['y']));
  expect(graph.nodes.map(({ name }) => name)).toEqual(['y']);
  expect([...graph.types.keys()]).toEqual(['x', 'y']);
});

const WHOLE =
  'fix: quantise the whole network when it is exported, with a quantise behind every operator, or export it in float32 and let Heddle quantise it';

describe('ends of the network', () => {
  test('inputs and outputs keep their names and take integer types', () => {
    const b = start();
    const y = pair(b, conv(b, 'c', 'xd'));
    const { graph } = fold(b.build([y]));
    expect(graph.inputs.map((input) => [input.tensor, graph.types.get(input.tensor)])).toEqual([['x', X]]);
    expect(graph.outputs.map((output) => [output.tensor, graph.types.get(output.tensor)])).toEqual([['c.d', Y]]);
    expect(graph.nodes.map((node) => [node.name, ...node.inputs, ...node.outputs])).toEqual([
      ['c', 'x', 'c.wq', 'c.d'],
    ]);
  });

  test('a tensor that is an output twice, once as the integers and once dequantised', () => {
    const b = start();
    const y = pair(b, conv(b, 'c', 'xd'));
    const { graph } = fold(b.build(['c.q', y, 'xd']));
    expect(graph.outputs.map((output) => output.tensor)).toEqual(['c.q', 'c.d', 'xd']);
    expect(graph.nodes.map((node) => [node.op.kind, ...node.inputs.slice(0, 1), ...node.outputs])).toEqual([
      ['conv', 'x', 'c.q'],
      ['requantise', 'c.q', 'c.d'],
      ['requantise', 'x', 'xd'],
    ]);
    const x = { type: X, data: Uint8Array.of(0, 1, 2, 3, 4, 100, 200, 255) };
    const run = executeInteger(graph, new Map([['x', x]]));
    expect(run.get('c.d')?.data).toEqual(run.get('c.q')?.data);
    expect(run.get('xd')?.data).toEqual(x.data);
  });

  test('an integer input that is dequantised stays as it is', () => {
    const b = makeBuilder('m');
    b.input('x', X);
    b.node('xd', { kind: 'dequantise' }, ['x']);
    pair(b, b.node('r', { kind: 'relu' }, ['xd']), { ...X });
    const { graph } = fold(b.build(['r.q']));
    expect(graph.nodes).toEqual([{ name: 'r', op: { kind: 'relu' }, inputs: ['x'], outputs: ['r.q'] }]);
  });

  test('another scale behind dequantise is a requantise, the same is nothing', () => {
    const b = start();
    b.node('yq', { kind: 'quantise' }, ['xd'], Y);
    b.node('zq', { kind: 'quantise' }, ['xd'], X);
    b.node('zd', { kind: 'dequantise' }, ['zq']);
    b.node('aq', { kind: 'quantise' }, ['zd'], Y);
    const { graph } = fold(b.build(['yq']));
    expect(graph.nodes).toEqual([{ name: 'yq', op: { kind: 'requantise' }, inputs: ['x'], outputs: ['yq'] }]);
  });

  test('a float network is left alone; with dequantised weights it becomes float32', () => {
    const b = makeBuilder('m');
    b.input('x', float(MAP));
    const relu = b.build([b.node('r', { kind: 'relu' }, ['x'])]);
    expect(foldQuantise.run(relu)).toBe(relu);
    const { graph } = fold(b.build([conv(b, 'c', 'r')]));
    expect(graph.nodes.map((node) => node.op.kind)).toEqual(['relu', 'conv']);
    expect(graph.constants.get('c.w')).toEqual(floats([0.5, 1, 0.75, 1], [2, 1, 1, 2]));
  });
});

describe('weights and biases', () => {
  test('float weights through quantise and dequantise, transposed', () => {
    const b = start();
    b.constant('w', floats([0.5, 0.25, 1, -0.75], [2, 2]));
    const type = { shape: [2, 2], element: int(8, true), quant: { scale: [0.25, 0.5], zeroPoint: [0, 0], axis: 1 } };
    b.node('wq', { kind: 'quantise' }, ['w'], type);
    b.node('wd', { kind: 'dequantise' }, ['wq']);
    b.node('wt', { kind: 'transpose', perm: [1, 0] }, ['wd']);
    b.node('wr', { kind: 'reshape', shape: [2, 1, 1, 2] }, ['wt']);
    pair(b, b.node('c', { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, ['xd', 'wr']));
    const { graph } = fold(b.build(['c.q']));
    // 0.25 / 0.5 and -0.75 / 0.5 are ties: to even.
    expect(graph.constants.get(graph.nodes[0]?.inputs[1] ?? '')).toEqual(
      int8([2, 4, 0, -2], [2, 1, 1, 2], [0.25, 0.5], 0),
    );
  });

  test('biases: integers of the right scale stay, others and floats are rounded to it, and the user is told', () => {
    const b = start();
    const bias = (name: string, scale: readonly number[]): string => {
      const quant = { scale, zeroPoint: [0, 0], axis: 0 };
      b.constant(`${name}q`, { type: { shape: [2], element: int(32, true), quant }, data: Int32Array.of(100, -101) });
      return b.node(name, { kind: 'dequantise' }, [`${name}q`]);
    };
    const one = pair(b, conv(b, 'one', 'xd', bias('b1', [0.25, 0.125])));
    const two = pair(b, conv(b, 'two', one, bias('b2', [0.125, 0.015625])));
    const three = pair(b, conv(b, 'three', two, b.constant('b3', floats([1.0625, -2]))));
    const { graph, notes } = fold(b.build([three]));
    const biasOf = (name: string): unknown => graph.constants.get(`${name}.bias`)?.data;
    expect(biasOf('one')).toEqual(Int32Array.of(100, -101));
    // In steps of 0.125 and 0.0625: 100; -101 / 4 = -25.25.
    expect(biasOf('two')).toEqual(Int32Array.of(100, -25));
    // 8.5 is a tie.
    expect(biasOf('three')).toEqual(Int32Array.of(8, -32));
    expect(notes).toEqual([
      "warning W370 biases-rounded: the network: the biases of 'two', 'three' were rounded, half to even, to the scale of their layers' sums (input scale times weight scale)\n  fix: nothing need be done: the change is at most half a step of the sum; export biases as int32 of that scale to keep them as they are",
    ]);
  });

  test('a negative slope of a normalisation turns the weights, -128 too', () => {
    const b = start();
    b.constant('wq', int8([-128, 127, 3, 4], [2, 1, 1, 2], [0.5]));
    b.node('w', { kind: 'dequantise' }, ['wq']);
    b.node('c', { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, ['xd', 'w']);
    b.node('m', { kind: 'mul' }, ['c', b.constant('k', floats([-0.5, 0]))]);
    pair(b, b.node('a', { kind: 'add' }, ['m', b.constant('l', floats([1, 2]))]));
    const { graph } = fold(b.build(['a.q']));
    const weight = graph.constants.get('c.weight');
    expect(weight?.type.quant).toEqual({ scale: [0.25, 0.5], zeroPoint: [-1, 0], axis: 0 });
    expect(weight?.data).toEqual(Int8Array.of(127, -128, 0, 0));
    expect(graph.constants.get('c.bias')?.data).toEqual(Int32Array.of(8, 8));
  });

  test('sums of 32 bits, scaled, shifted and clamped', () => {
    const b = makeBuilder('m');
    b.input('x', float(MAP));
    b.node('xq', { kind: 'quantise' }, ['x'], X);
    b.constant('w', int8([1, -2, 3, 4], [2, 1, 1, 2], [1]));
    const sums = { shape: MAP, element: int(32, true), quant: { scale: [0.5], zeroPoint: [0] } };
    b.node('c', { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, ['xq', 'w'], sums);
    b.node('f', { kind: 'dequantise' }, ['c']);
    b.node('m', { kind: 'mul' }, ['f', b.constant('k', floats([0.125, 0.25]))]);
    b.node('a', { kind: 'add' }, ['m', b.constant('l', floats([1, 2]))]);
    b.node('r', { kind: 'relu' }, ['a']);
    b.node('y', { kind: 'quantise' }, ['r'], Y);
    const mixed = b.build(['y']);
    const { graph } = fold(mixed);
    expect(graph.nodes.map((node) => node.op.kind)).toEqual(['conv', 'relu']);
    const data = Uint8Array.of(0, 1, 2, 3, 4, 100, 200, 255);
    const x = { type: float(MAP), data: Float32Array.from(data, (q) => 0.5 * (q - 3)) };
    expect(executeInteger(graph, new Map([['x', { type: X, data }]])).get('y')?.data).toEqual(
      prepareImported(mixed)
        .run(new Map([['x', x]]))
        .get('y')?.data,
    );
  });
});

test('a local response normalisation between integers is one of integers', () => {
  const b = start();
  const op = { kind: 'local-response-norm', size: 3, alpha: 1, beta: 0.75, bias: 1 } as const;
  const { graph } = fold(b.build([pair(b, b.node('n', op, ['xd']))]));
  expect(graph.nodes.map(({ op: { kind } }) => kind)).toEqual(['local-response-norm']);
  expect(graph.types.get(graph.outputs[0]?.tensor ?? '')?.quant).toEqual(Y.quant);
});

describe('refusals, all at once and by name', () => {
  test('outputs without a quantise, weights and functions that are not quantised', () => {
    const b = start();
    const c = conv(b, 'c', 'xd');
    const d = b.node('d', { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, [
      'xd',
      b.constant('w', floats([1, 2, 3, 4], [2, 1, 1, 2])),
    ]);
    const s = b.node('s', { kind: 'add' }, [c, pair(b, d)]);
    const n = b.node('n', { kind: 'reduce-mean', axes: [2], keepDims: true }, [pair(b, s)]);
    expect(refusals(b.build([n]))).toEqual([
      `error E370 unquantised-output: node 'c': 'conv' has quantised inputs, but its output has no integer type: node 's' ('add') reads 'c' without a quantise between\n  ${WHOLE}`,
      "error E372 unusable-parameter: node 'd': its weight 'w' is float32, while the network is quantised\n  fix: quantise the weights of every layer when the network is exported, or export it in float32 and let Heddle quantise it",
      "error E373 no-integer-form: node 'n': 'reduce-mean' cannot be computed in integers here: it has no integer form\n  fix: export the network in float32 up to here, or without this operator",
    ]);
  });

  test('an output that is quantised in two ways, per axis, or is an output in float32', () => {
    const b = start();
    const c = conv(b, 'c', 'xd');
    b.node('q1', { kind: 'quantise' }, [c], X);
    b.node('q2', { kind: 'quantise' }, [c], Y);
    const e = conv(b, 'e', 'xd');
    const axis = { ...Y, quant: { scale: [1, 2], zeroPoint: [0, 0], axis: 2 } };
    b.node('q3', { kind: 'quantise' }, [e], axis);
    const f = conv(b, 'f', 'xd');
    expect(refusals(b.build(['q1', 'q2', 'q3', f]))).toEqual([
      `error E370 unquantised-output: node 'c': 'conv' has quantised inputs, but its output has no integer type: 'q1' and 'q2' quantise it to different types, scales or zero points\n  ${WHOLE}`,
      `error E370 unquantised-output: node 'e': 'conv' has quantised inputs, but its output has no integer type: 'q3' quantises it per axis\n  ${WHOLE}`,
      `error E370 unquantised-output: node 'f': 'conv' has quantised inputs, but its output has no integer type: 'f' is an output of the network in float32\n  ${WHOLE}`,
    ]);
  });

  test('a float input of the network, and what else flows in float32', () => {
    const b = start();
    b.input('z', float(MAP));
    const z = b.node('t', { kind: 'tanh' }, ['z']);
    const s = b.node('s', { kind: 'add' }, [pair(b, z), 'xd']);
    expect(refusals(b.build([pair(b, s)]))).toEqual([
      "error E375 unquantised-network-input: input 'z': the network is quantised, but this input has no integer type: node 't' ('tanh') reads 'z' without a quantise between\n  fix: quantise the input once, before anything else reads it, when the network is exported",
    ]);
  });

  test('weights and biases that cannot be used', () => {
    const b = start();
    b.constant('wq', int8([1, 2, 3, 4], [2, 1, 1, 2], [0.5, 0.25], 3));
    b.node('w', { kind: 'dequantise' }, ['wq']);
    const wide = { shape: [2, 1, 1, 2], element: int(16, true), quant: { scale: [1], zeroPoint: [0] } };
    b.constant('vq', { type: wide, data: Int16Array.of(1, 2, 3, 4) });
    b.node('v', { kind: 'dequantise' }, ['vq']);
    b.input('u', quantised([2, 1, 1, 2], 8, true, 1, 0));
    b.node('ud', { kind: 'dequantise' }, ['u']);
    b.input('t', quantised([2], 8, true, 1, 0));
    b.node('td', { kind: 'dequantise' }, ['t']);
    b.constant('k', floats([1, 2, 3, 4, 5, 6, 7, 8], MAP));
    const layer = (name: string, ...inputs: readonly string[]): string =>
      pair(b, b.node(name, { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, inputs));
    const far = conv(b, 'far', 'xd', b.constant('bias', floats([1e30, 1])));
    const outputs = [
      layer('axis', 'xd', 'w'),
      layer('wide', 'xd', 'v'),
      layer('flows', 'k', 'ud'),
      layer('adds', 'xd', 'v', 'td'),
      pair(b, far),
    ];
    const constant = 'fix: make it a constant when the network is exported';
    const wideWeight = "its weight 'v' has integers of 16 bits\n  fix: quantise weights to 2 to 8 bits";
    expect(refusals(b.build(outputs))).toEqual([
      "error E372 unusable-parameter: node 'far': its bias 'bias' has values of 2^53 steps of the sums or more\n  fix: check the scales of the input and the weights, of which one is too small",
      "error E372 unusable-parameter: node 'axis': its weight 'w' is quantised along an axis that is not the output channels'\n  fix: quantise weights per tensor or per output channel",
      `error E372 unusable-parameter: node 'wide': ${wideWeight}`,
      `error E371 unquantised-input: node 'flows': 'conv' stands in a quantised network, but its input 'k' is a constant\n  ${WHOLE}`,
      `error E372 unusable-parameter: node 'flows': its weight 'ud' is computed, not a constant\n  ${constant}`,
      `error E372 unusable-parameter: node 'adds': ${wideWeight}`,
      `error E372 unusable-parameter: node 'adds': its bias 'td' is computed, not a constant\n  ${constant}`,
    ]);
  });

  test('values between the steps, with nothing behind that rounds them', () => {
    const b = start();
    const clip = b.node('k', { kind: 'clip', lo: 0, hi: 6.1 }, ['xd']);
    const pad = b.node('p', { kind: 'pad', before: [0, 0, 0], after: [1, 0, 0], mode: 'constant', value: 0.3 }, ['xd']);
    const c = pair(b, conv(b, 'c', clip));
    const d = pair(b, conv(b, 'd', pad), { ...Y, shape: [3, 2, 2] });
    const fix =
      'fix: put a quantise behind this node when the network is exported, or choose a scale that divides the value';
    expect(refusals(b.build([c, d]))).toEqual([
      `error E374 value-between-steps: node 'k': its upper bound 6.1 is no multiple of its tensor's scale 0.5, and its output is not quantised\n  ${fix}`,
      `error E374 value-between-steps: node 'p': its padding 0.3 is no multiple of its tensor's scale 0.5, and its output is not quantised\n  ${fix}`,
    ]);
  });

  test('sums of 32 bits that are not scaled and quantised', () => {
    const b = makeBuilder('m');
    b.input('x', X);
    b.constant('w', int8([1, -2, 3, 4], [2, 1, 1, 2], [1]));
    const sums = { shape: MAP, element: int(32, true), quant: { scale: [0.5], zeroPoint: [0] } };
    const layer = (name: string): string => b.node(name, { kind: 'conv', ...UNIT_WINDOW, groups: 1 }, ['x', 'w'], sums);
    const relu = b.node('r', { kind: 'relu' }, [layer('d')], sums);
    layer('e');
    const e = ['e1', 'e2'].map((name) =>
      pair(b, b.node(`${name}t`, { kind: 'tanh' }, [b.node(name, { kind: 'dequantise' }, ['e'])])),
    );
    const f = b.node('fd', { kind: 'dequantise' }, [layer('f')]);
    const fix =
      'fix: follow it by a cast, a multiplication by a constant scale and a quantise, or export with QLinearConv and QLinearMatMul or with quantise and dequantise nodes';
    expect(refusals(b.build([layer('c'), relu, ...e, f]))).toEqual([
      `error E376 unfolded-sums: node 'd': 'conv' hands out 32-bit sums, which node 'r' ('relu') reads\n  ${fix}`,
      `error E370 unquantised-output: node 'e': 'conv' has quantised inputs, but its output has no integer type: node 'e1t' ('tanh') reads 'e1' without a quantise between\n  ${WHOLE}`,
      `error E370 unquantised-output: node 'f': 'conv' has quantised inputs, but its output has no integer type: 'fd' is an output of the network in float32\n  ${WHOLE}`,
      `error E376 unfolded-sums: node 'c': 'conv' hands out 32-bit sums, which are an output of the network\n  ${fix}`,
    ]);
  });

  test('activations quantised per axis, tables of 16 bits, constants without a place', () => {
    const b = makeBuilder('m');
    b.input('x', { ...X, quant: { scale: [1, 2], zeroPoint: [0, 0], axis: 2 } });
    b.input('z', quantised(MAP, 16, true, 0.5, 0));
    b.node('xd', { kind: 'dequantise' }, ['x']);
    b.node('zd', { kind: 'dequantise' }, ['z']);
    const t = pair(b, b.node('t', { kind: 'tanh' }, ['zd']));
    const s = pair(b, b.node('s', { kind: 'prelu' }, ['zd', t]));
    const y = pair(b, b.node('y', { kind: 'relu' }, ['xd']));
    expect(refusals(b.build([t, s, y]))).toEqual([
      "error E377 quantised-per-axis: node 'xd': tensor 'x' flows, but it is quantised per axis\n  fix: quantise activations per tensor; only weights may be quantised per output channel",
      "error E373 no-integer-form: node 't': 'tanh' cannot be computed in integers here: its input 'z' has 16 bits, and a table of it would be too large\n  fix: quantise its input to 10 bits or fewer",
      `error E372 unusable-parameter: node 's': its slope '${t}' is computed, not a constant\n  fix: make it a constant when the network is exported`,
    ]);
  });
});
