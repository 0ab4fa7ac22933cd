import { ACTIVATION_RULES } from './operators/activations.js';
import { CONV_RULES } from './operators/conv.js';
import { DENSE_RULES } from './operators/dense.js';
import { ELEMENTWISE_RULES } from './operators/elementwise.js';
import { END_RULES } from './operators/ends.js';
import { JOIN_RULES } from './operators/joins.js';
import { LAYOUT_RULES } from './operators/layout.js';
import { NUMBER_RULES } from './operators/numbers.js';
import { POOL_RULES } from './operators/pool.js';
import { REGION_RULES } from './operators/regions.js';
import type { OperatorRule } from './rule.js';

/** All operators that are imported, by TFLite's names. */
export const OPERATOR_RULES: ReadonlyMap<string, OperatorRule> = new Map<string, OperatorRule>(
  Object.entries({
    ...CONV_RULES,
    ...DENSE_RULES,
    ...POOL_RULES,
    ...ELEMENTWISE_RULES,
    ...ACTIVATION_RULES,
    ...NUMBER_RULES,
    ...LAYOUT_RULES,
    ...REGION_RULES,
    ...JOIN_RULES,
    ...END_RULES,
  }),
);

/** Operators whose subgraphs are run by a condition, or called. */
export const CONTROL_FLOW: ReadonlySet<string> = new Set([
  'IF',
  'WHILE',
  'CALL',
  'CALL_ONCE',
  'STABLEHLO_WHILE',
  'STABLEHLO_COMPOSITE',
]);

/** Operators that may follow on something that was left out. */
export const TAIL_OPERATORS: ReadonlySet<string> = new Set([
  ...Object.keys(END_RULES),
  'RESHAPE',
  'SQUEEZE',
  'EXPAND_DIMS',
  'QUANTIZE',
  'DEQUANTIZE',
]);
