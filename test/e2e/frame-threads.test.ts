import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { randomFrames } from '../../src/execute/frame-source.js';
import { runFrames } from '../../src/execute/run-model.js';
import { loadModelFile } from '../../src/frontend/json/files.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { defined } from '../../src/support/invariant.js';
import { makeRandom } from '../../src/support/random.js';
import { makeFolder, writeNpy } from '../unit/cli/host.js';

/** Threads are started from the built package: these tests are about dist/, as the tests of the command line are. */

const ROOT = join(import.meta.dirname, '../..');
const POOL = pathToFileURL(join(ROOT, 'dist/execute/threads/thread-pool.js')).href;
const RUN = pathToFileURL(join(ROOT, 'dist/execute/threads/run-frames.js')).href;
const pool = (await import(POOL)) as typeof import('../../src/execute/threads/thread-pool.js');
const parallel = (await import(RUN)) as typeof import('../../src/execute/threads/run-frames.js');

const MODEL = join(ROOT, 'models/lenet5/lenet5-int8.json');
const graph = loadModelFile(MODEL);
const input = defined(graph.inputs[0], 'the input');
const FRAMES = 40;
const source = randomFrames(graph, input, FRAMES, 3);
const folder = makeFolder();
afterAll(folder.clean);

type Batch = readonly ReadonlyMap<string, Tensor>[];

function* batches(size: number, frames = FRAMES): Generator<Batch> {
  for (let first = 0; first < frames; first += size) {
    const count = Math.min(size, frames - first);
    yield Array.from({ length: count }, (_, i) => new Map([[input.tensor, source.frame((first + i) % FRAMES)]]));
  }
}

async function collect<T>(results: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const result of results) all.push(result);
  return all;
}

describe('frames on threads', () => {
  it('give the results of one thread, in order', async () => {
    const keep = ['conv1', input.tensor].filter((name) => graph.types.has(name));
    const wanted = [...runFrames(graph, new Map([[input.tensor, source]]), FRAMES, keep)];
    for (const [threads, size] of [
      [1, 7],
      [3, 1],
      [2, 16],
    ] as const) {
      const found = await collect(pool.runOnThreads({ graph, keep }, threads, batches(size), undefined));
      expect(found).toEqual(wanted);
    }
  });

  it('refuse what one thread refuses, with the same message', async () => {
    const job = { graph, keep: ['no such tensor'] };
    await expect(collect(pool.runOnThreads(job, 2, batches(4), undefined))).rejects.toThrow(/E345.*'no such tensor'/);
  });

  it('hand on an error of making a frame, after the frames before it', async () => {
    function* broken(): Generator<Batch> {
      yield* batches(4, 8);
      throw new Error('no frame 8');
    }
    const seen: unknown[] = [];
    const run = async (): Promise<void> => {
      for await (const frame of pool.runOnThreads({ graph, keep: [] }, 2, broken(), undefined)) seen.push(frame);
    };
    await expect(run()).rejects.toThrow('no frame 8');
    expect(seen.length).toBe(8);
  });

  it('hand on a breakdown of a thread', async () => {
    const torn = { ...graph, types: new Map([...graph.types].slice(0, 2)) };
    await expect(collect(pool.runOnThreads({ graph: torn, keep: [] }, 2, batches(4), undefined))).rejects.toThrow(
      /internal error/,
    );
  });

  it('end when they are aborted, also before they have begun', async () => {
    const controller = new AbortController();
    const endless = pool.runOnThreads({ graph, keep: [] }, 2, batches(8, 1e9), controller.signal);
    let seen = 0;
    const run = async (): Promise<void> => {
      for await (const _ of endless) if (++seen === 20) controller.abort(new Error('enough'));
    };
    await expect(run()).rejects.toThrow('enough');
    expect(seen).toBeGreaterThanOrEqual(20);
    const late = pool.runOnThreads({ graph, keep: [] }, 2, batches(8), controller.signal);
    await expect(collect(late)).rejects.toThrow('enough');
  });

  it('do not keep the process alive when nobody wants more', () => {
    const script = `
      const { runOnThreads } = await import(${JSON.stringify(POOL)});
      const { loadModelFile } = await import(${JSON.stringify(pathToFileURL(join(ROOT, 'dist/frontend/json/files.js')).href)});
      const graph = loadModelFile(${JSON.stringify(MODEL)});
      const [{ tensor }] = graph.inputs;
      const type = graph.types.get(tensor);
      const x = { type, data: type.element.signed ? new Int8Array(784) : new Uint8Array(784) };
      function* batches() { for (;;) yield [new Map([[tensor, x]])]; }
      let seen = 0;
      for await (const _ of runOnThreads({ graph, keep: [] }, 2, batches())) if (++seen === 5) break;
      process.stdout.write(String(seen));`;
    const options = { encoding: 'utf8', timeout: 30_000 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], options);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '5', stderr: '' });
  });
});

describe('the choice of threads', () => {
  it('needs enough work', () => {
    expect(parallel.threadsFor(graph, 20, 8)).toBe(1);
    expect(parallel.threadsFor(graph, 10_000, 2)).toBe(2);
    expect(parallel.threadsFor(graph, 10_000, 1)).toBe(1);
  });

  it('falls on one where the threads are not built, as the sources alone', async () => {
    const { threadsFor, runFramesParallel } = await import('../../src/execute/threads/run-frames.js');
    expect(threadsFor(graph, 10_000, 2)).toBe(1);
    const inputs = new Map([[input.tensor, source]]);
    expect(await collect(runFramesParallel(graph, inputs, 5))).toEqual([...runFrames(graph, inputs, 5)]);
  });
});

describe('heddle run', () => {
  it('writes the same with any number of threads', () => {
    const random = makeRandom(11);
    const frames = 6000;
    expect(parallel.threadsFor(graph, frames, 2)).toBe(2);
    const data = Uint8Array.from({ length: frames * 784 }, () => Math.floor(256 * random()));
    const x = writeNpy(folder.path('x.npy'), { shape: [frames, 28, 28, 1], dtype: 'u1', data });
    const outputs = [1, 2].map((jobs) => {
      const y = folder.path(`y${jobs}.npy`);
      const args = [
        join(ROOT, 'dist/cli/main.js'),
        'run',
        MODEL,
        '--input',
        x,
        '-o',
        y,
        '--jobs',
        String(jobs),
        '--json',
      ];
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return readFileSync(y);
    });
    expect(outputs[0]?.equals(outputs[1] ?? Buffer.alloc(0))).toBe(true);
  });
});
