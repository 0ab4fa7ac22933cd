import { describe, expect, test } from 'vitest';
import { inputTensor, outputReal, realRange, realValues, topIndices } from '../../../src/execute/frames.js';
import type { GraphInput } from '../../../src/ir/graph.js';
import { float, quantised } from './make-graph.js';

const input: GraphInput = { tensor: 'x', layout: 'nchw' };
const plain = { mean: [0], std: [255], bgr: false };

describe('inputTensor', () => {
  const map = float([1, 2, 3]);

  test('the layout of the source is permuted away', () => {
    // [C][H][W]: channel by channel.
    expect([...inputTensor(input, map, [1, 2, 3, 4, 5, 6], { kind: 'real' }).data]).toEqual([1, 3, 5, 2, 4, 6]);
    expect([...inputTensor(input, map, [1, 2, 3, 4, 5, 6], { kind: 'real', layout: 'nhwc' }).data]).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
  });

  test('pixels become real values: bgr first, then mean and std per channel of the model', () => {
    const preprocessing = { mean: [10, 0, 0], std: [1, 2, 4], bgr: true };
    const pixels = [8, 4, 30, 0, 2, 10];
    const found = inputTensor({ ...input, layout: 'nhwc', preprocessing }, map, pixels, { kind: 'pixels' });
    expect([...found.data]).toEqual([20, 2, 2, 0, 1, 0]);
  });

  test('real values are rounded half to even and clamped; pixels of an exact scale are themselves', () => {
    const type = quantised([4], 8, true, 0.5, 1);
    expect([...inputTensor(input, type, [0.25, 0.75, -0.25, 1e6], { kind: 'real' }).data]).toEqual([1, 3, 1, 127]);
    const pixel = quantised([256], 8, false, 1 / 255, 0);
    const all = Array.from({ length: 256 }, (_, i) => i);
    const found = inputTensor({ ...input, preprocessing: plain }, pixel, all, { kind: 'pixels' });
    expect([...found.data]).toEqual(all);
  });

  test('refusals name the input', () => {
    const type = quantised([2], 4, true, 0.5, 0);
    const give = (frame: readonly number[], kind: 'real' | 'pixels' | 'raw', preprocessing = plain) =>
      inputTensor({ ...input, preprocessing }, type, frame, { kind });
    expect(() => give([1], 'real')).toThrow(/E351.*input 'x': a frame has 1 element.*takes 2/);
    expect(() => give([1, Number.NaN], 'real')).toThrow(/E356/);
    expect(() => give([1, 256], 'pixels')).toThrow(/E353.*element 1 is 256/);
    expect(() => give([1, 8], 'raw')).toThrow(/E344.*element 1 is 8, outside -8 to 7/);
    expect(() => give([1, 8], 'pixels', { ...plain, mean: [1, 2, 3] })).toThrow(/E352/);
    expect(() => give([1, 8], 'pixels', { ...plain, bgr: true })).toThrow(/E354/);
    expect(() => inputTensor(input, type, [1, 2], { kind: 'pixels' })).toThrow(/E350.*-4 to 3.5/);
    expect(() => inputTensor(input, float([2]), [1, 2], { kind: 'raw' })).toThrow(/E355/);
    expect([...give([-8, 7], 'raw').data]).toEqual([-8, 7]);
  });
});

test('outputs: real values, layout, range', () => {
  const type = quantised([1, 2, 3], 8, false, 0.5, 4);
  const tensor = { type, data: Uint8Array.from([4, 5, 6, 7, 8, 9]) };
  expect([...realValues(tensor)]).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
  const moved = outputReal({ tensor: 'y', layout: 'nchw', classOffset: 0 }, tensor);
  expect(moved.type.shape).toEqual([3, 1, 2]);
  expect([...moved.data]).toEqual([0, 1.5, 0.5, 2, 1, 2.5]);
  expect(realRange(type)).toEqual({ min: -2, max: 125.5 });
});

test('topIndices: largest first, the lower index of equal ones', () => {
  expect(topIndices([1, 9, 3, 9, 2], 3)).toEqual([1, 3, 2]);
  expect(topIndices([1], 5)).toEqual([0]);
});
