import type { ChannelAffine } from '../../execute/float/elementwise.js';
import { MAX_TABLE_BITS } from '../../execute/integer/table.js';
import { activationOf } from '../../execute/tensor-access.js';
import type { GraphNode } from '../../ir/graph.js';
import type { Op, OpKind, OpOf } from '../../ir/op.js';
import type { Tensor } from '../../ir/tensor.js';
import { int, isInt, type TensorType } from '../../ir/tensor-type.js';
import { sameNumbers } from '../../ir/type-equality.js';
import { ACTIVATION_BITS, WEIGHT_BITS } from '../../ir/verify-typing.js';
import { UNIT_WINDOW } from '../../ir/window.js';
import type { Diagnostic } from '../../support/diagnostics.js';
import { normaliseMultiplier } from '../../support/fixed-point.js';
import { noIntegerForm, unusableParameter } from '../messages.js';
import { affineChain, affineOf } from './affine.js';
import { addendScale, factorScale, quantisedTensor, realValues } from './constants.js';
import { carriedInput, quantisedOutput } from './ends.js';
import { emitLayer, withIntegerClamp } from './layer.js';
import {
  addConstant,
  type Carrier,
  carrierOf,
  emit,
  type Folding,
  type KnownValue,
  type Output,
  outputOf,
  refuse,
  typeIn,
} from './state.js';
import { wantedBy } from './wanted.js';

/** Sums, products, concatenations and functions of one tensor: each has its own output quantisation. */

export type JoinOp = OpOf<'add' | 'mul' | 'concat'>;

export function isJoin(node: GraphNode): node is GraphNode<JoinOp> {
  return node.op.kind === 'add' || node.op.kind === 'mul' || node.op.kind === 'concat';
}

/** Whether the node is the gate of a product x * gate(x) that has an operator of its own, and is read by it alone. */
export function isGateOfProduct(folding: Folding, node: GraphNode): boolean {
  const [product, ...others] = folding.readers.get(outputOf(node)) ?? [];
  return product !== undefined && others.length === 0 && gatedOp(folding, product, node) !== undefined;
}

/** swish or hard-swish, if that is what the product of x and the gate of x is. */
function gatedOp(folding: Folding, product: GraphNode, gate: GraphNode | undefined): Op | undefined {
  if (gate === undefined || product.op.kind !== 'mul' || product.op.clamp !== undefined) return undefined;
  if (product.inputs.length !== 2 || folding.outputs.has(outputOf(gate))) return undefined;
  const x = product.inputs.find((name) => name !== outputOf(gate));
  const carrier = folding.carriers.get(x ?? '');
  if (carrier === undefined || carrier !== folding.carriers.get(gate.inputs[0] ?? '')) return undefined;
  if (gate.op.kind === 'sigmoid') return { kind: 'swish' };
  const isSwish = gate.op.kind === 'hard-sigmoid' && Math.abs(gate.op.alpha * 6 - 1) < 1e-6 && gate.op.beta === 0.5;
  return isSwish ? { kind: 'hard-swish' } : undefined;
}

export function foldJoin(folding: Folding, node: GraphNode<JoinOp>): void {
  const gate = [...folding.absorbed].find((other) => node.inputs.includes(outputOf(other)));
  const gated = gatedOp(folding, node, gate);
  if (gated !== undefined && gate !== undefined) {
    foldFunction(folding, { ...node, op: gated, inputs: gate.inputs });
    return;
  }
  if (foldAffine(folding, node)) return;
  const tensor = outputOf(node);
  const problems: Diagnostic[] = [];
  const inputs = node.inputs.map((name) => folding.values.get(name) ?? carriedInput(folding, node, name, problems));
  const known = inputs.flatMap((input) => input ?? []);
  const output = jointOutput(folding, node, known, problems);
  if (output === undefined || known.length < inputs.length) {
    refuse(folding, tensor, problems);
    return;
  }
  const scales = known.flatMap((input) => ('type' in input ? [activationOf(input.type, input.name).scale] : []));
  const constants = { node, output: output.type, largestScale: Math.max(...scales) };
  const names = known.map((input) => ('type' in input ? input.name : joinedConstant(folding, constants, input)));
  emit(folding, { name: node.name, op: withIntegerClamp(node.op, output.type), inputs: names }, output);
}

/** What a join makes. Tensors of one quantisation can be put behind each other without quantising them again. */
function jointOutput(
  folding: Folding,
  node: GraphNode<JoinOp>,
  inputs: readonly (Carrier | KnownValue)[],
  problems: Diagnostic[],
): Output | undefined {
  const tensor = outputOf(node);
  const [first, ...others] = inputs;
  if (node.op.kind === 'concat' && 'reason' in wantedBy(folding, tensor) && first !== undefined && 'type' in first) {
    const { shape } = typeIn(folding.graph, tensor);
    const isOne =
      inputs.length === node.inputs.length &&
      others.every((input) => 'type' in input && sameNumbers(input.type, first.type));
    if (isOne) return { stands: tensor, name: tensor, type: { ...first.type, shape } };
  }
  return quantisedOutput(folding, node, tensor, problems);
}

/** The bits that float constants get. */
const CONSTANT = int(16, true);

interface JoinedConstants {
  readonly node: GraphNode<JoinOp>;
  readonly output: TensorType;
  /** Of the tensors that flow in. */
  readonly largestScale: number;
}

