import type { Graph, GraphNode } from '../../ir/graph.js';
import type { ConvOp, DenseOp, Window } from '../../ir/op.js';
import { isInt } from '../../ir/tensor-type.js';
import { invariant } from '../../support/invariant.js';
import type { Kernel, PrepareNode } from '../executor.js';
import { prepareConv } from '../integer/conv.js';
import { prepareDense } from '../integer/dense.js';
import { requantParams } from '../integer/requant-params.js';
import { inputType, mapShape, outputType } from '../tensor-access.js';
import { prepareFastLayer, refusalOf } from './fast-layer.js';
import type { LayerShape } from './layer-plan.js';

/** The kernels in WebAssembly with 128-bit SIMD. They give exactly what the plain ones give, which are the definition. */
export const FAST_KERNELS: { readonly conv: PrepareNode<ConvOp>; readonly dense: PrepareNode<DenseOp> } = {
  conv: (graph, node) => fastOr(prepareConv, graph, node, convShape(graph, node)),
  dense: (graph, node) => fastOr(prepareDense, graph, node, denseShape(graph, node)),
};

/** The fast kernel of a node, or the plain one with the reason. */
function fastOr<O extends ConvOp | DenseOp>(
  plain: PrepareNode<O>,
  graph: Graph,
  node: GraphNode<O>,
  shape: LayerShape,
): Kernel {
  const input = inputType(graph, node).element;
  const output = outputType(graph, node).element;
  invariant(isInt(input) && isInt(output), `node '${node.name}' is not of integers`);
  const numbers = { params: requantParams(graph, node), input, output };
  const fast = refusalOf(numbers) ?? prepareFastLayer(shape, numbers);
  return typeof fast === 'string' ? Object.assign(plain(graph, node), { plainBecause: fast }) : fast;
}

function convShape(graph: Graph, node: GraphNode<ConvOp>): LayerShape {
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
  const inputs = inputType(graph, node).shape.at(-1) ?? 1;
  const outputs = outputType(graph, node).shape.at(-1) ?? 1;
  return { window: ONE_PIXEL, groups: 1, input: [1, 1, inputs], output: [1, 1, outputs] };
}
