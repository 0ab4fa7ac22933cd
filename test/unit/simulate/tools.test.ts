import { env } from 'node:process';
import { afterEach, describe, expect, it } from 'vitest';
import {
  findSimulationTools,
  isVersionAtLeast,
  parseCxxVersion,
  parseVerilatorVersion,
} from '../../../src/simulate/tools.js';
import { MissingToolError } from '../../../src/support/diagnostics.js';

describe('versions', () => {
  it('are read from what the tools print', () => {
    expect(parseVerilatorVersion('Verilator 5.006 2023-01-22 rev (Debian 5.006-3)\n')).toBe('5.006');
    expect(parseVerilatorVersion('verilator: command not found')).toBeUndefined();
    expect(parseCxxVersion('g++ (Debian 12.2.0-14+deb12u1) 12.2.0\nCopyright')).toBe('12.2.0');
    expect(parseCxxVersion('Apple clang version 15.0.0 (clang-1500.3.9.4)')).toBe('15.0.0');
    expect(parseCxxVersion('g++ (Ubuntu 13.2.0-23ubuntu4) 13.2.0')).toBe('13.2.0');
    expect(parseCxxVersion('no version')).toBeUndefined();
  });

  it('are compared as numbers', () => {
    expect(isVersionAtLeast('5.006', '5.006')).toBe(true);
    expect(isVersionAtLeast('5.032', '5.006')).toBe(true);
    expect(isVersionAtLeast('4.228', '5.006')).toBe(false);
    expect(isVersionAtLeast('5.004', '5.006')).toBe(false);
    expect(isVersionAtLeast('12', '9')).toBe(true);
  });
});

describe('findSimulationTools', () => {
  const path = env['PATH'];
  afterEach(() => {
    env['PATH'] = path;
  });

  it('names everything missing, with the packages that hold it', async () => {
    env['PATH'] = '/nonexistent';
    const error = await findSimulationTools().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MissingToolError);
    expect((error as MissingToolError).message).toBe(
      [
        'error E501 missing-tool: tool verilator: was not found; it is needed to simulate the generated Verilog.',
        '  fix: install it: apt-get install verilator | dnf install verilator | brew install verilator',
        'error E501 missing-tool: tool g++: was not found; it is needed to compile the simulator that Verilator writes.',
        '  fix: install it: apt-get install g++ | dnf install gcc-c++ | brew install gcc',
      ].join('\n'),
    );
  });
});
