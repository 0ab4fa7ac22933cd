import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/** The rules that hold the code base together, read off the files themselves. */

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Lowest first: a file imports from its own folder and from earlier ones. */
const LAYERS: readonly string[] = [
  'version.ts',
  'support',
  'ir',
  'execute',
  'frontend',
  'passes',
  'quantize',
  'zoo',
  'hw',
  'schedule',
  'explore',
  'emit',
  'simulate',
  'verify',
  'report',
  'pictures',
  'load.ts',
  'compile.ts',
  'index.ts',
  'cli',
];

/** process and console belong to the CLI; this one file needs `kill` for process groups. */
const MAY_IMPORT_PROCESS: readonly string[] = ['simulate/process.ts'];

/** Named members, since a local variable may well be called `process` too. */
const GLOBAL_PROCESS_OR_CONSOLE =
  /(?<![\w.'"/-])(?:process\.(?:argv|cwd|env|exit|exitCode|hrtime|kill|memoryUsage|nextTick|on|pid|platform|std\w+)\b|console\.\w)/;

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 80;

function listFiles(folder: string, pattern: RegExp): readonly string[] {
  const start = join(ROOT, folder);
  if (!existsSync(start)) return [];
  return readdirSync(start, { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name) && !name.split(/[\\/]/).includes('node_modules'))
    .sort();
}

/** Text without comments, strings kept; good enough for code that a formatter has been over. */
function withoutComments(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|\s)\/\/.*$/gm, '$1');
}

interface SourceFile {
  /** Relative to src/. */
  readonly name: string;
  readonly text: string;
  readonly code: string;
  readonly imports: readonly { readonly target: string; readonly typeOnly: boolean }[];
}

function readImports(name: string, code: string): SourceFile['imports'] {
  const pattern = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'/gm;
  return [...code.matchAll(pattern)].map(([, type, path = '']) => ({
    target: normalize(join(dirname(name), path))
      .replaceAll('\\', '/')
      .replace(/\.js$/, '.ts'),
    typeOnly: type !== undefined,
  }));
}

const sources: readonly SourceFile[] = listFiles('src', /\.ts$/).map((name) => {
  const text = readFileSync(join(ROOT, 'src', name), 'utf8');
  const code = withoutComments(text);
  return { name: name.replaceAll('\\', '/'), text, code, imports: readImports(name, code) };
});

const layerOf = (name: string): number => LAYERS.indexOf(name.split('/')[0] ?? '');

