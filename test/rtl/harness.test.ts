import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type BenchPoint, type BenchRun, benchProblems, expectCleanBench, randomIntegers, runBench } from './bench.js';

/** The harness is tested on a register stage with a fault of each kind: one it does not see would hide real ones. */

const FRAMES = 3;
const BEATS = 17;
const text = await readFile(new URL('./fixtures/fixture_register.v', import.meta.url), 'utf8');
const extraFiles = new Map([['fixture_register.v', text]]);

/** What the register reads its fault from: one build serves them all. */
const withFault = (fault: number): ReadonlyMap<string, string> => new Map([['fault.mem', `${fault}\n`]]);
const SOUND = { frames: FRAMES, extraFiles, memoryFiles: withFault(0) };

function makePoint(lanes: number, bits: number): BenchPoint {
  const data = randomIntegers(FRAMES * BEATS * lanes, 0, 2 ** Math.min(bits, 31) - 1, lanes * 100 + bits);
  const stream = { lanes, bits, beatsPerFrame: BEATS, data };
  const width = Math.ceil((lanes * bits) / 8) * 8;
  return {
    module: 'fixture_register',
    parameters: { WIDTH: width },
    name: `${lanes}x${bits}`,
    inputs: [stream],
    outputs: [stream],
    activities: [{ name: 'active', path: 'status_active' }],
    tieOffs: { status_active: '' },
  };
}

async function runFault(fault: number): Promise<readonly BenchRun[]> {
  const points = [makePoint(1, 8)];
  return runBench({
    points,
    ...SOUND,
    memoryFiles: withFault(fault),
    stalls: [{ source: 0.3, sink: 0.3 }],
    seeds: [1],
    maxIdleCycles: 500,
  });
}

describe('a correct design', () => {
  const shapes: readonly (readonly [number, number])[] = [
    [1, 1],
    [1, 8],
    [3, 4],
    [3, 5],
    [4, 8],
    [2, 12],
    [7, 16],
    [3, 24],
    [2, 32],
    [40, 8],
  ];

  it('passes at every element width under every stall pattern, and after a second reset', async () => {
    const points = shapes.map(([lanes, bits]) => makePoint(lanes, bits));
    const runs = await expectCleanBench({ ...SOUND, points, resetAfterCycles: 20 });
    for (const { result } of runs) {
      expect(result.status).toBe('done');
      for (const probe of result.probes) expect(probe.beats).toBe(FRAMES * BEATS);
      for (const activity of result.activities) expect(activity.cycles).toBe(FRAMES * BEATS);
    }
  });

  it('is always on with stall 0: a beat a cycle, and cycles counted from the first', async () => {
    const [run] = await expectCleanBench({
      points: [makePoint(1, 8)],
      ...SOUND,
      stalls: [{ source: 0, sink: 0 }],
      seeds: [1],
    });
    const [source, sink] = run?.result.probes ?? [];
    expect(source).toMatchObject({ frameFirstCycles: [0, 17, 34], frameLastCycles: [16, 33, 50], stalls: 0 });
    expect(sink).toMatchObject({
      frameFirstCycles: [1, 18, 35],
      frameLastCycles: [17, 34, 51],
      stalls: 0,
      compared: 51,
    });
  });

  it('gives the same run for the same seed and another for another', async () => {
    const points = [makePoint(1, 8)];
    const stalls = [{ source: 0.3, sink: 0.3 }];
    const runs = await runBench({ ...SOUND, points, stalls, seeds: [5, 5, 6] });
    const [first, second, other] = runs.map(({ result }) => result.probes.map((probe) => probe.frameLastCycles));
    expect(second).toEqual(first);
    expect(other).not.toEqual(first);
  });
});

describe('a faulty design is found out', () => {
  const faults: readonly (readonly [number, string, RegExp])[] = [
    [1, 'that drops valid', /valid-dropped/],
    [2, 'that stops', /'deadlock'[\s\S]*20 beats instead of 51/],
    [3, 'that corrupts a beat', /1 of 51 elements differ, first in frame 0, beat 13, lane 0 .*expected 0x.*got 0x/],
    [4, 'that changes a waiting payload', /payload-changed/],
    [5, 'that loses tlast', /missing-last/],
    [6, 'that repeats a beat', /elements differ|extra-beat/],
    [8, 'that stops the simulation', /'assertion'/],
    [9, 'that sends tlast early', /early-last/],
  ];
  it.each(faults)('fault %i: one %s', async (fault, _what, message) => {
    expect(benchProblems(await runFault(fault)).join('\n')).toMatch(message);
  });

  it('fault 7: one without a reset, from its random start state', async () => {
    const points = Array.from({ length: 8 }, (_, i) => ({ ...makePoint(1, 8), name: `copy ${i}` }));
    const stalls = [{ source: 0, sink: 0 }];
    const runs = await runBench({
      ...SOUND,
      memoryFiles: withFault(7),
      points,
      stalls,
      seeds: [1, 2],
      resetAfterCycles: 20,
    });
    expect(benchProblems(runs)).not.toEqual([]);
  });
});

describe('a design that Verilator warns about', () => {
  it("is refused with Verilator's text", async () => {
    const narrow = text.replace(
      'm_axis_tdata <= (fault',
      "m_axis_tdata <= {1'b0, s_axis_tdata}; if (rst) m_axis_tdata <= (fault",
    );
    const bench = {
      points: [makePoint(1, 8)],
      frames: FRAMES,
      extraFiles: new Map([['fixture_register.v', narrow]]),
    };
    await expect(runBench(bench)).rejects.toThrow(
      /internal error: Verilator failed:[\s\S]*%Warning-WIDTH[\s\S]*fixture_register.v/,
    );
  });
});

describe('tracing', () => {
  it('writes an FST file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'heddle-trace-'));
    try {
      const traceFile = join(folder, 'run.fst');
      await expectCleanBench({
        points: [makePoint(1, 8)],
        frames: FRAMES,
        extraFiles,
        memoryFiles: withFault(0),
        seeds: [1],
        traceFile,
      });
      expect((await stat(traceFile)).size).toBeGreaterThan(200);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
