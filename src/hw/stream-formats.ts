import { beatsPerPixel } from './feature-map.js';
import type { MulLayer, PermuteLayer, PreluLayer, ResponseLayer, RowBufferLayer } from './layer.js';

/** What follows from a layer and its lanes for the engines without a folding: counts and widths as the RTL has them. */

function bitsFor(values: number): number {
  return Math.ceil(Math.log2(values));
}

/** See rtl/layer/hd_permute.v. */
export interface PermuteFormat {
  readonly inBeats: number;
  readonly outBeats: number;
  /** Fields of a lane's entry in the map, from the low bit; then one bit for a constant. */
  readonly laneBits: number;
  readonly beatBits: number;
}

export function permuteFormat(layer: PermuteLayer, lanes: number): PermuteFormat {
  const inBeats = beatsPerPixel({ map: layer.input, lanes });
  const outBeats = beatsPerPixel({ map: layer.output, lanes });
  return { inBeats, outBeats, laneBits: bitsFor(lanes), beatBits: Math.max(1, bitsFor(inBeats)) };
}

/** See rtl/layer/hd_row_buffer.v. */
export interface RowBufferFormat {
  readonly inBeats: number;
  readonly passes: number;
  /** Output beats of a pixel in one pass. */
  readonly outBeats: number;
  /** Pixels held: two rows, so that the next may come while one is read over and over. */
  readonly capacity: number;
}

export function rowBufferFormat(layer: RowBufferLayer, lanes: number): RowBufferFormat {
  const inBeats = beatsPerPixel({ map: layer.input, lanes });
  const outBeats = beatsPerPixel({ map: layer.output, lanes });
  const passes = layer.kind === 'upsample' ? layer.factorH : layer.block;
  const repeats = layer.kind === 'upsample' ? layer.factorW : layer.block;
  return { inBeats, passes, outBeats: repeats * outBeats, capacity: passes > 1 ? 2 * layer.input.width : 2 };
}

/** Beats of the vector that an hd_mul holds twice over; 0 where both inputs are maps. */
export function gateBeats(layer: MulLayer, lanes: number): number {
  return layer.gate ? beatsPerPixel({ map: layer.output, lanes }) : 0;
}

/** See rtl/layer/hd_prelu.v. */
export interface PreluFormat {
  readonly shiftMin: number;
  readonly shiftBits: number;
  readonly slopeWords: number;
  readonly entryBits: number;
}

export function preluFormat(layer: PreluLayer, lanes: number): PreluFormat {
  const { positive, negative, requantBits } = layer;
  // A slope of 0 is 0 with any shift.
  const shifts = [positive, ...negative.filter(({ multiplier }) => multiplier !== 0)].map(({ shift }) => shift);
  const shiftMin = Math.min(...shifts);
  const shiftBits = bitsFor(Math.max(...shifts) - shiftMin + 1);
  const slopeWords = negative.length === 1 ? 1 : beatsPerPixel({ map: layer.output, lanes });
  return { shiftMin, shiftBits, slopeWords, entryBits: requantBits + shiftBits + 1 };
}

/** Output beats that the last beat of a pixel makes beside its own; see rtl/layer/hd_lrn.v. */
export function responseAhead(layer: ResponseLayer, lanes: number): number {
  return Math.min(Math.ceil(layer.params.above / lanes), beatsPerPixel({ map: layer.output, lanes }) - 1);
}
