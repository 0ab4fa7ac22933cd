import { describe, expect, it } from 'vitest';
import { type BenchPoint, type BenchRun, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, pixelStream, probeNamed } from './cells.js';

const FRAMES = 3;
const PIXELS = 13;

/** [channels, narrow lanes, wide lanes, bits] */
const SHAPES: readonly (readonly [number, number, number, number])[] = [
  [1, 1, 1, 8],
  [1, 1, 2, 8],
  [1, 2, 8, 4],
  [2, 1, 2, 1],
  [3, 1, 2, 8],
  [3, 2, 2, 5],
  [5, 1, 4, 8],
  [5, 2, 8, 8],
  [6, 1, 3, 8],
  [16, 2, 8, 8],
  [17, 2, 4, 8],
  [17, 3, 12, 16],
  [64, 1, 64, 8],
];

function makePoint(module: string, shape: (typeof SHAPES)[number]): BenchPoint {
  const [channels, narrow, wide, bits] = shape;
  const [lanesIn, lanesOut] = module === 'hd_width_up' ? [narrow, wide] : [wide, narrow];
  const values = randomIntegers(FRAMES * PIXELS * channels, 0, 2 ** bits - 1, channels * 100 + wide);
  return {
    name: `${module} ${shape.join(' ')}`,
    module,
    parameters: { BITS: bits, CHANNELS: channels, LANES_IN: lanesIn, LANES_OUT: lanesOut },
    inputs: [pixelStream('s_axis', { pixels: PIXELS, channels, lanes: lanesIn, bits }, values)],
    outputs: [pixelStream('m_axis', { pixels: PIXELS, channels, lanes: lanesOut, bits }, values)],
  };
}

/** Cycles from the first to the last beat of the stream that has more of them. */
function busyCycles(runs: readonly BenchRun[], name: string, stream: string): number {
  const { frameFirstCycles, frameLastCycles } = probeNamed(freeRun(runs), `${name}/${stream}`);
  return (frameLastCycles[FRAMES - 1] ?? 0) - (frameFirstCycles[0] ?? 0) + 1;
}

describe('hd_width_up and hd_width_down', () => {
  it('gather and split pixel by pixel without a bubble', async () => {
    const points = ['hd_width_up', 'hd_width_down'].flatMap((module) =>
      SHAPES.map((shape) => makePoint(module, shape)),
    );
    const runs = await expectCleanBench({ points, frames: FRAMES, resetAfterCycles: 25 });
    for (const [channels, narrow, wide, bits] of SHAPES) {
      const beats = FRAMES * PIXELS * Math.ceil(channels / narrow);
      const name = `${channels} ${narrow} ${wide} ${bits}`;
      expect(busyCycles(runs, `hd_width_up ${name}`, 's_axis')).toBe(beats);
      expect(busyCycles(runs, `hd_width_down ${name}`, 'm_axis')).toBe(beats);
    }
  });

  it('offer a beat in the cycle after its last part came, or the first part after it came', async () => {
    const points = ['hd_width_up', 'hd_width_down'].flatMap((module) =>
      SHAPES.map((shape) => makePoint(module, shape)),
    );
    const runs = await expectCleanBench({ points, frames: FRAMES, stalls: [{ source: 0, sink: 0 }], seeds: [1] });
    for (const { name = '' } of points) {
      const source = probeNamed(freeRun(runs), `${name}/s_axis`);
      const sink = probeNamed(freeRun(runs), `${name}/m_axis`);
      const stream = name.startsWith('hd_width_up') ? 'frameLastCycles' : 'frameFirstCycles';
      expect((sink[stream][0] ?? 0) - (source[stream][0] ?? 0)).toBe(1);
    }
  });

  it('refuse illegal parameters by name', async () => {
    await expectIllegal('hd_width_up', { LANES_IN: 2, LANES_OUT: 3 }, 'LANES_OUT_must_be_a_multiple_of_LANES_IN');
    await expectIllegal('hd_width_up', { CHANNELS: 0 }, 'CHANNELS_must_be_at_least_1');
    await expectIllegal('hd_width_down', { LANES_IN: 1, LANES_OUT: 2 }, 'LANES_IN_must_be_a_multiple_of_LANES_OUT');
    await expectIllegal('hd_width_down', { BITS: 0 }, 'BITS_must_be_at_least_1');
  });
});
