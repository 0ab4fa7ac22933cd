import type { Graph, GraphNode } from '../../ir/graph.js';
import type { LeakyReluOp, PreluOp } from '../../ir/op.js';
import { HeddleError } from '../../support/diagnostics.js';
import { type Multiplier, normaliseMultiplier } from '../../support/fixed-point.js';
import { defined } from '../../support/invariant.js';
import { scaleDoesNotFit } from '../messages.js';
import { activationOf, constantInput, inputType, numeric, outputType } from '../tensor-access.js';
import { type OutputRange, outputRange } from './requant-params.js';

/**
 * `v = x - inputZeroPoint; y = clamp(zeroPoint + rne(v * m / 2^s), lo, hi)`, with m and s from `positive` where v >= 0
 * and from `negative` elsewhere. Each is normalised by itself; a falling slope has a negative multiplier.
 */
export interface SlopeParams extends OutputRange {
  readonly inputZeroPoint: number;
  readonly positive: Multiplier;
  /** One for all elements, or one for each element of the slope tensor. */
  readonly negative: readonly Multiplier[];
}

/** Constants of a leaky-relu or prelu node. HeddleError with every slope that no multiplier gives. */
export function slopeParams(graph: Graph, node: GraphNode<LeakyReluOp | PreluOp>): SlopeParams {
  const x = activationOf(inputType(graph, node), `the input of node '${node.name}'`);
  const y = activationOf(outputType(graph, node), `the output of node '${node.name}'`);
  const scale = x.scale / y.scale;
  const { op } = node;
  const slopes = op.kind === 'leaky-relu' ? [op.slope] : realSlopes(graph, node);
  const positive = signedMultiplier(scale, graph.requantBits);
  const negative = slopes.map((slope) => signedMultiplier(slope * scale, graph.requantBits));
  const problems = [
    ...(positive === undefined ? [scaleDoesNotFit(node.name, 'it', scale, graph.requantBits)] : []),
    ...slopes.flatMap((slope, i) =>
      negative[i] === undefined ? [scaleDoesNotFit(node.name, `slope ${i}`, slope * scale, graph.requantBits)] : [],
    ),
  ];
  if (problems.length > 0) throw new HeddleError(problems);
  return {
    ...outputRange(graph, node, undefined),
    inputZeroPoint: x.zeroPoint,
    positive: defined(positive, 'the multiplier'),
    negative: negative.map((fit) => defined(fit, 'the multiplier of a slope')),
  };
}

function realSlopes(graph: Graph, node: GraphNode): readonly number[] {
  const slope = constantInput(graph, node, 1);
  const { scale, zeroPoint } = activationOf(slope.type, `the slope of node '${node.name}'`);
  return Array.from(numeric(slope.data), (q) => scale * (q - zeroPoint));
}

function signedMultiplier(scale: number, requantBits: number): Multiplier | undefined {
  const fit = normaliseMultiplier(Math.abs(scale), requantBits);
  return fit === undefined || scale >= 0 ? fit : { ...fit, multiplier: -fit.multiplier };
}
