import { describe, expect, it } from 'vitest';
import { compileModel } from '../../src/compile.js';
import { DEFAULT_CLOCK_MHZ } from '../../src/explore/choose.js';
import { cacheDirectory } from '../../src/simulate/cache.js';
import { buildBatch, framesOfInput, runBatch } from '../../src/verify/verify-batch.js';
import { corruptFile } from '../campaign/corrupt.js';
import { branchingDesigns, randomDesigns, singleLayerDesigns } from '../campaign/make-cases.js';
import { type Case, type ProveOptions, proveBatch, standardRuns } from '../campaign/prove.js';
import { makeRandom } from '../campaign/random.js';
import { regressionDesigns } from '../campaign/regressions.js';
import { digitFrames, quantisedModel, SHIPPED, shippedDesign } from '../campaign/shipped.js';
import { elementDesigns } from '../campaign/single-elements.js';

/*
 * A sample of the proof campaign (npm run campaign): the RTL of whole networks against the golden model, stream by
 * stream. Each run takes other networks; HEDDLE_SEED repeats one.
 */

const seed = Number(process.env['HEDDLE_SEED'] ?? Math.floor(Date.now() / 1000) % 1_000_000_000);
const cacheDir = cacheDirectory(process.env);
const SINGLE_LAYERS = 7;
const ELEMENTS = 3;
const LINEAR = 4;
const WITH_BRANCHES = 6;
/** Of those with branches. */
const MOST_LAYERS = 7;
/** A build shares its processors with everything else that runs. */
const TIMEOUT = { timeout: 600_000 };

const OPTIONS: ProveOptions = { cacheDir, runs: standardRuns(seed), lintEvery: 5, corrupt: true };

async function failuresOf(cases: readonly Case[], options: ProveOptions): Promise<readonly string[]> {
  const result = await proveBatch(cases, options);
  const failing = result.cases.filter((one) => one.failures.length > 0);
  expect(result.cases.length).toBe(cases.length);
  expect(result.cases.every((one) => one.comparedWords > 0 || one.failures.length > 0)).toBe(true);
  return [
    ...failing.map(({ subject, failures }) => `${subject.title} (seed ${subject.seed}): ${failures.join('; ')}`),
    ...result.corruption.failures,
  ];
}

/** Different cases each time, none twice. */
function sample(cases: readonly Case[], count: number): readonly Case[] {
  const random = makeRandom(seed);
  const left = [...cases];
  return Array.from({ length: count }, () => left.splice(random.integer(0, left.length - 1), 1)).flat();
}

describe(`networks of HEDDLE_SEED=${seed}`, TIMEOUT, () => {
  it.concurrent(`${SINGLE_LAYERS + ELEMENTS} single layers are bit-exact, in the predicted time`, async () => {
    const layers = sample(singleLayerDesigns(seed), SINGLE_LAYERS);
    expect(await failuresOf([...layers, ...sample(elementDesigns(seed), ELEMENTS)], OPTIONS)).toEqual([]);
  });

  it.concurrent(`${WITH_BRANCHES} random networks with branches, ${LINEAR} without, and those that once failed, are bit-exact, in the predicted time`, async () => {
    const random = [...branchingDesigns(seed, WITH_BRANCHES, MOST_LAYERS), ...randomDesigns(seed, LINEAR)];
    expect(await failuresOf([...random, ...regressionDesigns()], OPTIONS)).toEqual([]);
  });
});

describe('the shipped models', TIMEOUT, () => {
  it('are bit-exact on digits, in the predicted time', async () => {
    const runs = [
      { stall: 0, seed: 1 },
      { stall: 0.3, seed: 2 },
      { stall: 0.3, seed: 3, resetAfterCycles: 7777 },
    ];
    const designs = SHIPPED.map((model) => shippedDesign(model, 5));
    expect(await failuresOf(designs, { ...OPTIONS, runs })).toEqual([]);
  });
});

/** Words that no result of the frames depends on exist: behind a ReLU that is always at zero. */
const MOST_WORDS = 12;

describe('a corrupted memory word', TIMEOUT, () => {
  it('makes verification fail, and the layer that it belongs to is named', async () => {
    const graph = quantisedModel('lenet5', 'lenet5');
    const compiled = compileModel(graph, { sizing: { clockMHz: DEFAULT_CLOCK_MHZ } });
    const { emitted } = compiled;
    const subject = {
      graph: compiled.graph,
      emitted,
      prediction: compiled.prediction,
      frames: framesOfInput(graph, digitFrames(graph, 3)),
    };
    const batch = await buildBatch([subject], { cacheDir });
    const [clean] = await runBatch(batch, { stall: 0, seed: 1 });
    expect(clean?.bitExact).toBe(true);

    const files = [...emitted.memories.keys()].filter((file) => /_weights_00\.mem$|_params\.mem$/.test(file));
    expect(files.length).toBe(2 * 5);
    for (const file of files) {
      let isDetected = false;
      for (let word = 0; word < MOST_WORDS && !isDetected; word++) {
        const { layer, text } = corruptFile(emitted, file, makeRandom(word));
        const [report] = await runBatch(batch, { stall: 0, seed: 1, memories: new Map([[file, text]]) });
        if (report === undefined || report.bitExact) continue;
        isDetected = true;
        expect(report.mismatches, file).toBeGreaterThan(0);
        expect(report.firstMismatch?.layer, file).toBe(layer);
        expect(file).toContain(`_${layer}_`);
        const options = { stall: 0, seed: 1, memories: new Map([[file, text]]), stopOnMismatch: true };
        const [stopped] = await runBatch(batch, options);
        expect(stopped?.status).toBe('mismatch');
        expect(stopped?.firstMismatch).toEqual(report.firstMismatch);
        expect(stopped?.cycles, file).toBe((report.firstMismatch?.cycle ?? 0) + 1);
      }
      expect(isDetected, file).toBe(true);
    }
  });
});
