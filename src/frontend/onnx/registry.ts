import { CONSTANT_RULES } from './operators/constants.js';
import { DATA_RULES } from './operators/data.js';
import { END_RULES } from './operators/ends.js';
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
  ['', join(CONSTANT_RULES, SHAPE_RULES, DATA_RULES, END_RULES)],
  ['com.microsoft', join()],
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
