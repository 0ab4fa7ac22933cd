import type { Tensor } from '../../src/ir/tensor.js';

/** How far a float tensor is from the runtime's: max|a - b| relative to max|b|. */
export interface Deviation {
  readonly tensor: string;
  readonly relative: number;
}

/** What is allowed. */
export const LARGEST_DEVIATION = 1e-3;

/** Rounds ours first where the runtime's tensor has fewer bits. */
export function deviationOf(
  tensor: string,
  ours: ArrayLike<number>,
  wanted: ArrayLike<number>,
  round: (value: number) => number = (value) => value,
): Deviation {
  if (ours.length !== wanted.length) throw new Error(`'${tensor}': ${ours.length} elements, not ${wanted.length}`);
  let [difference, largest] = [0, 0];
  for (let i = 0; i < ours.length; i++) {
    const distance = Math.abs(round(ours[i] as number) - (wanted[i] as number));
    // NaN is no smaller than anything: it stays.
    if (!(distance <= difference)) difference = distance;
    largest = Math.max(largest, Math.abs(wanted[i] as number));
  }
  return { tensor, relative: difference === 0 ? 0 : difference / largest };
}

/** Of all of our tensors that the runtime has too. */
export function deviationsOf(
  ours: ReadonlyMap<string, Tensor>,
  runtime: (tensor: string) => Tensor | undefined,
  round?: (value: number) => number,
): readonly Deviation[] {
  return [...ours].flatMap(([name, { data }]) => {
    const wanted = runtime(name);
    return wanted === undefined ? [] : [deviationOf(name, data as Float32Array, wanted.data as Float32Array, round)];
  });
}

/** The worse of both, tensor by tensor. */
export function mergeDeviations(a: readonly Deviation[], b: readonly Deviation[]): readonly Deviation[] {
  const worst = new Map(a.map((one) => [one.tensor, one]));
  for (const one of b) if (!(one.relative <= (worst.get(one.tensor)?.relative ?? -1))) worst.set(one.tensor, one);
  return [...worst.values()];
}

export function isClose({ relative }: Deviation): boolean {
  return relative <= LARGEST_DEVIATION;
}
