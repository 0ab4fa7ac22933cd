import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliResult, cli, makeFolder } from '../unit/cli/host.js';

/** `heddle demo`, with Verilator: what a newcomer sees first. */

const folder = makeFolder();
afterAll(folder.clean);

const OUT = folder.path('out');
let result: CliResult;

beforeAll(async () => {
  result = await cli(['demo', '-o', OUT], { ...process.env, LC_ALL: 'C.UTF-8' });
}, 300_000);

describe('heddle demo', () => {
  it('ends well and says nothing on stderr', () => {
    expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('says what each step did', () => {
    const steps = result.stdout.split('\n').flatMap((line) => /^ +\d+\.\d\d s {2}(\w+)/.exec(line)?.[1] ?? []);
    expect(steps).toEqual(['load', 'quantise', 'compile', 'build', 'run']);
  });

  it('shows 20 digits with what the hardware answered', () => {
    const captions = [...result.stdout.matchAll(/(\d) → (\d) {2}([✓✗])/g)];
    expect(captions).toHaveLength(20);
    const right = captions.filter(([, label, answer]) => label === answer).length;
    expect(captions.filter(([, , , mark]) => mark === '✓')).toHaveLength(right);
    expect(right).toBeGreaterThanOrEqual(19);
    expect(result.stdout).toContain(`${right} of 20 digits`);
  });

  it('is bit-exact, and as fast as predicted', () => {
    expect(result.stdout).toMatch(/^bit-exact +yes, .*: [\d,]{5,} words compared, 0 mismatches$/m);
    const [, measured, predicted] =
      /^cycles +([\d,]+) a frame measured, ([\d,]+) predicted$/m.exec(result.stdout) ?? [];
    expect(measured).toBe(predicted);
  });

  it('fits 100 columns, but for the paths in its hints', () => {
    const lines = result.stdout.split('\n').filter((line) => !line.includes(folder.path('')));
    expect(lines.filter((line) => line.length > 100)).toEqual([]);
  });

  it('names the top module, which is there', () => {
    const top = join(OUT, 'rtl', 'hd_gen_lenet5.v');
    expect(result.stdout).toContain(top);
    expect(readFileSync(top, 'utf8')).toContain('module hd_gen_lenet5');
    expect(existsSync(join(OUT, 'model.json'))).toBe(true);
  });

  it('names commands that can be typed in', async () => {
    const commands = [...result.stdout.matchAll(/^ {2}npx heddle (.+)$/gm)].map(([, line = '']) => line.split(' '));
    expect(commands.map(([name]) => name)).toEqual(['explore', 'verify', 'compile']);
    expect((await cli(['explore', join(OUT, 'model.json')])).status).toBe(0);
    const compile = [...(commands[2] ?? []).slice(0, -1), folder.path('other')];
    expect(await cli(compile)).toMatchObject({ status: 0, stderr: '' });
  });

  it('refuses a folder that is not its own', async () => {
    const { status, stderr } = await cli(['demo', '-o', 'src']);
    expect(status).toBe(2);
    expect(stderr).toContain('foreign-folder');
  });
});
