import { DEFAULT_REQUANT_BITS, type Graph, type GraphInput, type GraphNode } from '../../ir/graph.js';
import { tensorSubject, tooLarge, unusedTensor } from '../../ir/messages.js';
import { inferOutputShapes } from '../../ir/shape.js';
import type { Tensor } from '../../ir/tensor.js';
import {
  type Element,
  elementCount,
  F32,
  int,
  isInt,
  type Quantization,
  type TensorType,
} from '../../ir/tensor-type.js';
import { sortNodes } from '../../ir/topology.js';
import { graphProblems } from '../../ir/verify.js';
import { attributeProblems } from '../../ir/verify-attributes.js';
import { constantProblems } from '../../ir/verify-constants.js';
import { hasUsableSize, MOST_NODES, MOST_TENSORS } from '../../ir/verify-sizes.js';
import { elementProblems } from '../../ir/verify-typing.js';
import { type Diagnostic, HeddleError } from '../../support/diagnostics.js';
import { defined } from '../../support/invariant.js';
import { type JsonText, parseJsonText } from '../../support/json-text.js';
import { readOp } from './attributes.js';
import { fileProblems, undeclaredProblems } from './file-rules.js';
import { newerFormat } from './messages.js';
import { FORMAT_VERSION, type ModelJson, type QuantizationJson } from './model-json.js';
import { makePlaces, type Places } from './places.js';
import { schemaErrors } from './schema.js';
import { valueAt } from './schema-errors.js';
import { translateErrors } from './translate.js';
import { readWeights, type WeightsResult } from './weights.js';

/**
 * The graph of a model file. `jsonFile` names it in messages; `readSibling` reads the weights file beside it and
 * throws a HeddleError where it cannot.
 * @throws HeddleError: first all breaches of the format, then, in a file of the right form, all other problems.
 */
export function importModel(jsonText: string, jsonFile: string, readSibling: (name: string) => Uint8Array): Graph {
  const text = parseJsonText(jsonText, jsonFile);
  refuseNewer(text);
  refuseTooLarge(text);
  const errors = translateErrors(schemaErrors(text.value), text);
  if (errors.length > 0) throw new HeddleError(errors);
  const model = text.value as ModelJson;
  const places = makePlaces(model, text);
  const weights = readConstants(model, jsonFile, places, readSibling);
  const graph = buildGraph(model, weights.constants);
  const problems = [...weights.problems, ...fileProblems(model, places), ...allGraphProblems(graph, model, places)];
  if (problems.length > 0) throw new HeddleError(problems);
  return graph;
}

function refuseNewer(text: JsonText): void {
  const version = (text.value as { readonly formatVersion?: unknown } | null)?.formatVersion;
  if (typeof version !== 'number' || !Number.isInteger(version) || version <= FORMAT_VERSION) return;
  throw new HeddleError([newerFormat({ place: text.placeOf(['formatVersion']) }, version, FORMAT_VERSION)]);
}

/** Before all of it is checked, and every breach explained. */
function refuseTooLarge(text: JsonText): void {
  const { value } = text;
  const refuse = (what: string, count: number, most: number): void => {
    if (count <= most) return;
    throw new HeddleError([{ ...tooLarge('model', what, count, most), place: text.placeOf([what]) }]);
  };
  const entriesOf = (what: string): number => Object.keys(Object(valueAt(value, [what]))).length;
  refuse('nodes', entriesOf('nodes'), MOST_NODES);
  for (const what of ['tensors', 'inputs', 'outputs']) refuse(what, entriesOf(what), MOST_TENSORS);
}

function readConstants(
  model: ModelJson,
  jsonFile: string,
  places: Places,
  readSibling: (name: string) => Uint8Array,
): WeightsResult {
  const declared = Object.entries(model.tensors).filter(([, tensor]) => tensor.constant === true);
  return readWeights({
    file: model.weights,
    filePlace: places.at(['weights']),
    folder: jsonFile.slice(0, jsonFile.lastIndexOf('/') + 1),
    declared: new Map(
      declared.map(([name, { shape, type, quantization }]) => [name, makeType(shape ?? [], type, quantization)]),
    ),
    placeOf: (name) => places.at(['tensors', name]),
    readSibling,
  });
}

