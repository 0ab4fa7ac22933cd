import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareFloat } from '../../src/execute/float/execute-float.js';
import { realValues, topIndices } from '../../src/execute/frames.js';
import { prepareInteger } from '../../src/execute/integer/execute-integer.js';
import { classOutput } from '../../src/execute/run-model.js';
import { loadModelFile, saveModelFile } from '../../src/frontend/json/files.js';
import type { Graph, Preprocessing } from '../../src/ir/graph.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { loadModel } from '../../src/load.js';
import { quantizeInputs } from '../../src/quantize/compare.js';
import type { QuantizeOptions } from '../../src/quantize/options.js';
import { quantizeGraph } from '../../src/quantize/quantize-graph.js';
import { defined } from '../../src/support/invariant.js';
import {
  type CaseFiles,
  CENTRED,
  CIFAR,
  DIGITS,
  type FrameCase,
  labelledFrames,
  PICTURES,
  UNIT,
} from './tflite-models.js';

/** A trained float model that is quantised here, on labelled frames. */
export interface QuantisedCase extends FrameCase {
  readonly format: { readonly preprocessing: Preprocessing; readonly layout: 'nhwc' };
  /** How far below the float model's the integer model's top-1 may be, as a share. */
  readonly bound: number;
}

function pixels(mean: readonly number[], std: readonly number[], bgr = false): QuantisedCase['format'] {
  return { preprocessing: { mean, std, bgr }, layout: 'nhwc' };
}

const AS_THEY_ARE = pixels([0], [1]);
const TO_ONE = { ...UNIT, layout: 'nhwc' } as const;
const IMAGENET = pixels([123.675, 116.28, 103.53], [58.395, 57.12, 57.375]);

/** One point; three where there are only a hundred pictures. */
export const QUANTISED_CASES: readonly QuantisedCase[] = [
  { model: 'mlperf-tiny/pretrainedResnet.tflite', ...CIFAR, format: AS_THEY_ARE, bound: 0.01 },
  { model: 'tinymaix/cifar10_f.tflite', ...CIFAR, format: TO_ONE, bound: 0.01 },
  { model: 'tinymaix/mnist_valid_f.tflite', ...DIGITS, format: TO_ONE, bound: 0.01 },
  { model: 'tinymaix/mnist_dw_f.tflite', ...DIGITS, format: TO_ONE, bound: 0.01 },
  { model: 'tinymaix/mbnet128_0.25_f.tflite', ...PICTURES, format: TO_ONE, offset: 0, edge: 128, bound: 0.03 },
  {
    model: 'tflite-support/mobilenet_v1_0.25_224_1_default_1.tflite',
    ...{ ...PICTURES, format: { ...CENTRED, layout: 'nhwc' }, offset: 1, bound: 0.03 },
  },
  { model: 'ort-examples/mnist.onnx', ...DIGITS, format: AS_THEY_ARE, bound: 0.01 },
  { model: 'resnet-cifar10/resnet20_cifar10.onnx', ...CIFAR, format: IMAGENET, bound: 0.01 },
  {
    model: 'winml/SqueezeNet_fp16.onnx',
    ...{ ...PICTURES, format: pixels([104, 117, 123], [1], true), offset: 0, bound: 0.03 },
  },
];

/** Every fourth frame calibrates, the others are scored: no frame does both. */
const CALIBRATION_STEP = 4;

export interface QuantisedResult {
  readonly calibrated: number;
  readonly scored: number;
  /** Top-1, 0..1. */
  readonly float: number;
  readonly integer: number;
  /** Share of the scored frames with the same best class. */
  readonly agreement: number;
  /** Of the outputs over the scored frames. */
  readonly snrDb: number;
  /** Scored frames whose output integers the saved and loaded model does not repeat. */
  readonly changedBySaving: number;
  /** Whether a model that is saved, loaded and saved again gives the same bytes. */
  readonly savesAlike: boolean;
}

/** The float network of a model file, with the case's preprocessing as its own. */
export function loadFloat({ format }: QuantisedCase, path: string): Graph {
  const { graph } = loadModel(path);
  return { ...graph, inputs: graph.inputs.map((input) => ({ ...input, preprocessing: format.preprocessing })) };
}

