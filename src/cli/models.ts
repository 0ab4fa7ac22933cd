import { arithmeticOf } from '../execute/run-model.js';
import { loadModelFile } from '../frontend/json/files.js';
import { quantiseFirst } from '../hw/messages.js';
import type { Graph } from '../ir/graph.js';
import { HeddleError } from '../support/diagnostics.js';
import { unknownModelKind } from './messages.js';

/** The model of a path. */
export function loadModel(path: string): Graph {
  const ending = /\.[^./\\]+$/.exec(path)?.[0]?.toLowerCase() ?? '';
  if (ending !== '.json') throw new HeddleError([unknownModelKind(path, reasonFor(path, ending))]);
  return loadModelFile(path);
}

function reasonFor(path: string, ending: string): string {
  if (path.startsWith('zoo:')) return 'there is no zoo of models yet';
  if (ending === '.onnx' || ending === '.tflite') return `${ending} files cannot be imported yet`;
  if (ending === '.safetensors') return 'this is the weights file; the model is the .json file beside it';
  return 'only .json files can be read';
}

/** The model of a path, which hardware is to be made from. */
export function loadIntegerModel(path: string): Graph {
  const graph = loadModel(path);
  if (arithmeticOf(graph) !== 'integer') throw new HeddleError([quantiseFirst(graph.name, path)]);
  return graph;
}
