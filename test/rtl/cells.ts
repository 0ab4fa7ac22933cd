import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { padToLanes } from '../../src/simulate/elements.js';
import { runProcess } from '../../src/simulate/process.js';
import type { ProbeResult, SimResult } from '../../src/simulate/result.js';
import { type BenchRun, type BenchStream, RTL_FOLDER } from './bench.js';

/** What the benches of single cells share. */

/** A stream as inside a network: no TLAST, no filling to bytes; every lane is compared, padding lanes against zero. */
export function innerStream(
  prefix: string,
  lanes: number,
  bits: number,
  beats: number,
  data: ArrayLike<number>,
): BenchStream {
  return { prefix, lanes, bits, dataBits: lanes * bits, beatsPerFrame: beats, hasLast: false, data };
}

/** Channels-last values as a stream of frames of `pixels` pixels. */
export function pixelStream(
  prefix: string,
  shape: { readonly pixels: number; readonly channels: number; readonly lanes: number; readonly bits: number },
  values: ArrayLike<number>,
): BenchStream {
  const { pixels, channels, lanes, bits } = shape;
  return innerStream(prefix, lanes, bits, pixels * Math.ceil(channels / lanes), padToLanes(values, channels, lanes));
}

/** The run without any stall. */
export function freeRun(runs: readonly BenchRun[]): SimResult {
  const run = runs.find(
    ({ stall, resetAfterCycles }) => stall.source + stall.sink === 0 && resetAfterCycles === undefined,
  );
  if (run === undefined) throw new Error('the bench has no run without stalls');
  return run.result;
}

export function probeNamed(result: SimResult, name: string): ProbeResult {
  const probe = result.probes.find((candidate) => candidate.name === name);
  if (probe === undefined) throw new Error(`no stream ${name} among ${result.probes.map((p) => p.name).join(', ')}`);
  return probe;
}

/**
 * Expects `verilator` to refuse the parameters by the name of the missing module that guards them: `guardedBy`, or the
 * module itself, with the guard's words.
 */
export async function expectIllegal(
  module: string,
  parameters: Record<string, number>,
  guard: string,
  guardedBy: string = module,
): Promise<void> {
  const entries = await readdir(RTL_FOLDER, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => ['-y', join(RTL_FOLDER, name)]);
  const overrides = Object.entries(parameters).map(([name, value]) => `-G${name}=${value}`);
  const { exitStatus, stderr } = await runProcess({
    command: 'verilator',
    arguments: ['--lint-only', '-Wall', ...folders, ...overrides, '--top-module', module, `${module}.v`],
    timeoutSeconds: 60,
  });
  expect(exitStatus).not.toBe(0);
  expect(stderr).toContain(`'${guardedBy}_${guard}'`);
}

/** Verilog beside rtl/ for a bench: the named files of fixtures/. */
export async function readFixtures(...names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = await Promise.all(
    names.map((name) => readFile(new URL(`./fixtures/${name}`, import.meta.url), 'utf8')),
  );
  return new Map(names.map((name, i) => [name, texts[i] ?? '']));
}
