import { HOLDS, LATENCY } from './latency.js';
import { type Channel, type Process, takeNext } from './token-network.js';

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
  /** The clock after the one in which a frame's last beat was taken; undefined while that is not known. */
  const after = (channel: Channel, frame: number, beats: number): number | undefined => {
    if (frame < 0) return 0;
    const last = channel.taken[(frame + 1) * beats - 1];
    return last === undefined ? undefined : last + 1;
  };

  function takeVector(): boolean {
    const frame = Math.floor(vector.taken.length / vectorBeats);
    const open = after(map, frame - VECTORS_HELD, mapBeats);
    const at = open === undefined ? undefined : takeNext(vector, open);
    if (at === undefined) return false;
    vector.taken.push(at);
    return true;
  }

  function takeMap(): boolean {
    const frame = Math.floor(map.taken.length / mapBeats);
    const held = after(vector, frame, vectorBeats);
    const oldest = output.ready.length - HOLDS.mul;
    const room = oldest < 0 ? -1 : output.taken[oldest];
    if (held === undefined || room === undefined) return false;
    const at = takeNext(map, Math.max(held, room + 1));
    if (at === undefined) return false;
    map.taken.push(at);
    output.ready.push(at + LATENCY.mul);
    return true;
  }

  return {
    name,
    advance() {
      let moved = false;
      for (let again = true; again; moved ||= again) {
        const vectorMoved = takeVector();
        again = takeMap() || vectorMoved;
      }
      return moved;
    },
  };
}
