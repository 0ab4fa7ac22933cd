import type { Graph, GraphNode } from '../../ir/graph.js';
import type { Clamp, ConcatOp, ConvOp, ConvTransposeOp, DenseOp, RequantiseOp } from '../../ir/op.js';
import type { Tensor } from '../../ir/tensor.js';
import { elementCount, isInt } from '../../ir/tensor-type.js';
import { type Diagnostic, HeddleError } from '../../support/diagnostics.js';
import { type Multiplier, normaliseMultiplier, smallMultiplier } from '../../support/fixed-point.js';
import { defined, invariant } from '../../support/invariant.js';
import { scaleDoesNotFit, sumTooWide } from '../messages.js';
import { activationOf, constantInput, inputType, numeric, outputType, perChannel } from '../tensor-access.js';

/**
 * The constants of the integer layers, shared by the golden model and the hardware. What is shared ends here: each has
 * its own loops, and the hardware folds zero points into the bias itself.
 */

/** Limits of an integer node's output: its clamp within the range of its type. */
export interface OutputRange {
  readonly zeroPoint: number;
  readonly lo: number;
  readonly hi: number;
}

/** `y = clamp(zeroPoint + rne((bias + sum (x - inputZeroPoint) * (w - weightZeroPoint)) * multiplier / 2^shift))`. */
export interface RequantParams extends OutputRange {
  readonly inputZeroPoint: number;
  /** The largest |x - inputZeroPoint| of the input's type. */
  readonly inputMagnitude: number;
  readonly outChannels: number;
  /** Length of one filter: kh * kw * ic/groups, or the inputs of a dense layer. */
  readonly filterLength: number;
  /** Per output channel from here on. The model's bias with nothing folded in; integers below 2^53. */
  readonly bias: Float64Array;
  readonly weightZeroPoint: Int32Array;
  /** [oc][filterLength], w - weightZeroPoint. */
  readonly weights: Int16Array;
  readonly multiplier: Float64Array;
  readonly shift: Uint8Array;
  /** Range of the final sum, bias included, over all inputs of the layer's input type. */
  readonly accMin: Float64Array;
  readonly accMax: Float64Array;
  /** No partial sum without the bias, in whatever order, exceeds this magnitude. */
  readonly partialBound: number;
}

/** Range of a node's output: lo and hi of its clamp, or of the output type. */
export function outputRange(graph: Graph, node: GraphNode, clamp: Clamp | undefined): OutputRange {
  const { zeroPoint, min, max } = activationOf(outputType(graph, node), `the output of node '${node.name}'`);
  return { zeroPoint, lo: Math.max(min, clamp?.lo ?? min), hi: Math.min(max, clamp?.hi ?? max) };
}

/** Constants of a conv, conv-transpose or dense node. HeddleError with every channel group's scale that no multiplier gives. */
export function requantParams(graph: Graph, node: GraphNode<ConvOp | ConvTransposeOp | DenseOp>): RequantParams {
  const x = activationOf(inputType(graph, node), `the input of node '${node.name}'`);
  const filters = centredFilters(constantInput(graph, node, 1), node.name);
  const outChannels = filters.weightZeroPoint.length;
  const bias = node.inputs.length > 2 ? biasValues(constantInput(graph, node, 2)) : new Float64Array(outChannels);
  const sums = sumRanges(filters.weights, filters.filterLength, bias, x.min - x.zeroPoint, x.max - x.zeroPoint);
  const isDead = (oc: number): boolean => sums.magnitude[oc] === 0 && bias[oc] === 0;
  const realScale = outputScales(graph, node, x.scale, filters.scale);
  const scales = Array.from({ length: outChannels }, (_, oc) => (isDead(oc) ? 0 : realScale(oc)));
  const largest = sums.magnitude.reduce(
    (bound, magnitude, oc) => Math.max(bound, magnitude + Math.abs(bias[oc] ?? 0)),
    0,
  );
  if (largest >= 2 ** 53) throw new HeddleError([sumTooWide(node.name, largest)]);
  return {
    ...(handsOutSums(graph, node) ? SUM_RANGE : outputRange(graph, node, node.op.clamp)),
    ...filters,
    ...channelMultipliers(node.name, scales, sums, graph.requantBits),
    inputZeroPoint: x.zeroPoint,
    inputMagnitude: Math.max(x.max - x.zeroPoint, x.zeroPoint - x.min),
    outChannels,
    bias,
    accMin: sums.min,
    accMax: sums.max,
    partialBound: sums.magnitude.reduce((bound, magnitude) => Math.max(bound, magnitude), 0),
  };
}

/** Imported graphs hold layers whose output is the sum itself, as 32 bits: a multiplier of 1 and no zero point. */
function handsOutSums(graph: Graph, node: GraphNode): boolean {
  const { element } = outputType(graph, node);
  return isInt(element) && element.bits === SUM_BITS;
}

const SUM_BITS = 32;
const SUM_RANGE: OutputRange = { zeroPoint: 0, lo: -(2 ** (SUM_BITS - 1)), hi: 2 ** (SUM_BITS - 1) - 1 };

