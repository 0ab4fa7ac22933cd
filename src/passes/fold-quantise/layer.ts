import type { ChannelAffine } from '../../execute/float/elementwise.js';
import { integerClamp } from '../../execute/integer/clamps.js';
import type { GraphNode } from '../../ir/graph.js';
import type { ConvOp, ConvTransposeOp, DenseOp, Op } from '../../ir/op.js';
import type { Tensor } from '../../ir/tensor.js';
import type { TensorType } from '../../ir/tensor-type.js';
import type { Diagnostic } from '../../support/diagnostics.js';
import { unusableParameter } from '../messages.js';
import { type AffineChain, affineChain } from './affine.js';
import { carriedInput, quantisedOutput } from './ends.js';
import {
  biasSteps,
  biasTensor,
  biasValues,
  hasSteps,
  integerWeight,
  layerBias,
  roundedSteps,
  scaledWeights,
  sumSteps,
} from './parameters.js';
import {
  addConstant,
  type Carrier,
  emit,
  type Folding,
  type KnownValue,
  type Output,
  outputOf,
  refuse,
} from './state.js';

export type LayerOp = ConvOp | ConvTransposeOp | DenseOp;

export function isLayer(node: GraphNode): node is GraphNode<LayerOp> {
  return node.op.kind === 'conv' || node.op.kind === 'conv-transpose' || node.op.kind === 'dense';
}

/** dequantise -> layer (-> batch-norm, add, mul of constants) -> quantise becomes one integer layer. */
export function foldLayer(folding: Folding, node: GraphNode<LayerOp>): void {
  foldSums(folding, node, outputOf(node), undefined);
}

/**
 * A layer that hands out its 32-bit sums, which `dequantise` makes real values of: the scale is taken back out, then it
 * is as any other layer.
 */
export function foldDequantisedSums(folding: Folding, layer: GraphNode<LayerOp>, dequantise: GraphNode): void {
  const sums = outputOf(layer);
  foldSums(folding, layer, outputOf(dequantise), folding.graph.types.get(sums));
}

/** Folds the layer whose real sums are `tensor`: in steps of their own scales, or of the quantisation of `sums`. */
function foldSums(folding: Folding, node: GraphNode<LayerOp>, tensor: string, sums: TensorType | undefined): void {
  const chain = node.op.clamp === undefined ? affineChain(folding, tensor) : unchained(tensor);
  for (const absorbed of chain.nodes) folding.absorbed.add(absorbed);
  const problems: Diagnostic[] = [];
  const x = carriedInput(folding, node, node.inputs[0] ?? '', problems);
  const weight = integerWeight(folding, node, problems);
  const bias = layerBias(folding, node, problems);
  const output = quantisedOutput(folding, node, chain.output, problems);
  if (x === undefined || weight === undefined || output === undefined || problems.length > 0) {
    refuse(folding, chain.output, problems);
    return;
  }
  const steps = sumSteps(x.type, weight.tensor.type);
  const affine = sums === undefined ? chain : rescaled(chain, steps, sums);
  emitLayer(folding, { node, x, weight, bias }, affine, output);
}

function unchained(output: string): AffineChain {
  return { slope: new Float64Array(), offset: new Float64Array(), nodes: [], output };
}

/** The chain on sums whose real values the file takes in other steps than x and the weights give. */
function rescaled(chain: AffineChain, steps: Float64Array, { quant }: TensorType): ChannelAffine {
  const scale = quant?.scale ?? [1];
  const slope = steps.map((step, oc) => ((scale[scale.length > 1 ? oc : 0] ?? 1) / step) * (chain.slope[oc] ?? 1));
  return { slope, offset: chain.offset };
}

/** The parts of a layer of the new graph; its clamp is in real values. */
export interface LayerParts {
  readonly node: { readonly name: string; readonly op: LayerOp };
  readonly x: Carrier;
  readonly weight: KnownValue;
  readonly bias: KnownValue | undefined;
}

/** Adds a layer whose sums go through an affine function of each channel before they are quantised. */
export function emitLayer(folding: Folding, parts: LayerParts, affine: ChannelAffine, output: Output): void {
  const { node, x } = parts;
  const isPlain = affine.slope.every((slope) => slope === 1);
  const weight = isPlain ? parts.weight.tensor : scaledWeights(parts.weight.tensor, affine.slope);
  const bias = layerBiasTensor(folding, parts, weight, affine);
  if (bias === 'too-large') {
    const fix = 'check the scales of the input and the weights, of which one is too small';
    const name = parts.bias?.name ?? `${node.name}.bias`;
    const problem = unusableParameter(node.name, 'bias', name, 'has values of 2^53 steps of the sums or more', fix);
    refuse(folding, output.stands, [problem]);
    return;
  }
  const inputs = [x.name, isPlain ? parts.weight.name : addConstant(folding, `${node.name}.weight`, weight)];
  if (bias !== undefined) inputs.push(addConstant(folding, `${node.name}.bias`, bias));
  emit(folding, { name: node.name, op: withIntegerClamp(node.op, output.type), inputs }, output);
}

/** The integer bias; undefined where it is 0 everywhere and the layer came without one. */
function layerBiasTensor(
  folding: Folding,
  { node, x, weight: unscaled, bias }: LayerParts,
  weight: Tensor,
  { slope, offset }: ChannelAffine,
): Tensor | undefined | 'too-large' {
  const isShifted = offset.some((value) => value !== 0);
  const isScaled = slope.some((value) => value !== 1);
  if (bias === undefined && !isShifted) return undefined;
  const own = sumSteps(x.type, unscaled.tensor.type);
  if (bias !== undefined && !isShifted && !isScaled && hasSteps(bias, own)) return biasTensor(biasSteps(bias));
  const values = bias === undefined ? new Float64Array(own.length) : biasValues(bias, own);
  const shifted = values.map((value, oc) => value * (slope[oc] ?? 1) + (offset[oc] ?? 0));
  const { steps, isExact } = roundedSteps(shifted, sumSteps(x.type, weight.type));
  if (!isExact) folding.roundedBiases.push(node.name);
  return biasTensor(steps) ?? 'too-large';
}

/** The operator with its clamp in integers of the output. */
export function withIntegerClamp<O extends Op>(op: O, type: TensorType): O {
  return 'clamp' in op && op.clamp !== undefined ? { ...op, clamp: integerClamp(op.clamp, type) } : op;
}
