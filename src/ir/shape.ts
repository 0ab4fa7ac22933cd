import type { Diagnostic } from '../support/diagnostics.js';
import type { GraphNode } from './graph.js';
import {
  emptyWindow,
  paddingTooLarge,
  shapesDoNotFit,
  shapeText,
  windowDoesNotFit,
  wrongArity,
  wrongRank,
} from './messages.js';
import type { Op, OpKind, OpOf, Window } from './op.js';
import {
  broadcastResult,
  concatShape,
  depthToSpaceShape,
  notAMap,
  padShape,
  permuteChannelsShape,
  preluShape,
  reduceMeanShape,
  reshapeShape,
  sliceShape,
  transposeShape,
  upsampleShape,
} from './shape-data.js';
import { firstEmptyWindow, kernelReach, transposedOutputs, windowOutputs } from './window.js';

export { kernelReach, windowOutput, windowOutputs } from './window.js';

import { elementCount, F32, type TensorType } from './tensor-type.js';

type Shape = readonly number[];

/** One shape per output, or why there is none. */
export type ShapeInference = { readonly shapes: readonly Shape[] } | { readonly problems: readonly Diagnostic[] };

/** One type per output, or why there is none. */
export type TypeInference = { readonly types: readonly TensorType[] } | { readonly problems: readonly Diagnostic[] };

/** Number of inputs an operator takes, `max` included; every operator has one output. */
export const INPUT_COUNTS: Readonly<Record<OpKind, { readonly min: number; readonly max: number }>> = {
  conv: { min: 2, max: 3 },
  dense: { min: 2, max: 3 },
  'max-pool': { min: 1, max: 1 },
  'average-pool': { min: 1, max: 1 },
  'global-average-pool': { min: 1, max: 1 },
  'batch-norm': { min: 5, max: 5 },
  relu: { min: 1, max: 1 },
  clip: { min: 1, max: 1 },
  sigmoid: { min: 1, max: 1 },
  tanh: { min: 1, max: 1 },
  flatten: { min: 1, max: 1 },
  requantise: { min: 1, max: 1 },
  add: { min: 2, max: Number.POSITIVE_INFINITY },
  'conv-transpose': { min: 2, max: 3 },
  'local-response-norm': { min: 1, max: 1 },
  'leaky-relu': { min: 1, max: 1 },
  prelu: { min: 2, max: 2 },
  elu: { min: 1, max: 1 },
  'hard-sigmoid': { min: 1, max: 1 },
  'hard-swish': { min: 1, max: 1 },
  swish: { min: 1, max: 1 },
  mul: { min: 2, max: Number.POSITIVE_INFINITY },
  concat: { min: 1, max: Number.POSITIVE_INFINITY },
  slice: { min: 1, max: 1 },
  pad: { min: 1, max: 1 },
  transpose: { min: 1, max: 1 },
  reshape: { min: 1, max: 1 },
  upsample: { min: 1, max: 1 },
  'depth-to-space': { min: 1, max: 1 },
  'permute-channels': { min: 1, max: 1 },
  'reduce-mean': { min: 1, max: 1 },
  quantise: { min: 1, max: 1 },
  dequantise: { min: 1, max: 1 },
};

/**
 * Shapes of a node's outputs from its input types. Attributes must be in range (verifyGraph checks them first).
 * The element and the quantization of integer outputs are the graph's own and cannot be inferred.
 */
export function inferOutputShapes(node: GraphNode, inputs: readonly TensorType[]): ShapeInference {
  const problems = arityProblems(node);
  if (problems.length > 0) return { problems };
  return inferByKind(
    node.op,
    node,
    inputs.map((type) => type.shape),
  );
}

/** Types of a float node's outputs: the inferred shapes with float32 elements. */
export function inferOutputTypes(node: GraphNode, inputs: readonly TensorType[]): TypeInference {
  const inferred = inferOutputShapes(node, inputs);
  return 'problems' in inferred ? inferred : { types: inferred.shapes.map((shape) => ({ shape, element: F32 })) };
}

function arityProblems(node: GraphNode): readonly Diagnostic[] {
  const { min, max } = INPUT_COUNTS[node.op.kind];
  const problems: Diagnostic[] = [];
  const got = node.inputs.length;
  if (got < min || got > max) {
    const wanted = max === Number.POSITIVE_INFINITY ? `${min} or more` : min === max ? `${min}` : `${min} or ${max}`;
    problems.push(wrongArity(node.name, node.op.kind, 'input', wanted, got));
  }
  if (node.outputs.length !== 1) problems.push(wrongArity(node.name, node.op.kind, 'output', '1', node.outputs.length));
  return problems;
}

/** Shapes by role; the arity has been checked, so `inputs` holds at least the operator's required ones. */
type Rule<O extends Op> = (op: O, node: GraphNode, inputs: readonly Shape[]) => ShapeInference;

