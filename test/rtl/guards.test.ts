import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runProcess } from '../../src/simulate/process.js';
import { RTL_FOLDER } from './bench.js';

/**
 * The benches see each guard in Verilator; here a few in the other tools, so that an illegal parameter is refused by name
 * whatever reads the library. Skipped where Icarus Verilog or Yosys is missing: only lint needs them.
 */

const GUARDS: readonly (readonly [string, string, number, string])[] = [
  ['hd_rom', 'DEPTH', 17, 'needs_WIDTH_and_DEPTH_of_1_or_more_and_ADDR_W_that_reaches_DEPTH'],
  ['hd_gather', 'LANES', 3, 'WORD_LANES_must_be_a_multiple_of_LANES_and_UNIT_BEATS_1_or_more'],
  ['hd_requant', 'ZERO_POINT', 256, 'ZERO_POINT_and_CLAMP_must_fit_OUT_BITS'],
  ['hd_fold_credit', 'LANES_OUT', 3, 'LANES_OUT_must_be_a_power_of_two'],
  ['hd_window_ctrl', 'CAPACITY', 5, 'CAPACITY_must_hold_the_first_window'],
  ['hd_conv', 'PE', 5, 'PE_and_SIMD_must_not_exceed_the_channels_of_a_group'],
];

async function libraryFiles(): Promise<readonly string[]> {
  const names = await readdir(RTL_FOLDER, { recursive: true });
  return names
    .filter((name) => name.endsWith('.v'))
    .map((name) => join(RTL_FOLDER, name))
    .sort();
}

async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { exitStatus, stdout, stderr } = await runProcess({ command, arguments: args, timeoutSeconds: 60 });
    return `status ${exitStatus}\n${stdout}${stderr}`;
  } catch {
    return undefined;
  }
}

const icarus = await outputOf('iverilog', ['-V']);
const yosys = await outputOf('yosys', ['-V']);

describe('guards against illegal parameters', () => {
  it.skipIf(icarus === undefined).each(GUARDS)('Icarus refuses %s with %s = %i', async (module, name, value, guard) => {
    const files = await libraryFiles();
    const args = ['-g2005', '-tnull', `-P${module}.${name}=${value}`, '-s', module, ...files];
    const output = await outputOf('iverilog', args);
    expect(output).not.toMatch(/^status 0/);
    expect(output).toContain(`${module}_${guard}`);
  });

  it.skipIf(yosys === undefined).each(GUARDS)('Yosys refuses %s with %s = %i', async (module, name, value, guard) => {
    const files = (await libraryFiles()).map((path) => `"${path}"`).join(' ');
    const script = `read_verilog -defer ${files}; hierarchy -check -top ${module} -chparam ${name} ${value}`;
    const output = await outputOf('yosys', ['-q', '-p', script]);
    expect(output).not.toMatch(/^status 0/);
    expect(output).toContain(`${module}_${guard}`);
  });
});
