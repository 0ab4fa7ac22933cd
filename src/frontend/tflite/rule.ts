import type { Call } from './call.js';
import { NO_OPTIONS, type OptionFields, type Options, type OptionTable } from './options.js';

/** How one builtin operator is imported. */
export interface OperatorRule {
  /** The newest version known: what each one added is checked by its types and options. */
  readonly versions: number;
  readonly options: OptionTable<OptionFields>;
  readonly inputs: OperandCount;
  readonly outputs: OperandCount;
  readonly run: (call: Call) => void;
  /** Computes the outputs where all inputs are constants. */
  readonly fold?: (call: Call) => void;
}

/** `min` operands are there; those from `min` to `max` may be missing or left out. */
export interface OperandCount {
  readonly min: number;
  readonly max: number;
}

export const ONE: OperandCount = { min: 1, max: 1 };
export const TWO: OperandCount = { min: 2, max: 2 };
export const MANY: OperandCount = { min: 1, max: Number.POSITIVE_INFINITY };

interface Outline<F extends OptionFields> {
  readonly versions: number;
  readonly options?: OptionTable<F>;
  readonly inputs?: OperandCount;
  readonly outputs?: OperandCount;
  readonly run: (call: Call<Options<F>>) => void;
  readonly fold?: (call: Call<Options<F>>) => void;
}

/** A rule whose functions see their own options; whoever calls them has read just these. */
export function rule<F extends OptionFields = Record<never, never>>(outline: Outline<F>): OperatorRule {
  const { versions, options = NO_OPTIONS, inputs = ONE, outputs = ONE, run, fold } = outline;
  return {
    versions,
    options: options as OptionTable<OptionFields>,
    inputs,
    outputs,
    run: run as (call: Call) => void,
    ...(fold === undefined ? {} : { fold: fold as (call: Call) => void }),
  };
}
