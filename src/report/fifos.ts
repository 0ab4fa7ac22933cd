import { type ChosenBy, type Design, type EdgeFifo, fifoBits } from '../hw/design.js';
import { beatsPerFrame } from '../hw/feature-map.js';
import { netlistOf, netOf } from '../hw/netlist.js';
import { count } from './table.js';

/** The FIFO on an edge where streams part or meet. */
export interface FifoReport {
  /** The layer that reads it and its input, or the output. */
  readonly edge: string;
  readonly depth: number;
  readonly memory: EdgeFifo['memory'];
  readonly bits: number;
  readonly chosenBy: ChosenBy;
  /** Frames that it holds whole. */
  readonly wholeFrames: number;
}

/** In stream order. */
export function fifoReports(design: Design): readonly FifoReport[] {
  const netlist = netlistOf(design);
  return netlist.stages.flatMap((stage) => {
    if (stage.kind !== 'fifo') return [];
    const { type } = netOf(netlist, stage.inputs[0]);
    const { depth, memory, chosenBy } = stage.fifo;
    const bits = fifoBits(stage.fifo, type.lanes * type.map.element.bits);
    return [{ edge: stage.edge, depth, memory, bits, chosenBy, wholeFrames: Math.floor(depth / beatsPerFrame(type)) }];
  });
}

/** Branches that wait for a whole frame, which is what costs most, and depths that the user has pinned; a line each. */
export function fifoWords(fifos: readonly FifoReport[]): readonly string[] {
  const list = (chosen: readonly FifoReport[]): string =>
    chosen.map(({ edge, depth, bits }) => `${edge} (${count(depth)} beats, ${count(bits)} bits)`).join(', ');
  const whole = fifos.filter(({ wholeFrames }) => wholeFrames > 0);
  const pinned = fifos.filter(({ chosenBy }) => chosenBy === 'user');
  return [
    ...(whole.length === 0 ? [] : [`branches that hold a whole frame or more: ${list(whole)}`]),
    ...(pinned.length === 0 ? [] : [`FIFOs pinned by the user: ${list(pinned)}`]),
  ];
}
