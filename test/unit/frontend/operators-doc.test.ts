import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { DOMAINS, OPERATOR_RULES } from '../../../src/frontend/onnx/registry.js';
import type { OperatorRule } from '../../../src/frontend/onnx/rule.js';
import { OPERATOR_RULES as TFLITE_RULES } from '../../../src/frontend/tflite/registry.js';

/** The tables of docs/onnx.md and docs/tflite.md are those of the registries; GOLDEN_UPDATE=1 writes them anew. */

type Row = readonly string[];

function table(head: Row, rows: readonly Row[]): string {
  const line = (cells: Row): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const words = (names: Iterable<string>): string =>
  [...new Set(names)]
    .sort()
    .map((name) => `\`${name}\``)
    .join(', ');

/** Known only to be refused in words of its own. */
const REFUSED: ReadonlySet<string> = new Set(['DynamicQuantizeLinear']);

/** Opsets from the oldest that is read on, and the attributes of any of them. */
function onnxRow([name, rules]: readonly [string, readonly OperatorRule[]], least: number): Row {
  const from = Math.max(least, Math.min(...rules.map((rule) => rule.from)));
  const newest = Math.max(...rules.map(({ to = Number.POSITIVE_INFINITY }) => to));
  const opsets = Number.isFinite(newest) ? `${from} to ${newest}` : `${from} and newer`;
  const isConstant = rules.every(({ constantsOnly }) => constantsOnly === true);
  const remark = REFUSED.has(name) ? 'refused' : isConstant ? 'constants only' : '';
  return [name, opsets, remark, words(rules.flatMap(({ attributes }) => Object.keys(attributes)))];
}

function onnxTables(): string {
  const parts = [...OPERATOR_RULES].map(([domain, rules]) => {
    const least = DOMAINS.get(domain)?.least ?? 1;
    const rows = [...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map((entry) => onnxRow(entry, least));
    return `## Operators of ${domain === '' ? 'ai.onnx' : domain}\n\n${table(['Operator', 'Opsets', 'Remark', 'Attributes'], rows)}`;
  });
  return parts.join('\n\n');
}

function tfliteTable(): string {
  const rows = [...TFLITE_RULES]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { versions, options }]) => [name, `up to ${versions}`, words(Object.keys(options.fields))]);
  return `## Operators\n\n${table(['Operator', 'Versions', 'Options'], rows)}`;
}

it.each([
  ['docs/onnx.md', onnxTables()],
  ['docs/tflite.md', tfliteTable()],
])('%s lists the operators that are read', (name, tables) => {
  const path = fileURLToPath(new URL(`../../../${name}`, import.meta.url));
  const document = readFileSync(path, 'utf8');
  const wanted = document.replace(/(<!-- operators -->\n).*?(<!-- end -->)/s, `$1\n${tables}\n\n$2`);
  if (process.env['GOLDEN_UPDATE'] === '1') writeFileSync(path, wanted);
  else expect(document).toBe(wanted);
});
