import { basename, dirname, extname, join } from 'node:path';
import type { Graph } from '../../ir/graph.js';
import { type FileContent, readBytes, writeFiles } from '../../support/files.js';
import { decodeUtf8 } from '../../support/json-text.js';
import { exportModel } from './export.js';
import { importModel } from './import.js';

/** Reads NAME.json and the weights file that it names. @throws HeddleError with all problems found. */
export function loadModelFile(path: string): Graph {
  const text = decodeUtf8(readBytes(path), path);
  return importModel(text, path, (name) => readBytes(join(dirname(path), name)));
}

/**
 * Writes NAME.json and, where there are constants, NAME.safetensors beside it: both or none.
 * @throws HeddleError when a file cannot be written.
 */
export function saveModelFile(graph: Graph, path: string): void {
  const weightsPath = `${path.slice(0, path.length - extname(path).length)}.safetensors`;
  const { json, weights } = exportModel(graph, basename(weightsPath));
  const files: FileContent[] = weights === undefined ? [] : [{ path: weightsPath, bytes: weights }];
  writeFiles([...files, { path, bytes: new TextEncoder().encode(json) }]);
}
