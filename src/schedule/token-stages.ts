import {
  type Channel,
  grantLimit,
  match,
  offer,
  offerUnbounded,
  type Process,
  reserve,
  take,
} from './token-network.js';

/** Stages with one input and one output and no window memory, as rules over channels. */

/** A number for each beat, repeated over and over: of one beat, a pixel or a frame. */
export type Pattern = ArrayLike<number>;

/**
 * Input beat j makes `outputs[j]` output beats, `latency` clocks later; at most `holds[j]` output beats are inside while
 * it is taken, whether or not it makes one.
 */
export interface StreamRule {
  readonly latency: number;
  readonly holds: Pattern;
  readonly outputs: Pattern;
  /** The last of every `beats` input beats makes a beat on each of these channels, `latency` clocks later. */
  readonly marks?: { readonly beats: number; readonly latency: number; readonly channels: readonly Channel[] };
  /** The last of every `beats` input beats is taken no earlier than the next beat of each of these channels is offered. */
  readonly waitsFor?: { readonly beats: number; readonly channels: readonly Channel[] };
}

export function greatest(pattern: Pattern): number {
  let most = 0;
  for (let i = 0; i < pattern.length; i++) most = Math.max(most, pattern[i] as number);
  return most;
}

/** A stage with one input and one output. */
export function stream(name: string, input: Channel, output: Channel, rule: StreamRule): Process {
  reserve(output, greatest(rule.holds) + greatest(rule.outputs));
  const grant = streamGranter(input, output, rule);
  const { latency, outputs, marks } = rule;
  let processed = 0;
  let place = 0;

  function processTaken(): void {
    const { taken, mask, gone } = input;
    for (; processed < gone; processed++) {
      const clock = taken[processed & mask] as number;
      for (let made = outputs[place] as number; made > 0; made--) offer(output, clock + latency);
      if (++place === outputs.length) place = 0;
      if (marks === undefined || (processed + 1) % marks.beats !== 0) continue;
      for (const mark of marks.channels) offerUnbounded(mark, clock + marks.latency, mark.gone);
    }
    match(output);
  }

  return {
    name,
    inputs: [input, ...(rule.waitsFor?.channels ?? [])],
    outputs: [output, ...(marks?.channels ?? [])],
    advance() {
      const before = processed;
      for (;;) {
        grant(processed);
        match(input);
        if (processed === input.gone) return processed > before;
        processTaken();
      }
    },
  };
}

/** Says from when on there is room for each input beat, as far as it is known when the output beats before it go. */
function streamGranter(input: Channel, output: Channel, rule: StreamRule): (processed: number) => void {
  const { holds, outputs, waitsFor } = rule;
  let holdsPlace = 0;
  let outputsPlace = 0;
  /** Output beats that the beats granted so far make. */
  let promised = 0;
  return (processed) => {
    const limit = grantLimit(input, processed);
    const { room, mask } = input;
    const { taken, mask: outMask, gone } = output;
    let beat = input.granted;
    for (; beat < limit; beat++) {
      const oldest = promised - (holds[holdsPlace] as number);
      if (oldest >= gone) break;
      let from = oldest < 0 ? 0 : (taken[oldest & outMask] as number) + 1;
      if (waitsFor !== undefined && (beat + 1) % waitsFor.beats === 0) {
        const mark = takeMarks(waitsFor.channels);
        if (mark === undefined) break;
        from = Math.max(from, mark);
      }
      room[beat & mask] = from;
      promised += outputs[outputsPlace] as number;
      if (++holdsPlace === holds.length) holdsPlace = 0;
      if (++outputsPlace === outputs.length) outputsPlace = 0;
    }
    input.granted = beat;
  };
}

/** The clock from which the next beat of every channel is there; undefined while one of them is not known. */
function takeMarks(channels: readonly Channel[]): number | undefined {
  let latest = 0;
  for (const channel of channels) {
    if (channel.gone === channel.offered) return undefined;
    latest = Math.max(latest, channel.ready[channel.gone & channel.mask] as number);
  }
  for (const channel of channels) take(channel, latest);
  return latest;
}

/** A FIFO of `depth` beats: a beat is taken while fewer are inside, and offered `latency` clocks later. */
export function fifo(name: string, input: Channel, output: Channel, depth: number, latency: number): Process {
  reserve(output, depth + 1);

  /** Says from when on there is room for the beats that come when those have left that are known to. */
  function grant(): void {
    const { room, mask } = input;
    const { taken, mask: outMask, gone } = output;
    const limit = Math.min(grantLimit(input, input.gone), gone + depth);
    let beat = Math.max(input.granted, input.gone);
    for (; beat < limit; beat++) room[beat & mask] = beat < depth ? 0 : (taken[(beat - depth) & outMask] as number) + 1;
    input.granted = beat;
  }

  return {
    name,
    inputs: [input],
    outputs: [output],
    advance() {
      const { ready: inReady, taken: inTaken, mask: inMask, offered, gone: alreadyTaken } = input;
      const { ready, taken, room, mask, granted } = output;
      const begin = output.offered;
      let beat = begin;
      let gone = output.gone;
      let came = inTaken[(beat - 1) & inMask] as number;
      let left = taken[(gone - 1) & mask] as number;
      for (; ; beat++) {
        for (; gone < beat && gone < granted; gone++) {
          left = Math.max(left + 1, ready[gone & mask] as number, room[gone & mask] as number);
          taken[gone & mask] = left;
        }
        if (beat === offered || beat - depth >= gone) break;
        if (beat < alreadyTaken) came = inTaken[beat & inMask] as number;
        else {
          came = Math.max(came + 1, inReady[beat & inMask] as number);
          if (beat >= depth) came = Math.max(came, (taken[(beat - depth) & mask] as number) + 1);
          inTaken[beat & inMask] = came;
        }
        ready[beat & mask] = came + latency;
      }
      if (beat > input.gone) input.gone = beat;
      output.offered = beat;
      output.gone = gone;
      grant();
      return beat > begin;
    },
  };
}

/** A FIFO without bound, and the depth that would have been enough for the beats that went through it. */
export interface UnboundedFifo extends Process {
  depthNeeded(): number;
}

/** A FIFO that takes every beat at once, to see how deep one has to be. */
export function unboundedFifo(name: string, input: Channel, output: Channel, latency: number): UnboundedFifo {
  let processed = 0;
  /** Beats that have left and been looked at, and beats that came no later than the last of them left. */
  let left = 0;
  let came = 0;
  let depth = 0;

  /** A beat that leaves in clock u is inside with all that came up to u: so many places were needed. */
  function measure(): void {
    const { ready, taken, mask, gone, offered } = output;
    for (; left < gone; left++) {
      const clock = (taken[left & mask] as number) + latency;
      while (came < offered && (ready[came & mask] as number) <= clock) came++;
      if (came === offered) return;
      depth = Math.max(depth, came - left);
    }
  }

  return {
    name,
    inputs: [input],
    outputs: [output],
    depthNeeded() {
      // Of beats after which none has come yet the first has most behind it.
      measure();
      return left < output.gone ? Math.max(depth, came - left) : depth;
    },
    advance() {
      const before = processed;
      for (;;) {
        input.granted = grantLimit(input, processed);
        match(input);
        measure();
        if (processed === input.gone) return processed > before;
        for (; processed < input.gone; processed++)
          offerUnbounded(output, (input.taken[processed & input.mask] as number) + latency, left);
        match(output);
      }
    },
  };
}
