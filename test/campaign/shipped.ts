import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inputTensor, pixelsToReal, realToTensor } from '../../src/execute/frames.js';
import { DEFAULT_CLOCK_MHZ } from '../../src/explore/choose.js';
import { loadModelFile } from '../../src/frontend/json/files.js';
import type { Graph } from '../../src/ir/graph.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { quantizeGraph } from '../../src/quantize/quantize-graph.js';
import { defined } from '../../src/support/invariant.js';
import { parseNpy } from '../../src/support/npy.js';
import { framesOfInput } from '../../src/verify/verify-batch.js';
import type { Case } from './prove.js';

const MODELS = join(import.meta.dirname, '../../models');
export const SHIPPED = ['lenet5', 'mlp', 'sigmoid2', 'perceptron'] as const;
export type ShippedModel = (typeof SHIPPED)[number];

const CALIBRATION_DIGITS = 100;
const PICTURE = 28 * 28;

/** Pixels of one of the shipped digits. */
function digits(): (index: number) => readonly number[] {
  const path = join(MODELS, 'lenet5', 'digits.npy');
  const { data } = parseNpy(readFileSync(path), path);
  return (index) => Array.from(data.subarray(index * PICTURE, (index + 1) * PICTURE), Number);
}

/** A shipped float model quantised with a hundred digits, under a name of its own. */
export function quantisedModel(model: ShippedModel, name: string): Graph {
  const float = loadModelFile(join(MODELS, model, `${model}.json`));
  const input = defined(float.inputs[0], 'the input');
  const type = defined(float.types.get(input.tensor), 'the input type');
  const picture = digits();
  const frames = Array.from({ length: CALIBRATION_DIGITS }, (_, i) => {
    const real = pixelsToReal(input, type, Float64Array.from(picture(i)));
    return new Map([[input.tensor, realToTensor(input.tensor, type, real)]]);
  });
  return { ...quantizeGraph(float, frames).graph, name };
}

/** Digits from the other end of the file, as the integer model takes them. */
export function digitFrames(graph: Graph, count: number): readonly Tensor[] {
  const input = defined(graph.inputs[0], 'the input');
  const type = defined(graph.types.get(input.tensor), 'the input type');
  const picture = digits();
  return Array.from({ length: count }, (_, i) => inputTensor(input, type, picture(199 - i), { kind: 'pixels' }));
}

/** A shipped model with the default sizing, or with a budget of multipliers. */
export function shippedDesign(model: ShippedModel, frames: number, multiplierBudget?: number): Case {
  const graph = quantisedModel(model, multiplierBudget === undefined ? model : `${model}_${multiplierBudget}`);
  const sizing = { clockMHz: DEFAULT_CLOCK_MHZ, ...(multiplierBudget === undefined ? {} : { multiplierBudget }) };
  const own = framesOfInput(graph, digitFrames(graph, frames));
  return { title: graph.name, graph, sizing, frames: own, seed: 0 };
}
