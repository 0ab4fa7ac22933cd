import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { ConvOp, Window } from '../../../src/ir/op.js';
import { elementCount, F32, type IntElement, int, type TensorType } from '../../../src/ir/tensor-type.js';

/** Small graphs that several tests share. */

export const UNIT_WINDOW: Window = {
  kernelH: 1,
  kernelW: 1,
  strideH: 1,
  strideW: 1,
  dilationH: 1,
  dilationW: 1,
  padTop: 0,
  padLeft: 0,
  padBottom: 0,
  padRight: 0,
};

export function window(changes: Partial<Window> = {}): Window {
  return { ...UNIT_WINDOW, ...changes };
}

export function convOp(changes: Partial<ConvOp> = {}): ConvOp {
  return { ...UNIT_WINDOW, kind: 'conv', groups: 1, ...changes };
}

export function float(...shape: number[]): TensorType {
  return { shape, element: F32 };
}

export function quantised(element: IntElement, scale: number, zeroPoint: number, ...shape: number[]): TensorType {
  return { shape, element, quant: { scale: [scale], zeroPoint: [zeroPoint] } };
}

/** image 6x6x2 -> conv 3x3 (4) -> relu -> max-pool 2x2 -> flatten -> dense (3) */
export function floatGraph(): Graph {
  const b = makeBuilder('small-float');
  const weight = Float32Array.from({ length: 4 * 3 * 3 * 2 }, (_, i) => (i % 7) / 8 - 0.375);
  b.input('image', float(6, 6, 2), {
    layout: 'nchw',
    preprocessing: { mean: [127.5], std: [1 / 3, 2], bgr: false },
  });
  b.constant('conv1.weight', { type: float(4, 3, 3, 2), data: weight });
  b.constant('conv1.bias', { type: float(4), data: Float32Array.of(0.1, -0.2, 0, 3e-9) });
  b.constant('fc.weight', { type: float(3, 16), data: Float32Array.from({ length: 48 }, (_, i) => i / 64) });
  b.node('conv1', convOp({ kernelH: 3, kernelW: 3 }), ['image', 'conv1.weight', 'conv1.bias']);
  b.node('relu1', { kind: 'relu' }, ['conv1']);
  b.node('pool1', { kind: 'max-pool', ...window({ kernelH: 2, kernelW: 2, strideH: 2, strideW: 2 }) }, ['relu1']);
  b.node('flat', { kind: 'flatten' }, ['pool1']);
  b.node('fc', { kind: 'dense' }, ['flat', 'fc.weight']);
  return b.build(['fc'], { classOffset: 1 });
}

/** image 6x6x2 uint8 -> conv 3x3 (4, per channel) with clamp -> add of itself and a constant -> requantise to int4 */
export function integerGraph(): Graph {
  const b = makeBuilder('small-integer');
  const weightType: TensorType = {
    shape: [4, 3, 3, 2],
    element: int(8, true),
    quant: { scale: [0.1, 0.2, 1 / 3, 5e-324], zeroPoint: [0, 0, 0, 0], axis: 0 },
  };
  const weight = Int8Array.from({ length: 72 }, (_, i) => ((i * 37) % 255) - 127);
  b.input('image', quantised(int(8, false), 1 / 255, 3, 6, 6, 2));
  b.constant('conv1.weight', { type: weightType, data: weight });
  b.constant('conv1.bias', {
    type: { shape: [4], element: int(32, true) },
    data: Int32Array.of(1, -2, 2 ** 31 - 1, 0),
  });
  b.constant('offset', { type: quantised(int(8, true), 0.5, -1, 4), data: Int8Array.of(1, 2, -128, 127) });
  const conv = convOp({ kernelH: 3, kernelW: 3, padTop: 1, clamp: { lo: 0, hi: 200 } });
  b.node('conv1', conv, ['image', 'conv1.weight', 'conv1.bias'], quantised(int(8, false), 0.02, 0, 5, 4, 4));
  b.node('sum', { kind: 'add' }, ['conv1', 'conv1', 'offset'], quantised(int(8, false), 0.04, 5, 5, 4, 4));
  b.node('out', { kind: 'requantise' }, ['sum'], quantised(int(4, true), 0.3, -8, 5, 4, 4));
  return b.build(['out'], { requantBits: 20 });
}

