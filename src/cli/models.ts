import { arithmeticOf } from '../execute/run-model.js';
import { quantiseFirst } from '../hw/messages.js';
import type { Graph } from '../ir/graph.js';
import { loadModel as loadModelOf } from '../load.js';
import { formatDiagnostic, HeddleError } from '../support/diagnostics.js';
import type { CommandHost } from './context.js';

/** Model files as help texts name them. */
export const MODEL_FILES = 'NAME.json, NAME.onnx or NAME.tflite';

/** The network of a path; what was decided on the way is written to stderr. */
export function loadModel(host: CommandHost, path: string): Graph {
  const { graph, notes } = loadModelOf(path);
  for (const note of notes) host.stderr(`${formatDiagnostic(note)}\n`);
  return graph;
}

/** The network of a path, which hardware is to be made from. */
export function loadIntegerModel(host: CommandHost, path: string): Graph {
  const graph = loadModel(host, path);
  if (arithmeticOf(graph) !== 'integer') throw new HeddleError([quantiseFirst(graph.name, path)]);
  return graph;
}
