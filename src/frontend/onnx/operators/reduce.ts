import type { Op } from '../../../ir/op.js';
import { elementCount } from '../../../ir/tensor-type.js';
import { UNIT_WINDOW } from '../../../ir/window.js';
import { flag, optionalIntegers } from '../attributes.js';
import {
  type Call,
  constantOf,
  define,
  defineConstant,
  emitAs,
  emitMap,
  inputOf,
  integersOf,
  mapInput,
  normalAxis,
  operandOf,
  refuseNode,
  step,
} from '../call.js';
import type { DType } from '../dtypes.js';
import { asType } from '../fold.js';
import { constantRule, type OperatorRule, type RuleTable, rule } from '../rule.js';
import { floatConstant, realInput } from './conv-weights.js';
import { sameNumbers } from './elementwise-numbers.js';
import { type Movable, movable } from './moving.js';

/** Means, sums and largest values over some axes. */

interface ReduceAttributes {
  readonly axes?: readonly number[] | undefined;
  readonly keepdims: boolean;
  readonly noop_with_empty_axes?: boolean;
}

interface Reduction {
  /** Of the file. */
  readonly axes: readonly number[];
  /** The file's shape of the result. */
  readonly shape: readonly number[];
  readonly keepDims: boolean;
  /** Elements that become one. */
  readonly count: number;
}

/** All axes where none are given, unless the attribute says that nothing is done then. */
function reductionOf(call: Call<ReduceAttributes>): Reduction {
  const { axes, keepdims: keepDims, noop_with_empty_axes: isNoop = false } = call.attributes;
  const { shape } = operandOf(call, 0);
  const given = axes ?? (inputOf(call, 1).kind === 'absent' ? [] : integersOf(call, 1, 'list of axes'));
  const all = isNoop ? [] : shape.map((_, axis) => axis);
  const own = given.length === 0 ? all : given.map((axis) => normalAxis(call, axis, shape.length));
  const isReduced = (axis: number): boolean => own.includes(axis);
  return {
    axes: own,
    shape: keepDims
      ? shape.map((extent, axis) => (isReduced(axis) ? 1 : extent))
      : shape.filter((_, axis) => !isReduced(axis)),
    keepDims,
    count: elementCount(shape.filter((_, axis) => isReduced(axis))),
  };
}

/** The axes in the graph; the batch axis of 1 need not be reduced. */
function graphAxes({ skipped }: Movable, { axes }: Reduction): readonly number[] {
  const own = axes.filter((axis) => axis >= skipped).map((axis) => axis - skipped);
  return [...new Set(own)].sort((a, b) => a - b);
}

/** The mean, which over height and width is a pool. `factor`: 1, or what makes a sum of it. */
function emitMean(call: Call, reduction: Reduction, factor: number): void {
  const tensor = realInput(call);
  if (factor === 1 && isPicture(call, reduction)) {
    emitPool(call, reduction, { kind: 'global-average-pool' });
    return;
  }
  const x = movable(call);
  const axes = graphAxes(x, reduction);
  const { dtype } = operandOf(call, 0);
  const { shape, keepDims } = reduction;
  const own = call.work.typeOf(tensor);
  const made = keepDims
    ? own.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    : own.shape.filter((_, axis) => !axes.includes(axis));
  const op = { kind: 'reduce-mean', axes, keepDims } as const;
  if (factor === 1) {
    emitAs(call, op, [tensor], { made, shape, dtype });
    return;
  }
  const mean = step(call, op, [tensor], { ...own, shape: made });
  const count = floatConstant(call, `${call.spot.node}/count`, [1], Float32Array.of(factor));
  emitAs(call, { kind: 'mul' }, [mean, count], { made, shape, dtype });
}

function runMean(call: Call, reduction: Reduction): void {
  emitMean(call, reduction, 1);
}

function runSum(call: Call, reduction: Reduction): void {
  emitMean(call, reduction, reduction.count);
}

/** Whether height and width of a feature map are reduced. */
function isPicture(call: Call, { axes }: Reduction): boolean {
  const { shape } = operandOf(call, 0);
  return shape.length === 4 && shape[0] === 1 && [...new Set(axes)].sort().join() === '2,3';
}

