import { typeOf } from '../execute/tensor-access.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { Clamp, OpKind, PadOp, SliceOp } from '../ir/op.js';
import { defined } from '../support/invariant.js';
import { flowingInputs, outputOf } from './share-numbers.js';

/**
 * Which channels of a network's tensors have to be multiplied by the same factor, where all that lies between layers
 * with weights commutes with it: f(s x) = s f(x) for s > 0, channel by channel.
 */
export interface ChannelLinks {
  /** For each channel (index of the last axis) the number of the set it belongs to. */
  readonly setsOf: (tensor: string) => Int32Array;
  /** Whether the channels of a set have to stay as they are. */
  readonly isFixed: (set: number) => boolean;
}

/**
 * How an operator hands on the factors of its channels.
 *   layer   it undoes those of its input in its weights, and makes new ones
 *   kept    its output has those of its first input
 *   joined  all inputs and the output have the same
 *   parts   the channels of all inputs one behind the other, or along another axis the same in all
 *   opaque  it does not commute: inputs and output stay as they are
 */
type LinkRule = 'layer' | 'kept' | 'joined' | 'parts' | 'opaque';

const LINK_RULES: Readonly<Record<OpKind, LinkRule>> = {
  conv: 'layer',
  'conv-transpose': 'layer',
  dense: 'layer',
  relu: 'kept',
  clip: 'kept',
  'leaky-relu': 'kept',
  prelu: 'kept',
  'max-pool': 'kept',
  'average-pool': 'kept',
  'global-average-pool': 'kept',
  flatten: 'kept',
  reshape: 'kept',
  slice: 'kept',
  pad: 'kept',
  upsample: 'kept',
  add: 'joined',
  concat: 'parts',
  mul: 'opaque',
  elu: 'opaque',
  'hard-swish': 'opaque',
  swish: 'opaque',
  sigmoid: 'opaque',
  tanh: 'opaque',
  'hard-sigmoid': 'opaque',
  transpose: 'opaque',
  'depth-to-space': 'opaque',
  'permute-channels': 'kept',
  'local-response-norm': 'opaque',
  'reduce-mean': 'opaque',
  'batch-norm': 'opaque',
  requantise: 'opaque',
  quantise: 'opaque',
  dequantise: 'opaque',
};

/** The links of a float network. Its inputs and outputs stay as they are. */
export function linkChannels(graph: Graph): ChannelLinks {
  const links = makeLinks();
  const channelsOf = (name: string): number => typeOf(graph, name).shape.at(-1) ?? 1;
  for (const { tensor } of graph.inputs) links.fix(links.define(tensor, links.fresh(channelsOf(tensor))));
  for (const node of graph.nodes) {
    const output = outputOf(node);
    const sets = outputSets(graph, node, links, channelsOf(output));
    links.define(output, sets ?? links.fresh(channelsOf(output)));
    if (sets === undefined) for (const name of [output, ...flowingInputs(graph, node)]) links.fix(links.raw(name));
    // Above the clamp's end a channel with a factor saturates sooner, which the choice of factors has to allow for.
    if (!commutes(clampOf(node))) links.fix(links.raw(output));
  }
  for (const { tensor } of graph.outputs) links.fix(links.raw(tensor));
  return { setsOf: (tensor) => links.raw(tensor).map(links.root), isFixed: links.isFixed };
}

/** The sets of an output's channels; undefined where the operator does not commute. */
function outputSets(graph: Graph, node: GraphNode, links: Links, channels: number): Int32Array | undefined {
  const rule = LINK_RULES[node.op.kind];
  if (rule === 'layer') return links.fresh(channels);
  if (rule === 'opaque') return undefined;
  const inputs = flowingInputs(graph, node).map(links.raw);
  const first = defined(inputs[0], `the input of node '${node.name}'`);
  if (rule === 'kept') return keptSets(node, first, channels);
  if (inputs.length < node.inputs.length) return undefined;
  if (rule === 'parts' && isLastAxis(graph, node)) return Int32Array.from(inputs.flatMap((sets) => [...sets]));
  if (inputs.some((sets) => sets.length !== channels)) return undefined;
  for (const other of inputs) for (let c = 0; c < channels; c++) links.unite(first[c] as number, other[c] as number);
  return first;
}

function isLastAxis(graph: Graph, node: GraphNode): boolean {
  return node.op.kind === 'concat' && node.op.axis === typeOf(graph, outputOf(node)).shape.length - 1;
}

function keptSets({ op }: GraphNode, sets: Int32Array, channels: number): Int32Array | undefined {
  if (op.kind === 'permute-channels') return Int32Array.from(op.order, (c) => sets[c] as number);
  if (op.kind === 'slice') return slicedSets(op, sets, channels);
  if (op.kind === 'pad' && !padKeeps(op)) return undefined;
  // Behind a flatten the channels repeat pixel by pixel.
  if (channels % sets.length !== 0) return undefined;
  return Int32Array.from({ length: channels }, (_, c) => sets[c % sets.length] as number);
}

function slicedSets({ begin, step }: SliceOp, sets: Int32Array, channels: number): Int32Array {
  const [first, stride] = [defined(begin.at(-1), 'a slice begin'), defined(step.at(-1), 'a slice step')];
  return Int32Array.from({ length: channels }, (_, c) => sets[first + c * stride] as number);
}

/** A value other than 0 would have to get the factors too, and channels that are added have none. */
function padKeeps({ mode, value, before, after }: PadOp): boolean {
  return (mode !== 'constant' || value === 0) && before.at(-1) === 0 && after.at(-1) === 0;
}

function clampOf({ op }: GraphNode): Clamp | undefined {
  if (op.kind === 'clip') return op;
  return 'clamp' in op ? op.clamp : undefined;
}

/** A lower end of 0 is a ReLU. */
function commutes(clamp: Clamp | undefined): boolean {
  return (clamp?.lo ?? 0) === 0;
}

interface Links {
  readonly fresh: (count: number) => Int32Array;
  readonly define: (tensor: string, sets: Int32Array) => Int32Array;
  readonly raw: (tensor: string) => Int32Array;
  readonly root: (set: number) => number;
  readonly unite: (a: number, b: number) => void;
  readonly fix: (sets: Int32Array) => void;
  readonly isFixed: (set: number) => boolean;
}

function makeLinks(): Links {
  const parents: number[] = [];
  const fixed = new Set<number>();
  const sets = new Map<string, Int32Array>();
  const root = (set: number): number => {
    let top = set;
    while (parents[top] !== top) {
      parents[top] = parents[parents[top] as number] as number;
      top = parents[top] as number;
    }
    return top;
  };
  const unite = (a: number, b: number): void => {
    const [from, to] = [root(a), root(b)];
    if (fixed.has(from)) fixed.add(to);
    parents[from] = to;
  };
  return {
    fresh: (count) => Int32Array.from({ length: count }, () => parents.push(parents.length) - 1),
    define: (tensor, own) => {
      sets.set(tensor, own);
      return own;
    },
    raw: (tensor) => defined(sets.get(tensor), `the channels of tensor '${tensor}'`),
    root,
    unite,
    fix: (own) => {
      for (const set of own) fixed.add(root(set));
    },
    isFixed: (set) => fixed.has(root(set)),
  };
}
