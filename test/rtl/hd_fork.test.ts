import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import { type BenchPoint, type BenchRun, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, innerStream, probeNamed } from './cells.js';
import { unpackStreams } from './packed-streams.js';

const FRAMES = 3;
const BEATS = 40;

/** [branches, bits] */
const SHAPES: readonly (readonly [number, number])[] = [
  [1, 8],
  [2, 1],
  [2, 8],
  [3, 13],
  [7, 32],
];

function makePoint([outputs, width]: (typeof SHAPES)[number]): BenchPoint {
  const data = randomIntegers(FRAMES * BEATS, 0, 2 ** Math.min(width, 31) - 1, outputs * 100 + width);
  const stream = innerStream('', 1, width, BEATS, data);
  return {
    name: `${outputs} of ${width}`,
    module: 'hd_fork',
    parameters: { OUTPUTS: outputs, WIDTH: width },
    inputs: [stream],
    outputs: Array.from({ length: outputs }, () => stream),
  };
}

/** Clocks that all the beats of a stream took. */
function duration(run: BenchRun['result'], name: string): number {
  const { frameFirstCycles, frameLastCycles } = probeNamed(run, name);
  return (frameLastCycles[FRAMES - 1] ?? 0) - (frameFirstCycles[0] ?? 0) + 1;
}

describe('hd_fork', () => {
  it('serves every branch once, without a cycle of its own', async () => {
    const { points, extraFiles } = unpackStreams(SHAPES.map(makePoint));
    const runs = await expectCleanBench({ points, extraFiles, frames: FRAMES, resetAfterCycles: 25 });
    for (const { name = '', outputs } of points) {
      const run = freeRun(runs);
      const source = probeNamed(run, `${name}/s0_axis`);
      expect(source.stalls).toBe(0);
      expect(duration(run, `${name}/s0_axis`)).toBe(FRAMES * BEATS);
      outputs.forEach((_, i) => {
        const sink = probeNamed(run, `${name}/m${i}_axis`);
        expect((sink.frameFirstCycles[0] ?? 0) - (source.frameFirstCycles[0] ?? 0)).toBe(LATENCY.fork);
      });
    }
  });

  it('is eager: independent stalls of the branches cost no more than the slowest of them at each beat', async () => {
    const { points, extraFiles } = unpackStreams([makePoint([2, 8])]);
    const stalls = [{ source: 0, sink: 0.5 }];
    const [run] = await expectCleanBench({ points, extraFiles, frames: FRAMES, stalls, seeds: [5] });
    expect(run).toBeDefined();
    if (run === undefined) return;
    // Each beat waits for the later of two geometric times of mean 2: 8/3 clocks; a lazy fork takes 4.
    expect(duration(run.result, '2 of 8/s0_axis') / (FRAMES * BEATS)).toBeLessThan(3.2);
  });

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_fork', { OUTPUTS: 0 }, 'OUTPUTS_must_be_at_least_1');
    await expectIllegal('hd_fork', { WIDTH: 0 }, 'WIDTH_must_be_at_least_1');
  });
});
