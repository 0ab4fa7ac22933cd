import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmittedDesign } from '../../src/emit/file-set.js';
import { runProcess } from '../../src/simulate/process.js';

/** What Verilator has to say of a generated top and its library files, all warnings on, none waived; undefined when nothing. */
export async function lintTop({ names, verilog, memories }: EmittedDesign): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'heddle-lint-'));
  try {
    const files = [...verilog, ...memories];
    await Promise.all(files.map(([file, text]) => writeFile(join(folder, file), text)));
    const result = await runProcess({
      command: 'verilator',
      arguments: ['--lint-only', '-Wall', '--no-timing', '--top-module', names.module, '-y', '.', `${names.module}.v`],
      cwd: folder,
      timeoutSeconds: 120,
    });
    const output = `${result.stdout}${result.stderr}`.trim();
    return result.exitStatus === 0 && output === '' ? undefined : output.slice(0, 2000);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
