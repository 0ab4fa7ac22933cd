import { elementCount } from '../../src/ir/tensor-type.js';
import { makeOnnx, type OnnxBuilder } from '../oracle/onnx-builder.js';

/** Blocks and width of each stage; a block's output has four times its width. */
const STAGES = [
  [3, 64],
  [4, 128],
  [6, 256],
  [3, 512],
] as const;

function weights(b: OnnxBuilder, dims: readonly number[]): string {
  const data = new Float32Array(elementCount(dims));
  for (let i = 0; i < data.length; i++) data[i] = ((i * 7919) % 2003) / 2003 - 0.5;
  return b.constant(b.fresh('w'), 'float32', dims, data);
}

function layer(b: OnnxBuilder, x: string, inputs: number, outputs: number, kernel: number, stride = 1): string {
  const pad = (kernel - 1) / 2;
  const attributes = { strides: [stride, stride], pads: [pad, pad, pad, pad] };
  const conv = [x, weights(b, [outputs, inputs, kernel, kernel])];
  const sums = b.node({ op: 'Conv', inputs: conv, outputs: [b.fresh('conv')], attributes });
  const parameters = [1, 2, 3, 4].map(() =>
    b.constant(b.fresh('bn'), 'float32', [outputs], new Float32Array(outputs).fill(1)),
  );
  return b.node({ op: 'BatchNormalization', inputs: [sums, ...parameters], outputs: [b.fresh('normal')] });
}

function relu(b: OnnxBuilder, x: string): string {
  return b.node({ op: 'Relu', inputs: [x], outputs: [b.fresh('relu')] });
}

function block(b: OnnxBuilder, x: string, inputs: number, width: number, stride: number): string {
  const first = relu(b, layer(b, x, inputs, width, 1));
  const second = relu(b, layer(b, first, width, width, 3, stride));
  const third = layer(b, second, width, 4 * width, 1);
  const shortcut = inputs === 4 * width ? x : layer(b, x, inputs, 4 * width, 1, stride);
  return relu(b, b.node({ op: 'Add', inputs: [third, shortcut], outputs: [b.fresh('sum')] }));
}

/** An ONNX file of ResNet-50's layers with 25.5 million real weights, as a training library exports it. */
export function resnet50File(): Uint8Array {
  const b = makeOnnx(13);
  let x = relu(b, layer(b, b.input('image', 'float32', ['N', 3, 224, 224]), 3, 64, 7, 2));
  x = b.node({
    op: 'MaxPool',
    inputs: [x],
    outputs: ['pool'],
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
  });
  let channels = 64;
  for (const [stage, [blocks, width]] of STAGES.entries()) {
    for (let i = 0; i < blocks; i++) {
      x = block(b, x, channels, width, i === 0 && stage > 0 ? 2 : 1);
      channels = 4 * width;
    }
  }
  const means = b.node({ op: 'GlobalAveragePool', inputs: [x], outputs: ['means'] });
  const flat = b.node({ op: 'Flatten', inputs: [means], outputs: ['flat'] });
  const head = [flat, weights(b, [2048, 1000]), weights(b, [1000])];
  return b.finish([b.node({ op: 'Gemm', inputs: head, outputs: ['logits'] })]);
}
