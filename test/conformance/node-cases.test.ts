import { describe, expect, test } from 'vitest';
import { runAll } from './all-cases.js';
import { differences, isFailure, readList } from './case-list.js';
import { contradictions } from './scope.js';
import { installedCases, NO_CASES } from './test-data.js';

const installed = installedCases();

test('no operator is read and out of scope', () => {
  expect(contradictions()).toEqual([]);
});

describe.skipIf(installed === undefined)(
  `ONNX operator cases${installed === undefined ? ` (skipped: ${NO_CASES})` : ''}`,
  () => {
    test('each gives what the list says, and none a wrong result', () => {
      if (installed === undefined) return;
      const list = readList();
      const outcomes = runAll(installed);
      expect([...outcomes].filter(([, outcome]) => isFailure(outcome))).toEqual([]);
      // Another version of the package may have other cases.
      if (installed.version === list.version) expect(differences(list, outcomes)).toEqual([]);
    });
  },
);
