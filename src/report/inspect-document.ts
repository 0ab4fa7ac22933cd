import type { Graph, GraphNode } from '../ir/graph.js';
import { attributesText } from '../ir/print.js';
import { elementCount, elementName, isInt, type Quantization, type TensorType } from '../ir/tensor-type.js';
import { nodeMacs } from '../ir/verify-sizes.js';
import { type Diagnostic, formatDiagnostic } from '../support/diagnostics.js';
import { operatorText } from './operator-text.js';
import { type Paint, PLAIN } from './paint.js';
import { count, left, right, shortened, significant, textTable } from './table.js';

export interface InspectTensor {
  readonly tensor: string;
  /** Channels-last, without a batch axis. */
  readonly shape: readonly number[];
  readonly type: string;
  readonly scale: readonly number[] | undefined;
  readonly zeroPoint: readonly number[] | undefined;
}

export interface InspectNode {
  readonly name: string;
  readonly op: string;
  readonly attributes: string;
  /** The operator in words: `conv 3x3, stride 2, relu6`. */
  readonly description: string;
  readonly inputs: readonly string[];
  readonly output: InspectTensor;
  /** Element type of the weights; undefined without any. */
  readonly weights: string | undefined;
  /** Multiply-accumulates a frame. */
  readonly macs: number;
  /** Elements of the constants that it reads. */
  readonly parameters: number;
}

/** What keeps a model from going further, and how far it comes. */
export interface Blocker {
  /** `network`: it cannot be computed as it is; `hardware`: it can be run, not compiled. */
  readonly stage: 'network' | 'hardware';
  readonly problem: Diagnostic;
}

/** What `heddle inspect --json` prints; schemas/inspect.schema.json. Undefined is written as null. */
export interface InspectDocument {
  readonly model: string;
  readonly file: string;
  readonly arithmetic: 'integer' | 'float32' | 'mixed';
  readonly inputs: readonly (InspectTensor & { readonly layout: string; readonly preprocessing: boolean })[];
  readonly outputs: readonly (InspectTensor & { readonly layout: string; readonly classOffset: number })[];
  readonly nodes: readonly InspectNode[];
  readonly macs: number;
  readonly parameters: number;
  readonly notes: readonly Diagnostic[];
  readonly blockers: readonly Blocker[];
}

export interface Inspected {
  readonly file: string;
  readonly graph: Graph;
  readonly notes: readonly Diagnostic[];
  readonly blockers: readonly Blocker[];
}

export function inspectDocument({ file, graph, notes, blockers }: Inspected): InspectDocument {
  const nodes = graph.nodes.map((node) => inspectNode(graph, node));
  const used = new Set(graph.nodes.flatMap((node) => node.inputs.filter((name) => graph.constants.has(name))));
  return {
    model: graph.name,
    file,
    arithmetic: arithmeticOf(graph),
    inputs: graph.inputs.map(({ tensor, layout, preprocessing }) => ({
      ...inspectTensor(graph, tensor),
      layout,
      preprocessing: preprocessing !== undefined,
    })),
    outputs: graph.outputs.map(({ tensor, layout, classOffset }) => ({
      ...inspectTensor(graph, tensor),
      layout,
      classOffset,
    })),
    nodes,
    macs: nodes.reduce((sum, node) => sum + node.macs, 0),
    parameters: [...used].reduce((sum, name) => sum + parametersOf(graph, name), 0),
    notes,
    blockers,
  };
}

function arithmeticOf(graph: Graph): InspectDocument['arithmetic'] {
  const kinds = new Set([...graph.types.values()].map((type) => isInt(type.element)));
  if (kinds.size === 2) return 'mixed';
  return kinds.has(true) ? 'integer' : 'float32';
}

function inspectTensor(graph: Graph, tensor: string): InspectTensor {
  const type: TensorType | undefined = graph.types.get(tensor);
  const quant: Quantization | undefined = type?.quant;
  return {
    tensor,
    shape: type?.shape ?? [],
    type: type === undefined ? 'unknown' : elementName(type.element),
    scale: quant?.scale,
    zeroPoint: quant?.zeroPoint,
  };
}

