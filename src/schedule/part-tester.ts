import type { Engine } from '../hw/design.js';
import { beatsPerFrame } from '../hw/feature-map.js';
import { isWindowLayer } from '../hw/layer.js';
import { type Netlist, netOf, type Stage } from '../hw/netlist.js';
import { foldLatency } from './latency.js';
import { paceOf } from './steady.js';

/**
 * Whether parts of networks keep a pace: remembers parts that are alike, as networks repeat their blocks. When the trials
 * together have had a number of beats, further ones are not made and count as failed: what they would have shown to be
 * superfluous stays. Counted in beats and not in time, so that the same network gives the same design everywhere.
 */

export type PartTester = (netlist: Netlist, part: ReadonlySet<Stage>, unbounded?: ReadonlySet<string>) => boolean;

/** Beats of all trials: some ten seconds. The trials of networks of a few hundred thousand beats a frame have fewer. */
const MOST_BEATS = 1.5e8;

export function makePartTester(interval: number): PartTester {
  const results = new Map<string, boolean>();
  let beats = 0;
  const engines = new Map<Engine, number>();
  const shapes = new Map<string, number>();

  /** Engines of the same number have the same timing. */
  function engineNumber(engine: Engine): number {
    const known = engines.get(engine);
    if (known !== undefined) return known;
    const shape = timingText(engine);
    const number = shapes.get(shape) ?? shapes.size;
    shapes.set(shape, number);
    engines.set(engine, number);
    return number;
  }

  function stageText(stage: Stage, unbounded: ReadonlySet<string>): string {
    if (stage.kind === 'engine') return `engine ${engineNumber(stage.engine)}`;
    if (stage.kind !== 'fifo') return stage.kind;
    return `fifo ${unbounded.has(stage.edge) ? 'any' : stage.fifo.depth} ${stage.fifo.memory}`;
  }

  return (netlist, part, unbounded = new Set()) => {
    const places = new Map<number, string>();
    const netText = (net: number): string => {
      const known = places.get(net);
      if (known !== undefined) return known;
      const { map, lanes } = netOf(netlist, net).type;
      places.set(net, String(places.size));
      return `${places.size - 1}:${map.height}x${map.width}x${map.channels}/${lanes}`;
    };
    const key = netlist.stages
      .filter((stage) => part.has(stage))
      .map((stage) => {
        const nets = [stage.inputs, stage.outputs].map((ends) => ends.map(netText).join(','));
        return `${stageText(stage, unbounded)} ${nets.join('>')}`;
      })
      .join('\n');
    const known = results.get(key);
    if (known !== undefined) return known;
    if (beats >= MOST_BEATS) return false;
    const pace = paceOf(netlist, { interval, part, unbounded });
    beats += pace.frames * partBeats(netlist, part);
    const found = pace.interval <= interval;
    results.set(key, found);
    return found;
  };
}

/** Beats of a frame on all nets of a part. */
function partBeats(netlist: Netlist, part: ReadonlySet<Stage>): number {
  let beats = 0;
  for (const stage of part) for (const net of stage.inputs) beats += beatsPerFrame(netOf(netlist, net).type);
  return beats;
}

/** What an engine's timing depends on: everything but names and numbers. */
function timingText(engine: Engine): string {
  const { layer, lanesIn, lanesOut, folding, memory, fifoDepth } = engine;
  const withoutNumbers = (key: string, value: unknown): unknown =>
    ArrayBuffer.isView(value) || ['name', 'tensor', 'inputTensor', 'outputTensor', 'numbers', 'macs'].includes(key)
      ? undefined
      : value;
  const latency = isWindowLayer(layer) ? foldLatency(engine) : 0;
  return JSON.stringify([layer, lanesIn, lanesOut, folding, memory, fifoDepth, latency], withoutNumbers);
}
