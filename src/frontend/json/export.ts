import { pruneTensors } from '../../ir/builder.js';
import type { Graph, GraphInput, GraphNode, GraphOutput } from '../../ir/graph.js';
import { DEFAULT_REQUANT_BITS } from '../../ir/graph.js';
import { elementName, isInt, type Quantization, type TensorType } from '../../ir/tensor-type.js';
import { defined } from '../../support/invariant.js';
import { formatSafetensors } from '../../support/safetensors.js';
import { writeOp } from './attributes.js';
import { type JsonObject, type JsonValue, writeJson } from './json-writer.js';
import { FORMAT_VERSION } from './model-json.js';
import { storedEntry } from './weights.js';

type Entries = readonly (readonly [string, JsonValue])[];

/** A model's two files: the JSON text and, where there are constants, the bytes of the weights file. */
export interface ExportedModel {
  readonly json: string;
  readonly weights: Uint8Array | undefined;
}

/**
 * The model format's files of a verified graph. Deterministic; importing them gives an equal graph.
 * `weightsFile` is the name under which the caller stores the weights beside the JSON.
 */
export function exportModel(given: Graph, weightsFile = defaultWeightsFile(given.name)): ExportedModel {
  const graph = pruneTensors(given);
  const hasConstants = graph.constants.size > 0;
  const root: JsonObject = new Map<string, JsonValue>([
    ['formatVersion', FORMAT_VERSION],
    ['name', graph.name],
    ...unless(!hasConstants, 'weights', weightsFile),
    ...unless(isFloat(graph) && graph.requantBits === DEFAULT_REQUANT_BITS, 'requantBits', graph.requantBits),
    ['inputs', graph.inputs.map((input) => writeInput(graph, input))],
    ['outputs', graph.outputs.map(writeOutput)],
    ['tensors', writeTensors(graph)],
    ['nodes', graph.nodes.map(writeNode)],
  ]);
  const entries = new Map([...graph.constants].map(([name, tensor]) => [name, storedEntry(tensor)]));
  return { json: writeJson(root), weights: hasConstants ? formatSafetensors(entries, weightsFile) : undefined };
}

function defaultWeightsFile(name: string): string {
  return `${name.replaceAll(/[^A-Za-z0-9_-]/g, '_')}.safetensors`;
}

/** Integer networks always say how many bits their multipliers have: results depend on it. */
function isFloat(graph: Graph): boolean {
  return [...graph.types.values()].every((type) => !isInt(type.element));
}

function unless(leaveOut: boolean, name: string, value: JsonValue): Entries {
  return leaveOut ? [] : [[name, value]];
}

function writeInput(graph: Graph, { tensor, layout, preprocessing }: GraphInput): JsonObject {
  const type = defined(graph.types.get(tensor), `the type of input '${tensor}'`);
  const pixels: Entries =
    preprocessing === undefined
      ? []
      : [
          [
            'preprocessing',
            new Map<string, JsonValue>([
              ['mean', preprocessing.mean],
              ['std', preprocessing.std],
              ['bgr', preprocessing.bgr],
            ]),
          ],
        ];
  return new Map<string, JsonValue>([
    ['tensor', tensor],
    ['shape', type.shape],
    ...writeElement(type),
    ...unless(layout === 'nhwc', 'layout', layout),
    ...pixels,
  ]);
}

function writeOutput({ tensor, layout, classOffset }: GraphOutput): JsonObject {
  return new Map<string, JsonValue>([
    ['tensor', tensor],
    ...unless(layout === 'nhwc', 'layout', layout),
    ...unless(classOffset === 0, 'classOffset', classOffset),
  ]);
}

function writeElement(type: TensorType): Entries {
  const quantization: Entries = type.quant === undefined ? [] : [['quantization', writeQuantization(type.quant)]];
  return [['type', elementName(type.element)], ...quantization];
}

/** Equal zero points along an axis are written once. */
function writeQuantization({ scale, zeroPoint, axis }: Quantization): JsonObject {
  const equal = axis !== undefined && zeroPoint.every((value) => value === zeroPoint[0]);
  return new Map<string, JsonValue>([
    ['scale', scale],
    ['zeroPoint', equal ? zeroPoint.slice(0, 1) : zeroPoint],
    ...(axis === undefined ? [] : [['axis', axis] as const]),
  ]);
}

/** Constants before the node that first reads them, then the node's integer outputs. */
function writeTensors(graph: Graph): JsonObject {
  const tensors = new Map<string, JsonValue>();
  for (const node of graph.nodes) {
    for (const name of node.inputs) {
      const constant = graph.constants.get(name);
      if (constant === undefined) continue;
      const fields: Entries = [['constant', true], ['shape', constant.type.shape], ...writeElement(constant.type)];
      tensors.set(name, new Map(fields));
    }
    for (const name of node.outputs) {
      const type = defined(graph.types.get(name), `the type of tensor '${name}'`);
      if (isInt(type.element)) tensors.set(name, new Map(writeElement(type)));
    }
  }
  return tensors;
}

function writeNode({ name, op, inputs, outputs }: GraphNode): JsonObject {
  const attributes = writeOp(op);
  return new Map<string, JsonValue>([
    ['name', name],
    ['op', op.kind],
    ['inputs', inputs],
    ['outputs', outputs],
    ...unless(attributes.size === 0, 'attributes', attributes),
  ]);
}
