import type { Clamp } from '../../ir/op.js';
import { clampTo } from '../../support/fixed-point.js';
import { invariant } from '../../support/invariant.js';

/** The data of a float32 tensor. */
export function float32(data: unknown): Float32Array {
  invariant(data instanceof Float32Array, 'float32 data is wanted');
  return data;
}

/** A clamp in real values; an end that is missing is unbounded. */
export function realClamp(clamp: Clamp | undefined): (y: number) => number {
  const { lo = Number.NEGATIVE_INFINITY, hi = Number.POSITIVE_INFINITY } = clamp ?? {};
  return (y) => clampTo(y, lo, hi);
}
