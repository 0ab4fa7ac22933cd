import { makeBuilder } from '../../../src/ir/builder.js';
import type { Graph } from '../../../src/ir/graph.js';
import type { ConvOp, Window } from '../../../src/ir/op.js';
import { F32, type IntElement, int, type TensorType } from '../../../src/ir/tensor-type.js';

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
