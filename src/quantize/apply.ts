import { realToTensor } from '../execute/frames.js';
import { integerClamp } from '../execute/integer/clamps.js';
import { activationOf } from '../execute/tensor-access.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { int, type TensorType } from '../ir/tensor-type.js';
import { defined } from '../support/invariant.js';
import { activationType } from './activation-type.js';
import type { ResolvedOptions } from './options.js';
import { quantizeBias, quantizeWeights } from './quantize-weights.js';
import { isWeighted, type WeightedOp } from './rules.js';
import { outputOf } from './share-numbers.js';

/** The integer graph under construction. */
interface Draft {
  readonly source: Graph;
  readonly options: ResolvedOptions;
  readonly types: Map<string, TensorType>;
  readonly constants: Map<string, Tensor>;
  /** Names of addends and factors, which all their readers share. */
  readonly operands: Map<string, string>;
}

/** The integer graph of a float graph, with the given integer types of the tensors that flow. */
export function applyTypes(source: Graph, chosen: ReadonlyMap<string, TensorType>, options: ResolvedOptions): Graph {
  const types = new Map(chosen);
  const draft: Draft = { source, options, types, constants: new Map(), operands: new Map() };
  const nodes = source.nodes.map((node): GraphNode => {
    const inputs = isWeighted(node) ? layerInputs(draft, node) : node.inputs.map((_, i) => operand(draft, node, i));
    return { ...node, op: quantizeAttributes(node.op, typeIn(draft, outputOf(node))), inputs };
  });
  return { ...source, nodes, types, constants: draft.constants, requantBits: options.requantBits };
}

function typeIn(draft: Draft, tensor: string): TensorType {
  return defined(draft.types.get(tensor), `the type of tensor '${tensor}'`);
}

/** Real values among the attributes become integers of the output's type. */
function quantizeAttributes(op: Op, type: TensorType): Op {
  if (op.kind === 'pad') return { ...op, value: op.mode === 'constant' ? integerOf(op.value, type) : 0 };
  if (!('clamp' in op) || op.clamp === undefined) return op;
  const { clamp, ...rest } = op;
  const integer = integerClamp(clamp, type);
  // Where the type's own range does the same, no clamp is needed.
  return Object.keys(integer).length === 0 ? rest : { ...rest, clamp: integer };
}

function integerOf(value: number, type: TensorType): number {
  return Number(realToTensor('the padding', { ...type, shape: [] }, [value]).data[0]);
}

/** Defines a layer's weights and bias in integers and returns the names of its inputs. */
function layerInputs(draft: Draft, node: GraphNode<WeightedOp>): readonly string[] {
  const [x = '', weightName = '', biasName] = node.inputs;
  const { layerWeightBits, weightBits } = draft.options;
  const filters = sourceConstant(draft, weightName);
  const weight = quantizeWeights(filters, layerWeightBits.get(node.name) ?? weightBits);
  const names = [x, define(draft, weightName, node.name, weight)];
  if (biasName === undefined) return names;
  const { scale } = activationOf(typeIn(draft, x), `tensor '${x}'`);
  const bias = quantizeBias(sourceConstant(draft, biasName), scale, weight.type.quant?.scale ?? []);
  return [...names, define(draft, biasName, node.name, bias)];
}

function sourceConstant(draft: Draft, name: string): Tensor {
  return defined(draft.source.constants.get(name), `the constant '${name}'`);
}

/** The i-th input of a node without weights; constants are quantised for it. */
function operand(draft: Draft, node: GraphNode, i: number): string {
  const name = defined(node.inputs[i], `input ${i} of node '${node.name}'`);
  const constant = draft.source.constants.get(name);
  if (constant === undefined) return name;
  const values = constant.data as Float32Array;
  const { shape } = constant.type;
  if (node.op.kind === 'concat') {
    const type = { ...typeIn(draft, outputOf(node)), shape };
    return define(draft, name, node.name, realToTensor(name, type, values));
  }
  if (node.op.kind === 'prelu')
    return define(draft, name, node.name, realToTensor(name, slopeType(shape, values), values));
  const shared = draft.operands.get(name);
  if (shared !== undefined) return shared;
  const type = activationType(shape, rangeOf(values), draft.options.activationBits);
  const own = define(draft, name, node.name, realToTensor(name, type, values));
  draft.operands.set(name, own);
  return own;
}

/** A constant that is added or multiplied is quantised like an activation, over its own range. */
function rangeOf(values: Float32Array): { readonly min: number; readonly max: number } {
  return values.reduce((r, v) => ({ min: Math.min(r.min, v), max: Math.max(r.max, v) }), { min: 0, max: 0 });
}

/** Slopes become part of multipliers: 16 bits cost nothing there. */
const SLOPE_BITS = 16;

function slopeType(shape: readonly number[], values: Float32Array): TensorType {
  const magnitude = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  const scale = magnitude === 0 ? 1 : magnitude / (2 ** (SLOPE_BITS - 1) - 1);
  return { shape, element: int(SLOPE_BITS, true), quant: { scale: [scale], zeroPoint: [0] } };
}

/** Stores a constant under its name, or, where another reader needed other integers, under one of the reader's own. */
function define(draft: Draft, name: string, reader: string, tensor: Tensor): string {
  let own = name;
  const isTaken = (candidate: string): boolean =>
    draft.types.has(candidate) || (candidate !== name && draft.source.types.has(candidate));
  for (let i = 1; isTaken(own); i++) own = `${name}.${reader}${i === 1 ? '' : `.${i}`}`;
  draft.types.set(own, tensor.type);
  draft.constants.set(own, tensor);
  return own;
}
