import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type FrameSource, randomFrames } from '../../src/execute/frame-source.js';
import { arithmeticOf, classOutput } from '../../src/execute/run-model.js';
import { loadTfliteFile } from '../../src/frontend/tflite/import.js';
import type { Graph } from '../../src/ir/graph.js';
import { networkOf } from '../../src/load.js';
import { defined } from '../../src/support/invariant.js';
import { makeRandom } from '../../src/support/random.js';
import { ACCURACY_CASES, filesOf, labelledFrames } from '../accuracy/tflite-models.js';
import { sharedPath } from '../shared-data.js';
import { agreementText, isAcceptable, summarise } from './compare-operators.js';
import { isClose } from './compare-reals.js';
import {
  compareClasses,
  compareFloat,
  compareInteger,
  endToEndText,
  type Frame,
  isAsAccurate,
  openExported,
} from './network-oracle.js';

/** Every TFLite model of the shared folder, written as an ONNX file, against the runtime: `npm run oracle`. */

/** Frames for the comparison operator by operator; more of them where a tensor has few elements. */
const FRAMES = 5;
const RANDOM_FRAMES = 40;

const folder = sharedPath('models');
const models =
  folder === undefined
    ? []
    : readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.tflite'))
        .sort()
        .map((name) => join(folder, name));

function inputFrames(graph: Graph, source: Pick<FrameSource, 'frame'>, count: number): Iterable<Frame> {
  const { tensor } = defined(graph.inputs[0], 'the input');
  return Array.from({ length: count }, (_, i) => new Map([[tensor, source.frame(i)]]));
}

/** Real values as an activation has them, where there are no labelled frames. */
function randomSource(graph: Graph): Pick<FrameSource, 'frame'> {
  const input = defined(graph.inputs[0], 'the input');
  if (arithmeticOf(graph) === 'integer') return randomFrames(graph, input, RANDOM_FRAMES, 1);
  const type = defined(graph.types.get(input.tensor), 'its type');
  return {
    frame(index) {
      const random = makeRandom(index);
      const count = type.shape.reduce((a, b) => a * b, 1);
      return { type, data: Float32Array.from({ length: count }, () => 2 * random() - 1) };
    },
  };
}

describe.skipIf(folder === undefined)(
  `TFLite models${folder === undefined ? ' (skipped: not beside the checkout)' : ''}`,
  () => {
    test.each(models)('%s', async (path) => {
      const name = relative(folder ?? '', path);
      const { graph } = networkOf(loadTfliteFile(path));
      const entry = ACCURACY_CASES.find(({ model }) => model === name);
      const files = entry === undefined ? undefined : filesOf(entry);
      const labelled =
        entry === undefined || files === undefined
          ? undefined
          : labelledFrames(entry, files, graph, Number.POSITIVE_INFINITY);
      const frames = inputFrames(graph, labelled?.source ?? randomSource(graph), labelled ? FRAMES : RANDOM_FRAMES);
      console.log(`${name}: ${labelled ? `${FRAMES} labelled` : `${RANDOM_FRAMES} random`} frames`);
      if (arithmeticOf(graph) === 'integer') await checkInteger(graph, frames);
      else await checkFloat(graph, frames);
      if (labelled === undefined || entry === undefined) return;
      await checkClasses(
        graph,
        labelled.source,
        labelled.labels.map((label) => label + entry.offset),
      );
    });
  },
);

async function checkInteger(graph: Graph, frames: Iterable<Frame>): Promise<void> {
  for (const form of ['qoperator', 'qdq'] as const) {
    const session = await openExported(graph, form);
    const agreements = await compareInteger(graph, session, frames);
    await session.release();
    for (const sum of summarise(agreements)) console.log(`  ${form.padEnd(9)} ${agreementText(sum)}`);
    for (const bad of agreements.filter((one) => !isAcceptable(one))) {
      expect.soft(isAcceptable(bad), `'${bad.node}' ${agreementText(bad)} ${bad.example ?? ''}`).toBe(true);
    }
  }
}

async function checkFloat(graph: Graph, frames: Iterable<Frame>): Promise<void> {
  const session = await openExported(graph, 'qdq');
  const deviations = await compareFloat(graph, session, frames);
  await session.release();
  const worst = deviations.reduce((a, b) => (a.relative > b.relative ? a : b));
  console.log(`  ${deviations.length} tensors, at most ${worst.relative.toExponential(1)} of the largest element`);
  expect(isClose(worst), `tensor '${worst.tensor}'`).toBe(true);
}

async function checkClasses(graph: Graph, source: FrameSource, labels: readonly number[]): Promise<void> {
  const session = await openExported(graph, 'qoperator');
  const result = await compareClasses(
    graph,
    session,
    classOutput(graph),
    inputFrames(graph, source, source.count),
    labels,
  );
  await session.release();
  console.log(`  ${endToEndText(result)}`);
  expect(isAsAccurate(result)).toBe(true);
}
