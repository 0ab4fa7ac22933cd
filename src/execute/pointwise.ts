/** Pointwise functions of one real value, the same in float graphs and in the tables of integer graphs. */
export type PointwiseKind = 'sigmoid' | 'tanh';

export const POINTWISE_FUNCTIONS: Readonly<Record<PointwiseKind, (x: number) => number>> = {
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
};
