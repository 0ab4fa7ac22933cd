import { pruneTensors } from '../ir/builder.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { ConvOp, DenseOp } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { elementCount } from '../ir/tensor-type.js';
import { addConstant, NodeList, readCounts } from './edit.js';
import type { Pass } from './pass.js';

/**
 * The sum of a float conv or dense layer and a constant for each channel, where it alone reads the layer, is the layer
 * with another bias. In an integer graph it is not: the sum is rounded for itself there.
 */
export const foldBias: Pass = {
  name: 'fold-bias',
  summary: 'moves sums with a constant for each channel into the bias of the layer before them',
  needs: ['fold-constants'],
  run(graph) {
    const reads = readCounts(graph);
    const types = new Map(graph.types);
    const constants = new Map(graph.constants);
    const list = new NodeList();
    for (const node of graph.nodes) {
      const sum = biasSum(graph, list, node, reads);
      if (sum === undefined) {
        list.push(node);
        continue;
      }
      const { layer, flowing, addend, channels } = sum;
      const [x = '', weight = '', biasName] = layer.inputs;
      const bias = biasName === undefined ? undefined : constants.get(biasName);
      const values = Float32Array.from(
        { length: channels },
        (_, c) => Number(bias?.data[c] ?? 0) + Number(addend.data[addend.data.length === 1 ? 0 : c]),
      );
      const folded = addConstant(
        { types, constants },
        `${biasName ?? `${layer.name}.bias`}.folded`,
        [channels],
        values,
      );
      list.replaceMaker(flowing, { ...layer, inputs: [x, weight, folded], outputs: node.outputs });
    }
    const { nodes } = list;
    return nodes.length === graph.nodes.length ? graph : pruneTensors({ ...graph, nodes, types, constants });
  },
};

interface BiasSum {
  readonly layer: GraphNode<ConvOp | DenseOp>;
  /** The layer's output. */
  readonly flowing: string;
  readonly addend: Tensor;
  readonly channels: number;
}

/** The layer and the constant that a node adds; undefined where it is another kind of node or sum. */
function biasSum(
  graph: Graph,
  list: NodeList,
  node: GraphNode,
  reads: ReadonlyMap<string, number>,
): BiasSum | undefined {
  if (node.op.kind !== 'add' || node.op.clamp !== undefined || node.inputs.length !== 2) return undefined;
  const [name] = node.inputs.filter((input) => graph.constants.has(input));
  const [flowing = ''] = node.inputs.filter((input) => !graph.constants.has(input));
  const addend = graph.constants.get(name ?? '');
  const layer = reads.get(flowing) === 1 ? list.makerOf(flowing) : undefined;
  if (addend === undefined || layer === undefined || !takesBias(layer)) return undefined;
  const { shape = [] } = graph.types.get(flowing) ?? {};
  const channels = shape.at(-1) ?? 0;
  const elements = elementCount(addend.type.shape);
  const isPerChannel = elements === 1 || (elements === channels && addend.type.shape.at(-1) === channels);
  return isPerChannel && sameShape(graph, flowing, node) ? { layer, flowing, addend, channels } : undefined;
}

/** A layer with float weights and no clamp between its sum and the addition. */
function takesBias(node: GraphNode): node is GraphNode<ConvOp | DenseOp> {
  return (node.op.kind === 'conv' || node.op.kind === 'dense') && node.op.clamp === undefined;
}

/** Broadcasting to a constant of more axes would change the shape. */
function sameShape(graph: Graph, input: string, node: GraphNode): boolean {
  const output = graph.types.get(node.outputs[0] ?? '')?.shape;
  return graph.types.get(input)?.shape.join() === output?.join();
}