/** A path of imports that leads back to its start, or undefined. */
function findCycle(files: readonly SourceFile[]): readonly string[] | undefined {
  const byName = new Map(files.map((file) => [file.name, file]));
  const finished = new Set<string>();
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    if (finished.has(name)) return undefined;
    for (const { target, typeOnly } of byName.get(name)?.imports ?? []) {
      const cycle = typeOnly ? undefined : visit(target, [...path, name]);
      if (cycle !== undefined) return cycle;
    }
    finished.add(name);
    return undefined;
  };
  for (const { name } of files) {
    const cycle = visit(name, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

interface FunctionSize {
  readonly place: string;
  readonly lines: number;
}

/** Functions as the formatter lays them out: from the line that opens one to the brace at the same indent. */
function functionSizes(file: SourceFile): readonly FunctionSize[] {
  const lines = file.code.split('\n');
  const opening =
    /^(\s*)(?:export )?(?:async )?(?:function\b|const \w+.*=> \{$|(?:get |set |async |static )*#?\w+\(.*\{$)/;
  return lines.flatMap((line, start) => {
    const match = opening.exec(line);
    if (match === null || /^\s*(?:if|for|while|switch|return|else|describe|it|test)\b/.test(line)) return [];
    const indent = match[1] ?? '';
    const length = lines
      .slice(start + 1)
      .findIndex((other) => other.startsWith(`${indent}}`) && !/^\s*\}\s*[):].*\{$/.test(other));
    return [{ place: `src/${file.name}:${start + 1}`, lines: length + 2 }];
  });
}

describe('imports', () => {
  it('finds the sources', () => {
    expect(sources.length).toBeGreaterThan(20);
  });

  it('come from the same or an earlier layer', () => {
    const breaches = sources.flatMap(({ name, imports }) =>
      imports.filter(({ target }) => layerOf(target) > layerOf(name)).map(({ target }) => `${name} imports ${target}`),
    );
    expect(breaches).toEqual([]);
  });

  it('name a file that is there, in a known layer', () => {
    const unknown = sources.filter(({ name }) => layerOf(name) < 0).map(({ name }) => name);
    const missing = sources.flatMap(({ name, imports }) =>
      imports.filter(({ target }) => !existsSync(join(ROOT, 'src', target))).map(({ target }) => `${name}: ${target}`),
    );
    expect({ unknown, missing }).toEqual({ unknown: [], missing: [] });
  });

  it('have no cycle', () => {
    expect(findCycle(sources)).toBeUndefined();
  });
});

describe('process and console', () => {
  it('are used by the CLI only', () => {
    const users = sources
      .filter(({ name }) => !name.startsWith('cli/'))
      .filter(
        ({ name, code }) =>
          GLOBAL_PROCESS_OR_CONSOLE.test(code) ||
          (/from 'node:process'/.test(code) && !MAY_IMPORT_PROCESS.includes(name)),
      )
      .map(({ name }) => name);
    expect(users).toEqual([]);
  });
});

describe('sizes', () => {
  it(`keeps files of src under ${MAX_FILE_LINES} lines`, () => {
    const large = sources.filter(({ text }) => text.split('\n').length > MAX_FILE_LINES).map(({ name }) => name);
    expect(large).toEqual([]);
  });

  it(`keeps functions under ${MAX_FUNCTION_LINES} lines`, () => {
    const sizes = sources.flatMap(functionSizes);
    expect(sizes.length).toBeGreaterThan(100);
    expect(sizes.filter(({ lines }) => lines > MAX_FUNCTION_LINES)).toEqual([]);
  });
});

describe('diagnostics', () => {
  it('each have a code of their own', () => {
    const codes = sources.flatMap(({ code }) =>
      [...code.matchAll(/(?:code: |\w\(\s*)'([EW]\d{3})'/g)].map(([, found]) => found),
    );
    const repeated = codes.filter((found, i) => codes.indexOf(found) !== i);
    expect(repeated).toEqual([]);
  });
});

describe('the RTL library', () => {
  const modules = listFiles('rtl', /\.v$/).map((name) => basename(name, '.v'));

  it('has a bench for every module', () => {
    const benches = listFiles('test/rtl', /\.(?:test\.ts|v|sv)$/).map((name) =>
      readFileSync(join(ROOT, 'test/rtl', name), 'utf8'),
    );
    const words = new Set(benches.flatMap((text) => text.match(/\bhd_\w+/g) ?? []));
    expect(modules.filter((name) => !words.has(name))).toEqual([]);
  });

  it('names modules as their files, with the prefix hd_', () => {
    const misnamed = listFiles('rtl', /\.v$/).filter((name) => {
      const module = basename(name, '.v');
      const found = [...readFileSync(join(ROOT, 'rtl', name), 'utf8').matchAll(/^module\s+(\w+)/gm)].map(([, m]) => m);
      return !module.startsWith('hd_') || found.length !== 1 || found[0] !== module;
    });
    expect(misnamed).toEqual([]);
  });
});

describe('documents', () => {
  const documents = [
    ...listFiles('.', /^[^\\/]+\.md$/),
    ...listFiles('docs', /\.md$/).map((name) => join('docs', name)),
  ];
  const inner = ['sim/README.md', 'rtl/README.md', 'models/README.md'].filter((name) => existsSync(join(ROOT, name)));

  it.each([...documents, ...inner])('%s names only paths that exist', (document) => {
    const text = readFileSync(join(ROOT, document), 'utf8');
    const top = '(?:src|rtl|sim|test|scripts|templates|models|docs|schemas|\\.ci)';
    const named = [...text.matchAll(new RegExp(`\`(${top}/[\\w./-]*\\w/?)\``, 'g'))].map(([, path = '']) => path);
    const missing = named.filter((path) => !existsSync(join(ROOT, path)));
    expect(missing).toEqual([]);
  });
});