/** The constant as integers: those of the file if they are quantised per tensor, otherwise as exact as 16 bits allow. */
function joinedConstant(folding: Folding, { node, output, largestScale }: JoinedConstants, known: KnownValue): string {
  const { element, quant, shape } = known.tensor.type;
  if (isInt(element) && element.bits <= ACTIVATION_BITS.most && quant !== undefined && quant.axis === undefined) {
    return known.name;
  }
  const values = realValues(known.tensor);
  const name = `${known.name}.quantised`;
  if (node.op.kind === 'concat') return addConstant(folding, name, quantisedTensor(values, { ...output, shape }));
  const { scale } = activationOf(output, `the output of node '${node.name}'`);
  const shift = normaliseMultiplier(largestScale / scale, folding.graph.requantBits)?.shift ?? 0;
  const own = node.op.kind === 'add' ? addendScale(values, scale, shift) : factorScale(values);
  return addConstant(folding, name, symmetric(values, shape, own));
}

function symmetric(values: Float64Array, shape: readonly number[], scale: number): Tensor {
  return quantisedTensor(values, { shape, element: CONSTANT, quant: { scale: [scale], zeroPoint: [0] } });
}

/** Beyond these bits of the output a constant of 16 bits is too coarse. */
const COARSE_BITS = 8;

/**
 * A normalisation, factors of many bits for each channel, or several affine nodes in a row, on a quantised feature map
 * become a depthwise 1x1 convolution. One addition or multiplication alone is an operator itself, where that is exact
 * enough. Whether the node was such a one.
 */
export function foldAffine(folding: Folding, node: GraphNode): boolean {
  const x = node.inputs.find((name) => folding.carriers.has(name));
  const carrier = x === undefined ? undefined : carrierOf(folding, x);
  const own = x === undefined ? undefined : affineOf(folding, node, x);
  if (carrier?.type.shape.length !== 3 || own === undefined) return false;
  const chain = affineChain(folding, outputOf(node));
  const bits = isInt(carrier.type.element) ? carrier.type.element.bits : 0;
  const isPlain = node.op.kind === 'add' || (node.op.kind === 'mul' && isCoarse(folding, node, own.slope));
  if (chain.nodes.length === 0 && isPlain && bits <= COARSE_BITS) return false;
  for (const absorbed of chain.nodes) folding.absorbed.add(absorbed);
  const problems: Diagnostic[] = [];
  const output = quantisedOutput(folding, node, chain.output, problems);
  if (output === undefined) {
    refuse(folding, chain.output, problems);
    return true;
  }
  const slope = own.slope.map((value, c) => value * (chain.slope[c] as number));
  const offset = own.offset.map((value, c) => value * (chain.slope[c] as number) + (chain.offset[c] as number));
  emitDepthwise(folding, node.name, carrier, { slope, offset }, output);
  return true;
}

/** The largest weight, so that the steps of the sums, in which the offset stands, are fine. */
const UNIT_WEIGHT = 127;

function emitDepthwise(folding: Folding, name: string, x: Carrier, affine: ChannelAffine, output: Output): void {
  const channels = affine.slope.length;
  const quant = { scale: [1 / UNIT_WEIGHT], zeroPoint: [0] };
  const tensor = {
    type: { shape: [channels, 1, 1, 1], element: int(8, true), quant },
    data: new Int8Array(channels).fill(UNIT_WEIGHT),
  };
  const node = { name, op: { kind: 'conv', ...UNIT_WINDOW, groups: channels } as const };
  emitLayer(folding, { node, x, weight: { name: `${name}.weight`, tensor }, bias: undefined }, affine, output);
}

/** Whether factors are one value, or have no more bits than weights: a product with them has an engine. */
function isCoarse(folding: Folding, node: GraphNode, slope: Float64Array): boolean {
  const factor = node.inputs.flatMap((name) => folding.values.get(name) ?? [])[0];
  const element = factor?.tensor.type.element;
  const isUniform = slope.every((value) => value === slope[0]);
  return isUniform || (element !== undefined && isInt(element) && element.bits <= WEIGHT_BITS.most);
}

const UNTABLED: ReadonlySet<OpKind> = new Set<OpKind>(['leaky-relu', 'prelu']);

/** A function of one tensor, with a slope as constant input if it is a prelu. */
export function foldFunction(folding: Folding, node: GraphNode): void {
  const tensor = outputOf(node);
  const problems: Diagnostic[] = [];
  const x = carriedInput(folding, node, node.inputs[0] ?? '', problems);
  const output = quantisedOutput(folding, node, tensor, problems);
  if (x !== undefined && isInt(x.type.element) && x.type.element.bits > MAX_TABLE_BITS && !UNTABLED.has(node.op.kind)) {
    const reason = `its input '${x.name}' has ${x.type.element.bits} bits, and a table of it would be too large`;
    problems.push(
      noIntegerForm(node.name, node.op.kind, reason, `quantise its input to ${MAX_TABLE_BITS} bits or fewer`),
    );
  }
  const slope = node.op.kind === 'prelu' ? preluSlope(folding, node, problems) : [];
  if (x === undefined || output === undefined || problems.length > 0) refuse(folding, tensor, problems);
  else emit(folding, { name: node.name, op: node.op, inputs: [x.name, ...slope] }, output);
}

/** The slope's constant, quantised per tensor; problems are told. */
function preluSlope(folding: Folding, node: GraphNode, problems: Diagnostic[]): readonly string[] {
  const name = node.inputs[1] ?? '';
  const known = folding.values.get(name);
  if (known === undefined) {
    const fix = 'make it a constant when the network is exported';
    problems.push(unusableParameter(node.name, 'slope', name, 'is computed, not a constant', fix));
    return [];
  }
  const { element, quant, shape } = known.tensor.type;
  if (isInt(element) && element.bits <= ACTIVATION_BITS.most && quant !== undefined && quant.axis === undefined)
    return [known.name];
  const values = realValues(known.tensor);
  return [addConstant(folding, `${known.name}.quantised`, symmetric(values, shape, factorScale(values)))];
}
