import { realToTensor } from '../execute/frames.js';
import { integerClamp } from '../execute/integer/clamps.js';
import { MAX_TABLE_BITS } from '../execute/integer/table.js';
import { activationOf } from '../execute/tensor-access.js';
import type { Graph, GraphInput, GraphNode } from '../ir/graph.js';
import type { Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import type { TensorType } from '../ir/tensor-type.js';
import { HeddleError } from '../support/diagnostics.js';
import { assertNever, defined, InternalError } from '../support/invariant.js';
import { activationType, pixelType, sigmoidType, tanhType } from './activation-type.js';
import { tableInputTooWide } from './messages.js';
import type { Range } from './observer.js';
import type { ResolvedOptions } from './options.js';
import { quantizeBias, quantizeWeights } from './quantize-weights.js';

/** The tensors whose types come from calibration: sums, and inputs that no preprocessing describes. */
export function tensorsToCalibrate(graph: Graph): readonly string[] {
  const inputs = graph.inputs.filter((input) => input.preprocessing === undefined).map((input) => input.tensor);
  const sums = graph.nodes.filter(({ op }) => op.kind === 'conv' || op.kind === 'dense' || op.kind === 'add');
  return [...inputs, ...sums.flatMap((node) => node.outputs)];
}

/** The integer graph under construction. */
interface Draft {
  readonly source: Graph;
  readonly ranges: ReadonlyMap<string, Range>;
  readonly options: ResolvedOptions;
  readonly types: Map<string, TensorType>;
  readonly constants: Map<string, Tensor>;
}

/** The integer graph of a float graph, with the activation ranges of its calibrated tensors. */
export function applyRanges(source: Graph, ranges: ReadonlyMap<string, Range>, options: ResolvedOptions): Graph {
  const draft: Draft = { source, ranges, options, types: new Map(), constants: new Map() };
  refuseWideTables(draft);
  for (const input of source.inputs) draft.types.set(input.tensor, typeOfInput(draft, input));
  const nodes = source.nodes.map((node) => quantizeNode(draft, node));
  return { ...source, nodes, types: draft.types, constants: draft.constants, requantBits: options.requantBits };
}

function refuseWideTables({ source, options }: Draft): void {
  const problems = source.nodes.flatMap(({ name, op }) =>
    (op.kind === 'sigmoid' || op.kind === 'tanh') && options.activationBits > MAX_TABLE_BITS
      ? [tableInputTooWide(name, op.kind, options.activationBits, MAX_TABLE_BITS)]
      : [],
  );
  if (problems.length > 0) throw new HeddleError(problems);
}

function sourceType(draft: Draft, tensor: string): TensorType {
  return defined(draft.source.types.get(tensor), `the type of tensor '${tensor}'`);
}

function typeOfInput(draft: Draft, input: GraphInput): TensorType {
  const { shape } = sourceType(draft, input.tensor);
  return input.preprocessing === undefined
    ? calibratedType(draft, input.tensor)
    : pixelType(shape, input.preprocessing);
}

function calibratedType(draft: Draft, tensor: string): TensorType {
  const range = defined(draft.ranges.get(tensor), `the range of tensor '${tensor}'`);
  return activationType(sourceType(draft, tensor).shape, range, draft.options.activationBits);
}

function quantizeNode(draft: Draft, node: GraphNode): GraphNode {
  const inputs = quantizeInputs(draft, node);
  const [output = ''] = node.outputs;
  const type = outputType(draft, node.op, inputs, output);
  draft.types.set(output, type);
  return { ...node, op: quantizeClamp(node.op, type), inputs };
}

function outputType(draft: Draft, op: Op, inputs: readonly string[], output: string): TensorType {
  const { shape } = sourceType(draft, output);
  switch (op.kind) {
    case 'conv':
    case 'dense':
    case 'add':
      return calibratedType(draft, output);
    case 'sigmoid':
      return sigmoidType(shape, draft.options.activationBits);
    case 'tanh':
      return tanhType(shape, draft.options.activationBits);
    case 'max-pool':
    case 'average-pool':
    case 'global-average-pool':
    case 'relu':
    case 'clip':
    case 'flatten':
      return { ...defined(draft.types.get(inputs[0] ?? ''), `the type of tensor '${inputs[0]}'`), shape };
    case 'batch-norm':
    case 'requantise':
      throw new InternalError(`'${op.kind}' reaches the quantiser, although the float pipeline removes it`);
    default:
      return assertNever(op);
  }
}

/** The operator with its clamp in integers of the output type; without it where the type's range does the same. */
function quantizeClamp(op: Op, type: TensorType): Op {
  if (!('clamp' in op) || op.clamp === undefined) return op;
  const { clamp, ...rest } = op;
  const integer = integerClamp(clamp, type);
  return Object.keys(integer).length === 0 ? rest : { ...rest, clamp: integer };
}

/** Defines the node's constants in integers and returns the names of its inputs. */
function quantizeInputs(draft: Draft, node: GraphNode): readonly string[] {
  const { kind } = node.op;
  if (kind !== 'conv' && kind !== 'dense') return node.inputs.map((name) => activationInput(draft, name));
  const [x = '', weightName = '', biasName] = node.inputs;
  const weight = quantizeWeights(sourceConstant(draft, weightName), draft.options.weightBits);
  const names = [x, define(draft, weightName, node.name, weight)];
  if (biasName === undefined) return names;
  const input = activationOf(defined(draft.types.get(x), `the type of tensor '${x}'`), `tensor '${x}'`);
  const bias = quantizeBias(sourceConstant(draft, biasName), input.scale, weight.type.quant?.scale ?? []);
  return [...names, define(draft, biasName, node.name, bias)];
}

function sourceConstant(draft: Draft, name: string): Tensor {
  return defined(draft.source.constants.get(name), `the constant '${name}'`);
}

/** A constant that is added is quantised like an activation, over its own range. */
function activationInput(draft: Draft, name: string): string {
  const constant = draft.source.constants.get(name);
  if (constant === undefined || draft.types.has(name)) return name;
  const values = constant.data as Float32Array;
  const range = values.reduce((r, v) => ({ min: Math.min(r.min, v), max: Math.max(r.max, v) }), { min: 0, max: 0 });
  const type = activationType(constant.type.shape, range, draft.options.activationBits);
  return define(draft, name, name, realToTensor(name, type, values));
}

/** Stores a constant under its name, or, where another reader needed other integers, under one of the reader's own. */
function define(draft: Draft, name: string, reader: string, tensor: Tensor): string {
  let own = name;
  for (let i = 1; draft.types.has(own) || (own !== name && draft.source.types.has(own)); i++) {
    own = `${name}.${reader}${i === 1 ? '' : `.${i}`}`;
  }
  draft.types.set(own, tensor.type);
  draft.constants.set(own, tensor);
  return own;
}
