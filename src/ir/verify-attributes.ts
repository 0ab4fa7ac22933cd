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
