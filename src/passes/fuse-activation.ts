import { integerClamp } from '../execute/integer/clamps.js';
import { pruneTensors } from '../ir/builder.js';
import type { Clamp, Op } from '../ir/op.js';
import { isInt, type TensorType } from '../ir/tensor-type.js';
import { clampTo } from '../support/fixed-point.js';
import { defined } from '../support/invariant.js';
import { NodeList, readCounts } from './edit.js';
import type { Pass } from './pass.js';

/** A relu or clip that alone reads its producer becomes the producer's clamp, where the producer can have one. */
export const fuseActivation: Pass = {
  name: 'fuse-activation',
  summary: 'moves relu and clip into the clamp of the node before them',
  needs: [],
  run(graph) {
    const reads = readCounts(graph);
    const list = new NodeList();
    for (const node of graph.nodes) {
      const [input = ''] = node.inputs;
      const producer = reads.get(input) === 1 ? list.makerOf(input) : undefined;
      const clamp = clampOf(node.op, defined(graph.types.get(input), `the type of tensor '${input}'`));
      const fused = producer === undefined || clamp === undefined ? undefined : withClamp(producer.op, clamp);
      if (producer === undefined || fused === undefined) list.push(node);
      else list.replaceMaker(input, { ...producer, op: fused, outputs: node.outputs });
    }
    return list.nodes.length === graph.nodes.length ? graph : pruneTensors({ ...graph, nodes: list.nodes });
  },
};

/** The clamp that a node is: in integers of the tensor in an integer graph, in real values otherwise. */
function clampOf(op: Op, type: TensorType): Clamp | undefined {
  if (op.kind !== 'relu' && op.kind !== 'clip') return undefined;
  const real: Clamp = op.kind === 'relu' ? { lo: 0 } : op;
  return isInt(type.element) ? integerClamp(real, type) : limits(real.lo, real.hi);
}

/** The operator with one more clamp behind its own; undefined where it cannot have any. */
function withClamp(op: Op, clamp: Clamp): Op | undefined {
  switch (op.kind) {
    case 'conv':
    case 'dense':
    case 'max-pool':
    case 'average-pool':
    case 'global-average-pool':
    case 'requantise':
    case 'add':
    case 'mul':
    case 'conv-transpose':
      return { ...op, clamp: composeClamps(op.clamp ?? {}, clamp) };
    default:
      return undefined;
  }
}

/** The one clamp that equals `first`, then `second`. */
export function composeClamps(first: Clamp, second: Clamp): Clamp {
  const lo = second.lo ?? Number.NEGATIVE_INFINITY;
  const hi = second.hi ?? Number.POSITIVE_INFINITY;
  return limits(
    clampTo(first.lo ?? Number.NEGATIVE_INFINITY, lo, hi),
    clampTo(first.hi ?? Number.POSITIVE_INFINITY, lo, hi),
  );
}

function limits(lo: number | undefined, hi: number | undefined): Clamp {
  const isBounded = (end: number | undefined): end is number => end !== undefined && Number.isFinite(end);
  return { ...(isBounded(lo) ? { lo } : {}), ...(isBounded(hi) ? { hi } : {}) };
}
