import type { Clamp } from '../../ir/op.js';
import { intRange, isInt } from '../../ir/tensor-type.js';
import type { Activation, Call } from './call.js';
import { refuse } from './call.js';
import { unsupportedOption } from './messages.js';
import { choice } from './options.js';

/** The activation that an operator applies to its own result. */
export const fusedActivation = choice(['NONE', 'RELU', 'RELU_N1_TO_1', 'RELU6', 'TANH', 'SIGN_BIT']);

export interface RealRange {
  readonly lo?: number;
  readonly hi?: number;
}

/** Ranges of the activations that are clamps, in real values. */
export const CLAMPS: Readonly<Record<string, RealRange>> = {
  NONE: {},
  RELU: { lo: 0 },
  RELU_N1_TO_1: { lo: -1, hi: 1 },
  RELU6: { lo: 0, hi: 6 },
  RELU_0_TO_1: { lo: 0, hi: 1 },
};

/** The clamp of an output with the operator's fused activation. */
export function fusedClamp(call: Call<{ readonly fused_activation_function: string }>, output: Activation): Clamp {
  const range = CLAMPS[call.options.fused_activation_function];
  if (range !== undefined) return clampOf(range, output);
  const text = `is ${call.options.fused_activation_function}`;
  return refuse(
    unsupportedOption(call.spot, 'fused_activation_function', text, 'export the activation as an operator of its own'),
  );
}

/**
 * A range of real values as a clamp of an output. For integers zeroPoint + round(real / scale), the quotient in float32
 * and halves away from zero, as TFLite's CalculateActivationRangeQuantized; an end at the type's limit is left out.
 */
export function clampOf({ lo, hi }: RealRange, { element, quant }: Activation): Clamp {
  if (!isInt(element) || quant === undefined) return withoutOpenEnds(lo, hi);
  const { min, max } = intRange(element);
  const [scale = 1] = quant.scale;
  const [zeroPoint = 0] = quant.zeroPoint;
  const toInteger = (real: number): number => {
    const quotient = Math.fround(real / scale);
    const q = zeroPoint + Math.sign(quotient) * Math.floor(Math.abs(quotient) + 0.5);
    return Math.max(min, Math.min(max, q));
  };
  const low = lo === undefined ? min : toInteger(lo);
  const high = hi === undefined ? max : toInteger(hi);
  return withoutOpenEnds(low > min ? low : undefined, high < max ? high : undefined);
}

function withoutOpenEnds(lo: number | undefined, hi: number | undefined): Clamp {
  return { ...(lo === undefined ? {} : { lo }), ...(hi === undefined ? {} : { hi }) };
}

/** For an operator's attributes: nothing where nothing is clamped. */
export function clampAttribute(clamp: Clamp): { readonly clamp?: Clamp } {
  return clamp.lo === undefined && clamp.hi === undefined ? {} : { clamp };
}
