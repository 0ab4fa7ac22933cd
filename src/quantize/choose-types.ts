import { realRange } from '../execute/frames.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { OpKind, PadOp } from '../ir/op.js';
import type { TensorType } from '../ir/tensor-type.js';
import { type Diagnostic, HeddleError } from '../support/diagnostics.js';
import { defined, InternalError } from '../support/invariant.js';
import { activationType, hardSigmoidType, pixelType, sigmoidType, tanhType } from './activation-type.js';
import { padValueOutside } from './messages.js';
import type { Range } from './observer.js';
import { numbersRule } from './rules.js';
import { flowingInputs, type NumberGroups, outputOf, shareNumbers } from './share-numbers.js';

/** The tensors whose ranges calibration has to find: results of sums, and inputs that no preprocessing describes. */
export function tensorsToCalibrate(graph: Graph): readonly string[] {
  const inputs = graph.inputs.filter((input) => input.preprocessing === undefined).map((input) => input.tensor);
  const results = graph.nodes.filter((node) => ['calibrated', 'joined'].includes(numbersRule(node)));
  return [...inputs, ...results.map(outputOf)];
}

const AVERAGES: readonly OpKind[] = ['average-pool', 'global-average-pool'];

/** Tensors whose values leave the network, as they are or moved: cut off, the largest logits would be equal. */
export function leavingTensors(graph: Graph): ReadonlySet<string> {
  const leaving = new Set(graph.outputs.map((output) => output.tensor));
  for (const node of graph.nodes.toReversed()) {
    const isMoved = ['kept', 'joined'].includes(numbersRule(node)) && !AVERAGES.includes(node.op.kind);
    if (isMoved && leaving.has(outputOf(node))) for (const name of flowingInputs(graph, node)) leaving.add(name);
  }
  return leaving;
}

/** A concat's input takes the joint range too, where that is so little wider than its own that no bit is lost. */
const WIDER_FOR_NOTHING = 1.1;

/** Integer types of all tensors that flow, from the ranges of those to calibrate. */
export function chooseTypes(
  graph: Graph,
  ranges: ReadonlyMap<string, Range>,
  activationBits: number,
): ReadonlyMap<string, TensorType> {
  const fixed = fixedTypes(graph, activationBits);
  const groups = shareNumbers(graph, fixed);
  const rangeOf = (leader: string): Range => groupRange(graph, groups, ranges, leader);
  uniteSimilar(graph, groups, new Set([...fixed.keys()].map(groups.leaderOf)), rangeOf);
  const numbers = new Map([...fixed].map(([name, type]) => [groups.leaderOf(name), type]));
  const types = new Map<string, TensorType>();
  for (const name of flowing(graph)) {
    const leader = groups.leaderOf(name);
    const group = numbers.get(leader) ?? activationType([], rangeOf(leader), activationBits);
    numbers.set(leader, group);
    types.set(name, { ...group, shape: defined(graph.types.get(name), `the type of tensor '${name}'`).shape });
  }
  const problems = graph.nodes.flatMap((node) => padProblems(graph, node, types));
  if (problems.length > 0) throw new HeddleError(problems);
  return types;
}

function flowing(graph: Graph): readonly string[] {
  return [...graph.inputs.map((input) => input.tensor), ...graph.nodes.map(outputOf)];
}

/** Types that need no calibration: of pixels, and of functions whose outputs lie in a known range. */
function fixedTypes(graph: Graph, bits: number): ReadonlyMap<string, TensorType> {
  const shapeOf = (name: string) => defined(graph.types.get(name), `the type of tensor '${name}'`).shape;
  const pixels = graph.inputs.flatMap(({ tensor, preprocessing }) =>
    preprocessing === undefined ? [] : [[tensor, pixelType(shapeOf(tensor), preprocessing)] as const],
  );
  const functions = graph.nodes
    .filter((node) => numbersRule(node) === 'fixed')
    .map((node) => [outputOf(node), functionType(node, shapeOf(outputOf(node)), bits)] as const);
  return new Map([...pixels, ...functions]);
}

function functionType({ op, name }: GraphNode, shape: readonly number[], bits: number): TensorType {
  if (op.kind === 'sigmoid') return sigmoidType(shape, bits);
  if (op.kind === 'tanh') return tanhType(shape, bits);
  if (op.kind === 'hard-sigmoid') return hardSigmoidType(shape, bits);
  throw new InternalError(`'${op.kind}' of node '${name}' has no fixed range`);
}

function union(a: Range, b: Range): Range {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

const NOTHING: Range = { min: 0, max: 0 };

/** The range that a group's integers have to cover: of its concats, which hold all, or else of where it begins. */
function groupRange(graph: Graph, groups: NumberGroups, ranges: ReadonlyMap<string, Range>, leader: string): Range {
  const nodes = graph.nodes.filter((node) => groups.leaderOf(outputOf(node)) === leader);
  const concats = nodes.filter(({ op }) => op.kind === 'concat').map(outputOf);
  const members = flowing(graph).filter((name) => groups.leaderOf(name) === leader);
  const sources = concats.length > 0 ? concats : members.filter((name) => ranges.has(name));
  const padded = nodes.flatMap((node) => (isPad(node) && needsItsValue(graph, node) ? [node.op.value] : []));
  return [
    ...sources.map((name) => defined(ranges.get(name), `the range of tensor '${name}'`)),
    ...padded.map((value) => ({ min: value, max: value })),
  ].reduce(union, NOTHING);
}

function isPad(node: GraphNode): node is GraphNode<PadOp> {
  return node.op.kind === 'pad';
}

/** A constant that goes into max pools alone never wins where it is below all values: the type's least does as well. */
function needsItsValue(graph: Graph, node: GraphNode<PadOp>): boolean {
  if (node.op.mode !== 'constant') return false;
  const output = outputOf(node);
  const readers = graph.nodes.filter(({ inputs }) => inputs.includes(output));
  const isOutput = graph.outputs.some(({ tensor }) => tensor === output);
  return node.op.value >= 0 || isOutput || readers.some(({ op }) => op.kind !== 'max-pool');
}

function uniteSimilar(
  graph: Graph,
  groups: NumberGroups,
  fixed: ReadonlySet<string>,
  rangeOf: (leader: string) => Range,
): void {
  const span = ({ min, max }: Range): number => Math.max(max, 0) - Math.min(min, 0);
  for (const node of graph.nodes.filter(({ op }) => op.kind === 'concat')) {
    for (const input of flowingInputs(graph, node)) {
      const [from, to] = [groups.leaderOf(input), groups.leaderOf(outputOf(node))];
      if (from === to || fixed.has(from) || fixed.has(to)) continue;
      const own = rangeOf(from);
      if (span(union(own, rangeOf(to))) <= WIDER_FOR_NOTHING * span(own)) groups.unite(from, to);
    }
  }
}

/** A padding value that the given numbers of its tensor do not hold. */
function padProblems(graph: Graph, node: GraphNode, types: ReadonlyMap<string, TensorType>): readonly Diagnostic[] {
  if (!isPad(node) || !needsItsValue(graph, node)) return [];
  const type = defined(types.get(outputOf(node)), 'the type of a padded tensor');
  const { min, max } = realRange(type);
  const { value } = node.op;
  const step = defined(type.quant?.scale[0], 'the scale');
  return value < min - step || value > max + step ? [padValueOutside(node.name, value, min, max)] : [];
}
