import { type Channel, grantLimit, match, offer, type Process, reserve, take } from './token-network.js';
import { greatest, type Pattern } from './token-stages.js';

/** Stages where streams part and meet. */

/**
 * Offers each beat to all branches at once, and the next one when all have taken it: in the clock in which the last does, the
 * beat leaves the input. Nothing is kept.
 */
export function fork(name: string, input: Channel, outputs: readonly Channel[]): Process {
  for (const output of outputs) output.watched = true;
  let sent = 0;

  /**
   * Where all branches have room for beats that are yet to come, so has the input, from the clock on in which the last one
   * has it: each branch would wait for the others anyhow.
   */
  function grant(): void {
    let limit = grantLimit(input, sent);
    for (const output of outputs) if (output.granted < limit) limit = output.granted;
    const { room, mask } = input;
    let beat = Math.max(input.granted, input.gone);
    for (; beat < limit; beat++) {
      let last = 0;
      for (const output of outputs) last = Math.max(last, output.room[beat & output.mask] as number);
      room[beat & mask] = last;
    }
    input.granted = beat;
  }

  /** Sends the beats that left the input with all branches' consent. */
  function sendTaken(): void {
    for (const output of outputs) {
      for (let beat = sent; beat < input.gone; beat++) offer(output, headClock(input, beat));
      match(output);
    }
    sent = input.gone;
  }

  /** Offers the beat at the input's head to branches that do not say in advance whether they have room. */
  function sendHead(): boolean {
    if (sent > input.gone || sent === input.offered) return false;
    const clock = headClock(input, sent);
    for (const output of outputs) {
      offer(output, clock);
      match(output);
    }
    sent++;
    return true;
  }

  /** Takes the beat that was sent when the last branch has. */
  function takeSent(): boolean {
    if (sent === input.gone) return false;
    let last = 0;
    for (const output of outputs) {
      if (output.gone < sent) return false;
      last = Math.max(last, output.taken[(sent - 1) & output.mask] as number);
    }
    take(input, last);
    return true;
  }

  return {
    name,
    inputs: [input],
    outputs,
    advance() {
      for (let moved = false; ; moved = true) {
        if (sent === input.gone) {
          grant();
          match(input);
        }
        if (sent < input.gone) sendTaken();
        else {
          const offered = sendHead();
          if (!takeSent() && !offered) return moved;
        }
      }
    },
  };
}

/** Earliest clock in which a beat is at the head of a channel. */
function headClock({ ready, taken, mask }: Channel, beat: number): number {
  return Math.max(ready[beat & mask] as number, (taken[(beat - 1) & mask] as number) + 1);
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
  const [first] = inputs as readonly [Channel];
  let previous = -1;

  return {
    name,
    inputs,
    outputs: [output],
    advance() {
      const begin = first.gone;
      let end = first.offered;
      for (const input of inputs) if (input.offered < end) end = input.offered;
      const { ready, taken, room, mask, granted } = output;
      let gone = output.gone;
      let left = gone > 0 ? (taken[(gone - 1) & mask] as number) : -1;
      let beat = begin;
      for (; ; beat++) {
        // Whatever of the output can leave does so at once: that makes room for the next beat. As match does, which for each
        // beat alone would take most of the time.
        for (; gone < beat && gone < granted; gone++) {
          left = Math.max(left + 1, ready[gone & mask] as number, room[gone & mask] as number);
          taken[gone & mask] = left;
        }
        if (beat === end || beat - holds >= gone) break;
        let clock = beat < holds ? previous + 1 : Math.max(previous, taken[(beat - holds) & mask] as number) + 1;
        for (const input of inputs) clock = Math.max(clock, input.ready[beat & input.mask] as number);
        for (const input of inputs) input.taken[beat & input.mask] = clock;
        ready[beat & mask] = clock + latency;
        previous = clock;
      }
      for (const input of inputs) input.gone = beat;
      output.offered = beat;
      output.gone = gone;
      return beat > begin;
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
      const { ready, taken, room, mask, granted } = output;
      let { offered, gone } = output;
      let left = gone > 0 ? (taken[(gone - 1) & mask] as number) : -1;
      const begin = previous;
      for (;;) {
        for (; gone < offered && gone < granted; gone++) {
          left = Math.max(left + 1, ready[gone & mask] as number, room[gone & mask] as number);
          taken[gone & mask] = left;
        }
        const input = inputs[order[place] as number] as Channel;
        const beat = input.gone;
        const oldest = offered - holds;
        if (beat === input.offered || oldest >= gone) break;
        let clock = Math.max(previous + 1, input.ready[beat & input.mask] as number);
        if (oldest >= 0) clock = Math.max(clock, (taken[oldest & mask] as number) + 1);
        input.taken[beat & input.mask] = clock;
        input.gone = beat + 1;
        previous = clock;
        for (let made = outputs[place] as number; made > 0; made--) ready[offered++ & mask] = clock + latency;
        if (++place === order.length) place = 0;
      }
      output.offered = offered;
      output.gone = gone;
      return previous > begin;
    },
  };
}
