import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, innerStream, probeNamed } from './cells.js';

const FRAMES = 3;
const BEATS = 40;
const SHAPES = [1, 2, 3, 4, 7, 16, 33].flatMap((depth) => [1, 8, 37].map((width) => ({ depth, width })));

function makePoint({ depth, width }: (typeof SHAPES)[number]): BenchPoint {
  const lanes = width === 37 ? 37 : 1;
  const bits = width / lanes;
  const data = randomIntegers(FRAMES * BEATS * lanes, 0, 2 ** bits - 1, depth * 100 + width);
  return {
    name: `${width} bits x ${depth}`,
    module: 'hd_fifo',
    parameters: { WIDTH: width, DEPTH: depth },
    inputs: [innerStream('s_axis', lanes, bits, BEATS, data)],
    outputs: [innerStream('m_axis', lanes, bits, BEATS, data)],
  };
}

describe('hd_fifo', () => {
  it('keeps order at every depth, in one cycle, at a beat a cycle from depth 2 on', async () => {
    const runs = await expectCleanBench({ points: SHAPES.map(makePoint), frames: FRAMES, resetAfterCycles: 25 });
    for (const shape of SHAPES) {
      const { name } = makePoint(shape);
      const source = probeNamed(freeRun(runs), `${name}/s_axis`);
      const sink = probeNamed(freeRun(runs), `${name}/m_axis`);
      expect((sink.frameFirstCycles[0] ?? 0) - (source.frameFirstCycles[0] ?? 0)).toBe(LATENCY.fifo);
      const cycles = (sink.frameLastCycles[FRAMES - 1] ?? 0) - (sink.frameFirstCycles[0] ?? 0) + 1;
      expect(cycles).toBe(shape.depth === 1 ? 2 * FRAMES * BEATS - 1 : FRAMES * BEATS);
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
    await expectIllegal('hd_fifo', { DEPTH: 0 }, 'DEPTH_must_be_at_least_1');
    await expectIllegal('hd_fifo', { WIDTH: 0 }, 'WIDTH_must_be_at_least_1');
  });
});
