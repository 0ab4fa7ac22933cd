import { elementCount } from '../../ir/tensor-type.js';

/**
 * How the elements of a tensor lie in another one, its base. The base's elements, in C order, are counted as an array of
 * the extents `factors`; with its axes put in the order `order` they are the tensor's elements in C order. The shapes
 * of both do not matter, so a reshape changes nothing, and a transpose changes `order` only.
 */
export interface View {
  readonly factors: readonly number[];
  readonly order: readonly number[];
}

type Shape = readonly number[];

export function identityView(count: number): View {
  return normalise({ factors: [count], order: [0] });
}

/** The view of a tensor whose axis i is axis perm[i] of a base of that shape. */
export function permutedView(base: Shape, perm: readonly number[]): View {
  return normalise({ factors: base, order: perm });
}

/** In the base's own order. */
export function isIdentity(view: View): boolean {
  return view.order.length <= 1;
}

export function sameView(a: View, b: View): boolean {
  return a.factors.join() === b.factors.join() && a.order.join() === b.order.join();
}

/** Without factors of 1, and with those merged that stay together; equal orders of elements have equal forms. */
function normalise({ factors, order }: View): View {
  const runs: number[][] = [];
  for (const factor of order.filter((index) => factors[index] !== 1)) {
    const last = runs.at(-1);
    const between = factors.slice((last?.at(-1) ?? 0) + 1, factor);
    const follows = last !== undefined && (last.at(-1) ?? 0) < factor && elementCount(between) === 1;
    if (follows) last.push(factor);
    else runs.push([factor]);
  }
  const byBase = runs.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
  return {
    factors: byBase.map((run) => elementCount(run.map((index) => factors[index] ?? 1))),
    order: runs.map((run) => byBase.indexOf(run)),
  };
}

/** A view with each axis of a shape as a group of factors of its own. */
interface Grouped {
  readonly factors: readonly number[];
  readonly groups: readonly (readonly number[])[];
}

/**
 * Splits factors so that every axis of the tensor's shape is made of whole ones; undefined where an axis begins or ends
 * inside a factor that it does not divide.
 */
function groupByShape({ factors, order }: View, shape: Shape): Grouped | undefined {
  const pieces = order.map((index) => ({ index, parts: [factors[index] ?? 1] }));
  const groups: { readonly index: number; readonly part: number }[][] = [];
  let piece = 0;
  for (const extent of shape) {
    const group: { readonly index: number; readonly part: number }[] = [];
    for (let missing = extent; missing > 1; ) {
      const current = pieces[piece];
      const rest = current?.parts.at(-1);
      if (current === undefined || rest === undefined) return undefined;
      group.push({ index: current.index, part: current.parts.length - 1 });
      if (missing % rest === 0) {
        missing /= rest;
        piece += 1;
      } else if (rest % missing === 0) {
        current.parts.splice(-1, 1, missing, rest / missing);
        missing = 1;
      } else return undefined;
    }
    groups.push(group);
  }
  const parts = factors.map((_, index) => pieces.find((candidate) => candidate.index === index)?.parts ?? []);
  const start = (index: number): number => parts.slice(0, index).reduce((sum, list) => sum + list.length, 0);
  return { factors: parts.flat(), groups: groups.map((group) => group.map(({ index, part }) => start(index) + part)) };
}

/** The view after a transpose of a tensor of the shape; undefined where the axes cannot be told apart in the base. */
export function transposeView(view: View, shape: Shape, perm: readonly number[]): View | undefined {
  const grouped = groupByShape(view, shape);
  if (grouped === undefined) return undefined;
  return normalise({ factors: grouped.factors, order: perm.flatMap((axis) => grouped.groups[axis] ?? []) });
}

/**
 * The axis of the base that each axis of the tensor is, where both have the same axes in another order; undefined
 * otherwise. Axes of extent 1 go where there is room.
 */
export function axisPermutation(view: View, shape: Shape, base: Shape): readonly number[] | undefined {
  if (shape.length !== base.length) return undefined;
  const offsets = base.map((_, axis) => elementCount(base.slice(axis + 1)));
  const grouped = groupByShape(view, shape);
  if (grouped === undefined) return undefined;
  const strides = grouped.factors.map((_, index) => elementCount(grouped.factors.slice(index + 1)));
  const free = new Set(base.keys());
  const take = (axis: number): number => {
    free.delete(axis);
    return axis;
  };
  const placed = shape.map((extent, axis): number | undefined => {
    if (extent === 1) return undefined;
    const group = grouped.groups[axis] ?? [];
    const together = group.every((index, i) => i === 0 || index === (group[i - 1] ?? 0) + 1);
    const stride = strides[group.at(-1) ?? 0];
    const found = base.findIndex((other, i) => other === extent && offsets[i] === stride);
    return together && found >= 0 ? take(found) : -1;
  });
  if (placed.includes(-1)) return undefined;
  const ones = [...free].filter((axis) => base[axis] === 1);
  const perm = placed.map((axis) => axis ?? ones.shift() ?? -1);
  return perm.includes(-1) ? undefined : perm;
}

export function inversePermutation(perm: readonly number[]): readonly number[] {
  return perm.map((_, axis) => perm.indexOf(axis));
}

/** For each element of the tensor its place in the base. */
export function baseIndices(view: View): Int32Array {
  const { factors, order } = view;
  const strides = factors.map((_, index) => elementCount(factors.slice(index + 1)));
  const indices = new Int32Array(elementCount(factors));
  const walk = (depth: number, offset: number, next: number): number => {
    const index = order[depth];
    if (index === undefined) {
      indices[next] = offset;
      return next + 1;
    }
    let place = next;
    for (let i = 0; i < (factors[index] ?? 1); i++) place = walk(depth + 1, offset + i * (strides[index] ?? 1), place);
    return place;
  };
  walk(0, 0, 0);
  return indices;
}
