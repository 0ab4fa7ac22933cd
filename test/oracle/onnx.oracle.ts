import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { defined } from '../../src/support/invariant.js';
import { sharedPath } from '../shared-data.js';
import { agreementText, isAcceptable, summarise } from './compare-operators.js';
import { type Deviation, isClose } from './compare-reals.js';
import { compareFileClasses, compareFloatFile, compareIntegerFile, type FileOracle, openFile } from './file-oracle.js';
import { endToEndText, isAsAccurate } from './network-oracle.js';
import { caseData, FLOAT_CASES, INTEGER_CASE, type OnnxCase } from './onnx-cases.js';
import { withRandomWeights } from './onnx-files.js';
import { processorNote } from './runtime.js';

/** The ONNX files of the shared folder against the runtime, which reads the same files: `npm run oracle -- onnx`. */

const seed = Number(process.env['HEDDLE_SEED'] ?? 1);
const isHere = sharedPath('models') !== undefined;
const rows: string[] = [];

console.log(isHere ? `HEDDLE_SEED=${seed}; ${processorNote()}` : 'Skipped: there is no ../shared with models and data');
afterAll(() => console.log(rows.join('\n')));

async function open({ model, isHalf = false, isUntrained }: OnnxCase): Promise<FileOracle> {
  const bytes = readFileSync(defined(sharedPath('models', model), model));
  return openFile(isUntrained === true ? withRandomWeights(bytes, model, seed) : bytes, model, { isHalf });
}

async function checkClasses(oracle: FileOracle, one: OnnxCase): Promise<void> {
  const data = caseData(one, oracle.graph);
  const result = await compareFileClasses(oracle, data.frames(0, one.scored), data.labels);
  rows.push(`${one.model}: ${endToEndText(result)}`);
  expect(isAsAccurate(result)).toBe(true);
}

function worstOf(deviations: readonly Deviation[]): Deviation {
  return deviations.reduce((a, b) => (b.relative <= a.relative ? a : b));
}

describe.skipIf(!isHere)('float files', () => {
  test.each(FLOAT_CASES)('$model', async (one) => {
    const oracle = await open(one);
    const { frames } = caseData(one, oracle.graph);
    const { imported, network } = await compareFloatFile(oracle, frames(0, one.frames));
    for (const [form, deviations] of Object.entries({ imported, network })) {
      const worst = worstOf(deviations);
      const share = worst.relative.toExponential(1);
      rows.push(`${one.model}, ${form}: ${deviations.length} tensors, at most ${share} of the largest element`);
      const far = deviations.filter((deviation) => !isClose(deviation));
      expect.soft(far, form).toEqual([]);
    }
    if (one.scored > 0) await checkClasses(oracle, one);
    await oracle.session.release();
  });
});

describe.skipIf(!isHere)('integer files', () => {
  test(INTEGER_CASE.model, async () => {
    const oracle = await open(INTEGER_CASE);
    const data = caseData(INTEGER_CASE, oracle.graph);
    await checkOperators(oracle, INTEGER_CASE.model, data.frames(0, INTEGER_CASE.frames));
    await checkClasses(oracle, INTEGER_CASE);
    await oracle.session.release();
  });
});

async function checkOperators(
  oracle: FileOracle,
  name: string,
  frames: Parameters<typeof compareIntegerFile>[1],
): Promise<void> {
  const { agreements, unseen } = await compareIntegerFile(oracle, frames);
  rows.push(...summarise(agreements).map((sum) => `${name}: ${agreementText(sum)}`));
  rows.push(`${name}: ${unseen.length} of ${agreements.length} operators are none of the file's ${unseen.join(' ')}`);
  for (const bad of agreements.filter((one) => !isAcceptable(one))) {
    expect.soft(isAcceptable(bad), `'${bad.node}' ${agreementText(bad)} ${bad.example ?? ''}`).toBe(true);
  }
}
