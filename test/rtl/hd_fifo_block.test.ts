import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import type { Channel } from '../../src/schedule/token-network.js';
import { fifo } from '../../src/schedule/token-stages.js';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, innerStream, probeNamed } from './cells.js';
import { expectTokenRules, type StampPoint } from './stamp-bench.js';

const FRAMES = 3;
const BEATS = 50;
const SHAPES = [1, 2, 3, 4, 7, 64, 100].flatMap((depth) => [1, 37].map((width) => ({ depth, width })));

function makePoint({ depth, width }: (typeof SHAPES)[number]): BenchPoint {
  const lanes = width;
  const data = randomIntegers(FRAMES * BEATS * lanes, 0, 1, depth * 100 + width);
  return {
    name: `${width} bits x ${depth}`,
    module: 'hd_fifo_block',
    parameters: { WIDTH: width, DEPTH: depth },
    inputs: [innerStream('s_axis', lanes, 1, BEATS, data)],
    outputs: [innerStream('m_axis', lanes, 1, BEATS, data)],
  };
}

function timingPoint(depth: number): StampPoint {
  const beats = FRAMES * BEATS;
  return {
    name: `depth ${depth}`,
    module: 'hd_fifo_block',
    parameters: { DEPTH: depth },
    inputs: [{ prefix: 's_axis', lanes: 1, bits: 8, beats }],
    output: { prefix: 'm_axis', lanes: 1, bits: 8, beats },
    process: ([input], output) => fifo('fifo', input as Channel, output, depth, LATENCY.fifoBlock),
  };
}

describe('hd_fifo_block', () => {
  it('keeps order at every depth, in two cycles, at a beat a cycle from depth 3 on', async () => {
    const runs = await expectCleanBench({ points: SHAPES.map(makePoint), frames: FRAMES, resetAfterCycles: 25 });
    for (const shape of SHAPES) {
      const { name } = makePoint(shape);
      const source = probeNamed(freeRun(runs), `${name}/s_axis`);
      const sink = probeNamed(freeRun(runs), `${name}/m_axis`);
      const start = source.frameFirstCycles[0] ?? 0;
      expect((sink.frameFirstCycles[0] ?? 0) - start, name).toBe(LATENCY.fifoBlock);
      const end = (sink.frameLastCycles[FRAMES - 1] ?? 0) - start;
      if (shape.depth >= 3) expect(end, name).toBe(FRAMES * BEATS - 1 + LATENCY.fifoBlock);
    }
  });

  it('takes and gives every beat in the clock that the token-level model says', () =>
    expectTokenRules([1, 2, 3, 4, 20].map(timingPoint)));

  it('runs full and loses nothing behind a nearly closed sink', async () => {
    const points = SHAPES.map(makePoint);
    const runs = await expectCleanBench({ points, frames: FRAMES, stalls: [{ source: 0, sink: 0.95 }], seeds: [4] });
    for (const { name } of points) {
      expect(probeNamed(runs[0]?.result ?? freeRun(runs), `${name}/s_axis`).stalls).toBeGreaterThan(0);
    }
  });

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_fifo_block', { DEPTH: 0 }, 'DEPTH_must_be_at_least_1');
    await expectIllegal('hd_fifo_block', { WIDTH: 0 }, 'WIDTH_must_be_at_least_1');
  });
});
