import type { Graph, GraphNode } from '../../ir/graph.js';
import type { ConvOp, DenseOp, Op, OpOf, Window } from '../../ir/op.js';
import type { Kernel, PrepareNode } from '../executor.js';
import { prepareAdd } from '../integer/add.js';
import { prepareConcat } from '../integer/concat.js';
import { prepareConv } from '../integer/conv.js';
import { prepareDense } from '../integer/dense.js';
import { prepareMaxPool } from '../integer/pool.js';
import { prepareRequantise } from '../integer/requantise.js';
import { inputType, mapShape, outputType } from '../tensor-access.js';
import { prepareFastAdd } from './fast-add.js';
import { prepareFastLayer } from './fast-layer.js';
import { prepareFastConcat, prepareFastRequantise } from './fast-lookup.js';
import { prepareFastMaxPool } from './fast-pool.js';
import type { LayerShape } from './layer-plan.js';

type FastKinds = 'conv' | 'dense' | 'max-pool' | 'add' | 'requantise' | 'concat';

/**
 * Faster kernels of the golden model, most of them in WebAssembly with 128-bit SIMD. They give exactly what the plain ones
 * give, which are the definition; where one is not for a node, the node has its plain kernel, with the reason.
 */
export const FAST_KERNELS: { readonly [K in FastKinds]: PrepareNode<OpOf<K>> } = {
  conv: fastOr(prepareConv, (graph, node) => prepareFastLayer(graph, node, convShape(graph, node))),
  dense: fastOr(prepareDense, (graph, node) => prepareFastLayer(graph, node, denseShape(graph, node))),
  'max-pool': fastOr(prepareMaxPool, prepareFastMaxPool),
  add: fastOr(prepareAdd, prepareFastAdd),
  requantise: fastOr(prepareRequantise, prepareFastRequantise),
  concat: fastOr(prepareConcat, prepareFastConcat),
};

/** The fast kernel of a node, or the plain one with the reason why. */
export function fastOr<O extends Op>(
  plain: PrepareNode<O>,
  prepareFast: (graph: Graph, node: GraphNode<O>) => Kernel | string,
): PrepareNode<O> {
  return (graph, node) => {
    const fast = prepareFast(graph, node);
    if (typeof fast !== 'string') return fast;
    const kernel = plain(graph, node);
    return Object.assign((inputs: Parameters<Kernel>[0]) => kernel(inputs), { plainBecause: fast });
  };
}

export function convShape(graph: Graph, node: GraphNode<ConvOp>): LayerShape {
  return {
    window: node.op,
    groups: node.op.groups,
    input: mapShape(inputType(graph, node), `the input of node '${node.name}'`),
    output: mapShape(outputType(graph, node), `the output of node '${node.name}'`),
  };
}

const ONE_PIXEL: Window = {
  kernelH: 1,
  kernelW: 1,
  strideH: 1,
  strideW: 1,
  dilationH: 1,
  dilationW: 1,
  padTop: 0,
  padLeft: 0,
  padBottom: 0,
  padRight: 0,
};

/** A dense layer is a convolution of one pixel. */
function denseShape(graph: Graph, node: GraphNode<DenseOp>): LayerShape {
  const inputs = inputType(graph, node).shape[0] ?? 1;
  const outputs = outputType(graph, node).shape[0] ?? 1;
  return { window: ONE_PIXEL, groups: 1, input: [1, 1, inputs], output: [1, 1, outputs] };
}
