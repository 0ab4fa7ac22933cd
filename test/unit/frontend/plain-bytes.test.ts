import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decodeModel } from '../../../src/frontend/onnx/decode.js';
import { readBytes } from '../../../src/support/files.js';
import { makeOnnx } from '../../oracle/onnx-builder.js';

/** A Buffer's slice shares its memory, so a constant that is one could not be copied and put in another order. */

test('what files hold has slices that are copies', () => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bytes-'));
  try {
    const path = join(folder, 'bytes');
    writeFileSync(path, Uint8Array.of(1, 2));
    expect(readFileSync(path)).toBeInstanceOf(Buffer);
    expect(readBytes(path)).not.toBeInstanceOf(Buffer);
    expect([...readBytes(path)]).toEqual([1, 2]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('weights of an ONNX model that came in a Buffer have slices that are copies', () => {
  const file = makeOnnx(13);
  file.constant('w', 'uint8', [2], Uint8Array.of(1, 2));
  const raw = decodeModel(Buffer.from(file.finish(['w'])), 'm').graph?.initializer[0]?.rawData;
  expect(raw).not.toBeInstanceOf(Buffer);
  expect([...(raw ?? [])]).toEqual([1, 2]);
});
