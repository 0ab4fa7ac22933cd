import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { realToTensor } from '../../src/execute/frames.js';
import { prepareInteger } from '../../src/execute/integer/execute-integer.js';
import type { Graph } from '../../src/ir/graph.js';
import { defined } from '../../src/support/invariant.js';
import { sharedPath } from '../shared-data.js';
import { agreementText, isAcceptable, summarise } from './compare-operators.js';
import { type Deviation, isClose } from './compare-reals.js';
import { exportGraph } from './export-graph.js';
import { compareFileClasses, compareFloatFile, compareIntegerFile, type FileOracle, openFile } from './file-oracle.js';
import { endToEndText, isAsAccurate } from './network-oracle.js';
import { type CaseData, caseData, FLOAT_CASES, framesFor, INTEGER_CASE, type OnnxCase } from './onnx-cases.js';
import { withRandomWeights } from './onnx-files.js';
import { processorNote } from './runtime.js';
import { WRITTEN_CASES } from './written-cases.js';

/** The ONNX files of the shared folder against the runtime, which reads the same files: `npm run oracle -- onnx`. */

const seed = Number(process.env['HEDDLE_SEED'] ?? 1);
const isHere = sharedPath('models') !== undefined;

/** 16-bit tensors need it. */
const WRITTEN_OPSET = 21;

console.log(isHere ? `HEDDLE_SEED=${seed}; ${processorNote()}` : 'Skipped: there is no ../shared with models and data');

/** What is compared of a network, all of it on the same frames. */
interface Run {
  readonly name: string;
  readonly oracle: FileOracle;
  readonly data: CaseData;
  readonly frames: number;
  readonly scored: number;
  readonly first: number;
}

async function checkClasses({ name, oracle, data, first, scored }: Run): Promise<void> {
  const labels = data.labels.slice(first, first + scored);
  const result = await compareFileClasses(oracle, framesFor(oracle.graph, data, first, scored), labels);
  console.log(`${name}: ${endToEndText(result)}`);
  expect(isAsAccurate(result)).toBe(true);
}

function worstOf(deviations: readonly Deviation[]): Deviation {
  return deviations.reduce((a, b) => (b.relative <= a.relative ? a : b));
}

async function checkTensors({ name, oracle, data, frames }: Run): Promise<void> {
  const { imported, network } = await compareFloatFile(oracle, framesFor(oracle.graph, data, 0, frames));
  for (const [form, deviations] of Object.entries({ imported, network })) {
    const share = worstOf(deviations).relative.toExponential(1);
    console.log(`${name}, ${form}: ${deviations.length} tensors, at most ${share} of the largest element`);
    expect
      .soft(
        deviations.filter((deviation) => !isClose(deviation)),
        form,
      )
      .toEqual([]);
  }
}

async function checkOperators({ name, oracle, data, first, frames }: Run): Promise<void> {
  const { agreements, unseen } = await compareIntegerFile(oracle, framesFor(oracle.graph, data, first, frames));
  for (const sum of summarise(agreements)) console.log(`${name}: ${agreementText(sum)}`);
  const none = unseen.length === 0 ? '' : `; not in the file: ${unseen.join(', ')}`;
  console.log(`${name}: ${agreements.length - unseen.length} of ${agreements.length} operators compared${none}`);
  for (const bad of agreements.filter((one) => !isAcceptable(one))) {
    expect.soft(isAcceptable(bad), `'${bad.node}' ${agreementText(bad)} ${bad.example ?? ''}`).toBe(true);
  }
}

async function fileRun(one: OnnxCase): Promise<Run> {
  const { model, isHalf = false, isUntrained, frames, scored } = one;
  const file = readFileSync(defined(sharedPath('models', model), model));
  const bytes = isUntrained === true ? withRandomWeights(file, model, seed) : file;
  const oracle = await openFile(bytes, model, { isHalf });
  return { name: model, oracle, data: caseData(one, oracle.graph), frames, scored, first: 0 };
}

describe.skipIf(!isHere)('float files', () => {
  test.each(FLOAT_CASES)('$model', async (one) => {
    const run = await fileRun(one);
    await checkTensors(run);
    if (run.scored > 0) await checkClasses(run);
    await run.oracle.session.release();
  });
});

describe.skipIf(!isHere)('integer files', () => {
  test(INTEGER_CASE.model, async () => {
    const run = await fileRun(INTEGER_CASE);
    await checkOperators(run);
    await checkClasses(run);
    await run.oracle.session.release();
  });
});

describe.skipIf(!isHere).each(['qdq', 'qoperator'] as const)('integer networks written as files, %s', (form) => {
  test.each(WRITTEN_CASES)('$name', async ({ name, open, ...counts }) => {
    const { graph, data } = open();
    const oracle = await openFile(exportGraph(graph, { form, opset: WRITTEN_OPSET, realEnds: true }), name);
    const run = { name: `${name} as ${form}`, oracle, data, ...counts };
    checkSameNetwork(run, graph);
    await checkOperators(run);
    await checkClasses(run);
    await oracle.session.release();
  });
});

/** What comes back from the file gives exactly the results of the network that was written. */
function checkSameNetwork({ name, oracle, data, first, frames }: Run, written: Graph): void {
  const results = (graph: Graph): readonly (readonly number[])[] => {
    const { tensor } = defined(graph.inputs[0], 'the input');
    const type = defined(graph.types.get(tensor), `the type of '${tensor}'`);
    const executor = prepareInteger(graph);
    return Array.from({ length: frames }, (_, i) => {
      const input = realToTensor(tensor, type, data.frame(first + i).data as Float32Array);
      return [...executor.run(new Map([[tensor, input]])).values()].flatMap((value) => Array.from(value.data, Number));
    });
  };
  expect.soft(results(oracle.graph), `${name}: the network that comes back`).toEqual(results(written));
}
