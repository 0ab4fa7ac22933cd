/**
 * Output beats that each input beat of a pixel makes where the channels in them are packed into full beats of `lanes`:
 * the rule of rtl/stream/hd_realign.v, and of the modules that need none of it because every beat is full but the last.
 * `counts`: channels in each beat of the pixel, 0 for a beat that is dropped.
 */
export function realignedBeats(counts: readonly number[], lanes: number): readonly number[] {
  const last = counts.findLastIndex((count) => count > 0);
  if (counts.every((count, beat) => count === 0 || count === lanes || beat === last)) {
    return counts.map((count) => (count > 0 ? 1 : 0));
  }
  let level = 0;
  return counts.map((count, beat) => {
    level += count;
    const made = beat === last ? Math.ceil(level / lanes) : level > lanes ? 1 : 0;
    level -= made * lanes;
    return count === 0 ? 0 : made;
  });
}