/** Emits a pool of one pixel. */
function emitPool(call: Call, { shape }: Reduction, op: Op): void {
  const map = mapInput(call);
  const numbers = sameNumbers(call, 0);
  if (shape.length === 4) emitMap(call, op, [map.tensor], { shape: [1, 1, map.channels], ...numbers });
  else emitAs(call, op, [map.tensor], { made: [1, 1, map.channels], shape, ...numbers });
}

/** Over height and width it is a pool as large as the map. */
function runMax(call: Call, reduction: Reduction): void {
  const { shape } = operandOf(call, 0);
  if (!isPicture(call, reduction)) {
    const text = `it takes the largest value along the axes ${reduction.axes.join(', ')} of [${shape.join(', ')}]`;
    refuseNode(call, text, 'only the largest value over height and width of a feature map is supported');
  }
  const [kernelH = 1, kernelW = 1] = shape.slice(2);
  const window = { ...UNIT_WINDOW, kernelH, kernelW, strideH: kernelH, strideW: kernelW };
  emitPool(call, reduction, { kind: 'max-pool', ...window });
}

type Total = (total: number, value: number) => number;

interface Kind {
  /** Left out where it is known for constants only. */
  readonly run?: (call: Call, reduction: Reduction) => void;
  /** How constants are reduced: from `start` on. */
  readonly start: number;
  readonly join: Total;
  readonly isMean?: boolean;
}

function foldReduction(call: Call, { shape, axes, count }: Reduction, { start, join, isMean }: Kind): void {
  const { data, shape: own, dtype } = constantOf(call, 0, 'input');
  const kept = own.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const totals = new Float64Array(elementCount(shape)).fill(start);
  data.forEach((value: number | bigint, index: number) => {
    const at = placeOf(index, own, kept);
    totals[at] = join(totals[at] as number, Number(value));
  });
  const values = isMean === true ? totals.map((total) => total / count) : totals;
  defineConstant(call, { dtype: dtype satisfies DType, shape, data: asType(call, values, dtype) });
}

/** The place of an element in the result, whose reduced axes have the extent 1. */
function placeOf(index: number, from: readonly number[], to: readonly number[]): number {
  let rest = index;
  let place = 0;
  let stride = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    const extent = from[axis] ?? 1;
    if (to[axis] !== 1 || extent === 1) place += (rest % extent) * stride;
    stride *= to[axis] ?? 1;
    rest = Math.floor(rest / extent);
  }
  return place;
}

/** The axes are an attribute, or since opset `byInput` an input. */
function reduce(byInput: number, kind: Kind): readonly OperatorRule[] {
  const fold = (call: Call<ReduceAttributes>): void => foldReduction(call, reductionOf(call), kind);
  const keepdims = flag(true);
  const older = { from: 1, to: byInput - 1, attributes: { axes: optionalIntegers(), keepdims }, fold };
  const attributes = { keepdims, noop_with_empty_axes: flag(false) };
  const newer = { from: byInput, attributes, inputs: { min: 1, max: 2 }, fold };
  const { run: emitReduced } = kind;
  if (emitReduced === undefined) return [constantRule(older), constantRule(newer)];
  const run = (call: Call<ReduceAttributes>): void => {
    const reduction = reductionOf(call);
    const value = operandOf(call, 0);
    if (reduction.axes.length === 0 && value.kind === 'flowing') define(call, value, value.tensor);
    else emitReduced(call, reduction);
  };
  return [rule({ ...older, run }), rule({ ...newer, run })];
}

const MEAN: Kind = { run: runMean, start: 0, join: (total, value) => total + value, isMean: true };

export const REDUCE_RULES: RuleTable = {
  ReduceMean: reduce(18, MEAN),
  ReduceSum: reduce(13, { run: runSum, start: 0, join: (total, value) => total + value }),
  ReduceMax: reduce(18, { run: runMax, start: Number.NEGATIVE_INFINITY, join: Math.max }),
  ReduceMin: reduce(18, { start: Number.POSITIVE_INFINITY, join: Math.min }),
  ReduceProd: reduce(18, { start: 1, join: (total, value) => total * value }),
};
