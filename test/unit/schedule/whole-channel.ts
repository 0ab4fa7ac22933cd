import { type Channel, makeChannel, reserve } from '../../../src/schedule/token-network.js';

/** Channels that keep all their clocks, for tests that look at them. */

export function wholeChannel(beats: number): Channel {
  const channel = makeChannel();
  reserve(channel, beats);
  return channel;
}

/** The clocks in which the beats of a channel of that kind were taken. */
export function takenClocks({ taken, mask, gone }: Channel): readonly number[] {
  return Array.from({ length: gone }, (_, beat) => taken[beat & mask] as number);
}
