import { spawn } from 'node:child_process';
// The one use of node:process outside of the CLI: only `kill` can end a whole process group.
import { kill } from 'node:process';

export interface ProcessRequest {
  readonly command: string;
  readonly arguments: readonly string[];
  readonly cwd?: string;
  readonly timeoutSeconds: number;
  readonly signal?: AbortSignal;
  /** Called with each line of stderr as it comes. */
  readonly onErrorLine?: (line: string) => void;
}

export interface ProcessResult {
  /** Exit status; undefined when a signal ended it. */
  readonly exitStatus: number | undefined;
  readonly endedBySignal: string | undefined;
  readonly timedOut: boolean;
  /** The command could not be started: not found, or not executable. */
  readonly notFound: boolean;
  /** The last 256 KiB of each. */
  readonly stdout: string;
  readonly stderr: string;
}

const KEPT_CHARACTERS = 256 * 1024;

function makeTail(): { readonly add: (text: string) => void; readonly text: () => string } {
  let kept = '';
  return {
    add: (text) => {
      kept = (kept + text).slice(-KEPT_CHARACTERS);
    },
    text: () => kept,
  };
}

function makeLineSplitter(onLine: (line: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  };
}

/** Time that processes have to tidy up (a compiler its temporary files) before they are ended the hard way. */
const GRACE_SECONDS = 2;

function signalGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    kill(-pid, signal);
  } catch {
    // The group has ended by itself.
  }
}

/**
 * Runs a command without a shell and without stdin. It ends at the latest after `timeoutSeconds`, together with all
 * processes it started. Rejects with the signal's reason when aborted; every other outcome is a result.
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessResult> {
  request.signal?.throwIfAborted();
  const stdout = makeTail();
  const stderr = makeTail();
  const child = spawn(request.command, [...request.arguments], {
    cwd: request.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.stdout.setEncoding('utf8').on('data', stdout.add);
  child.stderr.setEncoding('utf8').on('data', stderr.add);
  if (request.onErrorLine !== undefined) child.stderr.on('data', makeLineSplitter(request.onErrorLine));
  let timedOut = false;
  let hardTimer: NodeJS.Timeout | undefined;
  const endGroup = (): void => {
    signalGroup(child.pid, 'SIGTERM');
    hardTimer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), GRACE_SECONDS * 1000);
  };
  const timer = setTimeout(() => {
    timedOut = true;
    endGroup();
  }, request.timeoutSeconds * 1000);
  const onAbort = endGroup;
  request.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const end = await new Promise<Pick<ProcessResult, 'exitStatus' | 'endedBySignal' | 'notFound'>>((resolve) => {
      child.on('error', () => resolve({ exitStatus: undefined, endedBySignal: undefined, notFound: true }));
      child.on('close', (status, signal) =>
        resolve({ exitStatus: status ?? undefined, endedBySignal: signal ?? undefined, notFound: false }),
      );
    });
    request.signal?.throwIfAborted();
    return { ...end, timedOut, stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    clearTimeout(timer);
    if (hardTimer !== undefined) {
      clearTimeout(hardTimer);
      // Whoever is left has closed its output, but need not have ended.
      signalGroup(child.pid, 'SIGKILL');
    }
    request.signal?.removeEventListener('abort', onAbort);
  }
}
