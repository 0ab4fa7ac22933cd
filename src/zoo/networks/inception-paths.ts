import type { ConvSettings, Net } from '../net.js';
import type { Pair } from '../windows.js';

/** What Inception networks have in common: paths of convolutions whose channels are put side by side. */

/** A convolution: channels, kernel, and what is not as usual. */
export type Step = readonly [number, Pair, ConvSettings?];

/** Convolutions one after the other. */
export function path(b: Net, x: string, steps: readonly Step[]): string {
  return steps.reduce((y, [channels, kernel, settings]) => b.conv(y, channels, kernel, settings), x);
}

/** Two pixels on, and nothing around. */
export const REDUCE = { stride: 2, pad: 0 };

/** 3x3; 1x1, 3x3 and 3x3; a pool. */
export function reduction(
  b: Net,
  x: string,
  [three, one, mid, last]: readonly [number, number, number, number],
): string {
  return b.concat([
    b.conv(x, three, 3, REDUCE),
    path(b, x, [
      [one, 1],
      [mid, 3],
      [last, 3, REDUCE],
    ]),
    b.maxPool(x, 3, REDUCE),
  ]);
}
