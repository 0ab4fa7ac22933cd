import { MAX_TABLE_BITS } from '../execute/integer/table.js';
import { activationOf, numeric } from '../execute/tensor-access.js';
import type { GraphNode } from '../ir/graph.js';
import type { ConvOp, MulOp } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { int, isInt } from '../ir/tensor-type.js';
import { sameExtents } from '../ir/type-equality.js';
import { UNIT_WINDOW } from '../ir/window.js';
import { defined } from '../support/invariant.js';
import { Draft } from './draft.js';
import type { Pass } from './pass.js';

/**
 * The product of a feature map and a constant for each channel is a depthwise 1x1 convolution: the same product of
 * integers, requantised by the same multiplier. It is made one where the constant's steps from its zero point are
 * weights of 8 bits; others stay products, as do those with one factor, which lowering makes tables.
 */
export const convertScaling: Pass = {
  name: 'convert-scaling',
  summary: 'makes products with a constant for each channel depthwise convolutions',
  needs: ['fold-constants'],
  run(graph) {
    const draft = new Draft(graph);
    for (const node of graph.nodes) {
      const scaling = isProduct(node) ? scalingOf(draft, node) : undefined;
      if (scaling === undefined) draft.keep(node);
      else convert(draft, node as GraphNode<MulOp>, scaling);
    }
    return draft.finish();
  },
};

const WEIGHT = int(8, true);
const LARGEST_WEIGHT = 127;

interface Scaling {
  readonly x: string;
  readonly name: string;
  readonly scale: number;
  /** The constant's steps from its zero point, one a channel. */
  readonly steps: Int8Array;
}

function isProduct(node: GraphNode): node is GraphNode<MulOp> {
  return node.op.kind === 'mul' && node.inputs.length === 2;
}

/** What a product with a constant for each channel of a map scales by. */
function scalingOf(draft: Draft, node: GraphNode<MulOp>): Scaling | undefined {
  const { constants } = draft.old;
  const [x, ...others] = node.inputs.filter((name) => !constants.has(name));
  const [name = ''] = node.inputs.filter((input) => constants.has(input));
  const constant = constants.get(name);
  if (x === undefined || others.length > 0 || constant === undefined) return undefined;
  const { shape } = draft.typeOf(x);
  const channels = shape.at(-1) ?? 1;
  const { length } = constant.data;
  const isPerChannel = length === channels && constant.type.shape.at(-1) === channels;
  // One factor of all channels is a table, which is smaller, unless it would be too large.
  const { element } = draft.typeOf(x);
  if (
    constant.data.every((value: number | bigint) => value === constant.data[0]) &&
    isInt(element) &&
    element.bits <= MAX_TABLE_BITS
  )
    return undefined;
  const isMap = shape.length === 3 && sameExtents(shape, draft.typeOf(node.outputs[0] ?? '').shape);
  if (!isMap || !(isPerChannel || length === 1)) return undefined;
  const steps = stepsOf(constant);
  if (steps.some((step) => Math.abs(step) > LARGEST_WEIGHT)) return undefined;
  const { scale } = activationOf(constant.type, `the constant '${name}'`);
  return {
    x,
    name,
    scale,
    steps: Int8Array.from({ length: channels }, (_, c) => steps[length === 1 ? 0 : c] as number),
  };
}

function stepsOf({ type, data }: Tensor): readonly number[] {
  const { zeroPoint } = activationOf(type, 'a constant factor');
  return Array.from(numeric(data), (value) => value - zeroPoint);
}

function convert(draft: Draft, node: GraphNode<MulOp>, { x, name, scale, steps }: Scaling): void {
  const channels = steps.length;
  const quant = { scale: [scale], zeroPoint: [0] };
  const weight = { type: { shape: [channels, 1, 1, 1], element: WEIGHT, quant }, data: steps };
  const { clamp } = node.op;
  const op: ConvOp = { kind: 'conv', ...UNIT_WINDOW, groups: channels, ...(clamp === undefined ? {} : { clamp }) };
  const tensor = defined(node.outputs[0], `the output of node '${node.name}'`);
  const inputs = [x, draft.constant(`${name}.weight`, weight)];
  draft.put(node.name, op, inputs, { type: draft.typeOf(tensor), tensor });
}
