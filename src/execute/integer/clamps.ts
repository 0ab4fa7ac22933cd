import type { Graph, GraphNode } from '../../ir/graph.js';
import type { Clamp, ClipOp, ReluOp } from '../../ir/op.js';
import type { TensorType } from '../../ir/tensor-type.js';
import { clampTo, roundHalfEven } from '../../support/fixed-point.js';
import type { Kernel, PrepareNode } from '../executor.js';
import { activationOf, allocate, inputType, numeric, outputType } from '../tensor-access.js';

/**
 * A clamp in real values as integers of a type: rne(real / scale) + zeroPoint, within the type's range.
 * An end that stays open, or that lies at the end of the type, is left out.
 */
export function integerClamp(clamp: Clamp, type: TensorType): Clamp {
  const { scale, zeroPoint, min, max } = activationOf(type, 'the clamped tensor');
  const toInteger = (real: number): number => clampTo(roundHalfEven(real / scale) + zeroPoint, min, max);
  const lo = clamp.lo === undefined ? min : toInteger(clamp.lo);
  const hi = clamp.hi === undefined ? max : toInteger(clamp.hi);
  return { ...(lo > min ? { lo } : {}), ...(hi < max ? { hi } : {}) };
}

function clampKernel(graph: Graph, node: GraphNode, real: Clamp): Kernel {
  const { min, max } = activationOf(inputType(graph, node), `the input of node '${node.name}'`);
  const { lo = min, hi = max } = integerClamp(real, inputType(graph, node));
  const { element } = outputType(graph, node);
  return ([input]) => {
    const x = numeric(input);
    const y = allocate(element, x.length);
    for (let i = 0; i < x.length; i++) y[i] = clampTo(x[i] as number, lo, hi);
    return y;
  };
}

/** y = max(x, zero point). */
export const prepareRelu: PrepareNode<ReluOp> = (graph, node) => clampKernel(graph, node, { lo: 0 });

/** y = clamp(x), with the operator's real limits as integers of the tensor. */
export const prepareClip: PrepareNode<ClipOp> = (graph, node) => clampKernel(graph, node, node.op);
