import type { Imported } from './frontend/imported.js';
import { loadModelFile } from './frontend/json/files.js';
import { shapesAreKnown, unknownModelKind } from './frontend/messages.js';
import { loadOnnxFile } from './frontend/onnx/import.js';
import type { PinnedShapes } from './frontend/onnx/inputs.js';
import { loadTfliteFile } from './frontend/tflite/import.js';
import { compactConstants } from './ir/compact-constants.js';
import type { Graph } from './ir/graph.js';
import { AFTER_IMPORT, verifyGraph } from './ir/verify.js';
import { IMPORT_PIPELINE } from './passes/pipelines.js';
import { type PassHook, runPipeline } from './passes/run.js';
import { type Diagnostic, HeddleError } from './support/diagnostics.js';
import { makeZooNetwork } from './zoo/make-network.js';
import { isZooName } from './zoo/name.js';

/** A model file as a network: wholly float or wholly integer, feature maps channels-last. */
export interface LoadedModel {
  readonly graph: Graph;
  /** Warnings: what was left out, or decided for the user. */
  readonly notes: readonly Diagnostic[];
}

export interface LoadOptions {
  /** Whole shapes, the batch of 1 included, of inputs of which an ONNX file leaves extents open; by their names. */
  readonly shapes?: PinnedShapes;
  /** Called after each node of a network of the zoo whose weights are made. */
  readonly onLayer?: (done: number, total: number) => void;
}

/** The kinds of model files, by the ending of the name. */
const MODEL_LOADERS: Readonly<Record<string, (path: string, options: LoadOptions) => Imported>> = {
  '.json': (path) => ({ graph: loadModelFile(path), notes: [] }),
  '.onnx': (path, { shapes }) => loadOnnxFile(path, shapes === undefined ? {} : { shapes }),
  '.tflite': (path) => loadTfliteFile(path),
};

/** The ending of a path, by which its kind is known: `.onnx`; empty where there is none. */
function modelEnding(path: string): string {
  return /\.[^./\\]+$/.exec(path)?.[0]?.toLowerCase() ?? '';
}

/**
 * The graph of a model file as its front end returns it, or of a network of the zoo. HeddleError with all that is wrong with
 * the file, or the name.
 */
export function importModelFile(path: string, options: LoadOptions = {}): Imported {
  if (isZooName(path)) {
    if (options.shapes !== undefined) throw new HeddleError([shapesAreKnown(path)]);
    return { graph: makeZooNetwork(path, options.onLayer), notes: [] };
  }
  const ending = modelEnding(path);
  const load = MODEL_LOADERS[ending];
  if (load === undefined) throw new HeddleError([unknownModelKind(path, reasonFor(ending))]);
  if (options.shapes !== undefined && ending !== '.onnx') throw new HeddleError([shapesAreKnown(path)]);
  return load(path, options);
}

function reasonFor(ending: string): string {
  if (ending === '.safetensors') return 'this is the weights file; the model is the .json file beside it';
  return 'only .json, .onnx and .tflite files can be read';
}

/**
 * Brings an imported graph into the form that everything behind the front ends works on. HeddleError with all that
 * cannot be: operators between quantised tensors that have no integer form, for one.
 */
export function networkOf(imported: Imported, onPass: PassHook = () => {}): LoadedModel {
  const notes = [...imported.notes];
  const hook: PassHook = (record, graph) => {
    notes.push(...record.notes);
    onPass(record, graph);
  };
  const graph = compactConstants(runPipeline(imported.graph, IMPORT_PIPELINE, hook, 'imported'));
  verifyGraph(graph, AFTER_IMPORT);
  return { graph, notes };
}

/**
 * A model file as a network: JSON, ONNX or TFLite, by the ending of its name, or `zoo:NAME`. HeddleError with all that is
 * wrong.
 */
export function loadModel(path: string, options: LoadOptions = {}): LoadedModel {
  return networkOf(importModelFile(path, options));
}
