import type { EluOp, HardSigmoidOp, HardSwishOp, OpOf, SigmoidOp, SwishOp, TanhOp } from '../ir/op.js';

/** Functions of one real value, the same in float graphs and in the tables of integer graphs. */
export type PointwiseOp = SigmoidOp | TanhOp | EluOp | HardSigmoidOp | HardSwishOp | SwishOp;

export type PointwiseKind = PointwiseOp['kind'];

type RealFunction = (x: number) => number;

const limitToUnit = (x: number): number => Math.max(0, Math.min(1, x));

const POINTWISE_FUNCTIONS: { readonly [K in PointwiseKind]: (op: OpOf<K>) => RealFunction } = {
  sigmoid: () => (x) => 1 / (1 + Math.exp(-x)),
  tanh: () => Math.tanh,
  elu:
    ({ alpha }) =>
    (x) =>
      x > 0 ? x : alpha * Math.expm1(x),
  'hard-sigmoid':
    ({ alpha, beta }) =>
    (x) =>
      limitToUnit(alpha * x + beta),
  'hard-swish': () => (x) => x * limitToUnit(x / 6 + 0.5),
  swish: () => (x) => x / (1 + Math.exp(-x)),
};

/** What the operator does to a real value, in double precision. */
export function pointwiseFunction(op: PointwiseOp): RealFunction {
  const make = POINTWISE_FUNCTIONS[op.kind] as (op: PointwiseOp) => RealFunction;
  return make(op);
}
