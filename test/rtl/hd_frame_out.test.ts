import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, innerStream, pixelStream, probeNamed } from './cells.js';

const FRAMES = 7;

/** [pixels, channels, lanes, bits, marks that can wait] */
const SHAPES: readonly (readonly [number, number, number, number, number])[] = [
  [1, 1, 1, 8, 1],
  [1, 10, 1, 8, 2],
  [1, 10, 4, 8, 16],
  [4, 3, 2, 5, 3],
  [3, 2, 2, 12, 4],
  [9, 1, 1, 1, 2],
];

function makePoint(shape: (typeof SHAPES)[number], index: number): BenchPoint {
  const [pixels, channels, lanes, bits, marks] = shape;
  const values = randomIntegers(FRAMES * pixels * channels, 0, 2 ** bits - 1, index + 1);
  const inner = pixelStream('s_axis', { pixels, channels, lanes, bits }, values);
  const { data, beatsPerFrame } = inner;
  return {
    name: shape.join(' '),
    module: 'hd_frame_out',
    parameters: { PIXELS: pixels, CHANNELS: channels, LANES: lanes, BITS: bits, MARKS: marks },
    inputs: [inner, innerStream('s_axis_mark', 1, 1, 1, makeMarks(index))],
    // The harness holds TLAST against beatsPerFrame.
    outputs: [{ prefix: 'm_axis', lanes, bits, beatsPerFrame, data, hasUser: true }],
  };
}

const makeMarks = (index: number): Int32Array => randomIntegers(FRAMES, 0, 1, 70 + index);

describe('hd_frame_out', () => {
  it('sets TLAST on the last beat of each frame, and TUSER there for every mark', async () => {
    const runs = await expectCleanBench({ points: SHAPES.map(makePoint), frames: FRAMES, resetAfterCycles: 11 });
    for (const { result, resetAfterCycles } of runs) {
      for (const [index, shape] of SHAPES.entries()) {
        const marks = makeMarks(index).reduce((sum, mark) => sum + mark, 0);
        if (resetAfterCycles !== undefined) continue;
        expect(probeNamed(result, `${shape.join(' ')}/m_axis`).userBeats, shape.join(' ')).toBe(marks);
      }
    }
    for (const shape of SHAPES) {
      const source = probeNamed(freeRun(runs), `${shape.join(' ')}/s_axis`);
      const sink = probeNamed(freeRun(runs), `${shape.join(' ')}/m_axis`);
      const [taken, given] = [source.frameLastCycles[FRAMES - 1] ?? 0, sink.frameLastCycles[FRAMES - 1] ?? 0];
      expect(given - taken, shape.join(' ')).toBe(LATENCY.frameOut);
    }
  });

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_frame_out', { MARKS: 0 }, 'MARKS_must_be_at_least_1');
    await expectIllegal('hd_frame_out', { LANES: 0 }, 'PIXELS_CHANNELS_LANES_and_BITS_must_be_at_least_1');
  });
});
