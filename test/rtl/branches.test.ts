import { describe, expect, it } from 'vitest';
import { addHolds, HOLDS, LATENCY } from '../../src/schedule/latency.js';
import { realignedBeats } from '../../src/schedule/realign.js';
import { concat, fork, join } from '../../src/schedule/token-branches.js';
import { type Channel, makeChannel, type Process } from '../../src/schedule/token-network.js';
import { fifo } from '../../src/schedule/token-stages.js';
import { type BenchPoint, expectCleanBench, randomIntegers } from './bench.js';
import { pixelStream, readFixtures } from './cells.js';
import { packedParameter } from './packed-streams.js';
import { expectTokenRules, type StampPoint } from './stamp-bench.js';

/** A stream that meets itself: x + x, and x beside x, with FIFOs of several depths on the two ways. */

const FRAMES = 3;
const PIXELS = 20;
const BITS = 8;

interface Branches {
  readonly channels: number;
  readonly lanes: number;
  /** 0: no FIFO. */
  readonly depths: readonly [number, number];
  readonly concat: boolean;
}

const BRANCHES: readonly Branches[] = [
  ...(
    [
      [0, 0],
      [1, 0],
      [0, 1],
      [2, 5],
      [30, 1],
    ] as const
  ).map((depths) => ({
    channels: 5,
    lanes: 2,
    depths,
    concat: false,
  })),
  // The second way has to hold a pixel less one beat, or the first pixel's last beat never goes to it.
  ...(
    [
      [0, 2],
      [0, 3],
      [1, 3],
      [1, 6],
      [4, 20],
    ] as const
  ).map((depths) => ({
    channels: 5,
    lanes: 2,
    depths,
    concat: true,
  })),
  { channels: 6, lanes: 4, depths: [1, 1], concat: true },
  { channels: 16, lanes: 4, depths: [2, 4], concat: true },
  { channels: 1, lanes: 1, depths: [0, 0], concat: true },
];

const titleOf = ({ channels, lanes, depths, concat: beside }: Branches): string =>
  `${beside ? 'concat' : 'add'} of ${channels} by ${lanes}, FIFOs of ${depths.join(' and ')}`;

const parametersOf = ({ channels, lanes, depths, concat: beside }: Branches): Record<string, number | string> => ({
  BITS,
  LANES: lanes,
  CHANNELS: channels,
  PARTS: packedParameter([channels, channels]),
  DEPTH_0: depths[0],
  DEPTH_1: depths[1],
  CONCAT: beside ? 1 : 0,
});

/** The default multipliers of hd_add and a shift of 18: half the sum, so x again. */
function makePoint(shape: Branches, index: number): BenchPoint {
  const { channels, lanes, concat: beside } = shape;
  const values = randomIntegers(FRAMES * PIXELS * channels, 0, 255, 70 + index);
  const twice = Array.from({ length: FRAMES * PIXELS }, (_, pixel) => {
    const part = [...values.subarray(pixel * channels, (pixel + 1) * channels)];
    return [...part, ...part];
  }).flat();
  const output = { pixels: PIXELS, channels: beside ? 2 * channels : channels, lanes, bits: BITS };
  return {
    name: titleOf(shape),
    module: 'fixture_branches',
    parameters: parametersOf(shape),
    inputs: [pixelStream('s_axis', { pixels: PIXELS, channels, lanes, bits: BITS }, values)],
    outputs: [pixelStream('m_axis', output, beside ? twice : values)],
  };
}

/** Several processes as one. */
function together(input: Channel, output: Channel, processes: readonly Process[]): Process {
  return {
    name: 'branches',
    inputs: [input],
    outputs: [output],
    advance() {
      let moved = false;
      while (processes.map((process) => process.advance()).some(Boolean)) moved = true;
      return moved;
    },
  };
}

function branchProcess(shape: Branches, input: Channel, output: Channel): Process {
  const { channels, lanes, depths, concat: beside } = shape;
  const ways = [makeChannel(), makeChannel()];
  const latencies = [LATENCY.fifo, LATENCY.fifoBlock];
  const fifos: Process[] = [];
  const ends = ways.map((way, i) => {
    const depth = depths[i] ?? 0;
    if (depth === 0) return way;
    const end = makeChannel();
    fifos.push(fifo(`fifo ${i}`, way, end, depth, latencies[i] ?? 0));
    return end;
  });
  const perPixel = Math.ceil(channels / lanes);
  const counts = Array.from({ length: perPixel }, (_, beat) => Math.min(lanes, channels - beat * lanes));
  const meet = beside
    ? concat('concat', ends, output, {
        latency: LATENCY.concat,
        holds: HOLDS.concat,
        order: [0, 1].flatMap((way) => counts.map(() => way)),
        outputs: realignedBeats([...counts, ...counts], lanes),
      })
    : join('add', ends, output, { latency: LATENCY.addBeyondInputs + 2, holds: addHolds(2) });
  return together(input, output, [fork('fork', input, ways), ...fifos, meet]);
}

function timingPoint(shape: Branches): StampPoint {
  const { channels, lanes, concat: beside } = shape;
  const pixels = FRAMES * PIXELS;
  return {
    name: titleOf(shape),
    module: 'fixture_branches',
    parameters: parametersOf(shape),
    inputs: [{ prefix: 's_axis', lanes, bits: BITS, beats: pixels * Math.ceil(channels / lanes) }],
    output: {
      prefix: 'm_axis',
      lanes,
      bits: BITS,
      beats: pixels * Math.ceil((beside ? 2 * channels : channels) / lanes),
    },
    process: ([input], output) => branchProcess(shape, input as Channel, output),
  };
}

describe('a fork whose branches meet again', () => {
  it('loses nothing and mixes up nothing', async () => {
    const extraFiles = await readFixtures('fixture_branches.v');
    const runs = await expectCleanBench({
      points: BRANCHES.map(makePoint),
      frames: FRAMES,
      extraFiles,
      resetAfterCycles: 37,
    });
    expect(runs.length).toBeGreaterThan(0);
  });

  it('takes and gives every beat in the clock that the token-level model says', async () => {
    const extraFiles = await readFixtures('fixture_branches.v');
    await expectTokenRules(BRANCHES.map(timingPoint), { extraFiles });
  });
});
