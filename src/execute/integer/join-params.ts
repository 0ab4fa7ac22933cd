import type { Graph, GraphNode } from '../../ir/graph.js';
import type { AddOp, MulOp } from '../../ir/op.js';
import { HeddleError } from '../../support/diagnostics.js';
import { clampTo, type Multiplier, normaliseMultiplier, roundHalfEven } from '../../support/fixed-point.js';
import { productTooWide, scaleDoesNotFit, sumTooWide } from '../messages.js';
import { type Activation, activationOf, inputType, outputType } from '../tensor-access.js';
import { type OutputRange, outputRange } from './requant-params.js';

/** The constants of the operators that bring several tensors together, for the golden model and the hardware alike. */

/** Integers are exact in a double up to here. */
const EXACT = 2 ** 53;

function activationsOf(graph: Graph, node: GraphNode): readonly Activation[] {
  return node.inputs.map((name, i) => activationOf(inputType(graph, node, i), `tensor '${name}'`));
}

/** The largest |x - zero point| of a type. */
function reachOf({ min, max, zeroPoint }: Activation): number {
  return Math.max(max - zeroPoint, zeroPoint - min);
}

/** `y = clamp(zeroPoint + rne(sum_i multipliers[i] * (x_i - inputZeroPoints[i]) / 2^shift), lo, hi)`. */
export interface AddParams extends OutputRange {
  readonly inputZeroPoints: readonly number[];
  /** The largest has requantBits significant bits; the others share its shift, and may be 0. */
  readonly multipliers: readonly number[];
  readonly shift: number;
}

/** Constants of an add node. HeddleError where no multiplier gives its scales, or its sums leave the exact range. */
export function addParams(graph: Graph, node: GraphNode<AddOp>): AddParams {
  const inputs = activationsOf(graph, node);
  const y = activationOf(outputType(graph, node), `the output of node '${node.name}'`);
  const scales = inputs.map((x) => x.scale / y.scale);
  const largest = Math.max(...scales);
  const fit = normaliseMultiplier(largest, graph.requantBits);
  if (fit === undefined) throw new HeddleError([scaleDoesNotFit(node.name, 'it', largest, graph.requantBits)]);
  const multipliers = scales.map((scale) => clampTo(roundHalfEven(scale * 2 ** fit.shift), 0, fit.multiplier));
  const bound = inputs.reduce((sum, x, i) => sum + reachOf(x) * (multipliers[i] ?? 0), 0);
  if (bound >= EXACT) throw new HeddleError([sumTooWide(node.name, bound)]);
  return {
    ...outputRange(graph, node, node.op.clamp),
    inputZeroPoints: inputs.map((x) => x.zeroPoint),
    multipliers,
    shift: fit.shift,
  };
}

/** `y = clamp(zeroPoint + rne(multiplier * product_i (x_i - inputZeroPoints[i]) / 2^shift), lo, hi)`. */
export interface MulParams extends OutputRange, Multiplier {
  readonly inputZeroPoints: readonly number[];
}

/** Constants of a mul node. HeddleError where no multiplier gives its scales, or its products leave the exact range. */
export function mulParams(graph: Graph, node: GraphNode<MulOp>): MulParams {
  const inputs = activationsOf(graph, node);
  const y = activationOf(outputType(graph, node), `the output of node '${node.name}'`);
  const scale = inputs.reduce((product, x) => product * x.scale, 1) / y.scale;
  const fit = normaliseMultiplier(scale, graph.requantBits);
  if (fit === undefined) throw new HeddleError([scaleDoesNotFit(node.name, 'it', scale, graph.requantBits)]);
  const bound = inputs.reduce((product, x) => product * reachOf(x), 1);
  if (bound >= EXACT) throw new HeddleError([productTooWide(node.name, bound)]);
  return {
    ...outputRange(graph, node, node.op.clamp),
    ...fit,
    inputZeroPoints: inputs.map((x) => x.zeroPoint),
  };
}
