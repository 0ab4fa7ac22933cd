import { expect, test } from 'vitest';
import { report, runAll } from './all-cases.js';
import { differences, isFailure, readList, writeList } from './case-list.js';
import { installedCases, NO_CASES } from './test-data.js';

/** `npm run conformance`: all ONNX operator cases against the list. HEDDLE_UPDATE=1 writes the list anew. */

const installed = installedCases();

if (installed === undefined) console.log(`Skipped: ${NO_CASES}`);

test.skipIf(installed === undefined)('ONNX operator cases', () => {
  if (installed === undefined) return;
  const outcomes = runAll(installed);
  if (process.env['HEDDLE_UPDATE'] === '1') writeList(installed.version, outcomes);
  const list = readList();
  const found = differences(list, outcomes);
  console.log(`${report(outcomes, list)}\n`);
  if (found.length > 0)
    console.log(`Otherwise than listed for ${list.version}; here is ${installed.version}:\n  ${found.join('\n  ')}\n`);
  expect([...outcomes].filter(([, outcome]) => isFailure(outcome)).map(([name]) => name)).toEqual([]);
  expect(found.length, 'cases otherwise than listed').toBe(0);
});
