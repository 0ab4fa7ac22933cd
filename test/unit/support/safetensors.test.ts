import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeddleError } from '../../../src/support/diagnostics.js';
import { formatSafetensors, parseSafetensors, type SafetensorsEntry } from '../../../src/support/safetensors.js';
import { messageOf } from '../../errors/expected-messages.js';

const ENTRIES: ReadonlyMap<string, SafetensorsEntry> = new Map<string, SafetensorsEntry>([
  ['z', { dtype: 'U8', shape: [3], data: Uint8Array.of(1, 2, 255) }],
  ['a', { dtype: 'F32', shape: [1, 2], data: Float32Array.of(-0, 0.1) }],
  ['b', { dtype: 'I8', shape: [], data: Int8Array.of(-128) }],
  ['c', { dtype: 'I64', shape: [1], data: BigInt64Array.of(-(2n ** 63n)) }],
  ['empty', { dtype: 'I32', shape: [0, 5], data: new Int32Array(0) }],
  ['"quoted" \n é 🙂', { dtype: 'I16', shape: [2], data: Int16Array.of(-32768, 7) }],
  ['__proto__', { dtype: 'U16', shape: [1], data: Uint16Array.of(65535) }],
  ['10', { dtype: 'I32', shape: [1], data: Int32Array.of(-1) }],
]);

function file(header: string, data: Uint8Array): Uint8Array {
  const text = Buffer.from(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes;
}

describe('safetensors', () => {
  it('come back', () => {
    const parsed = parseSafetensors(formatSafetensors(ENTRIES), 'w');
    expect(new Map(parsed)).toEqual(new Map(ENTRIES));
  });

  it('do not depend on the order of the tensors', () => {
    expect(formatSafetensors(new Map([...ENTRIES].reverse()))).toEqual(formatSafetensors(ENTRIES));
  });

  it('have a header of a multiple of 8 bytes', () => {
    const bytes = formatSafetensors(ENTRIES);
    expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
  });

  it('view one buffer where they can', () => {
    const bytes = formatSafetensors(new Map([['w', { dtype: 'F32', shape: [4], data: new Float32Array(4) }]]));
    expect(parseSafetensors(bytes, 'w').get('w')?.data.buffer).toBe(bytes.buffer);
  });

  it('are read at any address', () => {
    const bytes = formatSafetensors(ENTRIES);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(new Map(parseSafetensors(shifted.subarray(3), 'w'))).toEqual(new Map(ENTRIES));
  });

  it('may hold metadata and halves', () => {
    const header = '{"__metadata__":{"format":"pt"},"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}';
    const parsed = parseSafetensors(file(header, Uint8Array.of(0, 0x3c, 0, 0xc0)), 'w');
    expect([...parsed]).toEqual([['h', { dtype: 'F32', shape: [2], data: Float32Array.of(1, -2) }]]);
  });

  it('may be empty', () => {
    expect(parseSafetensors(formatSafetensors(new Map()), 'w').size).toBe(0);
  });

  it('refuse the reserved name', () => {
    const entry: SafetensorsEntry = { dtype: 'U8', shape: [0], data: new Uint8Array(0) };
    expect(messageOf(() => formatSafetensors(new Map([['__metadata__', entry]])))).toContain('E126');
  });

  it('refuse a shape whose size overflows', () => {
    const header = '{"a":{"dtype":"I64","shape":[9007199254740991,9007199254740991],"data_offsets":[0,0]}}';
    expect(messageOf(() => parseSafetensors(file(header, new Uint8Array()), 'w'))).toContain('E121');
  });

  it('are taken or refused when damaged, and never fail otherwise', () => {
    const good = formatSafetensors(ENTRIES);
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(damage, fc.nat(good.length), (changes, cut) => {
        const bytes = good.slice(0, cut < good.length / 2 ? good.length : cut);
        for (const [at, value] of changes) bytes[at] = value;
        messageOf(() => parseSafetensors(bytes, 'w'));
      }),
      { seed: 11, numRuns: 2000 },
    );
  });
});

it('a file may have any number of mistakes', () => {
  const entry = '{"dtype":"I8","shape":[1],"data_offsets":[0,1]}';
  const header = `{${Array.from({ length: 150_000 }, (_, i) => `"t${i}":${entry}`).join(',')}}`;
  const bytes = Buffer.concat([new Uint8Array(8), Buffer.from(header), new Uint8Array(1)]);
  bytes.writeBigUInt64LE(BigInt(header.length));
  expect(() => parseSafetensors(bytes, 'hostile.safetensors')).toThrow(HeddleError);
});
