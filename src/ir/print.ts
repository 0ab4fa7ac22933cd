import { createHash } from 'node:crypto';
import type { Graph, GraphInput, GraphNode, GraphOutput } from './graph.js';
import type { Clamp, Op } from './op.js';
import type { Tensor } from './tensor.js';
import { type Quantization, type TensorType, typeName } from './tensor-type.js';

/** Scales beyond this many are shown as their first two and their count. */
const SHOWN_VALUES = 4;

/** Attributes are shown whole up to this many entries, longer ones (orders of channels) as scales are. */
const LONGEST_LIST = 8;

/**
 * The canonical text of a graph: one line per input, constant, node and output. The same graph gives the same bytes.
 * Constants are shown by type and a hash of their values, so that a diff shows that a pass changed them.
 */
export function printGraph(graph: Graph): string {
  const lines = [
    `graph ${quote(graph.name)} requantBits=${graph.requantBits}`,
    ...graph.inputs.map((input) => `input ${printInput(graph, input)}`),
    ...[...graph.constants].sort(byName).map(([name, tensor]) => `constant ${printConstant(name, tensor)}`),
    ...graph.nodes.map((node) => printNode(graph, node)),
    ...graph.outputs.map((output) => `output ${printOutput(output)}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** `conv "conv1" (x, w) -> y: 24x24x6 uint8 scale=0.1 zero=0 {kernelH=5 ...}`. */
export function printNode(graph: Graph, node: GraphNode): string {
  const outputs = node.outputs.map((name) => `${quote(name)}: ${printType(graph.types.get(name))}`);
  const attributes = attributesText(node.op);
  const inputs = node.inputs.map(quote).join(', ');
  return `${node.op.kind} ${quote(node.name)} (${inputs}) -> ${outputs.join(', ')}${attributes === '' ? '' : ` {${attributes}}`}`;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function quote(name: string): string {
  return JSON.stringify(name);
}

function printInput(graph: Graph, input: GraphInput): string {
  const p = input.preprocessing;
  const preprocessing = p === undefined ? '' : ` mean=${list(p.mean)} std=${list(p.std)} bgr=${p.bgr}`;
  return `${quote(input.tensor)}: ${printType(graph.types.get(input.tensor))} layout=${input.layout}${preprocessing}`;
}

function printOutput(output: GraphOutput): string {
  return `${quote(output.tensor)} layout=${output.layout} classOffset=${output.classOffset}`;
}

function printConstant(name: string, tensor: Tensor): string {
  return `${quote(name)}: ${printType(tensor.type)} hash=${contentHash(tensor)}`;
}

function printType(type: TensorType | undefined): string {
  if (type === undefined) return '?';
  return type.quant === undefined ? typeName(type) : `${typeName(type)} ${printQuantization(type.quant)}`;
}

function printQuantization(quant: Quantization): string {
  const axis = quant.axis === undefined ? '' : ` axis=${quant.axis}`;
  return `scale=${list(quant.scale)} zero=${list(quant.zeroPoint)}${axis}`;
}

function list(values: readonly number[]): string {
  if (values.length === 1) return String(values[0]);
  if (values.length <= SHOWN_VALUES) return `[${values.join(',')}]`;
  return `[${values.slice(0, 2).join(',')},...${values.length} hash=${hashBytes(new Uint8Array(Float64Array.from(values).buffer))}]`;
}

/** `kernelH=5 kernelW=5 ...`: an operator's attributes in the order of their names. */
export function attributesText(op: Op): string {
  return Object.entries(op)
    .filter(([key, value]) => key !== 'kind' && value !== undefined)
    .sort(byName)
    .map(([key, value]) => `${key}=${attributeText(key, value)}`)
    .join(' ');
}

function attributeText(key: string, value: unknown): string {
  if (key === 'clamp') return printClamp(value as Clamp);
  return Array.isArray(value) && value.length > LONGEST_LIST ? list(value) : String(value);
}

function printClamp(clamp: Clamp): string {
  return `${clamp.lo ?? ''}..${clamp.hi ?? ''}`;
}

function contentHash(tensor: Tensor): string {
  return hashBytes(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength));
}

/** The first 32 bits of SHA-256, enough to tell two texts apart; half a gigabyte of weights takes a second or two. */
function hashBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 8);
}
