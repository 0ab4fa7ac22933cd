import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { HeddleError } from '../support/diagnostics.js';
import { InternalError } from '../support/invariant.js';
import { toolTimedOut } from './messages.js';
import { type ProcessResult, runProcess } from './process.js';
import type { SimReport, SimResult } from './result.js';
import { type RunRequest, renderRunFile } from './run-file.js';

export interface RunProgress {
  readonly cycles: number;
  /** Beats of all streams together, inner ones included: so far, and in the whole run. */
  readonly beats: number;
  readonly totalBeats: number;
  /** Beats that the first source has given. */
  readonly inputBeats: number;
}

export interface RunContext {
  /** Folder that the design's $readmemh files are read from; a folder for this run is made in it and removed again. */
  readonly cwd: string;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: RunProgress) => void;
}

function parseProgress(line: string): RunProgress | undefined {
  const match = /^progress (\d+) (\d+) (\d+) (\d+)$/.exec(line);
  if (match === null) return undefined;
  const [cycles = 0, beats = 0, totalBeats = 0, inputBeats = 0] = match.slice(1).map(Number);
  return { cycles, beats, totalBeats, inputBeats };
}

/** The path of an element file: the given one, or a new one for bytes. */
async function placeData(data: Uint8Array | string, file: string): Promise<string> {
  if (typeof data === 'string') return resolve(data);
  await writeFile(file, data);
  return file;
}

async function placeAll(
  data: ReadonlyMap<string, Uint8Array | string>,
  folder: string,
  kind: string,
): Promise<ReadonlyMap<string, string>> {
  const entries = [...data].map(async ([name, value], i): Promise<[string, string]> => {
    return [name, await placeData(value, join(folder, `${kind}-${i}.bin`))];
  });
  return new Map(await Promise.all(entries));
}

function checkEnd(result: ProcessResult, context: RunContext): void {
  if (result.timedOut) throw new HeddleError([toolTimedOut('the simulation', context.timeoutSeconds)]);
  if (result.exitStatus === 0) return;
  const end = result.endedBySignal ?? `status ${result.exitStatus}`;
  throw new InternalError(`the simulator ended with ${end}:\n${result.stdout}${result.stderr}`);
}

async function readCaptures(files: ReadonlyMap<string, string>): Promise<ReadonlyMap<string, Uint8Array>> {
  const captures = new Map<string, Uint8Array>();
  for (const [name, file] of files) captures.set(name, new Uint8Array(await readFile(file)));
  return captures;
}

async function runIn(folder: string, binary: string, request: RunRequest, context: RunContext): Promise<SimResult> {
  const capturing = request.captures ?? [];
  const captures = new Map(capturing.map((name, i) => [name, join(folder, `capture-${i}.bin`)]));
  const resultFile = join(folder, 'result.json');
  const runFile = join(folder, 'run.txt');
  const text = renderRunFile(request, {
    data: await placeAll(request.data, folder, 'source'),
    expected: await placeAll(request.expected, folder, 'expected'),
    captures,
    resultFile,
    progress: context.onProgress !== undefined,
  });
  await writeFile(runFile, text);
  const result = await runProcess({
    command: resolve(binary),
    arguments: [runFile],
    cwd: context.cwd,
    timeoutSeconds: context.timeoutSeconds,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
    onErrorLine: (line) => {
      const progress = parseProgress(line);
      if (progress !== undefined) context.onProgress?.(progress);
    },
  });
  checkEnd(result, context);
  const report = JSON.parse(await readFile(resultFile, 'utf8')) as SimReport;
  const output = `${result.stdout}${result.stderr}`.replace(/^progress [\d ]+\n/gm, '');
  return { ...report, captures: await readCaptures(captures), output };
}

/**
 * Runs a simulator once. Whatever the design does is in the result; throws a HeddleError on a time-out, an
 * InternalError when the simulator itself breaks down, the signal's reason when aborted.
 */
export async function runSimulator(binary: string, request: RunRequest, context: RunContext): Promise<SimResult> {
  const folder = await mkdtemp(join(resolve(context.cwd), 'run-'));
  try {
    return await runIn(folder, binary, request, context);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
