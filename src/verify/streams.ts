import type { NamedStream } from '../emit/top.js';
import { numeric } from '../execute/tensor-access.js';
import type { LayerChain } from '../hw/layer.js';
import type { Tensor } from '../ir/tensor.js';
import { packElements, padToLanes } from '../simulate/elements.js';
import { concatBytes } from '../support/bytes.js';
import { defined } from '../support/invariant.js';

/** The elements of one tensor on a stream, as the harness reads and compares them; padding lanes are zero. */
export function streamElements(stream: NamedStream, tensor: Tensor): Uint8Array {
  const { map, lanes } = stream.type;
  return packElements(padToLanes(numeric(tensor.data), map.channels, lanes), map.element.bits);
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

/** The tensor that each stream carries: the producer's, or behind an adapter that of the stream before. */
export function carriedTensors(streams: readonly NamedStream[], chain: LayerChain): readonly string[] {
  let current = chain.inputTensor;
  return streams.map((stream) => {
    if (stream.tensor !== undefined) current = stream.tensor;
    return defined(current, 'the tensor of a stream');
  });
}
