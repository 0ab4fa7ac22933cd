import { HOLDS, LATENCY } from './latency.js';
import type { StreamRule } from './token-stages.js';

/**
 * hd_lrn: a beat leaves when the last beat that its window reaches has come; the pixel's last beat brings all that are
 * left, its own and the `ahead` before it.
 */
export function responseRule(beatsPerPixel: number, ahead: number): StreamRule {
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
