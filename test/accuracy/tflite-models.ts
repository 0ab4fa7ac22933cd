import { readFileSync } from 'node:fs';
import { arrayFrames, type FrameOptions, type FrameSource } from '../../src/execute/frame-source.js';
import {
  type Accuracy,
  accuracyOf,
  bestClasses,
  classOutput,
  readLabels,
  runFrames,
} from '../../src/execute/run-model.js';
import { loadTfliteFile } from '../../src/frontend/tflite/import.js';
import type { Graph } from '../../src/ir/graph.js';
import { defined } from '../../src/support/invariant.js';
import { type NpyArray, parseNpy } from '../../src/support/npy.js';
import { sharedPath } from '../shared-data.js';
import { resizePicture } from './resize.js';

/** A trained model and labelled frames that it is measured on. */
export interface FrameCase {
  /** Below models/. */
  readonly model: string;
  /** Below data/. */
  readonly images: string;
  readonly labels: string;
  /** What the frames' numbers are to the model. */
  readonly format: Pick<FrameOptions, 'raw' | 'preprocessing' | 'layout'>;
  /** Index of label 0's class in the output. */
  readonly offset: number;
  /** Pictures are resized to this edge. */
  readonly edge?: number;
  /** Only the first so many frames. */
  readonly frames?: number;
}

/** One whose top-1 is known. */
export interface AccuracyCase extends FrameCase {
  /** Top-1 that others have measured, by an approximate float evaluator; absent where nobody has. */
  readonly listed?: number;
  /**
   * Top-1 of the reference runtime's integer arithmetic on exactly these frames, as `npm run oracle -- tflite` prints it;
   * where it is given it is the measure, the listed figure being of float arithmetic.
   */
  readonly reference?: number;
  /** Largest difference, as a share. */
  readonly tolerance: number;
}

const RAW = { raw: true } as const;
/** Pixels as they are. */
export const PIXELS = { preprocessing: { mean: [0], std: [1], bgr: false } } as const;
export const UNIT = { preprocessing: { mean: [0], std: [255], bgr: false } } as const;
export const CENTRED = { preprocessing: { mean: [127.5], std: [127.5], bgr: false } } as const;

export const DIGITS = {
  images: 'mnist_t10k_images.npy',
  labels: 'mnist_t10k_labels.npy',
  offset: 0,
  frames: 2000,
} as const;
export const CIFAR = { images: 'cifar10_ic01_images.npy', labels: 'cifar10_ic01_labels.npy', offset: 0 } as const;
const WORDS = { images: 'kws01_features.npy', labels: 'kws01_labels.npy', offset: 0 } as const;
export const PICTURES = { images: 'imagenet100_224_images.npy', labels: 'imagenet100_labels.npy' } as const;

/**
 * The listed figures of the picture networks have half points, so they are of more pictures than the hundred that are
 * at hand; those of the digits are of the first ones, the second half of the test set being easier.
 */
export const ACCURACY_CASES: readonly AccuracyCase[] = [
  { model: 'mlperf-tiny/pretrainedResnet_quant.tflite', ...CIFAR, format: PIXELS, listed: 0.85, tolerance: 0.01 },
  { model: 'mlperf-tiny/pretrainedResnet.tflite', ...CIFAR, format: PIXELS, listed: 0.855, tolerance: 0.01 },
  { model: 'mlperf-tiny/kws_ref_model.tflite', ...WORDS, format: RAW, listed: 0.902, tolerance: 0.01 },
  { model: 'tinymaix/mnist_valid_q.tflite', ...DIGITS, format: UNIT, listed: 0.953, tolerance: 0.01 },
  { model: 'tinymaix/mnist_valid_f.tflite', ...DIGITS, format: UNIT, listed: 0.953, tolerance: 0.01 },
  { model: 'tinymaix/mnist_dw_q.tflite', ...DIGITS, format: UNIT, listed: 0.906, tolerance: 0.01 },
  { model: 'tinymaix/mnist_dw_f.tflite', ...DIGITS, format: UNIT, listed: 0.906, tolerance: 0.01 },
  { model: 'tinymaix/cifar10_q.tflite', ...CIFAR, format: UNIT, listed: 0.72, tolerance: 0.03 },
  { model: 'tinymaix/cifar10_f.tflite', ...CIFAR, format: UNIT, listed: 0.72, tolerance: 0.03 },
  {
    model: 'tinymaix/mbnet128_0.25_q.tflite',
    ...{ ...PICTURES, format: UNIT, offset: 0, edge: 128, listed: 0.39, tolerance: 0.03 },
  },
  {
    model: 'tinymaix/mbnet128_0.25_f.tflite',
    ...{ ...PICTURES, format: UNIT, offset: 0, edge: 128, tolerance: 0.03 },
  },
  {
    model: 'coral/mobilenet_v1_0.25_128_quant.tflite',
    ...{ ...PICTURES, format: RAW, offset: 1, edge: 128, listed: 0.51, tolerance: 0.03 },
  },
  {
    model: 'coral/mobilenet_v1_0.5_160_quant.tflite',
    ...{ ...PICTURES, format: RAW, offset: 1, edge: 160, listed: 0.695, tolerance: 0.03 },
  },
  {
    model: 'coral/mobilenet_v2_1.0_224_quant.tflite',
    ...{ ...PICTURES, format: RAW, offset: 1, listed: 0.89, reference: 0.85, tolerance: 0.03 },
  },
  {
    model: 'tflite-support/mobilenet_v1_0.25_224_quant.tflite',
    ...{ ...PICTURES, format: RAW, offset: 1, listed: 0.57, tolerance: 0.03 },
  },
  {
    model: 'tflite-support/mobilenet_v1_0.25_224_1_default_1.tflite',
    ...{ ...PICTURES, format: CENTRED, offset: 1, listed: 0.575, tolerance: 0.03 },
  },
];

