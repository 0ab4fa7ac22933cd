import { describe, expect, it } from 'vitest';
import type { NamedStream } from '../../../src/emit/names.js';
import { joinFrames, streamElements, streamValues } from '../../../src/verify/streams.js';

function stream(channels: number, lanes: number, signed: boolean): NamedStream {
  const map = { height: 2, width: 1, channels, element: { kind: 'int', bits: 8, signed } } as const;
  return { name: 's', type: { map, lanes }, tensor: 't', layer: 'l', repeats: false, producer: 'p', consumer: 'c' };
}

describe('streamValues', () => {
  it.each([
    [1, 1],
    [3, 2],
    [3, 4],
    [8, 8],
  ])('gives back the frames of %i channels over %i lanes, without the padding', (channels, lanes) => {
    for (const signed of [true, false]) {
      const type = { shape: [2, 1, channels], element: { kind: 'int', bits: 8, signed } } as const;
      const frames = [0, 1, 2].map((frame) =>
        Array.from({ length: 2 * channels }, (_, i) => (signed ? 60 - 50 * frame - i : 20 * frame + i)),
      );
      const data = (values: readonly number[]) => (signed ? Int8Array.from(values) : Uint8Array.from(values));
      const of = stream(channels, lanes, signed);
      const bytes = joinFrames(frames.map((values) => streamElements(of, { type, data: data(values) })));
      expect(streamValues(of, bytes)).toEqual(frames);
      expect(streamValues(of, bytes.subarray(0, bytes.length - 1))).toEqual(frames.slice(0, 2));
    }
  });
});
