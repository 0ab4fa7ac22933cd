import { readFileSync } from 'node:fs';
import { arrayFrames } from '../../src/execute/frame-source.js';
import { readLabels } from '../../src/execute/run-model.js';
import type { Graph, Preprocessing } from '../../src/ir/graph.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { F32 } from '../../src/ir/tensor-type.js';
import { defined } from '../../src/support/invariant.js';
import { parseNpy } from '../../src/support/npy.js';
import { sharedPath } from '../shared-data.js';
import type { Frame } from './network-oracle.js';

/** The ONNX models of the shared folder, and the pictures that they are run on. */
export interface OnnxCase {
  /** Below models/. */
  readonly model: string;
  /** Below data/: [frames][H][W][C] of bytes. */
  readonly images: string;
  readonly labels: string;
  readonly preprocessing: Preprocessing;
  /** Frames for the comparison tensor by tensor. */
  readonly frames: number;
  /** Frames for the best class; none where the network is not trained. */
  readonly scored: number;
  readonly isHalf?: boolean;
  /** The file holds no weights: seeded random ones are put in. */
  readonly isUntrained?: boolean;
}

const IMAGENET = { images: 'imagenet100_224_images.npy', labels: 'imagenet100_labels.npy' } as const;
/** In pixel units. */
const TORCHVISION = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], bgr: false } as const;

export const FLOAT_CASES: readonly OnnxCase[] = [
  {
    ...{ model: 'ort-examples/mnist.onnx', images: 'mnist_t10k_images.npy', labels: 'mnist_t10k_labels.npy' },
    ...{ preprocessing: { mean: [0], std: [1], bgr: false }, frames: 20, scored: 1000 },
  },
  {
    ...{ model: 'resnet-cifar10/resnet20_cifar10.onnx', images: 'cifar10_ic01_images.npy' },
    ...{ labels: 'cifar10_ic01_labels.npy', preprocessing: TORCHVISION, frames: 5, scored: 200 },
  },
  {
    ...{ model: 'winml/SqueezeNet_fp16.onnx', ...IMAGENET, isHalf: true, frames: 3, scored: 100 },
    preprocessing: { mean: [104, 117, 123], std: [1], bgr: true },
  },
  ...['bvlc_alexnet', 'vgg19', 'inception_v1', 'resnet50', 'squeezenet'].map((name) => ({
    ...{ model: `onnx-light/light_${name}.onnx`, ...IMAGENET, preprocessing: TORCHVISION },
    ...{ frames: 1, scored: 0, isUntrained: true },
  })),
];

export const INTEGER_CASE: OnnxCase = {
  ...{ model: 'nnstreamer/mobilenet_v2_quant.onnx', ...IMAGENET, preprocessing: TORCHVISION, frames: 3, scored: 100 },
};

/** Frames as real values, channels-last, and their classes. */
export interface CaseData {
  readonly labels: readonly number[];
  readonly frame: (index: number) => Tensor;
}

/** Frames of a case for a network's input, whatever numbers the network takes. */
export function caseData({ images, labels, preprocessing }: OnnxCase, graph: Graph): CaseData {
  const input = defined(graph.inputs[0], 'the input');
  const { shape } = defined(graph.types.get(input.tensor), `the type of '${input.tensor}'`);
  const real = { ...graph, types: new Map([[input.tensor, { shape, element: F32 }]]) };
  const array = parseNpy(readFileSync(dataPath(images)), images);
  const source = arrayFrames(real, input, array, images, { preprocessing, layout: 'nhwc' });
  const classes = parseNpy(readFileSync(dataPath(labels)), labels);
  return { labels: readLabels(classes, labels, source.count), frame: source.frame };
}

/** Frames `first` and the next ones for the first input of a network, made one at a time; they can be run through again. */
export function framesFor({ inputs }: Graph, { frame }: CaseData, first: number, count: number): Iterable<Frame> {
  const { tensor } = defined(inputs[0], 'the input');
  return {
    *[Symbol.iterator]() {
      for (let i = first; i < first + count; i++) yield new Map([[tensor, frame(i)]]);
    },
  };
}

function dataPath(file: string): string {
  return defined(sharedPath('data', file), file);
}
