import type { Graph, GraphNode } from '../../ir/graph.js';
import type { LocalResponseNormOp } from '../../ir/op.js';
import { HeddleError } from '../../support/diagnostics.js';
import { normaliseMultiplier, roundHalfEven } from '../../support/fixed-point.js';
import { defined } from '../../support/invariant.js';
import { responseNotPositive, responseTooCoarse, scaleDoesNotFit } from '../messages.js';
import { type Activation, activationOf, inputType, outputType } from '../tensor-access.js';
import { type OutputRange, outputRange } from './requant-params.js';

/**
 * `v = x - inputZeroPoint; S = sum of v^2 over the channels c - below .. c + above that there are;
 * y = clamp(zeroPoint + rne(v * multipliers[cellOf(S, cellBits)] / 2^shift), lo, hi)`.
 * The multiplier of a cell is that of its middle. No y is a whole step of the output away from the real value, clamped.
 */
export interface ResponseParams extends OutputRange {
  readonly inputZeroPoint: number;
  readonly below: number;
  readonly above: number;
  /** Bits behind the leading one by which a sum is told from others. */
  readonly cellBits: number;
  /** The largest has requantBits significant bits; the others share its shift. */
  readonly multipliers: Float64Array;
  readonly shift: number;
  /** The largest sum of squares that there can be. */
  readonly largestSum: number;
  /** No y differs from the real value by more steps of the output. */
  readonly errorSteps: number;
}

/** As few as leave no whole step of error: eight leave 0.75/512 of a value where beta is 0.75. */
const CELL_BITS: readonly number[] = [8, 9, 10];

/** Place in the table of a sum: sums below 2^(cellBits + 1) each have their own, then 2^cellBits an octave. */
export function cellOf(sum: number, cellBits: number): number {
  let octave = 0;
  let mantissa = sum;
  while (mantissa >= 2 ** (cellBits + 1)) {
    mantissa = Math.floor(mantissa / 2);
    octave++;
  }
  return octave * 2 ** cellBits + mantissa;
}

/** The sums that share a place in the table: first and last. */
export function sumsOfCell(cell: number, cellBits: number): readonly [number, number] {
  const octave = Math.max(0, Math.floor(cell / 2 ** cellBits) - 1);
  const first = (cell - octave * 2 ** cellBits) * 2 ** octave;
  return [first, first + 2 ** octave - 1];
}

/** What the table of a node is made of. */
interface Response {
  readonly y: Activation;
  /** The largest |v|, and the largest sum of squares. */
  readonly reach: number;
  readonly largestSum: number;
  /** What v is multiplied by, in steps of the output, for a sum of squares. */
  readonly factor: (sum: number) => number;
}

type ResponseTable = Pick<ResponseParams, 'cellBits' | 'multipliers' | 'shift' | 'errorSteps'>;

/** Constants of an integer local-response-norm node. HeddleError where no table gives it to within a step of the output. */
export function responseParams(graph: Graph, node: GraphNode<LocalResponseNormOp>): ResponseParams {
  const { size, alpha, beta, bias } = node.op;
  const x = activationOf(inputType(graph, node), `the input of node '${node.name}'`);
  const y = activationOf(outputType(graph, node), `the output of node '${node.name}'`);
  const channels = defined(inputType(graph, node).shape.at(-1), `the channels of node '${node.name}'`);
  const reach = Math.max(x.max - x.zeroPoint, x.zeroPoint - x.min);
  const largestSum = Math.min(size, channels) * reach ** 2;
  const base = (sum: number): number => bias + (alpha / size) * x.scale ** 2 * sum;
  const least = Math.min(base(0), base(largestSum));
  if (!(least > 0)) throw new HeddleError([responseNotPositive(node.name, least)]);
  const factor = (sum: number): number => (x.scale / y.scale) * base(sum) ** -beta;
  // Monotonous, so that the largest stands at an end.
  const largest = Math.max(factor(0), factor(largestSum));
  const fit = normaliseMultiplier(largest, graph.requantBits);
  if (fit === undefined) throw new HeddleError([scaleDoesNotFit(node.name, 'it', largest, graph.requantBits)]);
  const tables = CELL_BITS.map((cellBits) => responseTable({ y, reach, largestSum, factor }, cellBits, fit.shift));
  const table = tables.find(({ errorSteps }) => errorSteps < 1);
  if (table === undefined)
    throw new HeddleError([responseTooCoarse(node.name, Math.min(...tables.map(({ errorSteps }) => errorSteps)))]);
  return {
    ...outputRange(graph, node, undefined),
    ...table,
    inputZeroPoint: x.zeroPoint,
    below: Math.floor((size - 1) / 2),
    above: Math.ceil((size - 1) / 2),
    largestSum,
  };
}

function responseTable(response: Response, cellBits: number, shift: number): ResponseTable {
  const { largestSum, factor } = response;
  const cells = Array.from({ length: cellOf(largestSum, cellBits) + 1 }, (_, cell) => sumsOfCell(cell, cellBits));
  const multipliers = Float64Array.from(cells, ([first, last]) =>
    roundHalfEven(factor((first + last) / 2) * 2 ** shift),
  );
  const errorSteps = cells.reduce((most, [first, last], cell) => {
    const taken = (multipliers[cell] as number) / 2 ** shift;
    const error = (sum: number): number => cellError(response, taken, factor(sum), last);
    return Math.max(most, error(first), error(last));
  }, 0);
  return { cellBits, multipliers, shift, errorSteps };
}

/**
 * How far y may be from its real value, in steps, where `factor` is wanted and `taken` is there: v is one of the addends'
 * roots, what lies beyond the output's type is clamped in both, and rounding adds half a step.
 */
function cellError({ y, reach }: Response, taken: number, factor: number, lastSum: number): number {
  const largestValue = Math.min(reach, Math.floor(Math.sqrt(lastSum)));
  const outputReach = Math.max(y.max - y.zeroPoint, y.zeroPoint - y.min);
  const apart = largestValue * Math.abs(taken - factor);
  const within = factor > 0 ? (outputReach + 1) * Math.abs(taken / factor - 1) : apart;
  return 0.5 + Math.min(apart, within);
}