export interface Saved {
  /** The model as it is read back. */
  readonly graph: Graph;
  /** Whether it is written with the same bytes again. */
  readonly savesAlike: boolean;
}

/** Saves a model, loads it, and saves it again. */
export function saveAndLoad(graph: Graph): Saved {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-accuracy-'));
  try {
    const [first, second] = ['a', 'b'].map((name) => {
      mkdirSync(join(folder, name));
      return join(folder, name, 'model.json');
    }) as [string, string];
    saveModelFile(graph, first);
    const loaded = loadModelFile(first);
    saveModelFile(loaded, second);
    const areAlike = (ending: string): boolean =>
      readFileSync(first.replace('.json', ending)).equals(readFileSync(second.replace('.json', ending)));
    return { graph: loaded, savesAlike: areAlike('.json') && areAlike('.safetensors') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Quantises a case's model and measures it on the frames that calibration has not seen. */
export function measureQuantised(
  entry: QuantisedCase,
  files: CaseFiles,
  options: QuantizeOptions = {},
): QuantisedResult {
  const model = loadFloat(entry, files.model);
  const { source, labels } = labelledFrames(entry, files, model, Number.POSITIVE_INFINITY);
  const { tensor } = defined(model.inputs[0], 'the input');
  const frames = labels.map((label, i) => ({
    label: label + entry.offset,
    make: () => new Map([[tensor, source.frame(i)]]),
  }));
  const calibration = frames.filter((_, i) => i % CALIBRATION_STEP === 0);
  const scored = frames.filter((_, i) => i % CALIBRATION_STEP !== 0);
  const inputs = {
    *[Symbol.iterator]() {
      for (const { make } of calibration) yield make();
    },
  };
  const { graph } = quantizeGraph(model, inputs, options);
  const saved = saveAndLoad(graph);
  const compared = compareNetworks({ float: model, integer: graph, saved: saved.graph }, scored);
  return { calibrated: calibration.length, scored: scored.length, savesAlike: saved.savesAlike, ...compared };
}

interface LabelledFrame {
  /** Index of the right class in the output. */
  readonly label: number;
  readonly make: () => ReadonlyMap<string, Tensor>;
}

interface Networks {
  readonly float: Graph;
  readonly integer: Graph;
  readonly saved: Graph;
}

type Compared = Omit<QuantisedResult, 'calibrated' | 'scored' | 'savesAlike'>;

/** Runs the networks over the frames. */
function compareNetworks(networks: Networks, frames: readonly LabelledFrame[]): Compared {
  const output = classOutput(networks.integer);
  const float = prepareFloat(networks.float);
  const integer = prepareInteger(networks.integer);
  const saved = prepareInteger(networks.saved);
  const counts = { float: 0, integer: 0, agreement: 0, changedBySaving: 0 };
  const power = { signal: 0, noise: 0 };
  for (const { label, make } of frames) {
    const real = make();
    const integers = quantizeInputs(networks.integer, real);
    const found = outputOf(integer.run(integers), output);
    const values = [realValues(outputOf(float.run(real), output)), realValues(found)] as const;
    addPower(power, ...values);
    const [best, bestInteger] = values.map((list) => topIndices(list, 1)[0]);
    if (best === label) counts.float += 1;
    if (bestInteger === label) counts.integer += 1;
    if (best === bestInteger) counts.agreement += 1;
    if (!isEqual(found, outputOf(saved.run(integers), output))) counts.changedBySaving += 1;
  }
  const share = (count: number): number => count / frames.length;
  return {
    float: share(counts.float),
    integer: share(counts.integer),
    agreement: share(counts.agreement),
    changedBySaving: counts.changedBySaving,
    snrDb: 10 * Math.log10(power.signal / power.noise),
  };
}

function outputOf(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  return defined(tensors.get(name), `output '${name}'`);
}

function isEqual(a: Tensor, b: Tensor): boolean {
  return a.data.length === b.data.length && a.data.every((value, i) => value === b.data[i]);
}

function addPower(power: { signal: number; noise: number }, wanted: Float32Array, found: Float32Array): void {
  wanted.forEach((value, i) => {
    power.signal += value ** 2;
    power.noise += (value - (found[i] ?? Number.NaN)) ** 2;
  });
}
