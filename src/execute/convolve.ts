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
  const taps = makeTapList(filterLength);
  return (x, emit) => {
    const sums = new Float64Array(channels);
    for (let pixel = 0; pixel < outH * outW; pixel++) {
      listTaps(taps, rows[Math.floor(pixel / outW)] as Int32Array, columns[pixel % outW] as Int32Array, inW, channels);
      addTaps(taps, x, byTap, sums);
      emit(pixel, sums, 0);
    }
  };
}

/** Where the taps of a window inside the picture find their first channel: its input and its weight. */
interface TapList {
  count: number;
  readonly inputs: Int32Array;
  readonly weights: Int32Array;
}

function makeTapList(most: number): TapList {
  return { count: 0, inputs: new Int32Array(most), weights: new Int32Array(most) };
}

function listTaps(taps: TapList, rowTaps: Int32Array, columnTaps: Int32Array, inW: number, channels: number): void {
  let tap = 0;
  taps.count = 0;
  for (let ky = 0; ky < rowTaps.length; ky++) {
    const iy = rowTaps[ky] as number;
    for (let kx = 0; kx < columnTaps.length; kx++, tap++) {
      const ix = columnTaps[kx] as number;
      if (iy === PADDED || ix === PADDED) continue;
      taps.inputs[taps.count] = (iy * inW + ix) * channels;
      taps.weights[taps.count] = tap * channels;
      taps.count += 1;
    }
  }
}

/** sums[c] = sum over the taps of x[input + c] * w[weight + c], in the order of the taps; four channels at a time. */
function addTaps({ count, inputs, weights }: TapList, x: Float64Array, w: Float64Array, sums: Float64Array): void {
  let c = 0;
  for (; c + 4 <= sums.length; c += 4) {
    let [a, b, d, e] = [0, 0, 0, 0];
    for (let k = 0; k < count; k++) {
      const from = ((inputs[k] as number) + c) | 0;
      const at = ((weights[k] as number) + c) | 0;
      a += (x[from] as number) * (w[at] as number);
      b += (x[(from + 1) | 0] as number) * (w[(at + 1) | 0] as number);
      d += (x[(from + 2) | 0] as number) * (w[(at + 2) | 0] as number);
      e += (x[(from + 3) | 0] as number) * (w[(at + 3) | 0] as number);
    }
    sums[c] = a;
    sums[c + 1] = b;
    sums[c + 2] = d;
    sums[c + 3] = e;
  }
  for (; c < sums.length; c++) {
    let sum = 0;
    for (let k = 0; k < count; k++) {
      sum += (x[(inputs[k] as number) + c] as number) * (w[(weights[k] as number) + c] as number);
    }
    sums[c] = sum;
  }
}
