import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildSimulator } from '../../src/simulate/build.js';
import { cacheDirectory } from '../../src/simulate/cache.js';
import { packElements } from '../../src/simulate/elements.js';
import { runSimulator } from '../../src/simulate/run.js';
import type { RunRequest } from '../../src/simulate/run-file.js';
import { makeSimTop, SIM_TOP_FILE } from '../../src/simulate/wrapper.js';
import { HeddleError } from '../../src/support/diagnostics.js';
import { randomIntegers } from './bench.js';

/** What a run can be asked for, beyond what module benches use. The design: a correct stage before a corrupting one. */

const FRAMES = 4;
const BEATS = 50;
const values = randomIntegers(FRAMES * BEATS * 2, 0, 255, 3);
const stream = { lanes: 2, elementBits: 8, beatsPerFrame: BEATS, hasLast: true };
const FAULTS = [0, 3];
/** What a stage reads its fault from. */
const faultFile = (fault: number): string => `fault-${fault}.mem`;
const stage = (instance: string, fault: number) => ({
  module: 'fixture_register',
  instance,
  label: instance,
  parameters: [
    ['WIDTH', '16'],
    ['FAULT_FILE', `"${faultFile(fault)}"`],
  ] as const,
  sources: [{ ...stream, name: 'in', prefix: 's_axis' }],
  sinks: [{ ...stream, name: 'out', prefix: 'm_axis' }],
  probes: [{ ...stream, name: 'inside', path: 'm_axis' }],
  activities: [],
  tieOffs: [['status_active', '']] as const,
});
const top = makeSimTop([stage('u_good', 0), stage('u_bad', 3)]);
const bytes = packElements(values, 8);

const REQUEST: RunRequest = {
  layout: top.layout,
  frames: FRAMES,
  seed: 1,
  sourceStall: 0.2,
  sinkStall: 0.2,
  data: new Map([
    ['u_good/in', bytes],
    ['u_bad/in', bytes],
  ]),
  expected: new Map([
    ['u_good/out', bytes],
    ['u_good/inside', bytes],
    ['u_bad/inside', bytes],
  ]),
};

let cwd = '';
let binary = '';
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'heddle-run-'));
  for (const fault of FAULTS) await writeFile(join(cwd, faultFile(fault)), `${fault}\n`);
  const text = await readFile(new URL('./fixtures/fixture_register.v', import.meta.url), 'utf8');
  const files = new Map([
    ['fixture_register.v', text],
    [SIM_TOP_FILE, top.text],
  ]);
  ({ binary } = await buildSimulator({ files, trace: false, cacheDir: cacheDirectory(env) }));
});
afterAll(() => rm(cwd, { recursive: true, force: true }));

describe('runSimulator', () => {
  it('compares inner streams, counts what differs, and says where first', async () => {
    const result = await runSimulator(binary, REQUEST, { cwd, timeoutSeconds: 60 });
    const [, goodOut, goodInside, , badOut, badInside] = result.probes;
    expect(goodOut).toMatchObject({ name: 'u_good/out', compared: 400, mismatches: 0 });
    expect(goodInside).toMatchObject({ name: 'u_good/inside', compared: 400, mismatches: 0 });
    expect(badOut).toMatchObject({ compared: 0, mismatches: 0 });
    expect(badInside).toMatchObject({ compared: 400, mismatches: 2, protocolErrors: 0 });
    const expected = values[26];
    expect(badInside?.firstMismatch).toMatchObject({
      frame: 0,
      beat: 13,
      lane: 0,
      expected,
      got: 255 - (expected ?? 0),
    });
  });

  it('captures streams, and leaves nothing behind', async () => {
    const request = { ...REQUEST, captures: ['u_good/out', 'u_bad/in'] };
    const { captures } = await runSimulator(binary, request, { cwd, timeoutSeconds: 60 });
    expect([...(captures.get('u_good/out') ?? [])]).toEqual([...bytes]);
    expect([...(captures.get('u_bad/in') ?? [])]).toEqual([...bytes]);
    expect(await readdir(cwd)).toEqual(FAULTS.map(faultFile));
  });

  it('stops at the first mismatch, or at a limit of cycles, when asked', async () => {
    const early = await runSimulator(binary, { ...REQUEST, stopOnMismatch: true }, { cwd, timeoutSeconds: 60 });
    expect(early.status).toBe('mismatch');
    expect(early.cycles).toBeLessThan(40);
    const limited = await runSimulator(binary, { ...REQUEST, maxCycles: 10 }, { cwd, timeoutSeconds: 60 });
    expect(limited).toMatchObject({ status: 'cycle-limit', cycles: 10 });
  });

  it('refuses a build without tracing, data of the wrong size, and a stream that is not there', async () => {
    const context = { cwd, timeoutSeconds: 60 };
    const trace = { file: join(cwd, 'x.fst') };
    await expect(runSimulator(binary, { ...REQUEST, trace }, context)).rejects.toThrow('cannot trace');
    const short = new Map([...REQUEST.data, ['u_bad/in', bytes.slice(1)] as const]);
    await expect(runSimulator(binary, { ...REQUEST, data: short }, context)).rejects.toThrow('holds 399 bytes');
    const captures = ['nowhere'];
    await expect(runSimulator(binary, { ...REQUEST, captures }, context)).rejects.toThrow("no stream 'nowhere'");
  });

  it('ends at the time-out and when aborted', async () => {
    const endless = { ...REQUEST, sinkStall: 1, maxIdleCycles: 1e15 };
    const timedOut = runSimulator(binary, endless, { cwd, timeoutSeconds: 0.5 });
    await expect(timedOut).rejects.toThrow(HeddleError);
    await expect(timedOut).rejects.toThrow('E504');
    const signal = AbortSignal.timeout(200);
    await expect(runSimulator(binary, endless, { cwd, timeoutSeconds: 60, signal })).rejects.toThrow(/abort|timeout/);
    expect(await readdir(cwd)).toEqual(FAULTS.map(faultFile));
  });

  it('tells progress', async () => {
    const seen: number[] = [];
    const request = { ...REQUEST, sinkStall: 1, maxIdleCycles: 200_000 };
    const onProgress = ({ cycles }: { readonly cycles: number }): void => {
      seen.push(cycles);
    };
    const result = await runSimulator(binary, request, { cwd, timeoutSeconds: 60, onProgress });
    expect(result.status).toBe('deadlock');
    expect(result.output).toBe('');
    expect(seen.slice(0, 2)).toEqual([16_384, 32_768]);
  });
});
