import { invariant } from '../support/invariant.js';

/**
 * The token-level model of a chain of engines: each beat has the clock in which it is first offered and the clock in
 * which it is taken, and each engine is a rule that gives the one from the other. No engine decides anything by time of
 * arrival, so the clocks are the unique least solution of these max-plus equations, whatever order they are solved in:
 * processes advance as far as what they wait for is known, until nothing moves.
 * (Kahn process networks with bounded channels; Baccelli et al., Synchronization and Linearity, 1992.)
 */

/** A valid/ready stream. Beat j is offered from `ready[j]` on, once beat j-1 has gone, and taken in clock `taken[j]`. */
export interface Channel {
  readonly ready: number[];
  readonly taken: number[];
}

export function makeChannel(): Channel {
  return { ready: [], taken: [] };
}

/** A process advances as far as it can and says whether it moved. */
export interface Process {
  readonly name: string;
  advance(): boolean;
}

/** Earliest clock in which the next beat of a channel can be taken by a consumer that is free from `free` on. */
export function takeNext(channel: Channel, free: number): number | undefined {
  const index = channel.taken.length;
  const ready = channel.ready[index];
  if (ready === undefined) return undefined;
  const previous = index === 0 ? -1 : (channel.taken[index - 1] as number);
  return Math.max(ready, previous + 1, free);
}

/** Offers `count` beats as fast as they are taken. */
export function source(output: Channel, count: number): Process {
  let done = false;
  return {
    name: 'source',
    advance() {
      if (done) return false;
      for (let j = 0; j < count; j++) output.ready.push(0);
      done = true;
      return true;
    },
  };
}

/** Takes every beat at once. */
export function sink(input: Channel): Process {
  return {
    name: 'sink',
    advance() {
      let moved = false;
      for (let t = takeNext(input, 0); t !== undefined; t = takeNext(input, 0)) {
        input.taken.push(t);
        moved = true;
      }
      return moved;
    },
  };
}

/**
 * The timing of a stage without a window: input beat j makes output beats `outputs(j)` (a count), `latency` clocks later; at most
 * `holds(j)` output beats are inside while it is taken.
 */
export interface StreamRule {
  readonly latency: number;
  readonly holds: (beat: number) => number;
  readonly outputs: (beat: number) => number;
  /** Earliest clock in which an input beat may be taken, for reasons besides the stream itself; undefined: not known yet. */
  readonly allowedFrom?: (beat: number) => number | undefined;
}

/** A stage without a window. */
export function stream(name: string, input: Channel, output: Channel, rule: StreamRule): Process {
  return {
    name,
    advance() {
      let moved = false;
      for (;;) {
        // Whether or not this beat makes an output, it is taken only while there is room for one.
        const oldest = output.ready.length - rule.holds(input.taken.length);
        const room = oldest < 0 ? 0 : output.taken[oldest];
        if (room === undefined) return moved;
        const allowed = rule.allowedFrom === undefined ? 0 : rule.allowedFrom(input.taken.length);
        if (allowed === undefined) return moved;
        const t = takeNext(input, Math.max(allowed, oldest < 0 ? 0 : room + 1));
        if (t === undefined) return moved;
        const made = rule.outputs(input.taken.length);
        input.taken.push(t);
        for (let k = 0; k < made; k++) output.ready.push(t + rule.latency);
        moved = true;
      }
    },
  };
}

/** Runs a network to the end; the processes that are stuck when it does not get there. */
export function settle(processes: readonly Process[]): void {
  for (let moved = true; moved; ) {
    moved = false;
    // From the last to the first: consumers make room before producers look for it.
    for (let i = processes.length - 1; i >= 0; i--) {
      const process = processes[i];
      invariant(process !== undefined, 'a process');
      if (process.advance()) moved = true;
    }
  }
}
