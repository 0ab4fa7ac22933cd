import { type FrameSource, randomFrames } from '../../src/execute/frame-source.js';
import type { Graph } from '../../src/ir/graph.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { loadModel } from '../../src/load.js';
import { quantizeGraph } from '../../src/quantize/quantize-graph.js';
import { defined } from '../../src/support/invariant.js';
import { type FrameCase, realFrames } from '../accuracy/tflite-models.js';
import { sharedPath } from '../shared-data.js';

/** A trained model whose generated RTL is held to the golden model on frames of its own kind. */
export interface TrainedModel {
  /** Below models/. */
  readonly model: string;
  /** Real frames, below data/; seeded random ones where there are none of its kind. */
  readonly images?: string;
  readonly format?: FrameCase['format'];
  readonly edge?: number;
  /** A float model is quantised on so many frames, which are not those that it is verified on. */
  readonly calibrated?: number;
}

const RAW = { raw: true } as const;
const pixels = (mean: number, std: number): FrameCase['format'] => ({
  preprocessing: { mean: [mean], std: [std], bgr: false },
});
const DIGITS = 'mnist_t10k_images.npy';
const PICTURES = 'imagenet100_224_images.npy';
const CIFAR = 'cifar10_ic01_images.npy';

const IMAGENET = {
  preprocessing: { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], bgr: false },
  layout: 'nhwc',
} as const;
const CAFFE = { preprocessing: { mean: [104, 117, 123], std: [1], bgr: true }, layout: 'nhwc' } as const;

/** Networks with branches. */
export const BRANCHING: readonly TrainedModel[] = [
  { model: 'mlperf-tiny/pretrainedResnet_quant.tflite', images: CIFAR, format: pixels(0, 1) },
  { model: 'resnet-cifar10/resnet20_cifar10.onnx', images: CIFAR, format: IMAGENET, calibrated: 50 },
  { model: 'winml/SqueezeNet_fp16.onnx', images: PICTURES, format: CAFFE, calibrated: 20 },
  { model: 'coral/mobilenet_v2_1.0_224_quant.tflite', images: PICTURES, format: RAW },
  { model: 'nnstreamer/mobilenet_v2_quant.onnx', images: PICTURES, format: IMAGENET },
];

/** Small ones first. */
export const TRAINED: readonly TrainedModel[] = [
  { model: 'tinymaix/mnist_valid_q.tflite', images: DIGITS, format: pixels(0, 255) },
  { model: 'tinymaix/mnist_dw_q.tflite', images: DIGITS, format: pixels(0, 255) },
  { model: 'ort-examples/mnist.onnx', images: DIGITS, format: { ...pixels(0, 1), layout: 'nhwc' }, calibrated: 100 },
  { model: 'tinymaix/cifar10_q.tflite', images: CIFAR, format: pixels(0, 255) },
  { model: 'mlperf-tiny/kws_ref_model.tflite', images: 'kws01_features.npy', format: RAW },
  { model: 'mlperf-tiny/ad01_int8.tflite' },
  { model: 'tflm/micro_speech_quantized.tflite' },
  { model: 'mlperf-tiny/vww_96_int8.tflite', images: PICTURES, format: pixels(0, 255), edge: 96 },
  { model: 'tflm/person_detect.tflite' },
  { model: 'coral/mobilenet_v1_0.25_128_quant.tflite', images: PICTURES, format: RAW, edge: 128 },
  { model: 'tinymaix/mbnet128_0.25_q.tflite', images: PICTURES, format: pixels(0, 255), edge: 128 },
  { model: 'tflite-support/mobilenet_v1_0.25_224_quant.tflite', images: PICTURES, format: RAW },
  { model: 'coral/mobilenet_v1_0.5_160_quant.tflite', images: PICTURES, format: RAW, edge: 160 },
  ...BRANCHING,
];

export function loadNetwork(path: string): Graph {
  return loadModel(path).graph;
}

export interface TrainedCase {
  readonly graph: Graph;
  readonly kind: FrameSource['kind'];
  readonly frames: readonly Tensor[];
}

/** The integer network and its frames; undefined where the model or its data are not beside the checkout. */
export function trainedCase(entry: TrainedModel, frames: number, seed: number): TrainedCase | undefined {
  const path = sharedPath('models', entry.model);
  const images = entry.images === undefined ? undefined : sharedPath('data', entry.images);
  if (path === undefined || (entry.images !== undefined && images === undefined)) return undefined;
  const loaded = loadNetwork(path);
  const calibrated = entry.calibrated ?? 0;
  const graph = calibrated === 0 ? loaded : quantised(loaded, entry, images, calibrated);
  const source = sourceOf(graph, entry, images, calibrated + frames, seed);
  const own = Array.from({ length: frames }, (_, i) => source.frame(calibrated + i));
  return { graph, kind: source.kind, frames: own };
}

function sourceOf(
  graph: Graph,
  { format = {}, edge }: TrainedModel,
  images: string | undefined,
  count: number,
  seed: number,
): FrameSource {
  if (images === undefined) return randomFrames(graph, defined(graph.inputs[0], 'the input'), count, seed);
  return realFrames({ format, ...(edge === undefined ? {} : { edge }) }, images, graph, count);
}

function quantised(graph: Graph, entry: TrainedModel, images: string | undefined, count: number): Graph {
  const input = defined(graph.inputs[0], 'the input').tensor;
  const source = sourceOf(graph, entry, images, count, 0);
  const frames = Array.from({ length: count }, (_, i) => new Map([[input, source.frame(i)]]));
  return quantizeGraph(graph, frames).graph;
}