const SHAPE_RULES: { readonly [K in OpKind]: Rule<OpOf<K>> } = {
  conv: convShape,
  dense: denseShape,
  'max-pool': poolShape,
  'average-pool': poolShape,
  'global-average-pool': globalPoolShape,
  'batch-norm': batchNormShape,
  relu: sameShape,
  clip: sameShape,
  sigmoid: sameShape,
  tanh: sameShape,
  flatten: (_op, _node, inputs) => one([elementCount(inputs[0] ?? [])]),
  requantise: sameShape,
  add: broadcastResult,
  'conv-transpose': convTransposeShape,
  'local-response-norm': channelsShape,
  'leaky-relu': sameShape,
  prelu: preluShape,
  elu: sameShape,
  'hard-sigmoid': sameShape,
  'hard-swish': sameShape,
  swish: sameShape,
  mul: broadcastResult,
  concat: concatShape,
  slice: sliceShape,
  pad: padShape,
  transpose: transposeShape,
  reshape: reshapeShape,
  upsample: upsampleShape,
  'depth-to-space': depthToSpaceShape,
  'permute-channels': permuteChannelsShape,
  'reduce-mean': reduceMeanShape,
  quantise: sameShape,
  dequantise: sameShape,
};

function inferByKind<O extends Op>(op: O, node: GraphNode, inputs: readonly Shape[]): ShapeInference {
  const rule = SHAPE_RULES[op.kind] as unknown as Rule<O>;
  return rule(op, node, inputs);
}

function one(shape: Shape): ShapeInference {
  return { shapes: [shape] };
}

function sameShape(_op: Op, _node: GraphNode, inputs: readonly Shape[]): ShapeInference {
  return one(inputs[0] ?? []);
}

/** The last axis holds the channels; the others may be any. */
function channelsShape(_op: Op, node: GraphNode, [x = []]: readonly Shape[]): ShapeInference {
  if (x.length > 0) return one(x);
  return { problems: [wrongRank(node.name, 'input', 'a tensor with channels', x, 'give it an axis of channels')] };
}

function mapProblems(node: GraphNode, shape: Shape): readonly Diagnostic[] {
  return shape.length === 3 ? [] : [notAMap(node, shape)];
}

/** Problems of what convolutions of both directions read. */
function convInputProblems(
  op: OpOf<'conv' | 'conv-transpose'>,
  node: GraphNode,
  [x = [], weight = [], bias]: readonly Shape[],
): readonly Diagnostic[] {
  const problems = [...mapProblems(node, x)];
  if (weight.length !== 4) {
    const fix = 'permute the weight into this order, also where groups is 1';
    problems.push(wrongRank(node.name, 'weight', '[oc, kh, kw, ic/groups]', weight, fix));
  }
  if (problems.length > 0) return problems;
  return [...convWeightProblems(op, node, x[2] ?? 0, weight), ...biasProblems(node, weight[0] ?? 0, bias)];
}

function convShape(op: OpOf<'conv'>, node: GraphNode, inputs: readonly Shape[]): ShapeInference {
  const [[height = 0, width = 0] = [], weight = []] = inputs;
  const problems = [...convInputProblems(op, node, inputs)];
  if (inputs[0]?.length === 3 && weight.length === 4) problems.push(...windowProblems(op, node, height, width));
  const { outH, outW } = windowOutputs(op, height, width);
  return problems.length > 0 ? { problems } : one([outH, outW, weight[0] ?? 0]);
}

function convTransposeShape(op: OpOf<'conv-transpose'>, node: GraphNode, inputs: readonly Shape[]): ShapeInference {
  const [[height = 0, width = 0] = [], weight = []] = inputs;
  const problems = convInputProblems(op, node, inputs);
  if (problems.length > 0) return { problems };
  const { outH, outW } = transposedOutputs(op, height, width);
  if (outH > 0 && outW > 0) return one([outH, outW, weight[0] ?? 0]);
  const text = `its padding leaves nothing of the output: ${outH} x ${outW} pixels`;
  return { problems: [shapesDoNotFit(node.name, text, 'pad less')] };
}

function convWeightProblems(
  op: OpOf<'conv' | 'conv-transpose'>,
  node: GraphNode,
  channels: number,
  weight: Shape,
): readonly Diagnostic[] {
  const [outChannels = 0, kernelH, kernelW, inPerGroup] = weight;
  const problems: Diagnostic[] = [];
  if (kernelH !== op.kernelH || kernelW !== op.kernelW) {
    problems.push(
      shapesDoNotFit(
        node.name,
        `the kernel is ${op.kernelH}x${op.kernelW}, but the weight has the shape ${shapeText(weight)}`,
        'weights are [oc, kh, kw, ic/groups]; correct the kernel or permute the weight',
      ),
    );
  }
  if (channels % op.groups !== 0 || outChannels % op.groups !== 0) {
    problems.push(
      shapesDoNotFit(
        node.name,
        `${channels} input and ${outChannels} output channels do not divide into ${op.groups} groups`,
        'groups must divide the input channels and the output channels',
      ),
    );
  } else if (inPerGroup !== channels / op.groups) {
    problems.push(
      shapesDoNotFit(
        node.name,
        `the input has ${channels} channels in ${op.groups} group${op.groups === 1 ? '' : 's'}, but the weight's shape ${shapeText(weight)} is for ${inPerGroup} per group`,
        'weights are [oc, kh, kw, ic/groups]; correct groups or the weight',
      ),
    );
  }
  return problems;
}