/** The graph as far as it can be understood: where constants are missing they are empty, and types may be missing. */
function buildGraph(model: ModelJson, constants: ReadonlyMap<string, Tensor>): Graph {
  const types = new Map(
    model.inputs.map((input) => [input.tensor, makeType(input.shape, input.type, input.quantization)]),
  );
  const allConstants = new Map<string, Tensor>();
  for (const [name, { constant, shape, type, quantization }] of Object.entries(model.tensors)) {
    if (shape !== undefined && !types.has(name)) types.set(name, makeType(shape, type, quantization));
    if (constant !== true) continue;
    const declared = defined(types.get(name), `the type of constant '${name}'`);
    allConstants.set(name, constants.get(name) ?? { type: declared, data: new Int8Array(0) });
  }
  const nodes = model.nodes.map((node): GraphNode => {
    const op = readOp(node.op, node.attributes ?? {}, types.get(node.inputs[1] ?? '')?.shape);
    return { name: node.name, op, inputs: node.inputs, outputs: node.outputs };
  });
  const order = sortNodes(nodes, new Set([...model.inputs.map((input) => input.tensor), ...allConstants.keys()]));
  inferTypes(order.sorted, model, types);
  return {
    name: model.name,
    inputs: model.inputs.map(makeInput),
    outputs: model.outputs.map(({ tensor, layout, classOffset }) => ({
      tensor,
      layout: layout ?? 'nhwc',
      classOffset: classOffset ?? 0,
    })),
    nodes: order.problems.length === 0 ? order.sorted : nodes,
    types,
    constants: allConstants,
    requantBits: model.requantBits ?? DEFAULT_REQUANT_BITS,
  };
}

function makeInput({ tensor, layout, preprocessing }: ModelJson['inputs'][number]): GraphInput {
  return { tensor, layout: layout ?? 'nhwc', ...(preprocessing === undefined ? {} : { preprocessing }) };
}

/** The name's spelling has been checked by the schema. */
function parseElement(name: string): Element {
  const match = /^(u?)int(\d+)$/.exec(name);
  return match === null ? F32 : int(Number(match[2]), match[1] === '');
}

function makeType(shape: readonly number[], type: string, quantization: QuantizationJson | undefined): TensorType {
  const element = parseElement(type);
  return quantization === undefined
    ? { shape, element }
    : { shape, element, quant: makeQuantization(quantization, shape) };
}

/** One zero point in the file stands for all output channels; in the graph each has its own. */
function makeQuantization({ scale, zeroPoint, axis }: QuantizationJson, shape: readonly number[]): Quantization {
  if (axis === undefined) return { scale, zeroPoint };
  const [only] = zeroPoint;
  const spread = zeroPoint.length === 1 && only !== undefined && scale.length === shape[0];
  return { scale, zeroPoint: spread ? scale.map(() => only) : zeroPoint, axis };
}

/** Adds the shapes that the file leaves out, and float32 for what it does not list. Stops where a node is wrong. */
function inferTypes(sorted: readonly GraphNode[], model: ModelJson, types: Map<string, TensorType>): void {
  for (const node of sorted) {
    const inputs = node.inputs.flatMap((name) => types.get(name) ?? []);
    if (inputs.length < node.inputs.length || !inputs.every(hasUsableSize) || attributeProblems(node).length > 0)
      continue;
    const inferred = inferOutputShapes(node, inputs);
    if ('problems' in inferred) continue;
    const isInteger = inputs.some((type) => isInt(type.element));
    for (const [index, name] of node.outputs.entries()) {
      const shape = inferred.shapes[index];
      const listed = Object.hasOwn(model.tensors, name) ? model.tensors[name] : undefined;
      if (shape === undefined || types.has(name)) continue;
      if (listed !== undefined) types.set(name, makeType(shape, listed.type, listed.quantization));
      else if (!isInteger) types.set(name, { shape, element: F32 });
    }
  }
}

/** What the file says of flowing tensors whose shape stays unknown is checked as far as it goes. */
function shapelessProblems(graph: Graph, model: ModelJson): readonly Diagnostic[] {
  const produced = new Set(graph.nodes.flatMap((node) => node.outputs));
  return Object.entries(model.tensors).flatMap(([name, { type, quantization }]) => {
    if (graph.types.has(name)) return [];
    return produced.has(name)
      ? elementProblems(name, makeType([], type, quantization), 'activation', 'network')
      : [unusedTensor(name)];
  });
}

/** Missing types and empty constants follow from problems that have their own messages. */
function allGraphProblems(graph: Graph, model: ModelJson, places: Places): readonly Diagnostic[] {
  const empty = new Set(
    [...graph.constants]
      .filter(([, { type, data }]) => data.length === 0 && elementCount(type.shape) > 0)
      .map(([name]) => tensorSubject(name)),
  );
  const structural = graphProblems(graph).filter(
    ({ alias, subject }) => alias !== 'missing-type' && !(alias === 'bad-constant-data' && empty.has(subject ?? '')),
  );
  const own = [
    ...undeclaredProblems(graph, model, places),
    ...shapelessProblems(graph, model),
    ...structural,
    ...constantProblems(graph),
  ];
  return own.map((problem) => (problem.place === undefined ? places.locate(problem) : problem));
}