/** What one step of channel oc's sum is in steps of the output. */
function outputScales(
  graph: Graph,
  node: GraphNode,
  inputScale: number,
  weightScales: readonly number[],
): (oc: number) => number {
  if (handsOutSums(graph, node)) return () => 1;
  const y = activationOf(outputType(graph, node), `the output of node '${node.name}'`);
  return (oc) => (inputScale * perChannel(weightScales, oc)) / y.scale;
}

interface Filters {
  readonly filterLength: number;
  readonly weights: Int16Array;
  readonly weightZeroPoint: Int32Array;
  readonly scale: readonly number[];
}

function centredFilters(weight: Tensor, node: string): Filters {
  const quant = defined(weight.type.quant, `the quantization of the weight of node '${node}'`);
  invariant((quant.axis ?? 0) === 0, `the weight of node '${node}' is quantised along axis ${quant.axis}, not 0`);
  const outChannels = defined(weight.type.shape[0], `the output channels of node '${node}'`);
  const filterLength = elementCount(weight.type.shape) / outChannels;
  const weights = new Int16Array(numeric(weight.data));
  const weightZeroPoint = Int32Array.from({ length: outChannels }, (_, oc) => perChannel(quant.zeroPoint, oc));
  weightZeroPoint.forEach((zeroPoint, oc) => {
    if (zeroPoint === 0) return;
    for (let i = oc * filterLength; i < (oc + 1) * filterLength; i++) weights[i] = (weights[i] as number) - zeroPoint;
  });
  return { filterLength, weights, weightZeroPoint, scale: quant.scale };
}

/** The integers of a bias; requantParams checks that they stay below 2^53. */
function biasValues(bias: Tensor): Float64Array {
  return Float64Array.from(bias.data as Iterable<number | bigint>, Number);
}

interface SumRanges {
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** Largest sum of magnitudes, without the bias. */
  readonly magnitude: Float64Array;
}

/** Ranges of bias + sum x*w for each filter, with x in xMin..xMax or, at a padded tap, 0. */
function sumRanges(
  weights: Int16Array,
  filterLength: number,
  bias: Float64Array,
  xMin: number,
  xMax: number,
): SumRanges {
  const lowest = Math.min(xMin, 0);
  const highest = Math.max(xMax, 0);
  const min = new Float64Array(bias.length);
  const max = new Float64Array(bias.length);
  const magnitude = new Float64Array(bias.length);
  bias.forEach((offset, oc) => {
    let positive = 0;
    let negative = 0;
    for (let i = oc * filterLength; i < (oc + 1) * filterLength; i++) {
      const w = weights[i] as number;
      if (w > 0) positive += w;
      else negative -= w;
    }
    min[oc] = offset + positive * lowest - negative * highest;
    max[oc] = offset + positive * highest - negative * lowest;
    magnitude[oc] = (positive + negative) * Math.max(highest, -lowest);
  });
  return { min, max, magnitude };
}

function channelMultipliers(
  node: string,
  scales: readonly number[],
  { min, max }: SumRanges,
  requantBits: number,
): { readonly multiplier: Float64Array; readonly shift: Uint8Array } {
  const largest = (oc: number): number => Math.max(-(min[oc] as number), max[oc] as number);
  const tooSmall = (scale: number): boolean => scale < 1;
  // Trained networks have channels with weights of 1e-7 and a bias that is all that matters.
  const fitted = scales.map(
    (scale, oc) =>
      normaliseMultiplier(scale, requantBits) ?? (tooSmall(scale) ? smallMultiplier(scale, largest(oc)) : undefined),
  );
  const problems = fitted.flatMap((fit, oc): Diagnostic[] =>
    fit === undefined ? [scaleDoesNotFit(node, `output channel ${oc}`, scales[oc] ?? Number.NaN, requantBits)] : [],
  );
  if (problems.length > 0) throw new HeddleError(problems);
  return {
    multiplier: Float64Array.from(fitted, (fit) => fit?.multiplier ?? 0),
    shift: Uint8Array.from(fitted, (fit) => fit?.shift ?? 0),
  };
}

/** `y = clamp(zeroPoint + rne((x - inputZeroPoint) * multiplier / 2^shift), lo, hi)`. */
export interface TensorRequantParams extends OutputRange, Multiplier {
  readonly inputZeroPoint: number;
}

/** Constants of a requantise node, or of one input of a concat node, which is requantised on its way. */
export function tensorRequantParams(
  graph: Graph,
  node: GraphNode<RequantiseOp | ConcatOp>,
  input = 0,
): TensorRequantParams {
  const isConcat = node.op.kind === 'concat';
  const x = activationOf(inputType(graph, node, input), `input ${input} of node '${node.name}'`);
  const y = activationOf(outputType(graph, node), `the output of node '${node.name}'`);
  const scale = x.scale / y.scale;
  const fit = normaliseMultiplier(scale, graph.requantBits);
  if (fit === undefined) {
    const what = isConcat ? `input ${input}` : 'it';
    throw new HeddleError([scaleDoesNotFit(node.name, what, scale, graph.requantBits)]);
  }
  const clamp = 'clamp' in node.op ? node.op.clamp : undefined;
  return { ...fit, inputZeroPoint: x.zeroPoint, ...outputRange(graph, node, clamp) };
}
