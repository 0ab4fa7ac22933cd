import { describe, expect, test } from 'vitest';
import { type Agreement, agreementText, isAcceptable, summarise } from './compare-operators.js';
import { isClose } from './compare-reals.js';
import { drawableKinds } from './random-operators.js';
import { processorNote } from './runtime.js';
import { caseText, compareFloatCase, compareIntegerCase, OPSETS, operatorCases } from './single-operators.js';

/** Random graphs of one operator over all versions of the operators: `npm run oracle`. HEDDLE_SEED repeats a run. */
const seed = Number(process.env['HEDDLE_SEED'] ?? 1);
const CASES = 200;

console.log(`HEDDLE_SEED=${seed}, ${CASES} cases an operator, opsets up to ${OPSETS.newest}; ${processorNote()}`);

for (const form of ['qdq', 'qoperator'] as const) {
  describe(`integer operators, ${form}`, () => {
    test.each(drawableKinds(false))('%s', async (kind) => {
      const agreements: Agreement[] = [];
      for (const one of operatorCases(kind, false, seed * 1000, CASES)) {
        const agreement = await compareIntegerCase(one, form);
        if (agreement.worse > 0) console.log(`${caseText(one)}: ${agreement.example}`);
        agreements.push(agreement);
      }
      const [sum] = summarise(agreements) as [Agreement];
      console.log(`${form.padEnd(9)} ${agreementText(sum)}`);
      expect(isAcceptable(sum)).toBe(true);
    });
  });
}

describe('float operators', () => {
  test.each(drawableKinds(true))('%s', async (kind) => {
    let worst = 0;
    for (const one of operatorCases(kind, true, seed * 1000, CASES)) {
      const deviation = await compareFloatCase(one);
      if (!isClose(deviation)) console.log(`${caseText(one)}: ${deviation.relative}`);
      worst = Math.max(worst, deviation.relative);
    }
    console.log(`float     ${kind.padEnd(22)} at most ${worst.toExponential(1)} of the largest element`);
    expect(isClose({ tensor: 'y', relative: worst })).toBe(true);
  });
});
