import type { IntElement } from '../ir/tensor-type.js';

/** What a stream carries: a picture of pixels in raster order, the channels of a pixel together. */
export interface FeatureMap {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly element: IntElement;
}

/** A valid/ready channel: `lanes` channels a beat; the last beat of a pixel is padded with zeros. */
export interface StreamType {
  readonly map: FeatureMap;
  /** A power of two. */
  readonly lanes: number;
}

export function pixelCount(map: FeatureMap): number {
  return map.height * map.width;
}

export function beatsPerPixel(stream: StreamType): number {
  return Math.ceil(stream.map.channels / stream.lanes);
}

export function beatsPerFrame(stream: StreamType): number {
  return pixelCount(stream.map) * beatsPerPixel(stream);
}

/** `28x28x6 uint8`. */
export function mapName(map: FeatureMap): string {
  return `${map.height}x${map.width}x${map.channels} ${map.element.signed ? '' : 'u'}int${map.element.bits}`;
}
