import { exportModel } from '../../src/frontend/json/export.js';
import { formatNpy, type NpyArray } from '../../src/support/npy.js';
import type { Random } from '../campaign/random.js';
import { pixels, tinyFloat } from '../unit/cli/host.js';
import type { FileSet, Subject } from './formats.js';
import { BOUNDARIES, mutateBytes, spliced, writeInteger } from './mutate-bytes.js';

/** Arrays, as frames of a small network. */

export const NPY_MODEL = 'model.json';

const PREFIX = 10;

/** The header is a Python dictionary. */
function damageHeader(bytes: Uint8Array, random: Random): Uint8Array {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true);
  const header = new TextDecoder('latin1').decode(bytes.subarray(PREFIX, PREFIX + length));
  const words = [
    ...BOUNDARIES.map(String),
    ...['(', ')', '()', ',', ',,', "'", '"', '{', '}', "'descr': '<f4', ", "'<f8'", "'>f4'", "'|O'", "'<U4'", "'|b1'"],
    ...[
      'True',
      'None',
      '1e9',
      '-1',
      `(${'9,'.repeat(3000)})`,
      `(${'1,'.repeat(3000)})`,
      '['.repeat(9000),
      ' '.repeat(9000),
    ],
  ];
  const matches = [...header.matchAll(/\d+|'[^']*'|[(){},:]|False/g)];
  const match = random.pick(matches);
  const text = `${header.slice(0, match.index)}${random.pick(words)}${header.slice(match.index + match[0].length)}`;
  const size = new Uint8Array(2);
  writeInteger(size, 0, 2, BigInt(text.length));
  return Buffer.concat([bytes.subarray(0, 8), size, Buffer.from(text, 'latin1'), bytes.subarray(PREFIX + length)]);
}

/** A later version of the format, whose header's length has four bytes. */
function laterVersion(bytes: Uint8Array, random: Random): Uint8Array {
  const length = new Uint8Array(4);
  const own = BigInt(new DataView(bytes.buffer, bytes.byteOffset).getUint16(8, true));
  writeInteger(length, 0, 4, random.chance(0.5) ? own : random.pick(BOUNDARIES));
  const later = spliced(bytes, 8, PREFIX, length);
  later[6] = random.pick([2, 3]);
  return later;
}

function damageNpy(bytes: Uint8Array, random: Random): Uint8Array {
  const roll = random.next();
  if (roll < 0.5) return damageHeader(bytes, random);
  return roll < 0.65 ? laterVersion(bytes, random) : mutateBytes(bytes, random);
}

export function npySubjects(): readonly Subject[] {
  const { json, weights = new Uint8Array() } = exportModel(tinyFloat(), 'model.safetensors');
  const data = pixels(2);
  const arrays: readonly (readonly [string, NpyArray])[] = [
    ['pixels', data],
    ['reals', { ...data, dtype: 'f4', data: Float32Array.from({ length: 144 }, (_, i) => i / 144) }],
    ['doubles', { ...data, dtype: 'f8', data: Float64Array.from({ length: 144 }, (_, i) => i / 144) }],
    ['wide integers', { ...data, dtype: 'i8', data: BigInt64Array.from({ length: 144 }, (_, i) => BigInt(i)) }],
  ];
  return arrays.map(([name, array]) => {
    const bytes = formatNpy(array);
    const set = (npy: Uint8Array): FileSet => ({
      main: 'frames.npy',
      files: new Map([
        [NPY_MODEL, new TextEncoder().encode(json)],
        ['model.safetensors', weights],
        ['frames.npy', npy],
      ]),
    });
    return { name, valid: set(bytes), damage: (random) => set(damageNpy(bytes, random)) };
  });
}
