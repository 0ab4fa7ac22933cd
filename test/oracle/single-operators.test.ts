import { describe, expect, test } from 'vitest';
import { agreementText, isAcceptable, summarise } from './compare-operators.js';
import { isClose } from './compare-reals.js';
import { drawableKinds } from './random-operators.js';
import { caseText, compareFloatCase, compareIntegerCase, operatorCases } from './single-operators.js';

/** A sample of what `npm run oracle` does more of. */
const seed = Number(process.env['HEDDLE_SEED'] ?? 1);
const CASES = 20;

describe(`integer operators against the runtime, HEDDLE_SEED=${seed}`, () => {
  for (const form of ['qdq', 'qoperator'] as const) {
    test.each(drawableKinds(false))(`%s, ${form}`, async (kind) => {
      const agreements = [];
      for (const one of operatorCases(kind, false, seed * 1000, CASES)) {
        const agreement = await compareIntegerCase(one, form);
        expect(agreement.worse, `${caseText(one)}: ${agreement.example}`).toBe(0);
        agreements.push(agreement);
      }
      for (const sum of summarise(agreements)) expect(isAcceptable(sum), agreementText(sum)).toBe(true);
    });
  }
});

describe(`float operators against the runtime, HEDDLE_SEED=${seed}`, () => {
  test.each(drawableKinds(true))('%s', async (kind) => {
    for (const one of operatorCases(kind, true, seed * 1000, CASES)) {
      const deviation = await compareFloatCase(one);
      expect(isClose(deviation), `${caseText(one)}: ${deviation.relative}`).toBe(true);
    }
  });
});