/** Every operator that a float network can hold, with every attribute away from its default. */
export function allOpsFloatGraph(): Graph {
  const b = makeBuilder('all-ops-float');
  const ramp = (length: number): Float32Array => Float32Array.from({ length }, (_, i) => (i + 1) / 16);
  b.input('x', float(9, 7, 4));
  b.constant('conv.w', { type: float(8, 3, 2, 2), data: ramp(96) });
  b.constant('dw.w', { type: float(8, 1, 1, 1), data: ramp(8) });
  for (const name of ['scale', 'offset', 'mean', 'variance'])
    b.constant(`bn.${name}`, { type: float(8), data: ramp(8) });
  b.constant('map', { type: float(5, 3, 8), data: ramp(120) });
  const odd = { strideH: 2, strideW: 3, dilationH: 2, dilationW: 3, padTop: 1, padLeft: 2, padBottom: 3, padRight: 1 };
  b.node('conv', convOp({ kernelH: 3, kernelW: 2, ...odd, groups: 2, clamp: { lo: -0.5 } }), ['x', 'conv.w']);
  b.node('dw', convOp({ groups: 8, clamp: { hi: 6 } }), ['conv', 'dw.w']);
  b.node('bn', { kind: 'batch-norm', epsilon: 1e-5 }, ['dw', 'bn.scale', 'bn.offset', 'bn.mean', 'bn.variance']);
  b.node('sum', { kind: 'add', clamp: { lo: 0, hi: 1 } }, ['bn', 'dw', 'map', 'bn.offset']);
  const padded = window({ kernelH: 2, kernelW: 2, padTop: 1, padRight: 1 });
  b.node('max', { kind: 'max-pool', ...padded, clamp: { lo: 0 } }, ['sum']);
  b.node('mean', { kind: 'average-pool', ...padded, countIncludePad: true }, ['max']);
  b.node('mean2', { kind: 'average-pool', ...padded, countIncludePad: false, clamp: { hi: 3 } }, ['mean']);
  b.node('mean3', { kind: 'average-pool', ...window({ kernelW: 2 }), countIncludePad: true }, ['mean2']);
  b.node('clip', { kind: 'clip', lo: -1, hi: 2.5 }, ['mean3']);
  b.node('gap', { kind: 'global-average-pool', clamp: { lo: 0 } }, ['clip']);
  b.node('tanh', { kind: 'tanh' }, ['gap']);
  b.node('sigmoid', { kind: 'sigmoid' }, ['tanh']);
  b.node('flat', { kind: 'flatten' }, ['sigmoid']);
  b.constant('fc.w', { type: float(3, 8), data: ramp(24) });
  b.constant('fc.b', { type: float(3), data: ramp(3) });
  b.node('fc', { kind: 'dense', clamp: { lo: -1, hi: 1 } }, ['flat', 'fc.w', 'fc.b']);
  return b.build(['fc', 'clip']);
}

/** Every operator that an integer network can hold, with odd types. */
export function allOpsIntegerGraph(): Graph {
  const b = makeBuilder('all-ops-integer');
  const u8 = (...shape: number[]) => quantised(int(8, false), 0.05, 128, ...shape);
  const s10 = (...shape: number[]) => quantised(int(10, true), 0.01, -7, ...shape);
  b.input('x', s10(4, 4, 2));
  b.constant('conv.w', {
    type: { shape: [2, 1, 1, 2], element: int(4, false), quant: { scale: [0.5, 0.25], zeroPoint: [8, 7], axis: 0 } },
    data: Uint8Array.of(0, 15, 8, 7),
  });
  b.constant('conv.b', {
    type: { shape: [2], element: int(64, true) },
    data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n),
  });
  b.node('conv', convOp({ clamp: { lo: 128 } }), ['x', 'conv.w', 'conv.b'], u8(4, 4, 2));
  b.node('max', { kind: 'max-pool', ...window({ kernelH: 2, kernelW: 2 }) }, ['conv'], u8(3, 3, 2));
  b.node('mean', { kind: 'average-pool', ...window({ kernelH: 2 }), countIncludePad: false }, ['max'], u8(2, 3, 2));
  b.constant('c', { type: quantised(int(12, true), 2, 0, 2), data: Int16Array.of(-2048, 2047) });
  b.node('add', { kind: 'add', clamp: { lo: 1, hi: 254 } }, ['mean', 'c'], u8(2, 3, 2));
  b.node('clip', { kind: 'clip', hi: 3 }, ['add'], u8(2, 3, 2));
  b.node('relu', { kind: 'relu' }, ['clip'], u8(2, 3, 2));
  b.node('sigmoid', { kind: 'sigmoid' }, ['relu'], quantised(int(8, false), 1 / 256, 0, 2, 3, 2));
  b.node('tanh', { kind: 'tanh' }, ['sigmoid'], quantised(int(1, false), 1, 0, 2, 3, 2));
  b.node('wide', { kind: 'requantise', clamp: { lo: 0 } }, ['tanh'], quantised(int(16, true), 1e-4, -32768, 2, 3, 2));
  b.node('gap', { kind: 'global-average-pool' }, ['wide'], quantised(int(16, true), 1e-4, -32768, 1, 1, 2));
  b.node('flat', { kind: 'flatten' }, ['gap'], quantised(int(16, true), 1e-4, -32768, 2));
  b.constant('fc.w', { type: quantised(int(2, true), 1, 0, 3, 2), data: Int8Array.of(-2, -1, 0, 1, 1, 1) });
  b.node('fc', { kind: 'dense' }, ['flat', 'fc.w'], quantised(int(8, true), 0.5, 0, 3));
  return b.build(['fc']);
}