export interface CaseFiles {
  readonly model: string;
  readonly images: string;
  readonly labels: string;
}

/** The paths of a case's files; undefined where one of them is not beside the checkout. */
export function filesOf({ model, images, labels }: FrameCase): CaseFiles | undefined {
  const paths = [sharedPath('models', model), sharedPath('data', images), sharedPath('data', labels)];
  const [modelPath, imagePath, labelPath] = paths;
  if (modelPath === undefined || imagePath === undefined || labelPath === undefined) return undefined;
  return { model: modelPath, images: imagePath, labels: labelPath };
}

function readArray(path: string): NpyArray {
  return parseNpy(readFileSync(path), path);
}

/** Square pictures [frames][edge][edge][channels] of bytes in another size. */
function resized(array: NpyArray, to: number): NpyArray {
  const [frames = 0, from = 0, , channels = 0] = array.shape;
  const size = from * from * channels;
  const data = new Uint8Array(frames * to * to * channels);
  for (let frame = 0; frame < frames; frame++) {
    const picture = array.data.subarray(frame * size, (frame + 1) * size) as Uint8Array;
    data.set(resizePicture(picture, from, to, channels), frame * to * to * channels);
  }
  return { ...array, shape: [frames, to, to, channels], data };
}

export interface LabelledFrames {
  readonly source: FrameSource;
  readonly labels: readonly number[];
}

/** The first so many frames of a case, as the graph's input takes them. */
export function realFrames(
  { format, edge, frames }: Pick<FrameCase, 'format' | 'edge' | 'frames'>,
  path: string,
  graph: Graph,
  limit: number,
): FrameSource {
  const input = defined(graph.inputs[0], 'the input');
  const images = readArray(path);
  const first = firstFrames(images, Math.min(limit, frames ?? limit, images.shape[0] ?? 0));
  return arrayFrames(graph, input, edge === undefined ? first : resized(first, edge), path, format);
}

/** As realFrames, and their labels. */
export function labelledFrames(entry: FrameCase, files: CaseFiles, graph: Graph, limit: number): LabelledFrames {
  const source = realFrames(entry, files.images, graph, limit);
  const labels = readArray(files.labels);
  const all = readLabels(labels, files.labels, labels.data.length);
  return { source, labels: all.slice(0, source.count) };
}

/** Top-1 and top-5 of a model on its frames, at most `limit`, by the golden executor or the float reference. */
export function measure(
  entry: AccuracyCase,
  files: CaseFiles,
  limit = Number.POSITIVE_INFINITY,
): Accuracy & { readonly frames: number } {
  const { graph } = loadTfliteFile(files.model);
  const input = defined(graph.inputs[0], 'the input');
  const { source, labels } = labelledFrames(entry, files, graph, limit);
  const output = classOutput(graph);
  const best = [...runFrames(graph, new Map([[input.tensor, source]]), source.count)].map((tensors) =>
    bestClasses(defined(tensors.get(output), 'the output')),
  );
  return { ...accuracyOf(best, labels, entry.offset), frames: source.count };
}

function firstFrames(array: NpyArray, frames: number): NpyArray {
  const [held = 1, ...shape] = array.shape;
  const size = array.data.length / held;
  return { ...array, shape: [frames, ...shape], data: array.data.subarray(0, frames * size) as NpyArray['data'] };
}

/** How far a result is from what it is held to; 0 where there is nothing. */
export function missBy({ listed, reference }: AccuracyCase, top1: number): number {
  const wanted = reference ?? listed;
  return wanted === undefined ? 0 : Math.abs(top1 - wanted);
}
