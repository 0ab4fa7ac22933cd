import type { Clamp, Op, Window } from '../../../ir/op.js';
import { elementCount } from '../../../ir/tensor-type.js';
import { sameExtents } from '../../../ir/type-equality.js';
import { windowOutputs } from '../../../ir/window.js';
import { CLAMPS, clampAttribute, fusedActivation, fusedClamp } from '../activation.js';
import {
  type Call,
  constantInts,
  inputActivation,
  inputOf,
  mapShape,
  normalAxis,
  outputOf,
  refuse,
  reshapeOp,
  tensorOf,
} from '../call.js';
import { emitKept } from '../keep.js';
import { unsupportedOperator } from '../messages.js';
import { flag, required, whole } from '../options.js';
import { rule, TWO } from '../rule.js';
import { graphAxes, graphShape, graphType } from '../value.js';
import { padding, requirePositive, windowOver } from '../windows.js';

const poolOptions = required('Pool2DOptions', {
  padding,
  stride_w: whole(),
  stride_h: whole(),
  filter_width: whole(),
  filter_height: whole(),
  fused_activation_function: fusedActivation,
});

/** Whether the only window is the whole map. */
function isWhole(window: Window, height: number, width: number): boolean {
  const { outH, outW } = windowOutputs(window, height, width);
  return outH === 1 && outW === 1 && window.kernelH === height && window.kernelW === width;
}

/** Padding holds no elements: a maximum leaves it out, and so does an average's divisor. */
function pool(kind: 'max-pool' | 'average-pool') {
  return rule({
    versions: 3,
    options: poolOptions,
    run: (call) => {
      const { stride_h, stride_w, filter_height: kernelH, filter_width: kernelW } = call.options;
      requirePositive(call, { stride_h, stride_w, filter_height: kernelH, filter_width: kernelW });
      const [height, width, channels] = mapShape(call, inputOf(call, 0));
      const window = windowOver(call.options, { kernelH, kernelW, dilationH: 1, dilationW: 1 }, height, width);
      const { outH, outW } = windowOutputs(window, height, width);
      const makeOp = (clamp: Clamp): Op => {
        const common = clampAttribute(clamp);
        if (kind === 'max-pool') return { kind, ...window, ...common };
        if (isWhole(window, height, width)) return { kind: 'global-average-pool', ...common };
        return { kind, ...window, countIncludePad: false, ...common };
      };
      // Refuses what is no clamp.
      fusedClamp(call, inputActivation(call, 0));
      const range = CLAMPS[call.options.fused_activation_function] ?? {};
      emitKept(call, { op: makeOp, made: [outH, outW, channels], shape: [1, outH, outW, channels], range });
    },
  });
}

/** Means over everything in front of the last axes that are kept are global pools over one column of pixels. */
function asGlobalPool(shape: readonly number[], isReduced: (axis: number) => boolean): readonly number[] | undefined {
  const lastReduced = shape.findLastIndex((extent, axis) => extent > 1 && isReduced(axis));
  const isMixed = shape.some((extent, axis) => axis < lastReduced && extent > 1 && !isReduced(axis));
  if (isMixed) return undefined;
  const kept = shape.slice(lastReduced + 1);
  return [elementCount(shape.slice(0, lastReduced + 1)), 1, elementCount(kept)];
}

/** The average over some axes; over height and width it is a global pool, whatever the numbers are. */
const mean = rule({
  versions: 3,
  options: required('ReducerOptions', { keep_dims: flag() }),
  inputs: TWO,
  run: (call) => {
    const value = inputOf(call, 0);
    const { shape } = value;
    const axes = constantInts(call, inputOf(call, 1), 'list of axes').map((axis) =>
      normalAxis(call, axis, shape.length, 'axis'),
    );
    const isReduced = (axis: number): boolean => axes.includes(axis);
    const result = call.options.keep_dims
      ? shape.map((extent, axis) => (isReduced(axis) ? 1 : extent))
      : shape.filter((_, axis) => !isReduced(axis));
    const map = asGlobalPool(shape, isReduced);
    if (map !== undefined) return emitGlobalPool(call, map, result);
    const x = inputActivation(call, 0);
    if (x.isInteger) {
      const text = `an integer mean over axes [${axes.join(', ')}] of [${shape.join(', ')}] has no engine`;
      refuse(unsupportedOperator(call.spot, text, 'average over height and width only, which is a global pool'));
    }
    const own = graphAxes(
      shape,
      shape.map((_, axis) => axis),
    );
    const graphAxesReduced = own.flatMap((axis, at) => (isReduced(axis) ? [at] : []));
    const made = graphShape(shape).map((extent, at) => (graphAxesReduced.includes(at) ? 1 : extent));
    emitKept(call, {
      op: () => ({ kind: 'reduce-mean', axes: graphAxesReduced, keepDims: true }),
      made,
      shape: result,
    });
  },
});

function emitGlobalPool(call: Call, map: readonly number[], result: readonly number[]): void {
  const value = inputOf(call, 0);
  const [height = 1, width = 1, channels = 1] = graphShape(value.shape).length === 3 ? graphShape(value.shape) : map;
  const isMap = channels === map[2] && height * width === map[0];
  const read = isMap ? [height, width, channels] : map;
  const x = inputActivation(call, 0);
  const from = tensorOf(call, value);
  const base = `${outputOf(call).name}/map`;
  const tensor = sameExtents(graphShape(value.shape), read)
    ? from
    : call.work.node(base, reshapeOp(read), [from], graphType(x.element, x.quant, read), true);
  const op = (clamp: Clamp): Op => ({ kind: 'global-average-pool', ...clampAttribute(clamp) });
  emitKept(call, { from: tensor, op, made: [1, 1, map[2] ?? 1], shape: result });
}

export const POOL_RULES = {
  MAX_POOL_2D: pool('max-pool'),
  AVERAGE_POOL_2D: pool('average-pool'),
  MEAN: mean,
};
