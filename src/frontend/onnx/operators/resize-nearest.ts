import { type Call, emitMap, mapInput, refuseNode } from '../call.js';
import { sameNumbers } from './elementwise-numbers.js';
import { type Axis, type Coordinates, placesOf } from './resize-places.js';

export const NEAREST = ['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'] as const;

/** How a pixel of the result is taken from one of the input. */
export interface Nearest {
  readonly coordinates: Coordinates;
  readonly rounding: (typeof NEAREST)[number];
}

function roundedPlace({ rounding }: Nearest, place: number): number {
  switch (rounding) {
    case 'round_prefer_floor':
      return Math.ceil(place - 0.5);
    case 'round_prefer_ceil':
      return Math.floor(place + 0.5);
    case 'floor':
      return Math.floor(place);
    case 'ceil':
      return Math.ceil(place);
  }
}

/** The pixel that each output is. */
function sources(nearest: Nearest, axis: Axis): readonly number[] {
  return placesOf(nearest.coordinates, axis).map((place) =>
    Math.min(Math.max(roundedPlace(nearest, place), 0), axis.extent - 1),
  );
}

/** Times that each pixel is repeated; undefined where that is uneven. */
function repeatOf(places: readonly number[], extent: number): number | undefined {
  const repeat = places.length / extent;
  const isEven = Number.isInteger(repeat) && places.every((place, o) => place === Math.floor(o / repeat));
  return isEven ? repeat : undefined;
}

/** Distance between the pixels that are left; undefined where there are several. */
function distanceOf(places: readonly number[]): number | undefined {
  const [begin = 0, second = begin + 1] = places;
  const distance = second - begin;
  return distance >= 1 && places.every((place, o) => place === begin + o * distance) ? distance : undefined;
}

/** Emits the map with another number of pixels: each repeated as often, or some left out at equal distances. */
export function emitNearest(call: Call, nearest: Nearest, sizes: readonly [Axis, Axis]): void {
  const map = mapInput(call);
  const [rows, columns] = [sources(nearest, sizes[0]), sources(nearest, sizes[1])];
  const shape = [rows.length, columns.length, map.channels] as const;
  const result = { shape, ...sameNumbers(call, 0) };
  const [factorH, factorW] = [repeatOf(rows, map.height), repeatOf(columns, map.width)];
  const [down, right] = [distanceOf(rows), distanceOf(columns)];
  if (factorH !== undefined && factorW !== undefined) {
    emitMap(call, { kind: 'upsample', factorH, factorW }, [map.tensor], result);
  } else if (down !== undefined && right !== undefined) {
    const begin = [rows[0] ?? 0, columns[0] ?? 0, 0];
    emitMap(call, { kind: 'slice', begin, size: shape, step: [down, right, 1] }, [map.tensor], result);
  } else {
    const from = `${map.height}x${map.width}`;
    const text = `from ${from} to ${shape[0]}x${shape[1]} pixels it repeats them unevenly (${nearest.coordinates}, ${nearest.rounding})`;
    refuseNode(call, text, 'enlarge by whole factors, with every pixel repeated as often');
  }
}
