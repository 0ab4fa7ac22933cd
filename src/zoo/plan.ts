import type { Graph, GraphNode } from '../ir/graph.js';
import { elementCount } from '../ir/tensor-type.js';
import { nodeMacs } from '../ir/verify-sizes.js';
import { isWeighted } from '../quantize/rules.js';
import { defined } from '../support/invariant.js';

/**
 * A network without the values of its weights: the graph's `types` hold their shapes, its `constants` nothing yet, or
 * values that do not matter. So the largest networks are counted in milliseconds.
 */
export interface Plan {
  readonly graph: Graph;
  /**
   * Standard deviation that a layer's or a normalisation's output is to have, by node; 1 where there is no entry. Lower
   * where branches are added up, so that sums of many blocks do not grow.
   */
  readonly gains: ReadonlyMap<string, number>;
}

export interface Counts {
  /** Multiply-accumulates a frame of all layers with weights, and of normalisations that fold into none. */
  readonly macs: number;
  /** What training finds: weights, biases, and scale and offset of batch normalisations. */
  readonly parameters: number;
}

export function countPlan({ graph }: Plan): Counts {
  return {
    macs: graph.nodes.reduce((sum, node) => sum + (nodeMacs(node, graph.types) ?? ownNormMacs(graph, node)), 0),
    parameters: trainedTensors(graph).reduce((sum, name) => sum + elementsOf(graph, name), 0),
  };
}

/** Of a batch normalisation that does not follow a layer with weights, and so becomes a depthwise layer. */
function ownNormMacs(graph: Graph, { op, inputs: [x = ''] }: GraphNode): number {
  if (op.kind !== 'batch-norm') return 0;
  const maker = graph.nodes.find(({ outputs }) => outputs.includes(x));
  return maker !== undefined && isWeighted(maker) ? 0 : elementsOf(graph, x);
}

/** Weights, biases, scales and offsets. Means and variances of batch normalisations are measured, not trained. */
function trainedTensors(graph: Graph): readonly string[] {
  return graph.nodes.flatMap((node) => {
    if (node.op.kind === 'batch-norm') return node.inputs.slice(1, 3);
    return isWeighted(node) ? node.inputs.slice(1) : [];
  });
}

function elementsOf(graph: Graph, name: string): number {
  return elementCount(defined(graph.types.get(name), `the type of tensor '${name}'`).shape);
}
