import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileModel } from '../../src/compile.js';
import { randomFrames } from '../../src/execute/frame-source.js';
import { loadModelFile } from '../../src/frontend/json/files.js';
import { cacheDirectory } from '../../src/simulate/cache.js';
import { defined } from '../../src/support/invariant.js';
import { framePartsOf } from '../../src/verify/frame-parts.js';
import { type BuiltBatch, buildBatch, framesOfInput, runBatch } from '../../src/verify/verify-batch.js';

const FRAMES = 40;
const SEED = 5;

async function build(): Promise<BuiltBatch> {
  const graph = loadModelFile(join(import.meta.dirname, '../../models/lenet5/lenet5-int8.json'));
  const compiled = compileModel(graph, { sizing: { clockMHz: 200 } });
  const source = randomFrames(compiled.graph, defined(graph.inputs[0], 'the input'), FRAMES, SEED);
  const frames = Array.from({ length: FRAMES }, (_, index) => source.frame(index));
  return buildBatch([{ ...compiled, frames: framesOfInput(compiled.graph, frames) }], {
    cacheDir: cacheDirectory(process.env),
    quickBuild: true,
  });
}

describe('frames shared by several processes', () => {
  it('are parted without a gap, and not into shreds', () => {
    expect(framePartsOf(40, 3)).toEqual([
      { first: 0, count: 13 },
      { first: 13, count: 13 },
      { first: 26, count: 14 },
    ]);
    expect(framePartsOf(17, 64)).toEqual([
      { first: 0, count: 8 },
      { first: 8, count: 9 },
    ]);
    expect(framePartsOf(1, 2)).toEqual([{ first: 0, count: 1 }]);
  });

  it('give the same report as one process, and name the frame of a difference', async () => {
    const batch = await build();
    const run = async (jobs: number, expected = batch.expected) => {
      const [report] = await runBatch({ ...batch, expected }, { stall: 0, seed: SEED, jobs });
      const { simSeconds, simCpuSeconds, macsPerSecond, cycles, ...rest } = defined(report, 'the report');
      return rest;
    };
    const alone = await run(1);
    expect(alone.bitExact).toBe(true);
    const shared = await run(3);
    const { count } = defined(framePartsOf(FRAMES, 3)[0], 'a part');
    // The clocks of frames are told of those that ran in one go.
    expect(shared).toEqual({ ...alone, frameEndCycles: alone.frameEndCycles.slice(0, count) });

    const stream = defined(batch.subjects[0]?.emitted.names.streams.at(-1), 'the last stream').name;
    const bytes = Uint8Array.from(defined(batch.expected.get(stream), 'its elements'));
    const frame = 30;
    const element = (bytes.length / FRAMES) * frame;
    bytes[element] = (bytes[element] ?? 0) ^ 1;
    const wrong = await run(3, new Map([...batch.expected, [stream, bytes]]));
    expect(wrong).toMatchObject({ bitExact: false, mismatches: 1, comparedWords: alone.comparedWords });
    expect(wrong.firstMismatch).toMatchObject({ frame, channel: 0 });
    expect(wrong.outputs).toEqual(alone.outputs);
  });
});
