import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cli, makeFolder } from './cli/host.js';

/** Every command line of the README works, and every file that it names is there. */

const ROOT = join(import.meta.dirname, '../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');
const folder = makeFolder();
afterAll(folder.clean);

/** The texts of the README's code blocks of one language. */
function blocks(language: string): readonly string[] {
  return [...README.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, text = '']) =>
    name === language ? [text] : [],
  );
}

const COMMANDS = blocks('sh').flatMap((block) => block.trim().split('\n'));
const HEDDLE = COMMANDS.flatMap((line) => /^npx heddle (.+)$/.exec(line)?.[1] ?? []);

/** Files that the README tells the reader to get or to write. */
const STAND_INS: Readonly<Record<string, string>> = {
  't10k-images.npy': join(ROOT, 'models/lenet5/digits.npy'),
  't10k-labels.npy': join(ROOT, 'models/lenet5/digits-labels.npy'),
};

/** A word of a command line; what goes to out/ goes to the test's folder, models are the shipped ones. */
function resolveWord(word: string): string {
  if (word.startsWith('out/')) return folder.path(word);
  return STAND_INS[word] ?? (word.startsWith('models/') ? join(ROOT, word) : word);
}

const path = process.env['PATH'];
beforeAll(() => {
  mkdirSync(folder.path('out'));
  const [folding = ''] = blocks('json');
  writeFileSync(folder.path('out/folding.json'), folding);
  // Without tools `verify` gets as far as the simulator, past all that its options can be wrong about.
  process.env['PATH'] = '';
});
afterAll(() => {
  process.env['PATH'] = path;
});

const NEEDS_TOOLS: readonly string[] = ['verify', 'doctor', 'demo'];

describe('README', () => {
  it('has the commands that the tests below run', () => {
    const names = new Set(HEDDLE.map((line) => line.split(' ')[0]));
    expect([...names].sort()).toEqual([
      ...['compile', 'doctor', 'explore', 'inspect', 'quantize', 'run', 'verify', 'zoo'],
    ]);
    expect(README).toContain('out/folding.json');
  });

  // In order: the later ones read what the first ones write.
  it.each(HEDDLE)('heddle %s', async (line) => {
    const { status, stderr } = await cli(line.split(' ').map(resolveWord));
    const needsTools = NEEDS_TOOLS.includes(line.split(' ')[0] ?? '');
    expect({ status, stderr }).toMatchObject({ status: needsTools ? 3 : 0 });
    if (!needsTools) expect(stderr).toBe('');
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = [...README.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
    expect(named).toContain('demo');
  });

  it('contains no other shell commands than these', () => {
    const others = COMMANDS.filter((line) => !line.startsWith('npx heddle '));
    expect(others).toEqual(['npm ci && npm run demo', 'npm ci && npm test', 'mkdir -p out']);
  });

  it('names files that exist', () => {
    const words = [...README.matchAll(/`([\w.-]+\/[\w./-]*)`/g)].map(([, word = '']) => word);
    const written = ['out/', 'heddle-demo/', 'sim/'];
    const missing = words.filter(
      (word) => !written.some((start) => word.startsWith(start)) && !existsSync(join(ROOT, word)),
    );
    expect(missing).toEqual([]);
    const documents = [...README.matchAll(/\b([A-Z]+\.md|LICENSE)\b/g)].map(([, name = '']) => name);
    expect(documents.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
    expect(dirname(words.find((word) => word.endsWith('model-format.md')) ?? '')).toBe('docs');
  });
});
