import type { Design } from '../hw/design.js';
import type { LayerGraph } from '../hw/layer.js';
import { netlistOf } from '../hw/netlist.js';
import { type FifoPins, pinnedFifos, type ShallowPin, shallowPins } from './fifo-pins.js';
import { makePartTester, type PartTester } from './part-tester.js';
import { type Prediction, predict } from './predict.js';
import { stagesAround } from './reconvergence.js';
import { amplyBuffered, type Buffered, bufferedAs, type Edge, edgesOf, trimFifos } from './size-fifos.js';
import { type EnginePlan, pixelsAlone, planInterval, rowPixels, sizeEngine } from './size-windows.js';
import { keepsPace as steady } from './steady.js';
import { leastThat } from './window-memory.js';

export type { EnginePlan } from './size-windows.js';

export interface SizedDesign {
  readonly design: Design;
  readonly prediction: Prediction;
  /** FIFOs that the user has pinned at depths with which nothing comes out; then nothing else is sized. */
  readonly shallowPins: readonly ShallowPin[];
}

/** Rounds of enlarging windows when engines that feed each other in bursts fall short of what each reaches alone. */
const MOST_ROUNDS = 6;
/** Window memories are trimmed in steps of this share of a row. */
const ROW_PARTS = 8;
/** Engines around one that is trimmed that are looked at with it at first; doubled where they are too few. */
const NEIGHBOURS = 2;

/**
 * Gives every engine its window memory and output FIFO and every edge of a reconverging path the FIFO that it needs, and
 * predicts the whole. Each engine first gets the least memory with which it reaches the network's interval alone. Where
 * the network as a whole does not reach it, however deep its FIFOs are, because engines feed each other in bursts, all
 * windows grow by rows until it does, or growing changes nothing; then each is trimmed to the least that keeps what was
 * reached, and so are the FIFOs.
 */
export function sizeDesign(
  network: LayerGraph,
  inputLanes: readonly number[],
  plans: readonly EnginePlan[],
  pins: FifoPins = new Map(),
): SizedDesign {
  const target = Math.max(...plans.map(planInterval));
  const alone = pixelsAlone(plans, target);
  const build: Build = (extra, fifos) => {
    const engines = plans.map((plan, i) => sizeEngine(plan, (alone[i] ?? 0) + (extra[i] ?? 0)));
    return { network, inputLanes, engines, fifos };
  };
  const none = plans.map(() => 0);
  const edges = edgesOf(build(none, new Map()));
  const pinned = build(none, pinnedFifos(edges, pins));
  const shallow = shallowPins(pinned, edges, target);
  if (shallow.length > 0) return { design: pinned, prediction: predict(pinned), shallowPins: shallow };
  const free = edges.filter(({ edge, reconverges }) => reconverges && !pins.has(edge));
  const measure = (extra: readonly number[], likely: Design['fifos']): Measured => ({
    extra,
    ...bufferedAs(likely, build(extra, pinned.fifos), free, target),
  });
  let best = measure(none, new Map());
  for (let rows = 1; rows <= MOST_ROUNDS && best.interval > target; rows++) {
    const more = plans.map((plan) => rows * rowPixels(plan));
    const next = measure(more, best.fifos);
    if (next.interval < best.interval) best = next;
  }
  return { ...trim(plans, free, { ...best, pinned: pinned.fifos }, build), shallowPins: [] };
}

type Build = (extra: readonly number[], fifos: Design['fifos']) => Design;

/** What was reached with how many pixels more in each window, and with which FIFOs. */
interface Measured extends Buffered {
  readonly extra: readonly number[];
}

/**
 * Takes from each window and FIFO what it was given in vain. A trial looks at it and its neighbours alone, since that is
 * how far bursts reach; that the whole network keeps what it reached is seen at the end, and where it does not, trials
 * look further.
 */
function trim(
  plans: readonly EnginePlan[],
  edges: readonly Edge[],
  reached: Measured & { readonly pinned: Design['fifos'] },
  build: Build,
): Omit<SizedDesign, 'shallowPins'> {
  const { pinned } = reached;
  const grown = reached.extra.some((pixels) => pixels > 0);
  const settle = (extra: readonly number[]): Buffered =>
    amplyBuffered(reached.fifos, build(extra, pinned), edges, reached.interval);
  const settled = grown || reached.settled ? reached : settle(reached.extra);
  const { interval } = settled;
  const keepsPace = makePartTester(interval);
  for (let radius = NEIGHBOURS; ; radius *= 2) {
    const extra = grown ? trimWindows(plans, edges, reached, keepsPace, radius, build) : reached.extra;
    const ample = grown ? settle(extra).fifos : settled.fifos;
    const fifos = trimFifos(build(extra, ample), edges, keepsPace, radius);
    const design = build(extra, fifos);
    const keeps = steady(netlistOf(design), { interval });
    if (keeps || radius >= plans.length) return { design, prediction: predict(design, keeps ? interval : undefined) };
  }
}

function trimWindows(
  plans: readonly EnginePlan[],
  edges: readonly Edge[],
  { extra, fifos }: Measured,
  keepsPace: PartTester,
  radius: number,
  build: Build,
): readonly number[] {
  const kept = [...extra];
  const unbounded = new Set(edges.map(({ edge }) => edge));
  plans.forEach((plan, i) => {
    const step = Math.max(1, Math.ceil(rowPixels(plan) / ROW_PARTS));
    const reaches = (steps: number): boolean => {
      const netlist = netlistOf(build(kept.with(i, steps * step), fifos));
      const stage = netlist.stages.find((candidate) => candidate.kind === 'engine' && candidate.index === i);
      const nets = new Set([...(stage?.inputs ?? []), ...(stage?.outputs ?? [])]);
      return keepsPace(netlist, stagesAround(netlist, nets, radius), unbounded);
    };
    kept[i] = step * leastThat(reaches, 0, Math.ceil((kept[i] ?? 0) / step), 0);
  });
  return kept;
}
