import { describe, expect, it } from 'vitest';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { expectIllegal, freeRun, innerStream, pixelStream, probeNamed } from './cells.js';

const FRAMES = 4;

/** [pixels, channels, lanes, bits, bytes of an input beat] */
const SHAPES: readonly (readonly [number, number, number, number, number])[] = [
  [1, 1, 1, 8, 1],
  [1, 1, 2, 4, 4],
  [10, 1, 1, 8, 4],
  [10, 3, 1, 8, 4],
  [10, 3, 4, 8, 4],
  [10, 3, 2, 8, 8],
  [9, 5, 8, 6, 1],
  [9, 5, 4, 8, 3],
  [7, 3, 2, 12, 4],
  [7, 4, 4, 16, 2],
  [25, 1, 4, 8, 16],
];

function makePoint(shape: (typeof SHAPES)[number]): BenchPoint {
  const [pixels, channels, lanes, bits, bytes] = shape;
  const elementBytes = Math.ceil(bits / 8);
  const perFrame = pixels * channels;
  const beats = Math.ceil((perFrame * elementBytes) / bytes);
  const values = randomIntegers(FRAMES * perFrame, 0, 2 ** bits - 1, pixels * 100 + bytes);
  // What an input holds above an element's bits and after a frame's end must not matter.
  const input = randomIntegers(FRAMES * beats * bytes, 0, 255, 5);
  for (const [i, value] of values.entries()) {
    const at = Math.floor(i / perFrame) * beats * bytes + (i % perFrame) * elementBytes;
    for (let b = 0; b < elementBytes; b++) {
      const kept = Math.min(8, bits - 8 * b);
      const junk = (input[at + b] ?? 0) & ~((1 << kept) - 1);
      input[at + b] = junk | ((value >> (8 * b)) & ((1 << kept) - 1));
    }
  }
  return {
    name: shape.join(' '),
    module: 'hd_unpack',
    parameters: { PIXELS: pixels, CHANNELS: channels, LANES: lanes, BITS: bits, PACKED_BYTES: bytes },
    inputs: [innerStream('s_axis', bytes, 8, beats, input)],
    outputs: [pixelStream('m_axis', { pixels, channels, lanes, bits }, values)],
  };
}

describe('hd_unpack', () => {
  it('unpacks at an output beat or an input beat a cycle, whichever is slower', async () => {
    const points = SHAPES.map(makePoint);
    const runs = await expectCleanBench({ points, frames: FRAMES, resetAfterCycles: 19 });
    for (const { name = '' } of points) {
      const source = probeNamed(freeRun(runs), `${name}/s_axis`);
      const sink = probeNamed(freeRun(runs), `${name}/m_axis`);
      const cycles = (sink.frameLastCycles[FRAMES - 1] ?? 0) - (source.frameFirstCycles[0] ?? 0);
      // one cycle of latency, and while a frame's last beat is short the other side may have to wait for it
      expect(cycles, name).toBeLessThanOrEqual(Math.max(source.beats, sink.beats) + FRAMES);
    }
  });

  it('refuses illegal parameters by name', async () => {
    const guard = 'PACKED_BYTES_must_be_a_multiple_of_the_bytes_of_an_element';
    await expectIllegal('hd_unpack', { BITS: 9, PACKED_BYTES: 3 }, guard);
    await expectIllegal('hd_unpack', { BITS: 0 }, 'BITS_must_be_1_to_16');
    await expectIllegal('hd_unpack', { LANES: 0 }, 'PIXELS_CHANNELS_and_LANES_must_be_at_least_1');
  });
});
