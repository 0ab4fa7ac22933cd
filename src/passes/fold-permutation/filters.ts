import type { GraphNode } from '../../ir/graph.js';
import type { ConvOp, ConvTransposeOp, DenseOp } from '../../ir/op.js';
import type { Tensor } from '../../ir/tensor.js';
import { elementCount, type Quantization } from '../../ir/tensor-type.js';
import { defined } from '../../support/invariant.js';
import { blockwise, inverseOrder, type Order, orderOfBlocks } from './orders.js';
import type { Passed, Rewiring } from './rewiring.js';

/** Layers with weights: an order of their inputs goes into the columns of the filters, one of their outputs into the rows. */

type LayerNode = GraphNode<ConvOp | ConvTransposeOp | DenseOp>;

interface Groups {
  readonly inputs: number;
  readonly outputs: number;
}

/** Channels of one group. */
function groupsOf(work: Rewiring, node: LayerNode): Groups {
  const { shape } = weightOf(work, node);
  const count = node.op.kind === 'dense' ? 1 : node.op.groups;
  return { inputs: shape.at(-1) ?? 1, outputs: (shape[0] ?? 1) / count };
}

function weightOf(work: Rewiring, node: LayerNode): Tensor & { readonly shape: readonly number[] } {
  const weight = defined(work.constantOf(node.inputs[1] ?? ''), `the weight of node '${node.name}'`);
  return { ...weight, shape: weight.type.shape };
}

/** Groups of input channels that stay together take their filters with them, and their outputs stand in their order. */
export function passLayerForward(work: Rewiring, node: LayerNode, order: Order): Passed | undefined {
  const { inputs, outputs } = groupsOf(work, node);
  const groups = orderOfBlocks(order, inputs);
  if (groups === undefined) return undefined;
  const rows = inverseOrder(blockwise(groups, outputs));
  // Column c of a group's filters becomes the one of the channel that c was taken from.
  const places = inverseOrder(order);
  const columns = (row: number, column: number): number => {
    const group = Math.floor(row / outputs);
    return (places[group * inputs + column] as number) % inputs;
  };
  return { order: blockwise(groups, outputs), node: withFilters(work, node, rows, columns) };
}

/** The filters stand in the order of the outputs; those of a group stay together, and so do its inputs. */
export function passLayerBackward(work: Rewiring, node: LayerNode, order: Order): Passed | undefined {
  const { inputs, outputs } = groupsOf(work, node);
  const groups = orderOfBlocks(order, outputs);
  if (groups === undefined) return undefined;
  return { order: blockwise(groups, inputs), node: withFilters(work, node, order, (_row, column) => column) };
}

/** The layer whose row r holds the filter `rows[r]`, and in its column c that one's column `columns(r, c)`. */
function withFilters(
  work: Rewiring,
  node: LayerNode,
  rows: Order,
  columns: (row: number, column: number) => number,
): GraphNode {
  const weight = weightOf(work, node);
  const length = elementCount(weight.shape.slice(1));
  const channels = weight.shape.at(-1) ?? 1;
  const data = weight.data.slice();
  rows.forEach((from, row) => {
    for (let column = 0; column < channels; column++) {
      const source = from * length + columns(row, column);
      const target = row * length + column;
      for (let tap = 0; tap < length; tap += channels) data[target + tap] = weight.data[source + tap] as never;
    }
  });
  const { quant } = weight.type;
  const type = { ...weight.type, ...(quant === undefined ? {} : { quant: inRows(quant, rows) }) };
  const [x = '', weightName = '', ...bias] = node.inputs;
  const ordered = work.addConstant(`${weightName}.ordered`, { type, data });
  return { ...node, inputs: [x, ordered, ...bias.map((name) => orderedBias(work, name, rows))] };
}

function orderedBias(work: Rewiring, name: string, rows: Order): string {
  if (rows.every((from, row) => from === row)) return name;
  const { type, data } = defined(work.constantOf(name), `the bias '${name}'`);
  const ordered = data.slice();
  rows.forEach((from, row) => {
    ordered[row] = data[from] as never;
  });
  return work.addConstant(`${name}.ordered`, { type, data: ordered });
}

function inRows(quant: Quantization, rows: Order): Quantization {
  if (quant.axis === undefined) return quant;
  const ordered = (values: readonly number[]): readonly number[] => rows.map((from) => values[from] as number);
  return { ...quant, scale: ordered(quant.scale), zeroPoint: ordered(quant.zeroPoint) };
}
