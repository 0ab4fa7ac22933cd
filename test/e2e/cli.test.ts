import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, it } from 'vitest';
import { cacheDirectory } from '../../src/simulate/cache.js';
import { cli, makeFolder, pixels, save, tinyInteger, writeNpy } from '../unit/cli/host.js';

/** The command line as a user sees it: the whole way to bit-exact RTL, and the process around it. */

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'dist/cli/main.js');
const run = promisify(execFile);
const folder = makeFolder();
const { path } = folder;
afterAll(folder.clean);

const model = save(tinyInteger(), path('tiny.json'));
const input = writeNpy(path('x.npy'), pixels(4));

/** A cache of its own, which shares only the run-time library. */
const cache = path('cache');
mkdirSync(cache);
const environment = { HEDDLE_CACHE: cache };
for (const name of existsSync(cacheDirectory(process.env)) ? readdirSync(cacheDirectory(process.env)) : [])
  if (name.startsWith('runtime-'))
    cpSync(join(cacheDirectory(process.env), name), join(cache, name), { recursive: true });

function verifyDocument(stdout: string): Record<string, unknown> {
  const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/verify.schema.json'), 'utf8')) as object;
  const check = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);
  const value = JSON.parse(stdout) as Record<string, unknown>;
  check(value);
  expect(check.errors ?? []).toEqual([]);
  return value;
}

describe('heddle verify', () => {
  it('finds the RTL bit-exact on random frames, and as fast as predicted', async () => {
    const { status, stdout, stderr } = await cli(['verify', model, '--json'], environment);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const value = verifyDocument(stdout);
    expect(value).toMatchObject({
      model: 'tiny',
      frames: 3,
      bitExact: true,
      mismatches: 0,
      // Every stream inside, and the output port behind the last of them.
      comparedWords: 3 * (6 * 6 * 2 + 4 * 4 * 4 + 2 * 2 * 4 + 5 + 5),
      layersCompared: 3,
      cyclesPerFrame: value['predictedCyclesPerFrame'],
      latencyCycles: value['predictedLatencyCycles'],
      macs: 4 * 4 * 4 * 18 + 5 * 16,
      input: 'random',
      stall: 0,
      seed: 1,
      firstMismatch: null,
      waits: [],
      problems: [],
    });
    const { macs, multipliers, cyclesPerFrame, efficiency } = value as Record<string, number>;
    expect(efficiency).toBeCloseTo((macs ?? 0) / ((multipliers ?? 0) * (cyclesPerFrame ?? 0)), 12);
  });

  it('has no interval with fewer than three frames', async () => {
    const value = verifyDocument((await cli(['verify', model, '--frames', '2', '--json'], environment)).stdout);
    expect(value).toMatchObject({ frames: 2, bitExact: true, cyclesPerFrame: null, efficiency: null, fps: null });
    expect(value['latencyCycles']).toBeGreaterThan(0);
  });

  it('takes frames from a file, under stalls, and writes what it found', async () => {
    const [out, trace] = [path('verified'), path('wave.fst')];
    const args = ['verify', model, '--input', input, '--stall', '0.3', '--seed', '5', '-o', out, '--trace', trace];
    const { status, stdout } = await cli(args, environment);
    expect(status).toBe(0);
    expect(stdout).toContain('bit-exact: tiny, 4 frames (pixels)');
    expect(stdout).toMatch(/^conv1 \(conv\) +pe/m);
    expect(verifyDocument(readFileSync(join(out, 'verify.json'), 'utf8'))).toMatchObject({ frames: 4, stall: 0.3 });
    expect(readdirSync(out)).toEqual(
      ['model.json', 'model.safetensors', 'report.json', 'report.md', 'rtl', 'sim', 'verify.json', 'verify.txt'].sort(),
    );
    expect(readFileSync(trace).length).toBeGreaterThan(100);
  });

  it('ends with status 1 and says where, when the hardware computes something else', async () => {
    // A simulator that turns the weights of the first layer around before it runs.
    const builds = readdirSync(cache).filter((name) => name.startsWith('sim-'));
    for (const name of builds) {
      const binary = join(cache, name, 'simulator');
      renameSync(binary, `${binary}.real`);
      const spoil =
        'for f in *conv1_weights_*.mem; do tr 0123456789abcdef fedcba9876543210 <$f >$f.x; mv $f.x $f; done';
      writeFileSync(binary, `#!/bin/sh\n${spoil}\nexec "$0.real" "$@"\n`);
      chmodSync(binary, 0o755);
    }
    const { status, stdout } = await cli(['verify', model, '--json'], environment);
    const text = await cli(['verify', model], environment);
    for (const name of builds) renameSync(join(cache, name, 'simulator.real'), join(cache, name, 'simulator'));
    expect(status).toBe(1);
    const value = verifyDocument(stdout);
    expect(value).toMatchObject({ bitExact: false, firstMismatch: { layer: 'conv1', tensor: 'relu1', frame: 0 } });
    const { expected, got, row, column, channel, cycle } = value['firstMismatch'] as Record<string, number>;
    expect(got).not.toBe(expected);
    expect(text.status).toBe(1);
    expect(text.stdout).toContain(
      `first mismatch, which ended the simulation: layer 'conv1', tensor 'relu1', frame 0, channel ${channel}, row ${row}, column ${column}: ` +
        `expected ${expected}, got ${got}, in cycle ${cycle}`,
    );
  });
});

