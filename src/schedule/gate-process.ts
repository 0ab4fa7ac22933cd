import { HOLDS, LATENCY } from './latency.js';
import { roomAt } from './token-branches.js';
import { type Channel, match, offer, type Process, reserve, take, takeNext } from './token-network.js';

/** What the timing of hd_mul with a vector a frame depends on. */
export interface GateTiming {
  /** Beats of a frame of the map, and of the vector that multiplies it. */
  readonly mapBeats: number;
  readonly vectorBeats: number;
}

const VECTORS_HELD = 2;

/** hd_mul with GATE 1: a frame's map begins once its vector is there; two vectors are held. */
export function gateProcess(
  name: string,
  [map, vector]: readonly [Channel, Channel],
  output: Channel,
  { mapBeats, vectorBeats }: GateTiming,
): Process {
  const maps = frameEnds(map, mapBeats);
  const vectors = frameEnds(vector, vectorBeats);
  reserve(output, HOLDS.mul + 1);

  function takeVector(): boolean {
    const open = maps.after(Math.floor(vector.gone / vectorBeats) - VECTORS_HELD);
    const at = open === undefined ? undefined : takeNext(vector, open);
    if (at === undefined) return false;
    vectors.take(at);
    return true;
  }

  function takeMap(): boolean {
    const held = vectors.after(Math.floor(map.gone / mapBeats));
    const room = roomAt(output, output.offered - HOLDS.mul);
    const at = held === undefined || room === undefined ? undefined : takeNext(map, Math.max(held, room));
    if (at === undefined) return false;
    maps.take(at);
    offer(output, at + LATENCY.mul);
    return true;
  }

  return {
    name,
    inputs: [map, vector],
    outputs: [output],
    kept(tell) {
      maps.kept(tell);
      vectors.kept(tell);
    },
    advance() {
      let moved = false;
      for (let again = true; again; moved ||= again) {
        const vectorMoved = takeVector();
        again = takeMap() || vectorMoved;
      }
      match(output);
      return moved;
    },
  };
}

interface FrameEnds {
  take(clock: number): void;
  /** The clock after the one in which a frame's last beat was taken; undefined while that is not known. */
  after(frame: number): number | undefined;
  /** Tells the ends of as many frames as may be waited for. */
  kept(tell: (clock: number) => void): void;
}

/** Takes the beats of a channel and remembers the ends of the last frames. */
function frameEnds(channel: Channel, beats: number): FrameEnds {
  const ends = new Float64Array(2 * VECTORS_HELD);
  return {
    take(clock) {
      take(channel, clock);
      if (channel.gone % beats === 0) ends[(channel.gone / beats - 1) % ends.length] = clock;
    },
    after(frame) {
      if (frame < 0) return 0;
      return channel.gone < (frame + 1) * beats ? undefined : (ends[frame % ends.length] as number) + 1;
    },
    kept(tell) {
      const frames = Math.floor(channel.gone / beats);
      for (let i = frames - VECTORS_HELD; i < frames; i++) tell(i < 0 ? -1 : (ends[i % ends.length] as number));
    },
  };
}
