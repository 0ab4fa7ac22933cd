import { afterAll, describe, expect, it } from 'vitest';
import { importModel } from '../../src/frontend/json/import.js';
import { HeddleError } from '../../src/support/diagnostics.js';
import { cannotRead } from '../../src/support/messages.js';
import { formatSafetensors, type SafetensorsEntry } from '../../src/support/safetensors.js';
import { messageOf, openExpected } from './expected-messages.js';

/** Small model files, good ones and ones with something changed, and what the front end says of them. */

export type Json = string | number | boolean | null | undefined | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Model extends JsonObject {
  inputs: JsonObject[];
  outputs: JsonObject[];
  tensors: { [name: string]: JsonObject };
  nodes: (JsonObject & { attributes: JsonObject; inputs: string[]; outputs: string[] })[];
}

/** image 8x8x2 uint8 -> conv 3x3 -> max-pool -> flatten -> dense, all in integers. */
export function integerModel(): Model {
  const map = { scale: [0.02], zeroPoint: [0] };
  return {
    formatVersion: 1,
    name: 'small',
    weights: 'small.safetensors',
    requantBits: 18,
    inputs: [{ tensor: 'image', shape: [8, 8, 2], type: 'uint8', quantization: { scale: [0.004], zeroPoint: [0] } }],
    outputs: [{ tensor: 'logits' }],
    tensors: {
      'conv1.weight': {
        constant: true,
        shape: [4, 3, 3, 2],
        type: 'int8',
        quantization: { scale: [0.1, 0.2, 0.3, 0.4], zeroPoint: [0], axis: 0 },
      },
      'conv1.bias': { constant: true, shape: [4], type: 'int32' },
      'fc.weight': { constant: true, shape: [3, 36], type: 'int8', quantization: { scale: [0.1], zeroPoint: [0] } },
      map: { type: 'uint8', quantization: map },
      pooled: { type: 'uint8', quantization: map },
      flat: { type: 'uint8', quantization: map },
      logits: { type: 'int8', quantization: { scale: [0.5], zeroPoint: [0] } },
    },
    nodes: [
      {
        name: 'conv1',
        op: 'conv',
        inputs: ['image', 'conv1.weight', 'conv1.bias'],
        outputs: ['map'],
        attributes: { kernel: [3, 3], clamp: { lo: 0 } },
      },
      {
        name: 'pool1',
        op: 'max-pool',
        inputs: ['map'],
        outputs: ['pooled'],
        attributes: { kernel: [2, 2], stride: [2, 2] },
      },
      { name: 'flatten', op: 'flatten', inputs: ['pooled'], outputs: ['flat'], attributes: {} },
      { name: 'fc', op: 'dense', inputs: ['flat', 'fc.weight'], outputs: ['logits'], attributes: {} },
    ],
  };
}

/** x 4x4x3 -> conv 1x1 -> batch-norm -> sigmoid, all in float. */
export function floatModel(): Model {
  const parameter = { constant: true, shape: [2], type: 'float32' };
  return {
    formatVersion: 1,
    name: 'small-float',
    weights: 'small.safetensors',
    inputs: [{ tensor: 'x', shape: [4, 4, 3], type: 'float32' }],
    outputs: [{ tensor: 'y' }],
    tensors: {
      w: { constant: true, shape: [2, 1, 1, 3], type: 'float32' },
      scale: { ...parameter },
      offset: { ...parameter },
      mean: { ...parameter },
      variance: { ...parameter },
    },
    nodes: [
      { name: 'conv', op: 'conv', inputs: ['x', 'w'], outputs: ['a'], attributes: {} },
      {
        name: 'bn',
        op: 'batch-norm',
        inputs: ['a', 'scale', 'offset', 'mean', 'variance'],
        outputs: ['b'],
        attributes: { epsilon: 0.001 },
      },
      { name: 'act', op: 'sigmoid', inputs: ['b'], outputs: ['y'], attributes: {} },
    ],
  };
}

export type Entries = Map<string, SafetensorsEntry>;

export function integerWeights(): Entries {
  return new Map<string, SafetensorsEntry>([
    ['conv1.weight', { dtype: 'I8', shape: [4, 3, 3, 2], data: new Int8Array(72).fill(3) }],
    ['conv1.bias', { dtype: 'I32', shape: [4], data: new Int32Array(4) }],
    ['fc.weight', { dtype: 'I8', shape: [3, 36], data: new Int8Array(108).fill(-3) }],
  ]);
}

export function floatWeights(): Entries {
  const one = (): SafetensorsEntry => ({ dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) });
  return new Map<string, SafetensorsEntry>([
    ['w', { dtype: 'F32', shape: [2, 1, 1, 3], data: new Float32Array(6).fill(0.5) }],
    ...['scale', 'offset', 'mean', 'variance'].map((name) => [name, one()] as const),
  ]);
}

/** A case gives the JSON text and the bytes of the weights file; undefined stands for a missing file. */
export interface Files {
  readonly json: string;
  readonly weights: Uint8Array | undefined;
}

export function text(model: Json): string {
  return JSON.stringify(model, undefined, 2);
}

export function integer(change: (model: Model, weights: Entries) => void): () => Files {
  return () => {
    const model = integerModel();
    const weights = integerWeights();
    change(model, weights);
    return { json: text(model), weights: formatSafetensors(weights) };
  };
}

export function float(change: (model: Model, weights: Entries) => void): () => Files {
  return () => {
    const model = floatModel();
    const weights = floatWeights();
    change(model, weights);
    return { json: text(model), weights: formatSafetensors(weights) };
  };
}

export function json(source: string | ((good: string) => string)): () => Files {
  return () => {
    const changed = typeof source === 'string' ? source : source(text(integerModel()));
    return { json: changed, weights: formatSafetensors(integerWeights()) };
  };
}

export function weightsBytes(change: (good: Uint8Array) => Uint8Array | undefined): () => Files {
  return () => ({ json: text(integerModel()), weights: change(formatSafetensors(integerWeights())) });
}

/** A safetensors file with the given header text. */
export function withHeader(header: string, dataBytes: number): Uint8Array {
  const encoded = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + encoded.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(encoded.length), true);
  bytes.set(encoded, 8);
  return bytes;
}

export function tensor(model: Model, name: string): JsonObject {
  return model.tensors[name] ?? {};
}

export function node(model: Model, index: number): Model['nodes'][number] {
  return model.nodes[index] ?? { attributes: {}, inputs: [], outputs: [] };
}

export function importCase(files: Files): unknown {
  return importModel(files.json, 'models/small.json', (name) => {
    if (files.weights === undefined) throw new HeddleError([cannotRead(`models/${name}`, 'it does not exist')]);
    return files.weights;
  });
}

/** Each case is refused with the text in the file of expected ones, which has no other. */
export function expectMessages(expectedFile: string, cases: Readonly<Record<string, () => Files>>): void {
  const expected = openExpected(expectedFile);
  describe('bad model files', () => {
    it.each(Object.keys(cases))('%s', (name) => {
      const files = cases[name]?.() ?? { json: '', weights: undefined };
      const message = messageOf(() => importCase(files));
      expect(message).not.toBe('accepted');
      if (expected.updating) expected.update(name, message);
      else expect(message).toBe(expected.get(name));
    });

    it('have no expectation without a case', () => {
      if (!expected.updating) expect(expected.names).toEqual(Object.keys(cases));
    });

    afterAll(() => {
      if (expected.updating) expected.save();
    });
  });
}
