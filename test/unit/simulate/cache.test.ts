import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheDirectory, cachedFolder, contentKey, pruneCache } from '../../../src/simulate/cache.js';

let cache = '';
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'heddle-cache-'));
});
afterEach(() => rm(cache, { recursive: true, force: true }));

describe('cacheDirectory', () => {
  it('takes the first of three places', () => {
    expect(cacheDirectory({ HEDDLE_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
    expect(cacheDirectory({ HEDDLE_CACHE: '', XDG_CACHE_HOME: '/b' })).toBe('/b/heddle');
    expect(cacheDirectory({})).toMatch(/\.cache\/heddle$/);
  });
});

describe('contentKey', () => {
  it('tells lists apart that join to the same text', () => {
    expect(contentKey(['ab', 'c'])).not.toBe(contentKey(['a', 'bc']));
    expect(contentKey(['ab', 'c'])).toBe(contentKey(['ab', 'c']));
    expect(contentKey(['a'])).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('cachedFolder', () => {
  it('builds once', async () => {
    let builds = 0;
    const build = async (folder: string): Promise<void> => {
      builds++;
      await writeFile(join(folder, 'x'), 'made');
    };
    expect((await cachedFolder(cache, 'sim-1', build)).cached).toBe(false);
    const again = await cachedFolder(cache, 'sim-1', build);
    expect(again.cached).toBe(true);
    expect(await readFile(join(again.folder, 'x'), 'utf8')).toBe('made');
    expect(builds).toBe(1);
  });

  it('lets the first of several win and leaves no half-built folder', async () => {
    const build = (text: string) => async (folder: string) => {
      await sleep(20);
      await writeFile(join(folder, 'x'), text);
    };
    const entries = await Promise.all(['a', 'b', 'c'].map((text) => cachedFolder(cache, 'sim-1', build(text))));
    for (const { folder } of entries) expect(await readFile(join(folder, 'x'), 'utf8')).toMatch(/^[abc]$/);
    expect(await readdir(cache)).toEqual(['sim-1']);
  });

  it('leaves nothing of a failed build', async () => {
    const fail = (): Promise<void> => Promise.reject(new Error('refused'));
    await expect(cachedFolder(cache, 'sim-1', fail)).rejects.toThrow('refused');
    expect(await readdir(cache)).toEqual([]);
  });
});

describe('pruneCache', () => {
  async function makeEntry(name: string, bytes: number, ageHours: number): Promise<void> {
    const folder = join(cache, name);
    await mkdir(folder);
    await writeFile(join(folder, 'simulator'), new Uint8Array(bytes));
    const time = new Date(Date.now() - ageHours * 3_600_000);
    await utimes(folder, time, time);
  }

  it('removes the oldest until the rest fits, but nothing of the last hour or of others', async () => {
    await makeEntry('sim-old', 100, 50);
    await makeEntry('sim-middle', 100, 20);
    await makeEntry('runtime-new', 100, 2);
    await makeEntry('sim-now', 100, 0);
    await makeEntry('tmp-broken-off', 100, 30);
    await makeEntry('tmp-building', 100, 1);
    await makeEntry('somebody-elses', 100, 99);
    await pruneCache(cache, 250);
    expect((await readdir(cache)).sort()).toEqual(['runtime-new', 'sim-now', 'somebody-elses', 'tmp-building']);
    await pruneCache(cache, 0);
    expect((await readdir(cache)).sort()).toEqual(['sim-now', 'somebody-elses', 'tmp-building']);
  });

  it('minds no missing folder', async () => {
    await pruneCache(join(cache, 'none'), 0);
  });
});