describe('names that Verilog does not like', () => {
  const strange = save(
    tinyInteger({ model: 'module "end" $top */', conv: 'always', pool: 'a b', dense: `it's "größe"; // \\x` }),
    path('strange.json'),
  );

  it('compile to Verilog that lints clean', async () => {
    const out = path('strange');
    const { status, stderr } = await cli(['compile', strange, '-o', out]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { topModule } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as { topModule: string };
    const lint = ['--lint-only', '-Wall', '--no-timing', '--top-module', topModule, '-y', '.', `${topModule}.v`];
    const { stdout, stderr: warnings } = await run('verilator', lint, { cwd: join(out, 'rtl') });
    expect({ stdout, warnings }).toEqual({ stdout: '', warnings: '' });
  });

  it('are bit-exact, and reported as they are', async () => {
    const { status, stdout } = await cli(['verify', strange, '--json'], environment);
    expect(status).toBe(0);
    const layers = verifyDocument(stdout)['layers'] as readonly { layer: string }[];
    expect(layers.map(({ layer }) => layer)).toEqual(['always', 'a b', `it's "größe"; // \\x`]);
  });
});

describe('the process', () => {
  it('is built', () => {
    expect(existsSync(MAIN), 'dist/cli/main.js: npm run build').toBe(true);
    expect(readFileSync(MAIN, 'utf8').startsWith('#!/usr/bin/env node\n')).toBe(true);
  });

  it('gives its status, and its output to stdout and stderr', async () => {
    const { stdout, stderr } = await run(process.execPath, [MAIN, '--version']);
    expect({ stdout: stdout.split('.').length, stderr }).toEqual({ stdout: 3, stderr: '' });
    await expect(run(process.execPath, [MAIN, 'verify', path('none.json')])).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('error E101') as string,
    });
  });

  it('ends with status 3 when a tool is missing', async () => {
    // Only Node in PATH.
    const bin = path('bin');
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    const env = { PATH: bin, HEDDLE_CACHE: path('unused') };
    const failure = expect.objectContaining({ code: 3 }) as object;
    await expect(run(process.execPath, [MAIN, 'verify', model], { env })).rejects.toEqual(failure);
    const doctor = run(process.execPath, [MAIN, 'doctor'], { env });
    await expect(doctor).rejects.toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/MISSING +verilator[\s\S]*apt-get install verilator \| dnf install/) as string,
    });
  });

  it('does not mind a reader that goes away', async () => {
    const command = `"${process.execPath}" "${MAIN}" compile "${model}" -o "${path('pipe')}" --json | head -c 1`;
    const { stdout, stderr } = await run('sh', ['-c', command]);
    expect({ stdout, stderr }).toEqual({ stdout: '{', stderr: '' });
  });

  it('when interrupted ends its children and leaves nothing half-done', async () => {
    const [own, temporary] = [path('interrupted'), path('tmp')];
    mkdirSync(temporary);
    const env = { ...process.env, HEDDLE_CACHE: own, TMPDIR: temporary };
    const child = spawn(process.execPath, [MAIN, 'verify', model], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    while (!existsSync(own) || !readdirSync(own).some((name) => name.startsWith('tmp-')))
      await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const start = performance.now();
    child.kill('SIGINT');
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(130);
    expect(stderr).toContain('error E479 interrupted');
    expect(performance.now() - start).toBeLessThan(10_000);
    expect(readdirSync(own)).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
