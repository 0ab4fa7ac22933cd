import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { runProcess } from '../../../src/simulate/process.js';

const shell = (script: string, timeoutSeconds: number, signal?: AbortSignal) =>
  runProcess({
    command: 'sh',
    arguments: ['-c', script],
    timeoutSeconds,
    ...(signal === undefined ? {} : { signal }),
  });

describe('runProcess', () => {
  it('returns status and output', async () => {
    const lines: string[] = [];
    const result = await runProcess({
      command: 'sh',
      arguments: ['-c', 'echo out; echo one >&2; echo two >&2; exit 3'],
      timeoutSeconds: 10,
      onErrorLine: (line) => lines.push(line),
    });
    expect(result).toMatchObject({ exitStatus: 3, stdout: 'out\n', stderr: 'one\ntwo\n', timedOut: false });
    expect(lines).toEqual(['one', 'two']);
  });

  it('tells a command that does not exist from one that fails', async () => {
    const result = await runProcess({ command: '/nonexistent/tool', arguments: [], timeoutSeconds: 10 });
    expect(result.notFound).toBe(true);
  });

  it('ends a command and its children at the time-out', async () => {
    // The pipe stays open until the last child is gone: the promise would wait for it.
    const start = performance.now();
    const result = await shell('sleep 30 & sleep 30', 0.3);
    expect(result.timedOut).toBe(true);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('rejects with the reason when aborted', async () => {
    const controller = new AbortController();
    const run = shell('sleep 30', 60, controller.signal);
    await sleep(100);
    controller.abort(new Error('enough'));
    await expect(run).rejects.toThrow('enough');
    await expect(shell('true', 1, controller.signal)).rejects.toThrow('enough');
  });
});
