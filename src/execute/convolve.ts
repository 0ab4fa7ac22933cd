import { dotRows, type Filters, PATCHES_AT_ONCE, type Patches } from './dot-rows.js';
import { gatherPatch, type PatchGeometry } from './patch.js';
import { PADDED } from './taps.js';

/** Takes the sums of an output position (in raster order): sums[from + oc] for every output channel. */
export type EmitPixel = (pixel: number, sums: Float64Array, from: number) => void;

/** Hands out sum x * w over the taps and the channels of oc's group, position by position; a padded tap is 0. */
export type Convolve = (x: Float64Array, emit: EmitPixel) => void;

/** Writes sums[p * outChannels + oc] of PATCHES_AT_ONCE patches for the filters oc of one group. */
export type DotGroup = (patches: Patches, group: number, sums: Float64Array) => void;

/**
 * The sums of a convolution, for the float reference and the golden model alike: in double precision, in the order
 * of a filter's elements [kh][kw][c/groups], and so exact for integers below 2^53. `dotGroup` may stand in for dotRows.
 */
export function makeConvolve(
  geometry: PatchGeometry,
  filters: Filters,
  outChannels: number,
  dotGroup: DotGroup = dotFilters(geometry, filters, outChannels),
): Convolve {
  const isDepthwise = geometry.groups === geometry.channels && outChannels === geometry.channels;
  return isDepthwise ? depthwise(geometry, filters) : byPatches(geometry, dotGroup, outChannels);
}

function dotFilters({ groups }: PatchGeometry, filters: Filters, outChannels: number): DotGroup {
  const groupOut = outChannels / groups;
  return (patches, g, sums) => dotRows(patches, filters, g * groupOut, (g + 1) * groupOut, sums, outChannels);
}

function byPatches(geometry: PatchGeometry, dotGroup: DotGroup, outChannels: number): Convolve {
  const { outH, outW, groups, filterLength } = geometry;
  const pixels = outH * outW;
  const pitch = groups * filterLength;
  return (x, emit) => {
    const patches = new Float64Array(PATCHES_AT_ONCE * pitch);
    const sums = new Float64Array(PATCHES_AT_ONCE * outChannels);
    for (let first = 0; first < pixels; first += PATCHES_AT_ONCE) {
      const count = Math.min(PATCHES_AT_ONCE, pixels - first);
      for (let p = 0; p < count; p++) gatherPatch(geometry, x, first + p, patches, p * pitch);
      for (let g = 0; g < groups; g++) {
        dotGroup({ data: patches, pitch, from: g * filterLength, length: filterLength }, g, sums);
      }
      for (let p = 0; p < count; p++) emit(first + p, sums, p * outChannels);
    }
  };
}

/** One filter a channel: all channels of a tap at a time, as they lie side by side. */
function depthwise(geometry: PatchGeometry, filters: Filters): Convolve {
  const { outH, outW, inW, channels, filterLength, rows, columns } = geometry;
  const byTap = Float64Array.from(
    { length: filters.length },
    (_, i) => filters[(i % channels) * filterLength + Math.floor(i / channels)] as number,
  );
  return (x, emit) => {
    const sums = new Float64Array(channels);
    for (let pixel = 0; pixel < outH * outW; pixel++) {
      const rowTaps = rows[Math.floor(pixel / outW)] as Int32Array;
      const columnTaps = columns[pixel % outW] as Int32Array;
      sums.fill(0);
      let tap = 0;
      for (const iy of rowTaps) {
        for (const ix of columnTaps) {
          if (iy !== PADDED && ix !== PADDED) addProducts(sums, x, (iy * inW + ix) * channels, byTap, tap * channels);
          tap += 1;
        }
      }
      emit(pixel, sums, 0);
    }
  };
}

/** sums[c] += x[from + c] * w[at + c]. */
function addProducts(sums: Float64Array, x: Float64Array, from: number, w: Float64Array, at: number): void {
  for (let c = 0; c < sums.length; c++) {
    sums[c] = (sums[c] as number) + (x[from + c] as number) * (w[at + c] as number);
  }
}
