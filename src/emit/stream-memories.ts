import type { PermuteLayer, PreluLayer, ResponseLayer } from '../hw/layer.js';
import { permuteFormat, preluFormat } from '../hw/stream-formats.js';
import type { Multiplier } from '../support/fixed-point.js';
import { wordBuilder } from './memory-words.js';

/** Memory images of the engines without a folding, as the headers of the modules describe them. */

/** hd_permute: for each output lane the lane and beat that it is taken from; padding lanes say the first channel. */
export function permuteImage(layer: PermuteLayer, lanes: number): readonly string[] {
  const { outBeats, laneBits, beatBits } = permuteFormat(layer, lanes);
  const word = wordBuilder(lanes * (laneBits + beatBits + 1));
  return Array.from({ length: outBeats }, (_, beat) => {
    for (let lane = 0; lane < lanes; lane++) {
      const source = layer.order[beat * lanes + lane] ?? 0;
      const channel = Math.max(source, 0);
      word.put(channel % lanes, laneBits);
      word.put(Math.floor(channel / lanes), beatBits);
      word.put(source < 0 ? 1 : 0, 1);
    }
    return word.finish();
  });
}

/** hd_prelu: the multiplier without its top bit, the shift beyond the least, and the sign; channels of no pixel have 0. */
export function slopeImage(layer: PreluLayer, lanes: number): readonly string[] {
  const { slopeWords, shiftMin, shiftBits, entryBits } = preluFormat(layer, lanes);
  const { negative, requantBits } = layer;
  const word = wordBuilder(lanes * entryBits);
  const slopeAt = (channel: number): Multiplier =>
    negative[negative.length === 1 ? 0 : channel] ?? { multiplier: 0, shift: shiftMin };
  return Array.from({ length: slopeWords }, (_, beat) => {
    for (let lane = 0; lane < lanes; lane++) {
      const { multiplier, shift } = slopeAt(beat * lanes + lane);
      word.put(Math.abs(multiplier) - 2 ** (requantBits - 1), requantBits);
      word.put(multiplier === 0 ? 0 : shift - shiftMin, shiftBits);
      word.put(multiplier < 0 ? 1 : 0, 1);
    }
    return word.finish();
  });
}

/** hd_lrn: the multiplier of each cell of sums, without its top bit. */
export function responseImage({ params, requantBits }: ResponseLayer): readonly string[] {
  const word = wordBuilder(requantBits);
  return Array.from(params.multipliers, (multiplier) => {
    word.put(multiplier - 2 ** (requantBits - 1), requantBits);
    return word.finish();
  });
}
