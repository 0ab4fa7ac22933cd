import { expect } from 'vitest';
import { int } from '../../src/ir/tensor-type.js';
import { adapterProcess } from '../../src/schedule/engine-process.js';
import { LATENCY } from '../../src/schedule/latency.js';
import { makeChannel, settle, sink, source } from '../../src/schedule/token-network.js';
import { takenClocks, wholeChannel } from '../unit/schedule/whole-channel.js';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { freeRun, pixelStream, probeNamed } from './cells.js';

/** The bench of both width adapters: the same shapes, in opposite directions. */

const FRAMES = 3;
const PIXELS = 13;

export type WidthModule = 'hd_width_up' | 'hd_width_down';

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

function makePoint(module: WidthModule, shape: (typeof SHAPES)[number]): BenchPoint {
  const [channels, narrow, wide, bits] = shape;
  const [lanesIn, lanesOut] = module === 'hd_width_up' ? [narrow, wide] : [wide, narrow];
  const values = randomIntegers(FRAMES * PIXELS * channels, 0, 2 ** bits - 1, channels * 100 + wide);
  return {
    name: shape.join(' '),
    module,
    parameters: { BITS: bits, CHANNELS: channels, LANES_IN: lanesIn, LANES_OUT: lanesOut },
    inputs: [pixelStream('s_axis', { pixels: PIXELS, channels, lanes: lanesIn, bits }, values)],
    outputs: [pixelStream('m_axis', { pixels: PIXELS, channels, lanes: lanesOut, bits }, values)],
  };
}

/** Clocks from the first to the last input beat that the model takes, with an eager source and sink. */
function modelTakes([lanesIn, lanesOut]: readonly [number, number], channels: number): number {
  const map = { height: 1, width: PIXELS, channels, element: int(8, false) };
  const adapter = { map, lanesIn, lanesOut };
  const count = FRAMES * PIXELS * Math.ceil(channels / lanesIn);
  const [input, output] = [wholeChannel(count), makeChannel()];
  settle([source(input, count), adapterProcess(adapter, input, output), sink(output, 1)]);
  const taken = takenClocks(input);
  return (taken[count - 1] ?? Number.NaN) - (taken[0] ?? Number.NaN);
}

/**
 * Expects right data under every stall pattern; without stalls a beat a cycle on the narrow side, and a latency of one
 * cycle: from the last part of a wide beat to it (up), from a wide beat to its first part (down). Input is taken as
 * fast as the token-level model says.
 */
export async function expectWidthAdapter(module: WidthModule): Promise<void> {
  const points = SHAPES.map((shape) => makePoint(module, shape));
  const runs = await expectCleanBench({ points, frames: FRAMES, resetAfterCycles: 25 });
  const up = module === 'hd_width_up';
  for (const [channels, narrow, wide, bits] of SHAPES) {
    const name = `${channels} ${narrow} ${wide} ${bits}`;
    const taken = probeNamed(freeRun(runs), `${name}/s_axis`);
    const given = probeNamed(freeRun(runs), `${name}/m_axis`);
    const { frameFirstCycles: first, frameLastCycles: last } = up ? taken : given;
    const beats = FRAMES * PIXELS * Math.ceil(channels / narrow);
    expect((last[FRAMES - 1] ?? 0) - (first[0] ?? 0) + 1, name).toBe(beats);
    const expected = modelTakes(up ? [narrow, wide] : [wide, narrow], channels);
    expect((taken.frameLastCycles[FRAMES - 1] ?? 0) - (taken.frameFirstCycles[0] ?? 0), name).toBe(expected);
    const cycles = up ? 'frameLastCycles' : 'frameFirstCycles';
    expect((given[cycles][0] ?? 0) - (taken[cycles][0] ?? 0), name).toBe(LATENCY.adapter);
  }
}
