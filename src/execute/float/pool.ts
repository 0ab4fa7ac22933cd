import type { AveragePoolOp, Clamp, GlobalAveragePoolOp, MaxPoolOp } from '../../ir/op.js';
import type { Kernel, PrepareNode } from '../executor.js';
import { combineWindows, globalGeometry, type PoolGeometry, poolGeometry, windowCounts } from '../pool-windows.js';
import { float32, realClamp } from './values.js';

/** The maximum of each window; padding never wins. */
export const prepareMaxPool: PrepareNode<MaxPoolOp> = (graph, node) => {
  const geometry = poolGeometry(graph, node, node.op);
  const clamp = realClamp(node.op.clamp);
  return ([input]) => {
    const x = new Float64Array(float32(input));
    return new Float32Array(combineWindows(geometry, x, 'max', Number.NEGATIVE_INFINITY).map(clamp));
  };
};

/** clamp(sum / count), the sum in double precision; one count for each output position. */
function averageKernel(geometry: PoolGeometry, limits: Clamp | undefined, counts: readonly number[]): Kernel {
  const clamp = realClamp(limits);
  const { channels } = geometry;
  return ([input]) => {
    const sums = combineWindows(geometry, new Float64Array(float32(input)), 'sum', 0);
    const y = new Float32Array(sums.length);
    counts.forEach((count, pixel) => {
      for (let i = pixel * channels; i < (pixel + 1) * channels; i++) y[i] = clamp((sums[i] as number) / count);
    });
    return y;
  };
}

/** The mean over the whole kernel, padding counted as zeros, or over its positions inside the picture. */
export const prepareAveragePool: PrepareNode<AveragePoolOp> = (graph, node) => {
  const { kernelH, kernelW, countIncludePad, clamp } = node.op;
  const geometry = poolGeometry(graph, node, node.op);
  const inside = windowCounts(geometry);
  return averageKernel(geometry, clamp, countIncludePad ? inside.map(() => kernelH * kernelW) : inside);
};

export const prepareGlobalAveragePool: PrepareNode<GlobalAveragePoolOp> = (graph, node) => {
  const geometry = globalGeometry(graph, node);
  return averageKernel(geometry, node.op.clamp, windowCounts(geometry));
};
