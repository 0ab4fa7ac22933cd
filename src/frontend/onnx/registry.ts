import { ACTIVATION_RULES, RUNTIME_ACTIVATION_RULES } from './operators/activations.js';
import { CONSTANT_RULES } from './operators/constants.js';
import { CONV_RULES } from './operators/conv.js';
import { DENSE_RULES } from './operators/dense.js';
import { ELEMENTWISE_RULES } from './operators/elementwise.js';
import { END_RULES } from './operators/ends.js';
import { GATHER_RULES } from './operators/gather.js';
import { INTEGER_SUM_RULES } from './operators/integer-sums.js';
import { NORMALISE_RULES } from './operators/normalise.js';
import { POOL_RULES } from './operators/pool.js';
import { QLINEAR_RULES, RUNTIME_QLINEAR_RULES } from './operators/qlinear.js';
import { MICROSOFT_QUANTISE_RULES, QUANTISE_RULES } from './operators/quantised-linear.js';
import { REDUCE_RULES } from './operators/reduce.js';
import { REGION_RULES } from './operators/regions.js';
import { RESAMPLE_RULES } from './operators/resample.js';
import { SHAPE_RULES } from './operators/shape.js';
import type { OperatorRule, RuleTable } from './rule.js';

/** Oldest and newest opset of each domain whose operators are known; '' is ai.onnx. */
export const DOMAINS: ReadonlyMap<string, { readonly least: number; readonly most: number }> = new Map([
  ['', { least: 7, most: 27 }],
  ['com.microsoft', { least: 1, most: 1 }],
]);

function join(...tables: readonly RuleTable[]): ReadonlyMap<string, readonly OperatorRule[]> {
  return new Map(tables.flatMap((table) => Object.entries(table)));
}

/** All operators that are imported, by domain and type. */
export const OPERATOR_RULES: ReadonlyMap<string, ReadonlyMap<string, readonly OperatorRule[]>> = new Map([
  [
    '',
    join(
      ...[CONSTANT_RULES, SHAPE_RULES, REGION_RULES, ELEMENTWISE_RULES, ACTIVATION_RULES, CONV_RULES, POOL_RULES],
      ...[DENSE_RULES, NORMALISE_RULES, REDUCE_RULES, RESAMPLE_RULES, QUANTISE_RULES, QLINEAR_RULES],
      ...[INTEGER_SUM_RULES, GATHER_RULES, END_RULES],
    ),
  ],
  ['com.microsoft', join(RUNTIME_ACTIVATION_RULES, MICROSOFT_QUANTISE_RULES, RUNTIME_QLINEAR_RULES)],
]);

/** Operators whose results may be replaced by what they are computed from, at the end of a network. */
export const TAIL_OPERATORS: ReadonlySet<string> = new Set([
  ...Object.keys(END_RULES),
  'QLinearSoftmax',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Identity',
  'Dropout',
  'Cast',
  'QuantizeLinear',
  'DequantizeLinear',
]);
