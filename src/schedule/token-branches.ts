import { type Channel, match, offer, type Process, reserve, take, takeNext } from './token-network.js';
import { greatest, type Pattern } from './token-stages.js';

/** Stages where streams part and meet. */

/**
 * Offers each beat to all branches at once, and the next one when all have taken it: in the clock in which the last does, the
 * beat leaves the input. Nothing is kept.
 */
export function fork(name: string, input: Channel, outputs: readonly Channel[]): Process {
  let sent = 0;

  /** Offers the beat at the input's head, when it is known. */
  function send(): boolean {
    const clock = takeNext(input, 0);
    if (clock === undefined) return false;
    for (const output of outputs) {
      offer(output, clock);
      match(output);
    }
    sent++;
    return true;
  }

  /** Clock in which the last branch took the beat; undefined while one has not. */
  function lastTaken(beat: number): number | undefined {
    let last = 0;
    for (const output of outputs) {
      if (output.gone <= beat) return undefined;
      last = Math.max(last, output.taken[beat & output.mask] as number);
    }
    return last;
  }

  return {
    name,
    inputs: [input],
    outputs,
    advance() {
      const before = sent + input.gone;
      for (;;) {
        const beat = input.gone;
        const last = sent > beat || send() ? lastTaken(beat) : undefined;
        if (last === undefined) return sent + input.gone > before;
        take(input, last);
      }
    },
  };
}

/** The timing of a stage in which streams meet: as a stream's. */
export interface JoinRule {
  readonly latency: number;
  /** Output beats that are inside at most. */
  readonly holds: number;
}

/** Takes one beat of every input in the same clock, when all are there and there is room for the result. */
export function join(name: string, inputs: readonly Channel[], output: Channel, { latency, holds }: JoinRule): Process {
  reserve(output, holds + 1);
  /** Clock from which the next beat of every input can be taken; undefined while that is not known. */
  function allReady(): number | undefined {
    let latest = 0;
    for (const input of inputs) {
      const clock = takeNext(input, latest);
      if (clock === undefined) return undefined;
      latest = clock;
    }
    return latest;
  }

  return {
    name,
    inputs,
    outputs: [output],
    advance() {
      for (let moved = false; ; moved = true) {
        const ready = allReady();
        const room = roomAt(output, output.offered - holds);
        if (ready === undefined || room === undefined) {
          match(output);
          return moved;
        }
        const clock = Math.max(ready, room);
        for (const input of inputs) take(input, clock);
        offer(output, clock + latency);
      }
    },
  };
}

/** Earliest clock after output beat `oldest` has gone; undefined while that is not known. */
export function roomAt(output: Channel, oldest: number): number | undefined {
  if (oldest < 0) return 0;
  if (oldest >= output.gone) match(output);
  return oldest < output.gone ? (output.taken[oldest & output.mask] as number) + 1 : undefined;
}

export interface ConcatRule extends JoinRule {
  /** Input that each beat comes from: those of a pixel, input after input. */
  readonly order: Pattern;
  /** Output beats that each of these beats completes. */
  readonly outputs: Pattern;
}

/** Takes the beats of a pixel from one input after the other. */
export function concat(name: string, inputs: readonly Channel[], output: Channel, rule: ConcatRule): Process {
  const { order, outputs, latency, holds } = rule;
  reserve(output, holds + greatest(outputs));
  let place = 0;
  let previous = -1;
  return {
    name,
    inputs,
    outputs: [output],
    advance() {
      for (let moved = false; ; moved = true) {
        const input = inputs[order[place] as number] as Channel;
        const room = roomAt(output, output.offered - holds);
        const clock = room === undefined ? undefined : takeNext(input, Math.max(room, previous + 1));
        if (clock === undefined) {
          match(output);
          return moved;
        }
        previous = clock;
        take(input, previous);
        for (let made = outputs[place] as number; made > 0; made--) offer(output, previous + latency);
        if (++place === order.length) place = 0;
      }
    },
  };
}
