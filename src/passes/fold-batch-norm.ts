import { batchNormAffine, type ChannelAffine } from '../execute/float/elementwise.js';
import { pruneTensors } from '../ir/builder.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { BatchNormOp, ConvOp, DenseOp } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { elementCount } from '../ir/tensor-type.js';
import { UNIT_WINDOW } from '../ir/window.js';
import { DiagnosticCollector } from '../support/diagnostics.js';
import { defined } from '../support/invariant.js';
import { addConstant, NodeList, readCounts } from './edit.js';
import { cannotFoldBatchNorm } from './messages.js';
import type { Pass } from './pass.js';

/**
 * Batch normalisation is y = slope * x + offset for each channel. It is folded into the conv or dense layer before it
 * where it alone reads that layer; elsewhere, on a feature map, it becomes a depthwise 1x1 convolution.
 */
export const foldBatchNorm: Pass = {
  name: 'fold-batch-norm',
  summary: 'folds batch normalisations into the layer before them, or makes them depthwise convolutions',
  needs: ['fold-constants'],
  run(graph) {
    if (!graph.nodes.some((node) => node.op.kind === 'batch-norm')) return graph;
    const folding = startFolding(graph);
    const problems = new DiagnosticCollector();
    for (const node of graph.nodes) {
      if (!isBatchNorm(node)) folding.list.push(node);
      else foldOne(graph, node, folding, problems);
    }
    problems.throwIfErrors();
    const { list, types, constants } = folding;
    return pruneTensors({ ...graph, nodes: list.nodes, types, constants });
  },
};

/** The graph under construction. */
interface Folding {
  readonly list: NodeList;
  readonly types: Map<string, Tensor['type']>;
  readonly constants: Map<string, Tensor>;
  readonly reads: ReadonlyMap<string, number>;
}

function startFolding(graph: Graph): Folding {
  return {
    list: new NodeList(),
    types: new Map(graph.types),
    constants: new Map(graph.constants),
    reads: readCounts(graph),
  };
}

function isBatchNorm(node: GraphNode): node is GraphNode<BatchNormOp> {
  return node.op.kind === 'batch-norm';
}

function foldOne(graph: Graph, node: GraphNode<BatchNormOp>, folding: Folding, problems: DiagnosticCollector): void {
  const [input = ''] = node.inputs;
  const affine = batchNormAffine(graph, node);
  const producer = folding.reads.get(input) === 1 ? folding.list.makerOf(input) : undefined;
  if (producer !== undefined && takesAffine(producer)) {
    folding.list.replaceMaker(input, scaledLayer(producer, node, affine, folding));
    return;
  }
  const { shape } = defined(graph.types.get(input), `the type of tensor '${input}'`);
  if (shape.length === 3) folding.list.push(depthwise(node, affine, folding));
  else problems.add(cannotFoldBatchNorm(node.name, shape));
}

/** A conv or dense layer whose output is not clamped: a clamp would stand between the sum and the normalisation. */
function takesAffine(node: GraphNode): node is GraphNode<ConvOp | DenseOp> {
  return (node.op.kind === 'conv' || node.op.kind === 'dense') && node.op.clamp === undefined;
}

/** The layer with weights slope * w and bias slope * b + offset; its output takes the name of the normalised tensor. */
function scaledLayer(
  layer: GraphNode<ConvOp | DenseOp>,
  node: GraphNode<BatchNormOp>,
  { slope, offset }: ChannelAffine,
  folding: Folding,
): GraphNode {
  const [x = '', weightName = '', biasName] = layer.inputs;
  const weight = defined(folding.constants.get(weightName), `the constant '${weightName}'`);
  const bias = biasName === undefined ? undefined : folding.constants.get(biasName);
  const filterLength = elementCount(weight.type.shape) / slope.length;
  const scaled = new Float32Array(weight.data.length);
  slope.forEach((factor, oc) => {
    for (let i = oc * filterLength; i < (oc + 1) * filterLength; i++) scaled[i] = Number(weight.data[i]) * factor;
  });
  const shifted = Float32Array.from(offset, (value, oc) => value + Number(bias?.data[oc] ?? 0) * (slope[oc] as number));
  const weights = addConstant(folding, `${weightName}.folded`, weight.type.shape, scaled);
  const biases = addConstant(folding, `${biasName ?? `${layer.name}.bias`}.folded`, [slope.length], shifted);
  return { ...layer, inputs: [x, weights, biases], outputs: node.outputs };
}

function depthwise(node: GraphNode<BatchNormOp>, { slope, offset }: ChannelAffine, folding: Folding): GraphNode {
  const channels = slope.length;
  const [x = ''] = node.inputs;
  const weights = addConstant(folding, `${node.name}.weight`, [channels, 1, 1, 1], Float32Array.from(slope));
  const bias = addConstant(folding, `${node.name}.bias`, [channels], Float32Array.from(offset));
  const op: ConvOp = { kind: 'conv', ...UNIT_WINDOW, groups: channels };
  return { name: node.name, op, inputs: [x, weights, bias], outputs: node.outputs };
}
