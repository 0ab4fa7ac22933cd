import type { GraphNode } from '../../src/ir/graph.js';
import type { Op, OpKind, OpOf, Window } from '../../src/ir/op.js';
import { defined } from '../../src/support/invariant.js';
import {
  type Emitter,
  floats,
  inputOf,
  int64s,
  outputOf,
  typeOf,
  writeBias,
  writeConstant,
  writeOperand,
} from './emitter.js';
import { byFileAxis, fileAxis, fileDims, permuted, toFile } from './layout.js';
import type { OnnxAttribute } from './onnx-builder.js';

/** Every operator on real values, as the opset of the file writes it. Returns the name of the result, `output` if it can. */
export function emitReal(emitter: Emitter, node: GraphNode, output: string): string {
  const emit = EMIT[node.op.kind] as Emit<Op>;
  return emit(emitter, node, output);
}

type Emit<O extends Op> = (emitter: Emitter, node: GraphNode<O>, output: string) => string;

function x(emitter: Emitter, node: GraphNode): string {
  return emitter.real(defined(node.inputs[0], `the input of '${node.name}'`));
}

type Attributes = Readonly<Record<string, OnnxAttribute | undefined>>;

/** One node that reads the input's real values. */
function unary<O extends Op>(op: string, attributes: (op: O) => Attributes = () => ({})): Emit<O> {
  return (emitter, node, output) =>
    emitter.file.node({ op, inputs: [x(emitter, node)], outputs: [output], attributes: attributes(node.op) });
}

const f = (value: number): OnnxAttribute => ({ f: value });

export function windowAttributes(w: Window): Attributes {
  return {
    kernel_shape: [w.kernelH, w.kernelW],
    strides: [w.strideH, w.strideW],
    pads: [w.padTop, w.padLeft, w.padBottom, w.padRight],
    dilations: w.dilationH === 1 && w.dilationW === 1 ? undefined : [w.dilationH, w.dilationW],
  };
}

