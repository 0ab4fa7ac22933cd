import { DEFAULT_REQUANT_BITS } from '../ir/graph.js';
import { HeddleError } from '../support/diagnostics.js';
import { badOption } from './messages.js';
import type { RangeMethod } from './observer.js';

/** Channels from the frames, ranges from the frames, biases layer by layer, and the comparison over the frames. */
export type QuantizeStage = 'equalise' | 'calibrate' | 'correct' | 'compare';

export interface QuantizeOptions {
  /** Bits of a weight, 2..8; default 8. Weights are symmetric, so 8 bits hold -127..127. */
  readonly weightBits?: number;
  /** Other bits for the weights of single layers, by the names of their nodes. */
  readonly layerWeightBits?: ReadonlyMap<string, number>;
  /** Bits of an activation, 2..16; default 8. Inputs with preprocessing have 8 in any case. */
  readonly activationBits?: number;
  /** Significant bits of a requantisation multiplier, 8..31; default 18. */
  readonly requantBits?: number;
  /** How activation ranges are chosen; default min-max. */
  readonly rangeMethod?: RangeMethod;
  /** Share of values that the method percentile covers, above 50 up to 100; default 99.99. */
  readonly percentile?: number;
  /** Whether weak channels of a tensor are multiplied up, in the weights around it; default true. */
  readonly equalisation?: boolean;
  /** Whether biases make up for what rounding changes in the mean of each channel; default true. */
  readonly biasCorrection?: boolean;
  /** Called after each step of a stage; without `total` there are as many as calibration frames. */
  readonly onStep?: (stage: QuantizeStage, done: number, total?: number) => void;
}

export type ResolvedOptions = Required<QuantizeOptions>;

const RANGE_METHODS: readonly RangeMethod[] = ['min-max', 'percentile', 'mse'];

/** The options with their defaults; HeddleError with every option that is out of range. */
export function resolveOptions(options: QuantizeOptions): ResolvedOptions {
  const resolved: ResolvedOptions = {
    weightBits: options.weightBits ?? 8,
    layerWeightBits: options.layerWeightBits ?? new Map(),
    activationBits: options.activationBits ?? 8,
    requantBits: options.requantBits ?? DEFAULT_REQUANT_BITS,
    rangeMethod: options.rangeMethod ?? 'min-max',
    percentile: options.percentile ?? 99.99,
    equalisation: options.equalisation ?? true,
    biasCorrection: options.biasCorrection ?? true,
    onStep: options.onStep ?? (() => {}),
  };
  const bits = (name: string, value: number, least: number, most: number) => {
    const isLegal = Number.isInteger(value) && value >= least && value <= most;
    return isLegal ? [] : [badOption(name, value, `an integer of ${least} to ${most}`)];
  };
  const { percentile, rangeMethod } = resolved;
  const problems = [
    ...bits('weightBits', resolved.weightBits, 2, 8),
    ...[...resolved.layerWeightBits].flatMap(([layer, value]) => bits(`weightBits of '${layer}'`, value, 2, 8)),
    ...bits('activationBits', resolved.activationBits, 2, 16),
    ...bits('requantBits', resolved.requantBits, 8, 31),
    ...(percentile > 50 && percentile <= 100 ? [] : [badOption('percentile', percentile, 'above 50 and at most 100')]),
    ...(RANGE_METHODS.includes(rangeMethod)
      ? []
      : [badOption('rangeMethod', rangeMethod, `one of ${RANGE_METHODS.join(', ')}`)]),
  ];
  if (problems.length > 0) throw new HeddleError(problems);
  return resolved;
}
