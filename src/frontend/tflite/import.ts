import { basename, extname } from 'node:path';
import type { GraphInput, GraphOutput } from '../../ir/graph.js';
import { isInt } from '../../ir/tensor-type.js';
import { HeddleError } from '../../support/diagnostics.js';
import { readBytes } from '../../support/files.js';
import { viewBytes } from '../../support/typed-view.js';
import { graphDiagnostics } from '../graph-check.js';
import type { Imported } from '../imported.js';
import { legalName } from '../names.js';
import { dynamicShape, noMainGraph, otherSubgraphs, sameOutput, tensorSource, unsupportedType } from './messages.js';
import { type FileModel, type FileTensor, readModel } from './model.js';
import { declaredValue, importOperator } from './operator.js';
import { filePlaces } from './places.js';
import { TAIL_OPERATORS } from './registry.js';
import { readNumbers, tensorProblems } from './tensors.js';
import { graphShape, graphType, type Numbers } from './value.js';
import { Workspace } from './workspace.js';

/** The graph of a .tflite file. @throws HeddleError with all problems found. */
export function loadTfliteFile(path: string): Imported {
  return importTflite(readBytes(path), path);
}

/**
 * The graph of a TFLite model's main subgraph; `path` names the file in messages and the graph. Quantised operators
 * become the graph's integer ones with the file's own scales and zero points.
 * @throws HeddleError: first where the file is damaged, then with all that cannot be imported.
 */
export function importTflite(bytes: Uint8Array, path: string): Imported {
  const model = readModel(viewBytes(bytes), path);
  const work = new Workspace(model, tailOperators(model), path, bytes.length);
  if (model.otherSubgraphs.length > 0) work.note(otherSubgraphs(path, model.otherSubgraphs));
  const inputs = model.inputs.flatMap((index) => importInput(work, index) ?? []);
  for (const operator of model.operators) importOperator(work, operator);
  const outputs = readOutputs(work);
  const name = legalName(basename(path, extname(path)), 'model');
  const graph = work.build(name, inputs, outputs);
  const problems = graphDiagnostics(graph, work.problems.all, filePlaces(work));
  if (problems.length > 0) throw new HeddleError(problems);
  return { graph, notes: work.notes };
}

/** An input of the graph; where it is refused, operators that read it are checked with what is declared. */
function importInput(work: Workspace, index: number): GraphInput | undefined {
  try {
    return readInput(work, index);
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    work.problems.addAll(error.diagnostics);
    const file = work.model.tensors[index];
    if (file !== undefined && !work.values.has(index)) work.values.set(index, declaredValue(work, file));
    return undefined;
  }
}

/** Operators of whose results nobody reads more than the order, from the last one backwards. */
function tailOperators({ operators }: FileModel): ReadonlySet<number> {
  const readers = new Map<number, number[]>();
  for (const { index, inputs } of operators) {
    for (const tensor of inputs) {
      const list = readers.get(tensor);
      if (list === undefined) readers.set(tensor, [index]);
      else list.push(index);
    }
  }
  const tail = new Set<number>();
  for (const { index, kind, outputs } of operators.toReversed()) {
    const isRead = outputs.some((tensor) => readers.get(tensor)?.some((reader) => !tail.has(reader)) === true);
    if (TAIL_OPERATORS.has(kind) && !isRead) tail.add(index);
  }
  return tail;
}

/** An input; integers without a scale stand for themselves. */
function readInput(work: Workspace, index: number): GraphInput {
  const file = work.model.tensors[index];
  if (file === undefined) throw new HeddleError([noMainGraph(work.file, 'an input of its main subgraph is left out')]);
  const spot = work.spotOf(file);
  const problems = [...tensorProblems(file, spot)];
  if (work.values.has(index)) problems.push(tensorSource(spot, 'it is listed twice among the inputs'));
  if (file.bytes.length > 0) problems.push(tensorSource(spot, 'it is an input of the network and a constant'));
  const shape = inputShape(file);
  if (shape === undefined) problems.push(dynamicShape(spot, file.signature.length > 0 ? file.signature : file.shape));
  const numbers = inputNumbers(readNumbers(file, spot));
  if (numbers === undefined) {
    const text = `it is an input of ${file.element}, but only float32, int8, uint8 and int16 with one scale can be fed`;
    problems.push(unsupportedType(spot, text, 'convert the model with one of these types at its inputs'));
  }
  if (problems.length > 0 || shape === undefined || numbers?.element === undefined) throw new HeddleError(problems);
  work.values.set(index, { file, shape, numbers, tensor: file.name });
  work.input(file.name, graphType(numbers.element, numbers.quant, graphShape(shape)));
  return { tensor: file.name, layout: 'nhwc' };
}

/** The shape with a batch of 1; undefined where another extent is open. */
function inputShape({ shape, signature }: FileTensor): readonly number[] | undefined {
  const declared = signature.length > 0 ? signature : shape;
  const fixed = declared.map((extent, axis) => (extent === -1 && axis === 0 && declared.length > 1 ? 1 : extent));
  return fixed.every((extent) => extent >= 1) ? fixed : undefined;
}

function inputNumbers(numbers: Numbers): Numbers | undefined {
  const { element, name, quant } = numbers;
  if (element === undefined || name === 'UINT16' || quant?.axis !== undefined) return undefined;
  if (!isInt(element)) return numbers;
  return element.bits > 16 ? undefined : { ...numbers, quant: quant ?? { scale: [1], zeroPoint: [0] } };
}

/** The outputs; those that are one tensor without what was left out are listed once. */
function readOutputs(work: Workspace): readonly GraphOutput[] {
  const { inputs, outputs, tensors } = work.model;
  if (inputs.length === 0) work.problems.add(noMainGraph(work.file, 'its main subgraph has no inputs'));
  if (outputs.length === 0) work.problems.add(noMainGraph(work.file, 'its main subgraph has no outputs'));
  const seen = new Set<string>();
  return outputs.flatMap((index): readonly GraphOutput[] => {
    const file = tensors[index];
    const value = work.values.get(index);
    if (file === undefined) {
      work.problems.add(noMainGraph(work.file, 'an output of its main subgraph is left out'));
      return [];
    }
    const tensor = value?.tensor;
    if (tensor === undefined) {
      const reason = value === undefined ? 'nothing makes it' : 'it is a constant';
      work.problems.add(tensorSource(work.spotOf(file), `it is an output of the network, but ${reason}`));
      return [];
    }
    if (seen.has(tensor)) {
      work.note(sameOutput(work.spotOf(file), tensor));
      return [];
    }
    seen.add(tensor);
    return [{ tensor, layout: 'nhwc', classOffset: 0 }];
  });
}
