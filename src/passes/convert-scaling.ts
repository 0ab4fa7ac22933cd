import { MAX_TABLE_BITS } from '../execute/integer/table.js';
import { activationOf, allocate } from '../execute/tensor-access.js';
import type { GraphNode } from '../ir/graph.js';
import type { ConvOp, MulOp } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { int, isInt } from '../ir/tensor-type.js';
import { sameExtents } from '../ir/type-equality.js';
import { WEIGHT_BITS } from '../ir/verify-typing.js';
import { UNIT_WINDOW } from '../ir/window.js';
import { defined } from '../support/invariant.js';
import { Draft } from './draft.js';
import type { Pass } from './pass.js';

/**
 * The product of a feature map and a constant for each channel is a depthwise 1x1 convolution: the same product of
 * integers, requantised by the same multiplier. It is made one where the constant, or its steps from its zero
 * point, can be weights; others stay products, as do those with one factor, which lowering makes tables.
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

interface Scaling {
  readonly x: string;
  readonly name: string;
  /** The constant as filters of one tap. */
  readonly weight: Tensor;
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
  const { shape, element } = draft.typeOf(x);
  const channels = shape.at(-1) ?? 1;
  const { type, data } = constant;
  const isMap = shape.length === 3 && sameExtents(shape, draft.typeOf(node.outputs[0] ?? '').shape);
  const isPerChannel = data.length === 1 || (data.length === channels && type.shape.at(-1) === channels);
  if (!isMap || !isPerChannel) return undefined;
  // One factor of all channels is a table, which is smaller, unless it would be too large.
  const isUniform = data.every((value: number | bigint) => value === data[0]);
  if (isUniform && isInt(element) && element.bits <= MAX_TABLE_BITS) return undefined;
  const weight = weightOf(constant, channels);
  return weight === undefined ? undefined : { x, name, weight };
}

/** The largest step of weights of 8 bits. */
const LARGEST_WEIGHT = 127;

/** The constant with its own numbers where weights may have these, otherwise its steps from the zero point. */
function weightOf({ type, data }: Tensor, channels: number): Tensor | undefined {
  const { scale, zeroPoint } = activationOf(type, 'a constant factor');
  const shape = [channels, 1, 1, 1];
  const values = Array.from({ length: channels }, (_, c) => Number(data[data.length === 1 ? 0 : c]));
  const { element } = type;
  if (isInt(element) && element.bits >= WEIGHT_BITS.least && element.bits <= WEIGHT_BITS.most) {
    const filters = allocate(element, channels);
    filters.set(values);
    return { type: { ...type, shape }, data: filters };
  }
  const steps = Int8Array.from(values, (value) => value - zeroPoint);
  if (values.some((value) => Math.abs(value - zeroPoint) > LARGEST_WEIGHT)) return undefined;
  return { type: { shape, element: int(8, true), quant: { scale: [scale], zeroPoint: [0] } }, data: steps };
}

function convert(draft: Draft, node: GraphNode<MulOp>, { x, name, weight }: Scaling): void {
  const { clamp } = node.op;
  const [groups = 1] = weight.type.shape;
  const op: ConvOp = { kind: 'conv', ...UNIT_WINDOW, groups, ...(clamp === undefined ? {} : { clamp }) };
  const tensor = defined(node.outputs[0], `the output of node '${node.name}'`);
  const inputs = [x, draft.constant(`${name}.weight`, weight)];
  draft.put(node.name, op, inputs, { type: draft.typeOf(tensor), tensor });
}
