/** Where the pixels of a map of another size lie in the one that it is made of. */

export const COORDINATES = [
  'half_pixel',
  'half_pixel_symmetric',
  'pytorch_half_pixel',
  'align_corners',
  'asymmetric',
  'tf_half_pixel_for_nn',
] as const;
export type Coordinates = (typeof COORDINATES)[number];

/** One axis of the map. */
export interface Axis {
  readonly extent: number;
  readonly outputs: number;
  /** As the file gives it; outputs / extent where it gives sizes. */
  readonly scale: number;
}

/** The place in the input that output `o` is taken from, between pixels, by the operator's definition. */
function placeOf(coordinates: Coordinates, { extent, outputs, scale }: Axis, o: number): number {
  switch (coordinates) {
    case 'half_pixel':
      return (o + 0.5) / scale - 0.5;
    case 'half_pixel_symmetric': {
      // The picture's centre stays where it is, although its size has been rounded.
      const adjustment = outputs / (scale * extent);
      return (extent / 2) * (1 - adjustment) + (o + 0.5) / scale - 0.5;
    }
    case 'pytorch_half_pixel':
      return outputs > 1 ? (o + 0.5) / scale - 0.5 : 0;
    case 'align_corners':
      return outputs > 1 ? (o * (extent - 1)) / (outputs - 1) : 0;
    case 'asymmetric':
      return o / scale;
    case 'tf_half_pixel_for_nn':
      return (o + 0.5) / scale;
  }
}

/** The place of each output. */
export function placesOf(coordinates: Coordinates, axis: Axis): readonly number[] {
  return Array.from({ length: axis.outputs }, (_, o) => placeOf(coordinates, axis, o));
}
