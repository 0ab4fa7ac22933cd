import { readFileSync } from 'node:fs';
import { realValues } from '../../src/execute/frames.js';
import { importOnnx } from '../../src/frontend/onnx/import.js';
import { loadTfliteFile } from '../../src/frontend/tflite/import.js';
import type { Graph } from '../../src/ir/graph.js';
import { F32 } from '../../src/ir/tensor-type.js';
import { networkOf } from '../../src/load.js';
import { quantizeGraph } from '../../src/quantize/quantize-graph.js';
import { defined } from '../../src/support/invariant.js';
import { ACCURACY_CASES, type AccuracyCase, filesOf, labelledFrames } from '../accuracy/tflite-models.js';
import { sharedPath } from '../shared-data.js';
import { type CaseData, caseData, FLOAT_CASES, framesFor, type OnnxCase } from './onnx-cases.js';

/** Integer networks that the exporter writes as quantised files: imported ones, and those that Heddle has quantised. */
export interface WrittenCase {
  readonly name: string;
  /** Frames for the comparison operator by operator, and for the best class. */
  readonly frames: number;
  readonly scored: number;
  /** Frames before this one were calibrated on. */
  readonly first: number;
  readonly open: () => { readonly graph: Graph; readonly data: CaseData };
}

const TFLITE_MODELS: readonly (readonly [string, number, number])[] = [
  ['mlperf-tiny/pretrainedResnet_quant.tflite', 5, 200],
  ['mlperf-tiny/kws_ref_model.tflite', 5, 200],
  ['tinymaix/mnist_valid_q.tflite', 20, 200],
  ['coral/mobilenet_v1_0.25_128_quant.tflite', 3, 100],
  ['coral/mobilenet_v2_1.0_224_quant.tflite', 1, 20],
];

function tfliteCase([name, frames, scored]: readonly [string, number, number]): WrittenCase {
  const entry = defined(
    ACCURACY_CASES.find(({ model }) => model === name),
    `the case of ${name}`,
  );
  return { name, frames, scored, first: 0, open: () => openTflite(entry, scored) };
}

function openTflite(entry: AccuracyCase, count: number): { readonly graph: Graph; readonly data: CaseData } {
  const files = defined(filesOf(entry), `the files of ${entry.model}`);
  const { graph } = networkOf(loadTfliteFile(files.model));
  const { source, labels } = labelledFrames(entry, files, graph, count);
  const data = {
    labels: labels.map((label) => label + entry.offset),
    frame: (index: number) => {
      const integers = source.frame(index);
      return { type: { shape: integers.type.shape, element: F32 }, data: realValues(integers) };
    },
  };
  return { graph, data };
}

/** Pictures that a network is calibrated on. */
const CALIBRATED = 20;

function quantisedCase(one: OnnxCase, frames: number, scored: number): WrittenCase {
  return {
    ...{ name: `${one.model}, quantised by Heddle`, frames, scored, first: CALIBRATED },
    open: () => {
      const bytes = readFileSync(defined(sharedPath('models', one.model), one.model));
      const read = (location: string): never => {
        throw new Error(`${one.model} wants the file ${location}`);
      };
      const { graph } = networkOf(importOnnx(bytes, one.model, read));
      const data = caseData(one, graph);
      return { graph: quantizeGraph(graph, framesFor(graph, data, 0, CALIBRATED)).graph, data };
    },
  };
}

const floatCase = (part: string): OnnxCase =>
  defined(
    FLOAT_CASES.find(({ model }) => model.includes(part)),
    `the case of ${part}`,
  );

export const WRITTEN_CASES: readonly WrittenCase[] = [
  ...TFLITE_MODELS.map(tfliteCase),
  quantisedCase(floatCase('mnist.onnx'), 20, 200),
  quantisedCase(floatCase('resnet20'), 3, 100),
];
