import { describe, expect, it } from 'vitest';
import { lowerModel } from '../../src/compile.js';
import { emitDesign } from '../../src/emit/file-set.js';
import { chooseDesign } from '../../src/explore/choose.js';
import type { Design } from '../../src/hw/design.js';
import type { Graph } from '../../src/ir/graph.js';
import { predict } from '../../src/schedule/predict.js';
import { cacheDirectory } from '../../src/simulate/cache.js';
import type { VerifyReport } from '../../src/verify/report.js';
import { buildBatch, runBatch, type VerifySubject } from '../../src/verify/verify-batch.js';
import { VERSION } from '../../src/version.js';
import { randomFrames } from '../campaign/build-network.js';
import { BLOCKS } from '../unit/schedule/blocks.js';

/** The depths of FIFOs that the token-level model gives, in the RTL: with half the depth it slows or stops as predicted. */

const FRAMES = 5;
const REQUEST = { clockMHz: 200, multiplierBudget: 150 };

interface Variant {
  readonly graph: Graph;
  readonly design: Design;
}

/** The design as it is sized, and with the deepest of its FIFOs halved. */
function variants(kind: keyof typeof BLOCKS): readonly Variant[] {
  const { design } = chooseDesign(lowerModel(BLOCKS[kind](kind)).network, REQUEST);
  const [edge, fifo] = [...design.fifos].sort(([, a], [, b]) => b.depth - a.depth)[0] ?? ['', { depth: 0 }];
  const changes = [design.fifos, halved(design.fifos, edge, Math.floor(fifo.depth / 2))];
  return changes.map((fifos, i) => {
    const { graph, network } = lowerModel(BLOCKS[kind](`${kind}${i}`));
    return { graph, design: { ...design, network, fifos } };
  });
}

function halved(fifos: Design['fifos'], edge: string, depth: number): Design['fifos'] {
  return new Map([...fifos].map(([other, fifo]) => [other, other === edge ? { ...fifo, depth } : fifo]));
}

function subjectOf({ graph, design }: Variant): VerifySubject {
  return {
    graph,
    emitted: emitDesign(design, VERSION, ''),
    prediction: predict(design),
    frames: randomFrames(graph, 1, FRAMES),
  };
}

async function run(subjects: readonly VerifySubject[]): Promise<readonly VerifyReport[]> {
  const batch = await buildBatch(subjects, { cacheDir: cacheDirectory(process.env), quickBuild: true });
  return runBatch(batch, { stall: 0, seed: 1 });
}

describe('FIFOs on reconverging paths', { timeout: 600_000 }, () => {
  it('with half the depth slow the RTL down, or stop it, as the model says', async () => {
    const subjects = [...variants('residual'), ...variants('dense'), ...variants('inception')].map(subjectOf);
    const isStopped = ({ prediction }: VerifySubject): boolean => prediction.deadlockInFrame !== undefined;
    const flowing = subjects.filter((subject) => !isStopped(subject));
    const reports = await run(flowing);
    const measured = reports.map(({ model, bitExact, cyclesPerFrame, latencyCycles }) => ({
      model,
      bitExact,
      cyclesPerFrame,
      latencyCycles,
    }));
    expect(measured).toEqual(
      flowing.map(({ graph, prediction: { cyclesPerFrame, latencyCycles } }) => ({
        model: graph.name,
        bitExact: true,
        cyclesPerFrame,
        latencyCycles,
      })),
    );
    const stopped = subjects.filter(isStopped);
    expect(stopped.length).toBeGreaterThan(0);
    for (const report of await run(stopped)) expect(report.status, report.model).toBe('deadlock');
  });
});
