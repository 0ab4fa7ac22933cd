import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import { makeChannel, settle, sink, source } from '../../src/schedule/token-network.js';
import { fifo } from '../../src/schedule/token-stages.js';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, innerStream, probeNamed } from './cells.js';

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

/** Clock of the last output beat after the first input beat, as the token-level model has it. */
function modelEnd(depth: number): number {
  const [input, output] = [makeChannel(), makeChannel()];
  const end = sink(output, FRAMES * BEATS);
  settle([source(input, FRAMES * BEATS), fifo('fifo', input, output, depth, LATENCY.fifoBlock), end]);
  return end.frameEnds[0] ?? Number.NaN;
}

describe('hd_fifo_block', () => {
  it('keeps order at every depth, in two cycles, as fast as the token-level model', async () => {
    const runs = await expectCleanBench({ points: SHAPES.map(makePoint), frames: FRAMES, resetAfterCycles: 25 });
    for (const shape of SHAPES) {
      const { name } = makePoint(shape);
      const source = probeNamed(freeRun(runs), `${name}/s_axis`);
      const sink = probeNamed(freeRun(runs), `${name}/m_axis`);
      const start = source.frameFirstCycles[0] ?? 0;
      expect((sink.frameFirstCycles[0] ?? 0) - start, name).toBe(LATENCY.fifoBlock);
      const end = (sink.frameLastCycles[FRAMES - 1] ?? 0) - start;
      expect(end, name).toBe(modelEnd(shape.depth));
      if (shape.depth >= 3) expect(end, name).toBe(FRAMES * BEATS - 1 + LATENCY.fifoBlock);
    }
  });

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
