import { describe, expect, it } from 'vitest';
import { LATENCY } from '../../src/schedule/latency.js';
import { type BenchPoint, expectCleanBench, randomIntegers, verilogString } from './bench.js';
import { expectIllegal, freeRun, pixelStream, probeNamed } from './cells.js';

const FRAMES = 3;
const PIXELS = 40;

/** [channels, lanes, input bits, output bits] */
const SHAPES: readonly (readonly [number, number, number, number])[] = [
  [1, 1, 8, 8],
  [1, 2, 1, 1],
  [3, 2, 8, 8],
  [4, 2, 4, 8],
  [5, 4, 10, 5],
  [16, 4, 8, 16],
];

const tableName = (inBits: number, outBits: number): string => `table_${inBits}_${outBits}.hex`;
const makeTable = (inBits: number, outBits: number): Int32Array =>
  randomIntegers(2 ** inBits, 0, 2 ** outBits - 1, inBits * 50 + outBits);

function makePoint(shape: (typeof SHAPES)[number]): BenchPoint {
  const [channels, lanes, inBits, outBits] = shape;
  const values = randomIntegers(FRAMES * PIXELS * channels, 0, 2 ** inBits - 1, channels * 100 + lanes);
  const table = makeTable(inBits, outBits);
  const expected = values.map((value) => table[value] ?? 0);
  return {
    name: shape.join(' '),
    module: 'hd_lookup',
    parameters: {
      LANES: lanes,
      CHANNELS: channels,
      IN_BITS: inBits,
      OUT_BITS: outBits,
      TABLE_FILE: verilogString(tableName(inBits, outBits)),
    },
    inputs: [pixelStream('s_axis', { pixels: PIXELS, channels, lanes, bits: inBits }, values)],
    outputs: [pixelStream('m_axis', { pixels: PIXELS, channels, lanes, bits: outBits }, expected)],
  };
}

/** Without a file: y = x. */
function makeIdentityPoint(): BenchPoint {
  const values = randomIntegers(FRAMES * PIXELS, 0, 255, 5);
  const stream = { pixels: PIXELS, channels: 1, lanes: 1, bits: 8 };
  const inputs = [pixelStream('s_axis', stream, values)];
  return {
    name: 'identity',
    module: 'hd_lookup',
    parameters: {},
    inputs,
    outputs: [pixelStream('m_axis', stream, values)],
  };
}

describe('hd_lookup', () => {
  it('reads the table in one cycle, a beat a cycle, and keeps padding lanes at zero', async () => {
    const points = [...SHAPES.map(makePoint), makeIdentityPoint()];
    const memoryFiles = new Map(
      SHAPES.map(([, , inBits, outBits]) => {
        const words = Array.from(makeTable(inBits, outBits), (word) => word.toString(16));
        return [tableName(inBits, outBits), `${words.join('\n')}\n`];
      }),
    );
    const runs = await expectCleanBench({ points, frames: FRAMES, memoryFiles, resetAfterCycles: 25 });
    for (const { name = '' } of points) {
      const source = probeNamed(freeRun(runs), `${name}/s_axis`);
      const sink = probeNamed(freeRun(runs), `${name}/m_axis`);
      expect(source.stalls).toBe(0);
      expect((sink.frameLastCycles[FRAMES - 1] ?? 0) - (source.frameLastCycles[FRAMES - 1] ?? 0)).toBe(LATENCY.lookup);
    }
  });

  it('refuses illegal parameters by name', async () => {
    await expectIllegal('hd_lookup', { IN_BITS: 17 }, 'IN_BITS_must_be_1_to_16');
    await expectIllegal('hd_lookup', { OUT_BITS: 0 }, 'OUT_BITS_must_be_1_to_16');
    await expectIllegal('hd_lookup', { LANES: 0 }, 'LANES_must_be_at_least_1');
    await expectIllegal('hd_lookup', { CHANNELS: 0 }, 'CHANNELS_must_be_at_least_1');
  });
});
