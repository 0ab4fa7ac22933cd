import { describe, expect, it } from 'vitest';
import { type BenchPoint, expectCleanBench, randomIntegers, type StallPattern, verilogString } from './bench.js';
import { expectIllegal, freeRun, innerStream, probeNamed, readFixtures } from './cells.js';

/** hd_ram_sdp, hd_rom and hd_reset: their outputs cannot wait, so that only the input stalls. */

const STALLS: readonly StallPattern[] = [
  { source: 0, sink: 0 },
  { source: 0.5, sink: 0 },
];
const ACCESSES = 400;
const [WRITE, READ, SHOW] = [1, 2, 4];

/** [width, depth, address bits] */
const MEMORIES: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [8, 2, 1],
  [32, 3, 2],
  [7, 5, 3],
  [13, 16, 4],
  [8, 100, 7],
];

interface Access {
  readonly writes: boolean;
  readonly reads: boolean;
  readonly to: number;
  readonly from: number;
  readonly data: number;
}

/** What rd_data is after each access; the first one reads. */
function readsOf(accesses: readonly Access[], memory: number[]): readonly number[] {
  let read = 0;
  return accesses.map(({ writes, reads, to, from, data }) => {
    if (reads) read = memory[from] ?? 0;
    if (writes) memory[to] = data;
    return read;
  });
}

function lanesOf({ writes, reads, to, from, data }: Access, show: number): readonly number[] {
  return [(writes ? WRITE : 0) + (reads ? READ : 0) + show, to, from, data];
}

/** Random accesses that never read and write one address in the same clock: what comes then depends on the target. */
function randomAccesses(width: number, depth: number, seed: number): readonly Access[] {
  const noise = randomIntegers(4 * ACCESSES, 0, 2 ** 31 - 1, seed);
  return Array.from({ length: ACCESSES }, (_, i) => {
    const [kind = 0, from = 0, to = 0, data = 0] = noise.subarray(4 * i, 4 * i + 4);
    const reads = i === 0 || kind % 3 !== 0;
    const writes = kind % 5 < 2 && !(reads && from % depth === to % depth);
    return { writes, reads, to: to % depth, from: from % depth, data: data % 2 ** width };
  });
}

function ramPoint([width, depth, addressBits]: (typeof MEMORIES)[number]): BenchPoint {
  const contents = Array.from(randomIntegers(depth, 0, 2 ** 31 - 1, depth), (word) => word % 2 ** width);
  const fill = contents.map((data, to) => ({ writes: true, reads: false, to, from: 0, data }));
  const accesses = randomAccesses(width, depth, width + depth);
  const input = [
    ...fill.flatMap((access) => lanesOf(access, 0)),
    ...accesses.flatMap((access) => lanesOf(access, SHOW)),
  ];
  return {
    name: `ram ${width}x${depth}`,
    module: 'fixture_memory',
    parameters: { WIDTH: width, DEPTH: depth, ADDR_W: addressBits },
    inputs: [innerStream('s_axis', 4, 32, depth + ACCESSES, input)],
    outputs: [innerStream('m_axis', 1, width, ACCESSES, readsOf(accesses, [...contents]))],
  };
}

const romFile = (width: number, depth: number): string => `rom_${width}_${depth}.mem`;

function romWords(width: number, depth: number): readonly number[] {
  return Array.from(randomIntegers(depth, 0, 2 ** 31 - 1, 50 + depth), (word) => word % 2 ** width);
}

function romPoint([width, depth, addressBits]: (typeof MEMORIES)[number]): BenchPoint {
  const accesses = randomAccesses(width, depth, width * depth).map((access) => ({ ...access, writes: false }));
  return {
    name: `rom ${width}x${depth}`,
    module: 'fixture_memory',
    parameters: {
      ROM: 1,
      WIDTH: width,
      DEPTH: depth,
      ADDR_W: addressBits,
      FILE: verilogString(romFile(width, depth)),
    },
    inputs: [
      innerStream(
        's_axis',
        4,
        32,
        ACCESSES,
        accesses.flatMap((access) => lanesOf(access, SHOW)),
      ),
    ],
    outputs: [innerStream('m_axis', 1, width, ACCESSES, readsOf(accesses, [...romWords(width, depth)]))],
  };
}

function resetPoint(): BenchPoint {
  const levels = randomIntegers(ACCESSES, 0, 1, 3);
  return {
    name: 'reset',
    module: 'fixture_reset',
    parameters: {},
    inputs: [innerStream('s_axis', 1, 8, ACCESSES, levels)],
    outputs: [innerStream('m_axis', 1, 8, ACCESSES, levels)],
  };
}

describe('hd_ram_sdp, hd_rom and hd_reset', () => {
  it('read one clock later and hold what they read; a reset comes two clocks later', async () => {
    const points = [...MEMORIES.map(ramPoint), ...MEMORIES.map(romPoint), resetPoint()];
    const memoryFiles = new Map(
      MEMORIES.map(([width, depth]) => {
        const words = romWords(width, depth).map((word) => word.toString(16));
        return [romFile(width, depth), `${words.join('\n')}\n`];
      }),
    );
    const extraFiles = await readFixtures('fixture_memory.v', 'fixture_reset.v');
    const runs = await expectCleanBench({ points, frames: 1, memoryFiles, extraFiles, stalls: STALLS });
    for (const { name = '' } of points) {
      const source = probeNamed(freeRun(runs), `${name}/s_axis`).frameLastCycles[0] ?? 0;
      const latency = name === 'reset' ? 2 : 1;
      expect(probeNamed(freeRun(runs), `${name}/m_axis`).frameLastCycles[0], name).toBe(source + latency);
    }
  });

  it('refuses illegal parameters by name', async () => {
    const guard = 'needs_WIDTH_and_DEPTH_of_1_or_more_and_ADDR_W_that_reaches_DEPTH';
    for (const module of ['hd_ram_sdp', 'hd_rom']) {
      await expectIllegal(module, { DEPTH: 17 }, guard);
      await expectIllegal(module, { DEPTH: 0 }, guard);
      await expectIllegal(module, { WIDTH: 0 }, guard);
    }
  });
});
