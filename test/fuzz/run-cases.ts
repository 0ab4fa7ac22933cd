import { mkdirSync, mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCase } from './cases.js';
import { exercise } from './exercise.js';
import type { Format } from './formats.js';

/** What scripts/fuzz.mjs runs of a case, in its processes and by itself. */

/** Where a line of JSON for each case's start and end goes: the process may not live to say more. */
const REPORT = 3;

function report(line: object): void {
  writeSync(REPORT, `${JSON.stringify(line)}\n`);
}

/** The most memory that the process ever held. */
function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}

/** What the process has had of the processor, which does not depend on the machine's other work. */
export function processorMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A batch of cases, first to end, in a process of its own. */
export async function runCases(format: Format, seed: number, first: number, end: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-fuzz-'));
  try {
    for (let number = first; number < end; number++) {
      const { set } = makeCase(format, seed, number);
      report({ start: number });
      const started = processorMilliseconds();
      const outcome = await exercise(folder, format, set);
      report({ end: number, ...outcome, milliseconds: processorMilliseconds() - started, peakBytes: peakBytes() });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const SAVED = join(import.meta.dirname, '../../out/fuzz');

/** One case here, with its files kept. Whether it ended well. */
export async function showCase(format: Format, seed: number, number: number): Promise<boolean> {
  const folder = join(SAVED, `${format}-${seed}-${number}`);
  mkdirSync(folder, { recursive: true });
  const { subject, set } = makeCase(format, seed, number);
  process.stdout.write(`${subject}, damaged: ${join(folder, set.main)}\n`);
  const started = processorMilliseconds();
  const { kind, detail } = await exercise(folder, format, set);
  const cost = `${(processorMilliseconds() - started).toFixed(0)} ms, ${(peakBytes() / 2 ** 20).toFixed(0)} MiB`;
  process.stdout.write(`${kind} (${cost})\n${detail}\n`);
  return kind !== 'failed';
}
