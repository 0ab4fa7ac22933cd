import { HOLDS, LATENCY } from './latency.js';
import type { StreamRule } from './token-stages.js';

/**
 * hd_lrn: a beat leaves when the last beat that its window reaches has come; the pixel's last beat brings all that are
 * left. `above` is the number of neighbours that are summed behind a channel.
 */
export function responseRule(beatsPerPixel: number, lanes: number, above: number): StreamRule {
  const ahead = Math.min(Math.ceil(above / lanes), beatsPerPixel - 1);
  const outputs = (place: number): number => {
    if (place === beatsPerPixel - 1) return 1 + ahead;
    return place < ahead ? 0 : 1;
  };
  return {
    latency: LATENCY.lrn,
    holds: [HOLDS.lrn],
    outputs: Array.from({ length: beatsPerPixel }, (_, place) => outputs(place)),
  };
}
