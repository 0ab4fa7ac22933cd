import type { NamedStream } from '../emit/names.js';
import { numeric } from '../execute/tensor-access.js';
import { beatsPerFrame, beatsPerPixel } from '../hw/feature-map.js';
import type { Tensor } from '../ir/tensor.js';
import { packElements, padToLanes, unpackElements } from '../simulate/elements.js';
import { concatBytes } from '../support/bytes.js';

/** The elements of one tensor on a stream, as the harness reads and compares them; padding lanes are zero. */
export function streamElements(stream: NamedStream, tensor: Tensor): Uint8Array {
  const { map, lanes } = stream.type;
  return packElements(padToLanes(numeric(tensor.data), map.channels, lanes), map.element.bits);
}

/** The inverse for several frames, as the harness captured them: channels-last values of each whole frame. */
export function streamValues(stream: NamedStream, bytes: Uint8Array): readonly (readonly number[])[] {
  const { map, lanes } = stream.type;
  const elements = unpackElements(bytes, map.element.bits, map.element.signed);
  const frameLength = beatsPerFrame(stream.type) * lanes;
  const isChannel = (i: number): boolean => i % (beatsPerPixel(stream.type) * lanes) < map.channels;
  return Array.from({ length: Math.floor(elements.length / frameLength) }, (_, frame) =>
    Array.from(elements.subarray(frame * frameLength, (frame + 1) * frameLength)).filter((_value, i) => isChannel(i)),
  );
}

/** Frames of one stream, one after the other. */
export function joinFrames(frames: readonly Uint8Array[]): Uint8Array {
  return concatBytes(frames);
}

/** Where an element of a stream lies in its tensor. */
export interface ElementPlace {
  readonly row: number;
  readonly column: number;
  readonly channel: number;
  /** The lane stands for no channel: it has to be zero. */
  readonly padding: boolean;
}

export function elementPlace(stream: NamedStream, beat: number, lane: number): ElementPlace {
  const { map, lanes } = stream.type;
  const perPixel = Math.ceil(map.channels / lanes);
  const pixel = Math.floor(beat / perPixel);
  const channel = (beat % perPixel) * lanes + lane;
  return {
    row: Math.floor(pixel / map.width),
    column: pixel % map.width,
    channel,
    padding: channel >= map.channels,
  };
}
