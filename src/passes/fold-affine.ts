import { batchNormAffine, type ChannelAffine } from '../execute/float/elementwise.js';
import { pruneTensors } from '../ir/builder.js';
import type { Graph, GraphNode } from '../ir/graph.js';
import type { ConvOp, ConvTransposeOp, DenseOp } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { elementCount } from '../ir/tensor-type.js';
import { sameExtents } from '../ir/type-equality.js';
import { UNIT_WINDOW } from '../ir/window.js';
import { DiagnosticCollector } from '../support/diagnostics.js';
import { defined } from '../support/invariant.js';
import { addConstant, NodeList, readCounts } from './edit.js';
import { cannotFoldBatchNorm } from './messages.js';
import type { Pass } from './pass.js';

/**
 * A batch normalisation, and a product or sum with a constant for each channel, is y = slope * x + offset. It is folded
 * into the layer before it where it alone reads that layer; elsewhere, on a feature map, normalisations and products
 * become a depthwise 1x1 convolution, which what follows in the row is folded into. In an integer graph none of this
 * would leave the numbers as they are: each operator is rounded for itself there.
 */
export const foldAffine: Pass = {
  name: 'fold-affine',
  summary: 'folds normalisations, products and sums with constants into the layer before them, or a depthwise one',
  needs: ['fold-constants'],
  run(graph) {
    const folding = startFolding(graph);
    const problems = new DiagnosticCollector();
    const folded = graph.nodes.filter((node) => {
      const affine = affineOf(graph, node);
      const isFolded = affine !== undefined && foldOne(graph, node, affine, folding, problems);
      if (!isFolded) folding.list.push(node);
      return isFolded;
    });
    problems.throwIfErrors();
    const { list, types, constants } = folding;
    return folded.length === 0 ? graph : pruneTensors({ ...graph, nodes: list.nodes, types, constants });
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

/** What a node does to each channel of the tensor that flows into it. */
interface Affine extends ChannelAffine {
  readonly input: string;
}

function affineOf(graph: Graph, node: GraphNode): Affine | undefined {
  const { op } = node;
  if (op.kind === 'batch-norm') return { input: node.inputs[0] ?? '', ...batchNormAffine(graph, { ...node, op }) };
  if ((op.kind !== 'add' && op.kind !== 'mul') || op.clamp !== undefined || node.inputs.length !== 2) return undefined;
  const [input, ...others] = node.inputs.filter((name) => !graph.constants.has(name));
  const constant = node.inputs.flatMap((name) => graph.constants.get(name) ?? [])[0];
  if (input === undefined || others.length > 0 || constant === undefined) return undefined;
  const values = channelValues(graph, constant, input, node);
  if (values === undefined) return undefined;
  const same = (value: number): Float64Array => new Float64Array(values.length).fill(value);
  return op.kind === 'add' ? { input, slope: same(1), offset: values } : { input, slope: values, offset: same(0) };
}

/** A constant as one value for each channel of the input; undefined where it differs from pixel to pixel. */
function channelValues(graph: Graph, { type, data }: Tensor, input: string, node: GraphNode): Float64Array | undefined {
  const { shape } = defined(graph.types.get(input), `the type of tensor '${input}'`);
  // Broadcasting to a constant of more axes would change the shape.
  if (!sameExtents(shape, graph.types.get(node.outputs[0] ?? '')?.shape ?? [])) return undefined;
  const channels = shape.at(-1) ?? 0;
  if (data.length !== 1 && !(data.length === channels && type.shape.at(-1) === channels)) return undefined;
  return Float64Array.from({ length: channels }, (_, c) => Number(data[data.length === 1 ? 0 : c]));
}

/** Puts down what the node becomes; false where it stays an operator of its own. */
function foldOne(
  graph: Graph,
  node: GraphNode,
  affine: Affine,
  folding: Folding,
  problems: DiagnosticCollector,
): boolean {
  const { input, slope } = affine;
  const producer = folding.reads.get(input) === 1 ? folding.list.makerOf(input) : undefined;
  if (producer !== undefined && takesAffine(producer)) {
    folding.list.replaceMaker(input, scaledLayer(producer, node, affine, folding));
    return true;
  }
  const { shape } = defined(graph.types.get(input), `the type of tensor '${input}'`);
  const isNorm = node.op.kind === 'batch-norm';
  const isScaling = node.op.kind === 'mul' && slope.some((value) => value !== slope[0]);
  if (shape.length === 3 && (isNorm || isScaling)) {
    folding.list.push(depthwise(node, affine, folding));
    return true;
  }
  if (isNorm) problems.add(cannotFoldBatchNorm(node.name, shape));
  return false;
}

type LayerOp = ConvOp | ConvTransposeOp | DenseOp;

/** A layer whose output is not clamped: a clamp would stand between the sum and what follows. */
function takesAffine(node: GraphNode): node is GraphNode<LayerOp> {
  const { op } = node;
  return (op.kind === 'conv' || op.kind === 'conv-transpose' || op.kind === 'dense') && op.clamp === undefined;
}

/** The layer with weights slope * w and bias slope * b + offset; its output takes the name of the normalised tensor. */
function scaledLayer(
  layer: GraphNode<LayerOp>,
  node: GraphNode,
  { slope, offset }: ChannelAffine,
  folding: Folding,
): GraphNode {
  const [x = '', weightName = '', biasName] = layer.inputs;
  const bias = biasName === undefined ? undefined : folding.constants.get(biasName);
  const shifted = Float32Array.from(offset, (value, oc) => value + Number(bias?.data[oc] ?? 0) * (slope[oc] as number));
  const weights = slope.every((factor) => factor === 1) ? weightName : scaledWeights(weightName, slope, folding);
  const biases = addConstant(folding, `${biasName ?? `${layer.name}.bias`}.folded`, [slope.length], shifted);
  return { ...layer, inputs: [x, weights, biases], outputs: node.outputs };
}

function scaledWeights(name: string, slope: Float64Array, folding: Folding): string {
  const weight = defined(folding.constants.get(name), `the constant '${name}'`);
  const filterLength = elementCount(weight.type.shape) / slope.length;
  const scaled = new Float32Array(weight.data.length);
  slope.forEach((factor, oc) => {
    for (let i = oc * filterLength; i < (oc + 1) * filterLength; i++) scaled[i] = Number(weight.data[i]) * factor;
  });
  return addConstant(folding, `${name}.folded`, weight.type.shape, scaled);
}

function depthwise(node: GraphNode, { input: x, slope, offset }: Affine, folding: Folding): GraphNode {
  const channels = slope.length;
  const weights = addConstant(folding, `${node.name}.weight`, [channels, 1, 1, 1], Float32Array.from(slope));
  const bias = addConstant(folding, `${node.name}.bias`, [channels], Float32Array.from(offset));
  const op: ConvOp = { kind: 'conv', ...UNIT_WINDOW, groups: channels };
  return { name: node.name, op, inputs: [x, weights, bias], outputs: node.outputs };
}