/** Branches, and every operator that moves, joins or bends elements, in float. */
export function branchingFloatGraph(): Graph {
  const b = makeBuilder('branching');
  const constant = (name: string, shape: readonly number[]): string =>
    b.constant(name, {
      type: { shape, element: F32 },
      data: Float32Array.from({ length: elementCount(shape) }, (_, i) => ((i * 7) % 11) / 11 - 0.4),
    });
  const x = b.input('x', { shape: [4, 6, 8], element: F32 });
  const window = {
    strideH: 2,
    strideW: 1,
    dilationH: 1,
    dilationW: 2,
    padTop: 1,
    padLeft: 0,
    padBottom: 0,
    padRight: 1,
  };
  const up = b.node(
    'up',
    { kind: 'conv-transpose', kernelH: 3, kernelW: 2, ...window, groups: 2, outputPadH: 1, outputPadW: 0 },
    [x, constant('up.weight', [8, 3, 2, 4]), constant('up.bias', [8])],
  );
  const norm = b.node('norm', { kind: 'local-response-norm', size: 5, alpha: 1e-4, beta: 0.75, bias: 1 }, [x]);
  const leaky = b.node('leaky', { kind: 'leaky-relu', slope: 0.1 }, [norm]);
  const prelu = b.node('prelu', { kind: 'prelu' }, [leaky, constant('slopes', [8])]);
  const elu = b.node('elu', { kind: 'elu', alpha: 1 }, [prelu]);
  const hardSigmoid = b.node('hard-sigmoid', { kind: 'hard-sigmoid', alpha: 0.2, beta: 0.5 }, [elu]);
  const hardSwish = b.node('hard-swish', { kind: 'hard-swish' }, [hardSigmoid]);
  const swish = b.node('swish', { kind: 'swish' }, [hardSwish]);
  const gate = b.node('gate', { kind: 'global-average-pool' }, [x]);
  const product = b.node('product', { kind: 'mul', clamp: { lo: 0 } }, [swish, gate]);
  const sum = b.node('sum', { kind: 'add' }, [product, x]);
  const joined = b.node('joined', { kind: 'concat', axis: 2 }, [sum, swish]);
  const part = b.node('part', { kind: 'slice', begin: [0, 1, 2], size: [2, 3, 8], step: [2, 2, 1] }, [joined]);
  const padded = b.node('padded', { kind: 'pad', before: [1, 0, 0], after: [0, 1, 0], mode: 'edge', value: 0 }, [part]);
  const large = b.node('large', { kind: 'upsample', factorH: 2, factorW: 1 }, [padded]);
  const spread = b.node('spread', { kind: 'depth-to-space', block: 2, order: 'column-first' }, [large]);
  const shuffled = b.node('shuffled', { kind: 'permute-channels', order: [1, 0] }, [spread]);
  const turned = b.node('turned', { kind: 'transpose', perm: [2, 0, 1] }, [shuffled]);
  const mean = b.node('mean', { kind: 'reduce-mean', axes: [1], keepDims: true }, [turned]);
  const vector = b.node('vector', { kind: 'reshape', shape: [16] }, [mean]);
  return b.build([vector, up]);
}
