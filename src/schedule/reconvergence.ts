import type { Netlist, Stage } from '../hw/netlist.js';
import { defined } from '../support/invariant.js';

/** Where the streams of a netlist part and meet again: its biconnected components. */

/** Stages at the ends of each net; a net has one that drives it and one that reads it. */
function netEnds({ nets, stages }: Netlist): readonly (readonly number[])[] {
  const ends: number[][] = nets.map(() => []);
  stages.forEach((stage, i) => {
    for (const net of [...stage.inputs, ...stage.outputs]) defined(ends[net], 'the ends of a net').push(i);
  });
  return ends;
}

/** An entry of the depth-first search: a stage, the net by which it was reached, and the nets still to be looked at. */
interface Visit {
  readonly stage: number;
  readonly by: number;
  readonly left: number[];
}

/**
 * The sets of nets of which any two lie on a common cycle, taken without direction; sets of one net left out.
 * (Hopcroft and Tarjan, Efficient algorithms for graph manipulation, 1973.)
 */
export function reconvergingNets(netlist: Netlist): readonly ReadonlySet<number>[] {
  const ends = netEnds(netlist);
  const order = new Map<number, number>();
  const low = new Map<number, number>();
  const stack: number[] = [];
  const seen = new Set<number>();
  const components: ReadonlySet<number>[] = [];
  const netsOf = (stage: number): number[] => {
    const { inputs, outputs } = defined(netlist.stages[stage], 'a stage');
    return [...inputs, ...outputs];
  };
  const place = (map: ReadonlyMap<number, number>, stage: number): number => defined(map.get(stage), 'a visited stage');

  function enter(stage: number, by: number, path: Visit[]): void {
    order.set(stage, order.size);
    low.set(stage, place(order, stage));
    path.push({ stage, by, left: netsOf(stage) });
  }

  /** Leaves a stage for the one that it was reached from; closes the component in which nothing leads further up. */
  function leave({ stage, by }: Visit, above: Visit | undefined): void {
    if (above === undefined) return;
    low.set(above.stage, Math.min(place(low, above.stage), place(low, stage)));
    if (place(low, stage) < place(order, above.stage)) return;
    const nets = stack.splice(stack.lastIndexOf(by));
    if (nets.length > 1) components.push(new Set(nets));
  }

  function search(start: number): void {
    const path: Visit[] = [];
    enter(start, -1, path);
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const net = at.left.pop();
      if (net === undefined) {
        path.pop();
        leave(at, path.at(-1));
        continue;
      }
      if (seen.has(net)) continue;
      seen.add(net);
      stack.push(net);
      const own = at.stage;
      const other = defined(ends[net], 'ends').find((end) => end !== own);
      if (other === undefined) continue;
      if (order.has(other)) low.set(own, Math.min(place(low, own), place(order, other)));
      else enter(other, net, path);
    }
  }

  netlist.stages.forEach((_, stage) => {
    if (!order.has(stage)) search(stage);
  });
  return components;
}

/** The stages at the ends of some nets, and all that are reached from there by going through at most `radius` engines more. */
export function stagesAround(netlist: Netlist, nets: ReadonlySet<number>, radius: number): ReadonlySet<Stage> {
  const ends = netEnds(netlist);
  const stagesOf = (net: number): readonly Stage[] =>
    defined(ends[net], 'ends').map((index) => defined(netlist.stages[index], 'a stage'));
  const around = new Set([...nets].flatMap(stagesOf));
  const queue = [...around];
  for (let passed = 0; ; passed++) {
    // What stands between engines costs nothing.
    const border = new Set<Stage>();
    for (let stage = queue.pop(); stage !== undefined; stage = queue.pop()) {
      for (const other of [...stage.inputs, ...stage.outputs].flatMap(stagesOf)) {
        if (around.has(other)) continue;
        if (other.kind === 'engine') {
          border.add(other);
          continue;
        }
        around.add(other);
        queue.push(other);
      }
    }
    if (passed === radius || border.size === 0) return around;
    for (const engine of border) {
      around.add(engine);
      queue.push(engine);
    }
  }
}