function parametersOf(graph: Graph, name: string): number {
  return elementCount(graph.constants.get(name)?.type.shape ?? [0]);
}

function inspectNode(graph: Graph, node: GraphNode): InspectNode {
  const constants = [...new Set(node.inputs)].filter((name) => graph.constants.has(name));
  const [, weight = ''] = node.inputs;
  const weights = graph.constants.get(weight);
  return {
    name: node.name,
    op: node.op.kind,
    attributes: attributesText(node.op),
    description: operatorText(node.op, graph.types.get(node.inputs[0] ?? '')?.shape.at(-1)),
    inputs: node.inputs,
    output: inspectTensor(graph, node.outputs[0] ?? ''),
    weights: weights === undefined ? undefined : weightsText(weights.type),
    macs: nodeMacs(node, graph.types) ?? 0,
    parameters: constants.reduce((sum, name) => sum + parametersOf(graph, name), 0),
  };
}

function weightsText({ element, quant }: TensorType): string {
  const axis = quant?.axis === undefined ? '' : ' per channel';
  return `${elementName(element)}${axis}${quant?.zeroPoint.some((zero) => zero !== 0) === true ? ', zero points' : ''}`;
}

const COLUMNS = [
  left('node'),
  left('operator'),
  left('output'),
  left('type'),
  right('scale'),
  right('zero'),
  left('weights'),
  right('MACs'),
  right('parameters'),
];

/** For people. */
export function inspectText(document: InspectDocument, paint: Paint = PLAIN): string {
  const { inputs, outputs, nodes, notes, blockers } = document;
  const rows = nodes.map((node) => [
    shortened(node.name),
    node.description,
    node.output.shape.join('x'),
    node.output.type,
    rangeText(node.output.scale),
    rangeText(node.output.zeroPoint),
    node.weights ?? '-',
    node.macs === 0 ? '-' : count(node.macs),
    node.parameters === 0 ? '-' : count(node.parameters),
  ]);
  const [title = '', ...body] = textTable(COLUMNS, rows);
  const network = blockers.filter(({ stage }) => stage === 'network');
  const hardware = blockers.filter(({ stage }) => stage === 'hardware');
  return `${[
    paint.strong(`${document.model}: ${document.arithmetic} network of ${nodes.length} nodes`),
    ...inputs.map((end) => `input  ${endText(end)}${end.preprocessing ? ', preprocessing stored' : ''}`),
    ...outputs.map(
      (end) => `output ${endText(end)}${end.classOffset === 0 ? '' : `, class ${end.classOffset} is the first`}`,
    ),
    '',
    paint.strong(title),
    ...body,
    '',
    `${count(document.macs)} multiply-accumulates a frame, ${count(document.parameters)} parameters`,
    ...notes.map((note) => formatDiagnostic(note)),
    ...blockerLines('cannot be computed:', network),
    ...blockerLines(network.length > 0 ? '' : 'runs, but is no hardware yet:', hardware),
    ...(blockers.length === 0 ? ['nothing stands in the way of hardware'] : []),
  ].join('\n')}\n`;
}

function endText(end: InspectTensor & { readonly layout: string }): string {
  const quantised =
    end.scale === undefined ? '' : `, scale ${rangeText(end.scale)}, zero point ${rangeText(end.zeroPoint)}`;
  return `'${end.tensor}' ${end.shape.join('x')} ${end.type}${quantised}${end.layout === 'nchw' ? ', nchw in the file' : ''}`;
}

function rangeText(values: readonly number[] | undefined): string {
  if (values === undefined) return '-';
  if (values.length === 1) return significantOrWhole(values[0] ?? 0);
  return `${significantOrWhole(Math.min(...values))} to ${significantOrWhole(Math.max(...values))}`;
}

function significantOrWhole(value: number): string {
  return Number.isInteger(value) ? String(value) : significant(value);
}

function blockerLines(title: string, blockers: readonly Blocker[]): readonly string[] {
  if (blockers.length === 0) return [];
  return [...(title === '' ? [] : [title]), ...blockers.map(({ problem }) => formatDiagnostic(problem))];
}
