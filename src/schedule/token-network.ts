/**
 * The token-level model of a network of engines: each beat has the clock in which it is first offered and the clock in
 * which it is taken, and each engine is a rule that gives the one from the other. No engine decides anything by time of
 * arrival, so the clocks are the unique least solution of these max-plus equations, whatever order they are solved in:
 * processes advance as far as what they wait for is known, until nothing moves.
 * (Kahn process networks with bounded channels; Baccelli et al., Synchronization and Linearity, 1992.)
 */

/**
 * A valid/ready stream. Beat j is offered from `ready[j]` on, its consumer has room from `room[j]` on, and it is taken in
 * `taken[j] = max(ready[j], room[j], taken[j-1] + 1)`. Producer and consumer each say what they know as early as they
 * can; whoever comes second has the beat taken. The arrays are rings, beat j at `j & mask`: they hold what the producer
 * still looks back at and the beats on their way, not the whole run.
 */
export interface Channel {
  ready: Float64Array;
  room: Float64Array;
  taken: Float64Array;
  mask: number;
  /** Beats whose `ready`, `room` and `taken` are known. */
  offered: number;
  granted: number;
  gone: number;
  /** Beats behind the offered ones that stay in the ring. */
  lookBack: number;
  /** Whether the producer looks at what its consumer grants before it has offered it. */
  watched: boolean;
}

/** Beats that a consumer may have room for in advance; larger rings mean fewer and longer turns of the processes. */
const AHEAD = 256;

/** A channel that only its consumer's order of beats looks back at; the producer reserves more. */
export function makeChannel(): Channel {
  const channel: Channel = {
    ready: new Float64Array(0),
    room: new Float64Array(0),
    taken: new Float64Array(0),
    mask: -1,
    offered: 0,
    granted: 0,
    gone: 0,
    lookBack: 0,
    watched: false,
  };
  reserve(channel, 1);
  return channel;
}

/** Makes room in the ring for `beats` beats to look back at. */
export function reserve(channel: Channel, beats: number): void {
  channel.lookBack = Math.max(channel.lookBack, beats);
  let size = channel.mask + 1;
  while (size < channel.lookBack + AHEAD) size = Math.max(2 * size, AHEAD);
  if (size > channel.mask + 1) resize(channel, size);
}

function resize(channel: Channel, size: number): void {
  const { ready, room, taken, mask } = channel;
  const [newReady, newRoom, newTaken] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  // Beat -1 went before the first clock.
  newTaken.fill(-1);
  for (let beat = Math.max(0, channel.offered - mask - 1); beat <= channel.offered + mask; beat++) {
    const [from, to] = [beat & mask, beat & (size - 1)];
    newReady[to] = ready[from] as number;
    newRoom[to] = room[from] as number;
    if (beat < channel.gone) newTaken[to] = taken[from] as number;
  }
  Object.assign(channel, { ready: newReady, room: newRoom, taken: newTaken, mask: size - 1 });
}

/** Offers the next beat from `clock` on. At most `lookBack` beats may be offered and not taken. */
export function offer(channel: Channel, clock: number): void {
  channel.ready[channel.offered & channel.mask] = clock;
  channel.offered++;
}

/** Offers the next beat of a channel whose producer knows no bound: the ring grows to hold all from beat `oldest` on. */
export function offerUnbounded(channel: Channel, clock: number, oldest: number): void {
  if (channel.offered - oldest + AHEAD > channel.mask) resize(channel, 2 * (channel.mask + 1));
  offer(channel, clock);
}

/** Has all beats taken that are offered and that there is room for; says whether there were any. */
export function match(channel: Channel): boolean {
  const end = channel.offered < channel.granted ? channel.offered : channel.granted;
  let beat = channel.gone;
  if (beat >= end) return false;
  const { ready, room, taken, mask } = channel;
  let clock = taken[(beat - 1) & mask] as number;
  for (; beat < end; beat++) {
    const at = beat & mask;
    clock++;
    const offered = ready[at] as number;
    if (offered > clock) clock = offered;
    const free = room[at] as number;
    if (free > clock) clock = free;
    taken[at] = clock;
  }
  channel.gone = beat;
  return true;
}

/** Beats that a consumer that has processed `processed` ones may have granted. */
export function grantLimit(channel: Channel, processed: number): number {
  return processed + channel.mask + 1 - channel.lookBack;
}

/**
 * Earliest clock in which a consumer that grants nothing ahead, and is free from `free` on, can take the next beat; undefined
 * while that is not known.
 */