function biasProblems(node: GraphNode, outChannels: number, bias: Shape | undefined): readonly Diagnostic[] {
  if (bias === undefined || (bias.length === 1 && bias[0] === outChannels)) return [];
  return [
    shapesDoNotFit(
      node.name,
      `the bias has the shape ${shapeText(bias)}, but there are ${outChannels} outputs`,
      'a bias has one value per output channel',
    ),
  ];
}

/** Problems of one axis of a window: padding beyond the kernel, and a kernel beyond the padded input. */
function axisProblems(
  node: GraphNode,
  axis: 'high' | 'wide',
  extent: number,
  reach: number,
  [lo, hi]: readonly [number, number],
): readonly Diagnostic[] {
  const [loSide, hiSide] = axis === 'high' ? ['top', 'bottom'] : ['left', 'right'];
  const problems: Diagnostic[] = [];
  if (lo >= reach) problems.push(paddingTooLarge(node.name, loSide ?? '', lo, reach));
  if (hi >= reach) problems.push(paddingTooLarge(node.name, hiSide ?? '', hi, reach));
  if (extent + lo + hi < reach) problems.push(windowDoesNotFit(node.name, axis, reach, extent + lo + hi));
  return problems;
}

function windowProblems(w: Window, node: GraphNode, height: number, width: number): readonly Diagnostic[] {
  return [
    ...axisProblems(node, 'high', height, kernelReach(w.kernelH, w.dilationH), [w.padTop, w.padBottom]),
    ...axisProblems(node, 'wide', width, kernelReach(w.kernelW, w.dilationW), [w.padLeft, w.padRight]),
  ];
}

function poolShape(
  op: OpOf<'max-pool'> | OpOf<'average-pool'>,
  node: GraphNode,
  [x = []]: readonly Shape[],
): ShapeInference {
  const rank = mapProblems(node, x);
  if (rank.length > 0) return { problems: rank };
  const [height = 0, width = 0, channels = 0] = x;
  const problems = [...windowProblems(op, node, height, width)];
  if (problems.length > 0) return { problems };
  const { outH, outW } = windowOutputs(op, height, width);
  const row = firstEmptyWindow(height, op.kernelH, op.strideH, op.dilationH, op.padTop, outH);
  const column = firstEmptyWindow(width, op.kernelW, op.strideW, op.dilationW, op.padLeft, outW);
  if (row !== undefined) problems.push(emptyWindow(node.name, 'row', row));
  if (column !== undefined) problems.push(emptyWindow(node.name, 'column', column));
  return problems.length > 0 ? { problems } : one([outH, outW, channels]);
}

function globalPoolShape(_op: Op, node: GraphNode, [x = []]: readonly Shape[]): ShapeInference {
  const problems = mapProblems(node, x);
  return problems.length > 0 ? { problems } : one([1, 1, x[2] ?? 0]);
}

function denseShape(_op: Op, node: GraphNode, [x = [], weight = [], bias]: readonly Shape[]): ShapeInference {
  const problems: Diagnostic[] = [];
  if (x.length !== 1) problems.push(wrongRank(node.name, 'input', 'a vector [N]', x, "put a 'flatten' node before it"));
  if (weight.length !== 2) {
    problems.push(wrongRank(node.name, 'weight', '[out, in]', weight, 'store one row of inputs per output'));
  }
  if (problems.length > 0) return { problems };
  const [outputs = 0, inputs] = weight;
  if (inputs !== x[0]) {
    const text = `the input has ${x[0]} elements, but the weight's shape ${shapeText(weight)} is for ${inputs}`;
    problems.push(shapesDoNotFit(node.name, text, 'weights are [out, in]; correct the weight or what feeds this node'));
  }
  problems.push(...biasProblems(node, outputs, bias));
  return problems.length > 0 ? { problems } : one([outputs]);
}

function batchNormShape(_op: Op, node: GraphNode, [x = [], ...parameters]: readonly Shape[]): ShapeInference {
  if (x.length === 0)
    return { problems: [wrongRank(node.name, 'input', 'of rank 1 or more', x, 'give it a channel axis')] };
  const channels = x.at(-1);
  const problems = parameters.flatMap((shape, index) => {
    if (shape.length === 1 && shape[0] === channels) return [];
    const role = ['scale', 'offset', 'mean', 'variance'][index];
    const text = `the ${role} has the shape ${shapeText(shape)}, but the input has ${channels} channels`;
    return [shapesDoNotFit(node.name, text, 'the parameters have one value per channel')];
  });
  return problems.length > 0 ? { problems } : one(x);
}