const EMIT: { readonly [K in OpKind]: Emit<OpOf<K>> } = {
  conv(emitter, node, output) {
    const { shape } = inputOf(emitter.graph, node, 1);
    const [oc = 0, kernelH = 0, kernelW = 0, perGroup = 0] = shape;
    const weight = writeConstant(emitter, node.inputs[1] ?? '', {
      arrange: (data) => permuted(data, shape, [0, 3, 1, 2]),
      dims: [oc, perGroup, kernelH, kernelW],
      axis: 0,
    });
    const bias = writeBias(emitter, node);
    const attributes = { ...windowAttributes(node.op), group: BigInt(node.op.groups) };
    const inputs = [x(emitter, node), weight, ...(bias === undefined ? [] : [bias])];
    return emitter.file.node({ op: 'Conv', inputs, outputs: [output], attributes });
  },
  'conv-transpose': emitConvTranspose,
  dense(emitter, node, output) {
    const { file } = emitter;
    const [out = 0, inputs = 0] = inputOf(emitter.graph, node, 1).shape;
    const weight = writeConstant(emitter, node.inputs[1] ?? '', {
      arrange: (data) => data,
      dims: [out, inputs],
      axis: 0,
    });
    const bias = writeBias(emitter, node) ?? (file.opset < 11 ? floats(file, `${node.name}/none`, [0]) : undefined);
    const from = [x(emitter, node), weight, ...(bias === undefined ? [] : [bias])];
    return file.node({ op: 'Gemm', inputs: from, outputs: [output], attributes: { transB: 1n } });
  },
  'max-pool': unary('MaxPool', (op: OpOf<'max-pool'>) => windowAttributes(op)),
  'average-pool': unary('AveragePool', (op: OpOf<'average-pool'>) => ({
    ...windowAttributes(op),
    count_include_pad: op.countIncludePad ? 1n : 0n,
  })),
  'global-average-pool': unary('GlobalAveragePool'),
  'batch-norm'(emitter, node, output) {
    const parameters = node.inputs
      .slice(1)
      .map((name) =>
        writeConstant(emitter, name, { arrange: (data) => data, dims: typeOf(emitter.graph, name).shape }),
      );
    const inputs = [x(emitter, node), ...parameters];
    const attributes = { epsilon: f(node.op.epsilon) };
    return emitter.file.node({ op: 'BatchNormalization', inputs, outputs: [output], attributes });
  },
  relu: unary('Relu'),
  clip: (emitter, node, output) => emitClip(emitter, x(emitter, node), node.op, output),
  sigmoid: unary('Sigmoid'),
  tanh: unary('Tanh'),
  flatten: emitReshape,
  requantise: (emitter, node, output) =>
    emitter.file.node({ op: 'Identity', inputs: [x(emitter, node)], outputs: [output] }),
  add: (emitter, node, output) => emitChain(emitter, node, 'Add', output),
  mul: (emitter, node, output) => emitChain(emitter, node, 'Mul', output),
  'local-response-norm': unary('LRN', ({ size, alpha, beta, bias }: OpOf<'local-response-norm'>) => ({
    size: BigInt(size),
    alpha: f(alpha),
    beta: f(beta),
    bias: f(bias),
  })),
  'leaky-relu': unary('LeakyRelu', ({ slope }: OpOf<'leaky-relu'>) => ({ alpha: f(slope) })),
  prelu(emitter, node, output) {
    const { shape } = inputOf(emitter.graph, node, 1);
    const rank = inputOf(emitter.graph, node).shape.length;
    const whole = [...new Array<number>(rank - shape.length).fill(1), ...shape];
    const slope = writeConstant(emitter, node.inputs[1] ?? '', {
      arrange: (data) => toFile(data, whole),
      dims: fileDims(whole).slice(1),
    });
    return emitter.file.node({ op: 'PRelu', inputs: [x(emitter, node), slope], outputs: [output] });
  },
  elu: unary('Elu', ({ alpha }: OpOf<'elu'>) => ({ alpha: f(alpha) })),
  'hard-sigmoid': unary('HardSigmoid', ({ alpha, beta }: OpOf<'hard-sigmoid'>) => ({ alpha: f(alpha), beta: f(beta) })),
  'hard-swish': (emitter, node, output) =>
    emitter.file.opset >= 14
      ? emitter.file.node({ op: 'HardSwish', inputs: [x(emitter, node)], outputs: [output] })
      : gated(emitter, x(emitter, node), 'HardSigmoid', { alpha: f(1 / 6), beta: f(0.5) }, output),
  swish: (emitter, node, output) => gated(emitter, x(emitter, node), 'Sigmoid', {}, output),
  concat(emitter, node, output) {
    const rank = outputOf(emitter.graph, node).shape.length;
    const inputs = node.inputs.map((name) => writeOperand(emitter, name, rank));
    const attributes = { axis: BigInt(fileAxis(rank, node.op.axis)) };
    return emitter.file.node({ op: 'Concat', inputs, outputs: [output], attributes });
  },
  slice: emitSlice,
  pad: emitPad,
  transpose(emitter, node, output) {
    const perm = [0, ...node.op.perm.map((axis) => axis + 1)];
    return fromPlain(emitter, node, output, (result) =>
      emitter.file.node({ op: 'Transpose', inputs: [plain(emitter, node)], outputs: [result], attributes: { perm } }),
    );
  },
  reshape: emitReshape,
  upsample: emitUpsample,
  'depth-to-space': unary('DepthToSpace', ({ block, order }: OpOf<'depth-to-space'>) => ({
    blocksize: BigInt(block),
    mode: order === 'depth-first' ? undefined : 'CRD',
  })),
  'permute-channels'(emitter, node, output) {
    const rank = outputOf(emitter.graph, node).shape.length;
    const inputs = [x(emitter, node), int64s(emitter.file, `${node.name}/order`, node.op.order)];
    const attributes = { axis: BigInt(fileAxis(rank, rank - 1)) };
    return emitter.file.node({ op: 'Gather', inputs, outputs: [output], attributes });
  },
  'reduce-mean': emitReduceMean,
  quantise: notInNetwork,
  dequantise: notInNetwork,
};

