import type { GraphNode } from '../ir/graph.js';
import type { AveragePoolOp, GlobalAveragePoolOp, ReduceMeanOp } from '../ir/op.js';
import { UNIT_WINDOW } from '../ir/window.js';
import { defined } from '../support/invariant.js';
import { Draft } from './draft.js';
import type { Pass } from './pass.js';
import { reshaped } from './put-movement.js';

/**
 * A mean over height, width or both of a feature map is an average pool as large as these, and one along a line [W][C]
 * is so of a map of one row. Means over channels stay, and have no integer form.
 */
export const poolMeans: Pass = {
  name: 'pool-means',
  summary: 'makes means over height and width average pools',
  needs: [],
  run(graph) {
    const draft = new Draft(graph);
    for (const node of graph.nodes) {
      if (!isMean(node) || !pooled(draft, node)) draft.keep(node);
    }
    return draft.finish();
  },
};

function isMean(node: GraphNode): node is GraphNode<ReduceMeanOp> {
  return node.op.kind === 'reduce-mean';
}

/** Puts down the pool; false where the mean is another one. */
function pooled(draft: Draft, node: GraphNode<ReduceMeanOp>): boolean {
  const input = draft.current(node.inputs[0] ?? '');
  const tensor = defined(node.outputs[0], `the output of node '${node.name}'`);
  const { shape } = draft.typeOf(input);
  const isLine = shape.length === 2;
  const map = isLine ? [1, ...shape] : shape;
  const axes = node.op.axes.map((axis) => axis + (isLine ? 1 : 0));
  if (map.length !== 3 || axes.length === 0 || axes.includes(2)) return false;
  const type = draft.typeOf(tensor);
  const kept = map.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const x = reshaped(draft, node.name, input, map);
  const op = poolOver(map, axes);
  if (kept.join() === type.shape.join()) {
    draft.put(node.name, op, [x], { type, tensor });
    return true;
  }
  const pool = draft.put(`${node.name}.pool`, op, [x], { type: { ...type, shape: kept } });
  const move = type.shape.length === 1 ? { kind: 'flatten' as const } : { kind: 'reshape' as const, shape: type.shape };
  draft.put(node.name, move, [pool], { type, tensor });
  return true;
}

function poolOver(
  [height = 1, width = 1]: readonly number[],
  axes: readonly number[],
): AveragePoolOp | GlobalAveragePoolOp {
  const kernelH = axes.includes(0) ? height : 1;
  const kernelW = axes.includes(1) ? width : 1;
  if (kernelH === height && kernelW === width) return { kind: 'global-average-pool' };
  const window = { ...UNIT_WINDOW, kernelH, kernelW, strideH: kernelH, strideW: kernelW };
  return { kind: 'average-pool', ...window, countIncludePad: false };
}
