#!/usr/bin/env node
// Assembles src/execute/fast/kernels.wat into kernels-binary.ts beside it, which is committed: users need no assembler.
//   node scripts/assemble-kernels.mjs [--check]     --check: writes nothing; exit status 1 where the file is out of date
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import loadWabt from 'wabt';

const SOURCE = fileURLToPath(new URL('../src/execute/fast/kernels.wat', import.meta.url));
const TARGET = fileURLToPath(new URL('../src/execute/fast/kernels-binary.ts', import.meta.url));

const wabt = await loadWabt();
const module = wabt.parseWat('kernels.wat', readFileSync(SOURCE, 'utf8'), { simd: true });
module.validate();
const { buffer } = module.toBinary({ write_debug_names: false });
const base64 = Buffer.from(buffer).toString('base64');
const text = `/** kernels.wat in binary form, as base64. Made by scripts/assemble-kernels.mjs. */
export const KERNELS_BASE64 =
  '${base64}';
`;

if (!process.argv.includes('--check')) {
  writeFileSync(TARGET, text);
  process.stdout.write(`${buffer.length} bytes\n`);
} else if (readFileSync(TARGET, 'utf8') !== text) {
  process.stderr.write('kernels-binary.ts is not what kernels.wat gives: run node scripts/assemble-kernels.mjs\n');
  process.exitCode = 1;
}