function notInNetwork(_emitter: Emitter, node: GraphNode): never {
  throw new Error(`${node.op.kind} '${node.name}' has no place in a network`);
}

/** A clamp in real values. Ends are inputs from opset 11 on, attributes before. */
export function emitClip(
  { file }: Emitter,
  input: string,
  { lo, hi }: { readonly lo?: number | undefined; readonly hi?: number | undefined },
  output: string,
): string {
  const end = (name: string, value: number | undefined): string =>
    value === undefined ? '' : floats(file, `${output}/${name}`, [value], []);
  if (file.opset < 11) {
    const attributes = { min: lo === undefined ? undefined : f(lo), max: hi === undefined ? undefined : f(hi) };
    return file.node({ op: 'Clip', inputs: [input], outputs: [output], attributes });
  }
  const ends = [end('min', lo), ...(hi === undefined ? [] : [end('max', hi)])];
  return file.node({ op: 'Clip', inputs: [input, ...ends], outputs: [output] });
}

/** input * gate(input). */
function gated({ file }: Emitter, input: string, op: string, attributes: Attributes, output: string): string {
  const gate = file.node({ op, inputs: [input], outputs: [file.fresh(`${output}/gate`)], attributes });
  return file.node({ op: 'Mul', inputs: [input, gate], outputs: [output] });
}

/** Two inputs a node. */
function emitChain(emitter: Emitter, node: GraphNode, op: string, output: string): string {
  const rank = outputOf(emitter.graph, node).shape.length;
  const operands = node.inputs.map((name) => writeOperand(emitter, name, rank));
  return operands.slice(1).reduce((left, right, i) => {
    const isLast = i === operands.length - 2;
    const outputs = [isLast ? output : emitter.file.fresh(`${output}/part`)];
    return emitter.file.node({ op, inputs: [left, right], outputs });
  }, operands[0] ?? '');
}

function emitConvTranspose(emitter: Emitter, node: GraphNode<OpOf<'conv-transpose'>>, output: string): string {
  const { op } = node;
  const [oc = 0, kernelH = 0, kernelW = 0, perGroup = 0] = inputOf(emitter.graph, node, 1).shape;
  const groupOut = oc / op.groups;
  const weight = writeConstant(emitter, node.inputs[1] ?? '', {
    arrange: (data) => permuted(data, [op.groups, groupOut, kernelH, kernelW, perGroup], [0, 4, 1, 2, 3]),
    dims: [op.groups * perGroup, groupOut, kernelH, kernelW],
    ...(op.groups === 1 ? { axis: 1 } : {}),
  });
  const bias = writeBias(emitter, node);
  const attributes = {
    ...windowAttributes(op),
    group: BigInt(op.groups),
    output_padding: op.outputPadH === 0 && op.outputPadW === 0 ? undefined : [op.outputPadH, op.outputPadW],
  };
  const inputs = [x(emitter, node), weight, ...(bias === undefined ? [] : [bias])];
  return emitter.file.node({ op: 'ConvTranspose', inputs, outputs: [output], attributes });
}

/** The input with its axes in Heddle's order behind the batch. */
function plain(emitter: Emitter, node: GraphNode): string {
  const { file } = emitter;
  const input = x(emitter, node);
  if (inputOf(emitter.graph, node).shape.length !== 3) return input;
  const outputs = [file.fresh(`${node.name}/nhwc`)];
  return file.node({ op: 'Transpose', inputs: [input], outputs, attributes: { perm: [0, 2, 3, 1] } });
}

/** `make` writes the result in Heddle's order under the name that it is given. */
function fromPlain(emitter: Emitter, node: GraphNode, output: string, make: (result: string) => string): string {
  const { file } = emitter;
  if (outputOf(emitter.graph, node).shape.length !== 3) return make(output);
  const inputs = [make(file.fresh(`${output}/nhwc`))];
  return file.node({ op: 'Transpose', inputs, outputs: [output], attributes: { perm: [0, 3, 1, 2] } });
}

