import { type Call, refuse } from '../call.js';
import { unsupportedOption } from '../messages.js';

/** Checks of options that several operators have. */

/**
 * Sums of integers are kept exactly, whatever type the file asks for: int32 and int64 are wide enough for all.
 * FLOAT32 is what stands there where nothing is asked for.
 */
export function checkBiasType(call: Call<{ readonly quantized_bias_type: string }>): void {
  const type = call.options.quantized_bias_type;
  if (type === 'FLOAT32' || type === 'INT32' || type === 'INT64') return;
  refuse(unsupportedOption(call.spot, 'quantized_bias_type', `is ${type}`, 'use INT32 or INT64'));
}

/** Refuses the options that have another value than the only one there is something for. */
export function checkPlainOptions(call: Call, isPlain: Readonly<Record<string, boolean>>): void {
  const options = call.options as Readonly<Record<string, unknown>>;
  const odd = Object.keys(isPlain).filter((name) => isPlain[name] !== true);
  if (odd.length === 0) return;
  const fix = 'export the operator without this option';
  refuse(...odd.map((name) => unsupportedOption(call.spot, name, `is ${String(options[name])}`, fix)));
}
