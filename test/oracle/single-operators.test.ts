import { describe, expect, test } from 'vitest';
import type { OpKind } from '../../src/ir/op.js';
import { type Agreement, agreementText, makeComparison, summarise } from './compare-operators.js';
import { type ExportForm, exportGraph } from './export-graph.js';
import { drawableKinds, leastOpset, randomOperator } from './random-operators.js';
import { runOnce } from './runtime.js';
import { namedTensors, toRuntime } from './runtime-tensors.js';

const seed = Number(process.env['HEDDLE_SEED'] ?? 1);
const OPSETS = { least: 7, newest: 26 } as const;

async function compareOne(kind: OpKind, caseSeed: number, form: ExportForm): Promise<Agreement> {
  const drawn = randomOperator(kind, false, caseSeed);
  const least = Math.max(13, leastOpset(drawn));
  const opset = least + (caseSeed % (OPSETS.newest - least + 1));
  const file = exportGraph(drawn.graph, { form, opset });
  const inputs = new Map([...drawn.inputs].map(([name, tensor]) => [name, toRuntime(tensor)]));
  const results = await runOnce(file, inputs);
  const comparison = makeComparison(drawn.graph);
  const own = namedTensors(drawn.graph, results);
  comparison.compare((tensor) => drawn.inputs.get(tensor) ?? own(tensor));
  return comparison.agreements[0] as Agreement;
}

describe(`operators against the runtime, HEDDLE_SEED=${seed}`, () => {
  test.each(drawableKinds(false))('%s', async (kind) => {
    for (const form of ['qdq', 'qoperator'] as const) {
      const all: Agreement[] = [];
      for (let i = 0; i < 40; i++) {
        try {
          all.push(await compareOne(kind, seed * 1000 + i, form));
        } catch (error) {
          console.log(kind, form, i, String(error).slice(0, 300));
        }
      }
      for (const sum of summarise(all)) console.log(form, agreementText(sum));
      const bad = all.filter((one) => one.worse > 0 || one.equal < 0.9 * one.elements);
      if (bad.length > 0) console.log(kind, form, all.indexOf(bad[0] as Agreement), bad[0]);
    }
    expect(1).toBe(1);
  });
});