export function takeNext({ gone, offered, ready, taken, mask }: Channel, free: number): number | undefined {
  if (gone === offered) return undefined;
  return Math.max(ready[gone & mask] as number, (taken[(gone - 1) & mask] as number) + 1, free);
}

/** Takes the next beat. */
export function take(channel: Channel, clock: number): void {
  channel.taken[channel.gone & channel.mask] = clock;
  channel.gone++;
}

/** A process advances as far as it can and says whether it moved. */
export interface Process {
  readonly name: string;
  readonly inputs: readonly Channel[];
  readonly outputs: readonly Channel[];
  advance(): boolean;
  /** Tells, a fixed number of them, the clocks that it looks back at beside those of its channels; later ones only ever delay. */
  readonly kept?: (tell: (clock: number) => void) => void;
}

/** A source that is told how many beats there are, and may be told of more. */
export interface Source extends Process {
  /** Offers beats up to this number, over all frames. */
  extend(count: number): void;
}

/** Offers `count` beats as fast as they are taken. */
export function source(output: Channel, count: number): Source {
  const process = pacedSource(output, 1, 0);
  process.extend(count);
  return process;
}

/** Offers each beat when its share of its frame's interval has passed; with an interval of 0 as fast as they are taken. */
export function pacedSource(output: Channel, beatsPerFrame: number, interval: number): Source {
  reserve(output, AHEAD);
  let count = 0;
  return {
    name: 'source',
    inputs: [],
    outputs: [output],
    extend(beats) {
      count = beats;
    },
    advance() {
      const before = output.offered;
      for (;;) {
        const end = Math.min(count, output.gone + output.lookBack);
        if (output.offered === end) return end > before;
        for (let beat = output.offered; beat < end; beat++) {
          const frame = Math.floor(beat / beatsPerFrame);
          offer(output, frame * interval + Math.floor(((beat - frame * beatsPerFrame) * interval) / beatsPerFrame));
        }
        match(output);
      }
    },
  };
}

/** A sink and the clocks in which it took the last beat of each frame. */
export interface Sink extends Process {
  readonly frameEnds: readonly number[];
}

/** Takes every beat at once. */
export function sink(input: Channel, beatsPerFrame: number): Sink {
  const frameEnds: number[] = [];
  let processed = 0;
  return {
    name: 'sink',
    inputs: [input],
    outputs: [],
    frameEnds,
    advance() {
      const before = processed;
      for (;;) {
        const { gone, mask, taken } = input;
        for (let end = (frameEnds.length + 1) * beatsPerFrame; end <= gone; end += beatsPerFrame)
          frameEnds.push(taken[(end - 1) & mask] as number);
        processed = gone;
        input.granted = grantLimit(input, processed);
        // What a channel held before it was granted: its room is from the first clock on.
        if (!match(input)) return processed > before;
      }
    },
  };
}

/**
 * Runs a network to the end. A process that moved wakes its neighbours, for which alone something may have changed. From the
 * last to the first: consumers make room before producers look for it.
 */
export function settle(processes: readonly Process[]): void {
  const neighbours = neighboursOf(processes);
  const watchedInputs = processes.map(({ inputs }) => inputs.filter(({ watched }) => watched));
  const waits = new Uint8Array(processes.length).fill(1);
  for (let waiting = processes.length; waiting > 0; ) {
    for (let i = processes.length - 1; i >= 0; i--) {
      if (waits[i] === 0) continue;
      waits[i] = 0;
      waiting--;
      const process = processes[i] as Process;
      const watched = watchedInputs[i] as readonly Channel[];
      let granted = 0;
      for (const channel of watched) granted -= channel.granted;
      const moved = process.advance();
      for (const channel of watched) granted += channel.granted;
      if (!moved && granted === 0) continue;
      for (const next of neighbours[i] as readonly number[]) {
        if (waits[next] === 1) continue;
        waits[next] = 1;
        waiting++;
      }
    }
  }
}

/** For each process the ones at the other ends of its channels. */
function neighboursOf(processes: readonly Process[]): readonly (readonly number[])[] {
  const ends = new Map<Channel, number[]>();
  processes.forEach((process, i) => {
    for (const channel of [...process.inputs, ...process.outputs]) ends.set(channel, [...(ends.get(channel) ?? []), i]);
  });
  return processes.map((process, i) => {
    const others = [...process.inputs, ...process.outputs].flatMap((channel) => ends.get(channel) ?? []);
    return [...new Set(others)].filter((other) => other !== i);
  });
}
