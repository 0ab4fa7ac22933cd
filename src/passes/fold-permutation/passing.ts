import type { GraphNode } from '../../ir/graph.js';
import type { ConvOp, ConvTransposeOp, DenseOp, OpKind, OpOf, PadOp, SliceOp } from '../../ir/op.js';
import { defined } from '../../support/invariant.js';
import { passLayerBackward, passLayerForward } from './filters.js';
import { composeOrders, inverseOrder, type Order, orderOfRuns, repeatedOrder } from './orders.js';
import type { Passed, Rewiring } from './rewiring.js';

/** How an order of channels passes an operator from one side to the other. */

/**
 * What an order does at an operator.
 *   layer        its weights take it, or what groups leave of it
 *   same         it works on each channel by itself
 *   parameters   it does so with constants that may differ from channel to channel
 *   shape        the elements stay in their order under another shape
 *   region       it chooses or adds pixels
 *   parts        channels of several tensors one behind the other
 *   blocks       channels become pixels
 *   permutation  both are one
 *   stops        channels have to be where they are
 */
type PassRule = 'layer' | 'same' | 'parameters' | 'shape' | 'region' | 'parts' | 'blocks' | 'permutation' | 'stops';

const PASS_RULES: Readonly<Record<OpKind, PassRule>> = {
  conv: 'layer',
  'conv-transpose': 'layer',
  dense: 'layer',
  relu: 'same',
  clip: 'same',
  sigmoid: 'same',
  tanh: 'same',
  'leaky-relu': 'same',
  elu: 'same',
  'hard-sigmoid': 'same',
  'hard-swish': 'same',
  swish: 'same',
  requantise: 'same',
  'max-pool': 'same',
  'average-pool': 'same',
  'global-average-pool': 'same',
  upsample: 'same',
  prelu: 'parameters',
  add: 'parameters',
  mul: 'parameters',
  flatten: 'shape',
  reshape: 'shape',
  slice: 'region',
  pad: 'region',
  concat: 'parts',
  'depth-to-space': 'blocks',
  'permute-channels': 'permutation',
  transpose: 'stops',
  'local-response-norm': 'stops',
  'reduce-mean': 'stops',
  'batch-norm': 'stops',
  quantise: 'stops',
  dequantise: 'stops',
};

/** The order is that of the node's input `tensor`, and is put on its output; undefined where it cannot be. */
export function passForward(work: Rewiring, node: GraphNode, tensor: string, order: Order): Passed | undefined {
  const { op } = node;
  const rule = PASS_RULES[op.kind];
  if (rule === 'parts') return passParts(work, node, tensor, order);
  if (!isOnlyInput(work, node, tensor)) return undefined;
  if (rule === 'layer') return passLayerForward(work, node as GraphNode<ConvOp | ConvTransposeOp | DenseOp>, order);
  if (op.kind === 'permute-channels')
    return { order: [...order.keys()], node: { ...node, op: { ...op, order: composeOrders(order, op.order) } } };
  if (rule === 'shape') return reshapedOrder(node, order, work.shapeOf(outputOf(node)).at(-1) ?? 1);
  return passEither(work, node, order, inverseOrder(order));
}

/** The order is that of the node's output, and is put on the input that flows; undefined where it cannot be. */
export function passBackward(work: Rewiring, node: GraphNode, order: Order): Passed | undefined {
  const { op } = node;
  const rule = PASS_RULES[op.kind];
  const [input = ''] = work.flowingInputs(node);
  if (!isOnlyInput(work, node, input)) return undefined;
  if (rule === 'layer') return passLayerBackward(work, node as GraphNode<ConvOp | ConvTransposeOp | DenseOp>, order);
  if (op.kind === 'depth-to-space' && op.order === 'depth-first')
    return { order: repeatedOrder(order, op.block * op.block), node };
  if (rule === 'shape') return reshapedOrder(node, order, work.shapeOf(input).at(-1) ?? 1);
  return passEither(work, node, order, order);
}

function outputOf(node: GraphNode): string {
  return defined(node.outputs[0], `the output of node '${node.name}'`);
}

/** Nothing else flows into the node, and this only once. */
function isOnlyInput(work: Rewiring, node: GraphNode, tensor: string): boolean {
  return work.flowingInputs(node).join('\n') === tensor;
}

/** What is the same in both directions. `parameters`: the order in which the node's constants come to stand. */
function passEither(work: Rewiring, node: GraphNode, order: Order, parameters: Order): Passed | undefined {
  const { op } = node;
  const channels = work.shapeOf(work.flowingInputs(node)[0] ?? '').at(-1) ?? 1;
  switch (PASS_RULES[op.kind]) {
    case 'same':
      return { order, node };
    case 'parameters':
      return { order, node: withParameters(work, node, parameters) };
    case 'region':
      return keepsChannels(op as SliceOp | PadOp, channels) ? { order, node } : undefined;
    default:
      return undefined;
  }
}

/** Under a shape of other channels the order is that of each run of them, or the same run after run. */
function reshapedOrder(node: GraphNode, order: Order, channels: number): Passed | undefined {
  if (channels % order.length === 0) return { order: repeatedOrder(order, channels / order.length), node };
  const runs = orderOfRuns(order, channels);
  return runs === undefined ? undefined : { order: runs, node };
}

function keepsChannels(op: SliceOp | PadOp, channels: number): boolean {
  if (op.kind === 'pad') return op.before.at(-1) === 0 && op.after.at(-1) === 0;
  return op.size.at(-1) === channels;
}

/** The node with each constant that has a value for every channel in another order. */
function withParameters(work: Rewiring, node: GraphNode, order: Order): GraphNode {
  const inputs = node.inputs.map((name) => {
    const constant = work.constantOf(name);
    if (constant?.type.shape.at(-1) !== order.length || order.length === 1) return name;
    const data = constant.data.slice();
    const whole = repeatedOrder(order, data.length / order.length);
    whole.forEach((from, place) => {
      data[place] = constant.data[from] as never;
    });
    return work.addConstant(`${name}.ordered`, { type: constant.type, data });
  });
  return { ...node, inputs };
}

/** Behind a concatenation the channels of the other inputs stay where they are. */
function passParts(work: Rewiring, node: GraphNode, tensor: string, order: Order): Passed | undefined {
  const { axis } = node.op as OpOf<'concat'>;
  const isOnce = node.inputs.filter((name) => name === tensor).length === 1;
  if (axis !== work.shapeOf(tensor).length - 1 || !isOnce) return undefined;
  let start = 0;
  const whole = node.inputs.flatMap((name) => {
    const channels = work.shapeOf(name).at(-1) ?? 0;
    const part = name === tensor ? order : [...Array(channels).keys()];
    const placed = part.map((channel) => start + channel);
    start += channels;
    return placed;
  });
  return { order: whole, node };
}
