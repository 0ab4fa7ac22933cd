import type { Diagnostic } from '../support/diagnostics.js';
import type { GraphNode } from './graph.js';
import { badAttribute, badClamp } from './messages.js';
import type { BatchNormOp, Clamp, ClipOp, Op, OpKind, OpOf, Window } from './op.js';

/** Largest kernel, stride, dilation, padding and group count. */
const LARGEST_ATTRIBUTE = 2 ** 20;

type Rule<O extends Op> = (op: O, node: GraphNode) => readonly Diagnostic[];

const ATTRIBUTE_RULES: { readonly [K in OpKind]: Rule<OpOf<K>> } = {
  conv: (op, node) => [
    ...windowProblems(op, node),
    ...integerProblem(node, 'groups', op.groups, 1),
    ...clampProblems(op, node),
  ],
  dense: clampProblems,
  'max-pool': (op, node) => [...windowProblems(op, node), ...clampProblems(op, node)],
  'average-pool': (op, node) => [...windowProblems(op, node), ...clampProblems(op, node)],
  'global-average-pool': clampProblems,
  'batch-norm': epsilonProblems,
  relu: () => [],
  clip: (op, node) => boundsProblems(op, node),
  sigmoid: () => [],
  tanh: () => [],
  flatten: () => [],
  requantise: clampProblems,
  add: clampProblems,
  'conv-transpose': (op, node) => [
    ...windowProblems(op, node),
    ...integerProblem(node, 'groups', op.groups, 1),
    ...integerProblem(node, 'outputPadH', op.outputPadH, 0),
    ...integerProblem(node, 'outputPadW', op.outputPadW, 0),
    ...clampProblems(op, node),
  ],
  'local-response-norm': (op, node) => [
    ...integerProblem(node, 'size', op.size, 1),
    ...(['alpha', 'beta', 'bias'] as const).flatMap((name) => finiteProblem(node, name, op[name])),
  ],
  'leaky-relu': (op, node) => finiteProblem(node, 'slope', op.slope),
  prelu: () => [],
  elu: (op, node) => finiteProblem(node, 'alpha', op.alpha),
  'hard-sigmoid': (op, node) => [...finiteProblem(node, 'alpha', op.alpha), ...finiteProblem(node, 'beta', op.beta)],
  'hard-swish': () => [],
  swish: () => [],
  mul: clampProblems,
  concat: (op, node) => integerProblem(node, 'axis', op.axis, 0),
  slice: (op, node) => [
    ...listProblem(node, 'begin', op.begin, 0),
    ...listProblem(node, 'size', op.size, 1),
    ...listProblem(node, 'step', op.step, 1),
  ],
  pad: (op, node) => [
    ...listProblem(node, 'before', op.before, 0),
    ...listProblem(node, 'after', op.after, 0),
    ...finiteProblem(node, 'value', op.value),
  ],
  transpose: (op, node) => listProblem(node, 'perm', op.perm, 0),
  // How large it may be is the tensor's own limit.
  reshape: () => [],
  upsample: (op, node) => [
    ...integerProblem(node, 'factorH', op.factorH, 1),
    ...integerProblem(node, 'factorW', op.factorW, 1),
  ],
  'depth-to-space': (op, node) => integerProblem(node, 'block', op.block, 1),
  'permute-channels': (op, node) => listProblem(node, 'order', op.order, 0),
  'reduce-mean': (op, node) => listProblem(node, 'axes', op.axes, 0),
  quantise: () => [],
  dequantise: () => [],
};

/** Attributes that are out of range whatever the node's inputs are. */
export function attributeProblems(node: GraphNode): readonly Diagnostic[] {
  return byKind(node.op, node);
}

function byKind<O extends Op>(op: O, node: GraphNode): readonly Diagnostic[] {
  const rule = ATTRIBUTE_RULES[op.kind] as unknown as Rule<O>;
  return rule(op, node);
}

function windowProblems(w: Window, node: GraphNode): readonly Diagnostic[] {
  const atLeastOne = ['kernelH', 'kernelW', 'strideH', 'strideW', 'dilationH', 'dilationW'] as const;
  const atLeastZero = ['padTop', 'padLeft', 'padBottom', 'padRight'] as const;
  return [
    ...atLeastOne.flatMap((name) => integerProblem(node, name, w[name], 1)),
    ...atLeastZero.flatMap((name) => integerProblem(node, name, w[name], 0)),
  ];
}

function integerProblem(node: GraphNode, name: string, value: number, least: number): readonly Diagnostic[] {
  if (Number.isInteger(value) && value >= least && value <= LARGEST_ATTRIBUTE) return [];
  return [badAttribute(node.name, name, value, `an integer from ${least} to ${LARGEST_ATTRIBUTE}`)];
}

function epsilonProblems(op: BatchNormOp, node: GraphNode): readonly Diagnostic[] {
  if (Number.isFinite(op.epsilon) && op.epsilon >= 0) return [];
  return [badAttribute(node.name, 'epsilon', op.epsilon, 'finite and not negative')];
}

/** Every entry of a list is an integer of at least `least`. */
function listProblem(node: GraphNode, name: string, values: readonly number[], least: number): readonly Diagnostic[] {
  const bad = values.find((value) => integerProblem(node, name, value, least).length > 0);
  if (bad === undefined) return [];
  const wanted = `a list of integers from ${least} to ${LARGEST_ATTRIBUTE}`;
  return [badAttribute(node.name, name, `[${values.join(', ')}]`, wanted)];
}

function finiteProblem(node: GraphNode, name: string, value: number): readonly Diagnostic[] {
  return Number.isFinite(value) ? [] : [badAttribute(node.name, name, value, 'finite')];
}

function clampProblems(op: { readonly clamp?: Clamp }, node: GraphNode): readonly Diagnostic[] {
  return op.clamp === undefined ? [] : boundsProblems(op.clamp, node);
}

function boundsProblems({ lo, hi }: Clamp | ClipOp, node: GraphNode): readonly Diagnostic[] {
  const infinite = [lo, hi].find((end) => end !== undefined && !Number.isFinite(end));
  if (infinite !== undefined) {
    return [badClamp(node.name, `an end of the range is ${infinite}`, 'leave out the end that is not bounded')];
  }
  if (lo === undefined || hi === undefined || lo <= hi) return [];
  return [badClamp(node.name, `the range's lo ${lo} is above its hi ${hi}`, 'exchange or correct them')];
}
