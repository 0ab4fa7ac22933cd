import { arithmeticOf } from '../execute/run-model.js';
import type { Imported } from '../frontend/imported.js';
import { quantiseFirst } from '../hw/messages.js';
import type { Graph } from '../ir/graph.js';
import { MODEL_LOADERS, modelEnding, networkOf } from '../load.js';
import { formatDiagnostic, HeddleError } from '../support/diagnostics.js';
import type { CommandHost } from './context.js';
import { unknownModelKind } from './messages.js';

/** Model files as help texts name them. */
export const MODEL_FILES = 'NAME.json, NAME.onnx or NAME.tflite';

/** The graph of a model file as its front end returns it. */
export function importModelFile(path: string): Imported {
  const ending = modelEnding(path);
  const load = MODEL_LOADERS[ending];
  if (load === undefined) throw new HeddleError([unknownModelKind(path, reasonFor(path, ending))]);
  return load(path);
}

function reasonFor(path: string, ending: string): string {
  if (path.startsWith('zoo:')) return 'there is no zoo of models yet';
  if (ending === '.safetensors') return 'this is the weights file; the model is the .json file beside it';
  return 'only .json, .onnx and .tflite files can be read';
}

/** The network of a path; what was decided on the way is written to stderr. */
export function loadModel(host: CommandHost, path: string): Graph {
  const { graph, notes } = networkOf(importModelFile(path));
  for (const note of notes) host.stderr(`${formatDiagnostic(note)}\n`);
  return graph;
}

/** The network of a path, which hardware is to be made from. */
export function loadIntegerModel(host: CommandHost, path: string): Graph {
  const graph = loadModel(host, path);
  if (arithmeticOf(graph) !== 'integer') throw new HeddleError([quantiseFirst(graph.name, path)]);
  return graph;
}
