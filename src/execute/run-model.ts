import type { Graph } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { elementCount, isInt } from '../ir/tensor-type.js';
import { HeddleError } from '../support/diagnostics.js';
import { defined } from '../support/invariant.js';
import type { NpyArray } from '../support/npy.js';
import type { Executor } from './executor.js';
import { prepareFloat } from './float/execute-float.js';
import type { FrameSource } from './frame-source.js';
import { realValues, topIndices } from './frames.js';
import { prepareInteger } from './integer/execute-integer.js';
import { labelOutsideClasses, labelsNotIntegers, labelsShape, notAClassifier } from './messages.js';
import { typeOf } from './tensor-access.js';

/** What a model is computed in: the golden model's exact integers, or the float reference. */
export type Arithmetic = 'integer' | 'float32';

export function arithmeticOf(graph: Graph): Arithmetic {
  return [...graph.types.values()].some((type) => isInt(type.element)) ? 'integer' : 'float32';
}

/** The executor of a network: of the golden model for integers, else of the float reference. */
export function prepareNetwork(graph: Graph): Executor {
  return arithmeticOf(graph) === 'integer' ? prepareInteger(graph) : prepareFloat(graph);
}

/** Runs frame after frame; each result holds the outputs and the kept tensors. HeddleError for unknown names. */
export function* runFrames(
  graph: Graph,
  inputs: ReadonlyMap<string, Pick<FrameSource, 'frame'>>,
  frames: number,
  keep: readonly string[] = [],
): Generator<ReadonlyMap<string, Tensor>> {
  const executor = prepareNetwork(graph);
  for (let index = 0; index < frames; index++) {
    const values = new Map([...inputs].map(([name, source]) => [name, source.frame(index)]));
    yield executor.run(values, { keep });
  }
}

/** The five best classes of a vector, best first. */
export function bestClasses(tensor: Tensor): readonly number[] {
  return topIndices(realValues(tensor), 5);
}

/** Whether a tensor holds one value a class: a vector, or a map of one pixel. */
export function isClassVector(shape: readonly number[]): boolean {
  return shape.length > 0 && shape.slice(0, -1).every((extent) => extent === 1);
}

export interface Accuracy {
  /** Shares of frames, 0..1, whose label is the best class, and among the best five. */
  readonly top1: number;
  readonly top5: number;
}

/** Labels of a .npy array: one integer a frame of the input. */
export function readLabels(array: NpyArray, file: string, frames: number): readonly number[] {
  if (array.dtype === 'f4' || array.dtype === 'f8') throw new HeddleError([labelsNotIntegers(file)]);
  if (array.shape.length !== 1 || array.shape[0] !== frames)
    throw new HeddleError([labelsShape(file, array.shape, frames)]);
  return Array.from(array.data, Number);
}

/** The first output as one value a class. HeddleError where it is a map. */
export function classOutput(graph: Graph): string {
  const { tensor } = defined(graph.outputs[0], 'the first output');
  const { shape } = defined(graph.types.get(tensor), `the type of '${tensor}'`);
  if (!isClassVector(shape)) throw new HeddleError([notAClassifier(tensor, shape)]);
  return tensor;
}

/** Refuses labels that stand for no class of the output; class `label + offset` is the right one. */
export function requireClasses(
  graph: Graph,
  output: string,
  labels: readonly number[],
  offset: number,
  file: string,
): void {
  const classes = elementCount(typeOf(graph, output).shape);
  const bad = labels.findIndex((label) => !(label + offset >= 0 && label + offset < classes));
  if (bad >= 0) throw new HeddleError([labelOutsideClasses(file, bad, labels[bad] ?? Number.NaN, offset, classes)]);
}

/** Accuracy over frames; class `label + offset` is the right one. */
export function accuracyOf(best: readonly (readonly number[])[], labels: readonly number[], offset: number): Accuracy {
  const right = (most: number): number =>
    best.filter((classes, i) => classes.slice(0, most).includes((labels[i] ?? Number.NaN) + offset)).length;
  return { top1: right(1) / best.length, top5: right(5) / best.length };
}