function emitReshape(emitter: Emitter, node: GraphNode, output: string): string {
  const { file } = emitter;
  const dims = int64s(file, `${node.name}/shape`, [1, ...outputOf(emitter.graph, node).shape]);
  return fromPlain(emitter, node, output, (result) =>
    file.node({ op: 'Reshape', inputs: [plain(emitter, node), dims], outputs: [result] }),
  );
}

function emitSlice(emitter: Emitter, node: GraphNode<OpOf<'slice'>>, output: string): string {
  const { file } = emitter;
  const { begin, size, step } = node.op;
  const ends = begin.map((from, axis) => from + ((size[axis] ?? 1) - 1) * (step[axis] ?? 1) + 1);
  const [starts, stops, steps] = [byFileAxis(begin, 0), byFileAxis(ends, 1), byFileAxis(step, 1)];
  if (file.opset < 10) {
    if (step.some((value) => value !== 1)) throw new Error(`opset ${file.opset} has no steps for slice '${node.name}'`);
    return file.node({
      op: 'Slice',
      inputs: [x(emitter, node)],
      outputs: [output],
      attributes: { starts, ends: stops },
    });
  }
  const axes = starts.map((_, axis) => axis);
  const lists = [starts, stops, axes, steps].map((list, i) =>
    int64s(file, `${node.name}/${['starts', 'ends', 'axes', 'steps'][i]}`, list),
  );
  return file.node({ op: 'Slice', inputs: [x(emitter, node), ...lists], outputs: [output] });
}

function emitPad(emitter: Emitter, node: GraphNode<OpOf<'pad'>>, output: string): string {
  const { file } = emitter;
  const { before, after, mode, value } = node.op;
  const pads = [...byFileAxis(before, 0), ...byFileAxis(after, 0)];
  const { scale, zeroPoint } = outputOf(emitter.graph, node).quant ?? { scale: [1], zeroPoint: [0] };
  const real = (scale[0] ?? 1) * (value - (zeroPoint[0] ?? 0));
  const isConstant = mode === 'constant';
  if (file.opset < 11) {
    const attributes = { mode, pads, value: isConstant ? f(real) : undefined };
    return file.node({ op: 'Pad', inputs: [x(emitter, node)], outputs: [output], attributes });
  }
  const lists = [int64s(file, `${node.name}/pads`, pads)];
  if (isConstant) lists.push(floats(file, `${node.name}/value`, [real], []));
  return file.node({ op: 'Pad', inputs: [x(emitter, node), ...lists], outputs: [output], attributes: { mode } });
}

function emitUpsample(emitter: Emitter, node: GraphNode<OpOf<'upsample'>>, output: string): string {
  const { file } = emitter;
  const factors = [1, 1, node.op.factorH, node.op.factorW];
  const input = x(emitter, node);
  if (file.opset < 9) {
    const attributes = { scales: { floats: factors }, mode: 'nearest' };
    return file.node({ op: 'Upsample', inputs: [input], outputs: [output], attributes });
  }
  const scales = floats(file, `${node.name}/scales`, factors);
  const op = file.opset === 9 ? 'Upsample' : 'Resize';
  if (file.opset < 11) {
    return file.node({ op, inputs: [input, scales], outputs: [output], attributes: { mode: 'nearest' } });
  }
  const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
  const region = file.opset < 13 ? floats(file, `${node.name}/roi`, []) : '';
  return file.node({ op, inputs: [input, region, scales], outputs: [output], attributes });
}

function emitReduceMean(emitter: Emitter, node: GraphNode<OpOf<'reduce-mean'>>, output: string): string {
  const { file } = emitter;
  const axes = node.op.axes.map((axis) => axis + 1);
  const keepdims = node.op.keepDims ? 1n : 0n;
  return fromPlain(emitter, node, output, (result) => {
    const input = plain(emitter, node);
    if (file.opset < 18) {
      return file.node({ op: 'ReduceMean', inputs: [input], outputs: [result], attributes: { axes, keepdims } });
    }
    const inputs = [input, int64s(file, `${node.name}/axes`, axes)];
    return file.node({ op: 'ReduceMean', inputs, outputs: [result], attributes: { keepdims } });
  });
}
