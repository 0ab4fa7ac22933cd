import type { Design } from '../hw/design.js';
import { netlistOf } from '../hw/netlist.js';
import { amplyBuffered, type Edge, makeFifo } from './size-fifos.js';
import { prepareRun } from './token-design.js';
import { leastThat } from './window-memory.js';

/** FIFO depths that the user pins, by edge. */
export type FifoPins = ReadonlyMap<string, number>;

/** A pinned FIFO with which the network comes to a stand. */
export interface ShallowPin {
  readonly edge: string;
  readonly depth: number;
  /** The least depth with which it does not; undefined where that depends on other pinned FIFOs too. */
  readonly least?: number;
}

export function pinnedFifos(edges: readonly Edge[], pins: FifoPins): Design['fifos'] {
  return new Map(
    edges.flatMap(({ edge, beatBits }) => {
      const depth = pins.get(edge);
      return depth === undefined ? [] : [[edge, makeFifo(depth, beatBits, 'user')] as const];
    }),
  );
}

/** Frames that decide whether buffers are too small: one that fills them and one behind it. */
const FRAMES = 2;

/**
 * Whether a network comes to a stand. No stage waits for a clock, each waits for beats and room, and how many beats there
 * are does not depend on when they come: so this holds for every pattern of stalls at its ends.
 */
function stands(design: Design, unbounded: ReadonlySet<string>): boolean {
  return prepareRun(netlistOf(design), { interval: 0, unbounded }).run(FRAMES).length < FRAMES;
}

/**
 * The pinned FIFOs that are too small for any frame to come through, however deep all others are. `design` has no FIFOs but
 * the pinned ones.
 */
export function shallowPins(design: Design, edges: readonly Edge[], interval: number): readonly ShallowPin[] {
  const pinned = edges.filter(({ edge }) => design.fifos.has(edge));
  const free = edges.filter(({ edge, reconverges }) => reconverges && !design.fifos.has(edge));
  if (pinned.length === 0) return [];
  const ample = amplyBuffered(new Map(), { ...design, fifos: new Map() }, [...free, ...pinned], interval).fifos;
  const standsWith = (pins: readonly (readonly [Edge, number])[]): boolean => {
    const bounded = new Set(pins.map(([{ edge }]) => edge));
    const unbounded = new Set([...ample.keys()].filter((edge) => !bounded.has(edge)));
    const own = pins.map(([{ edge, beatBits }, depth]) => [edge, makeFifo(depth, beatBits, 'user')] as const);
    return stands({ ...design, fifos: new Map([...ample, ...own]) }, unbounded);
  };
  const depthOf = (edge: string): number => design.fifos.get(edge)?.depth ?? 0;
  const least = (pin: Edge): number =>
    leastThat((depth) => !standsWith([[pin, depth]]), depthOf(pin.edge) + 1, ample.get(pin.edge)?.depth ?? 1, 1);
  if (!standsWith(pinned.map((pin) => [pin, depthOf(pin.edge)]))) return [];
  const alone = pinned.filter((pin) => standsWith([[pin, depthOf(pin.edge)]]));
  if (alone.length === 0) return pinned.map(({ edge }) => ({ edge, depth: depthOf(edge) }));
  return alone.map((pin) => ({ edge: pin.edge, depth: depthOf(pin.edge), least: least(pin) }));
}
