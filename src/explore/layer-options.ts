import { beatsPerFrame } from '../hw/feature-map.js';
import { extents, type Folding, multipliers, tapChoices, windowShape } from '../hw/folding.js';
import type { Layer, WindowLayer } from '../hw/layer.js';
import { acceptsLanes, foldingBreaches } from '../hw/legality.js';
import { workCycles } from '../schedule/cycles.js';

/** Least lanes, a power of two, with which a layer's end carries a frame in `target` clocks; at most its channels rounded up. */
export function lanesFor(map: Layer['input'], target: number): number {
  let lanes = 1;
  while (lanes < map.channels && beatsPerFrame({ map, lanes }) > target) lanes *= 2;
  return lanes;
}

/** What is pinned of a folding by the user. */
export type PinnedFolding = Partial<Folding>;

/**
 * The cheapest folding of a layer with at most `target` clocks of work: fewest multipliers, then fewest kernel positions
 * in parallel (each is a memory bank), then fewest requantisers. Pinned fields are kept as they are. Undefined where
 * nothing legal reaches the target.
 */
export function cheapestFolding(
  layer: WindowLayer,
  target: number,
  lanesIn: number,
  lanesOut: number,
  pinned: PinnedFolding,
): Folding | undefined {
  let best: { folding: Folding; cost: readonly number[] } | undefined;
  for (const folding of candidates(layer, target, lanesIn, lanesOut, pinned)) {
    if (foldingBreaches(layer, folding, lanesOut).length > 0 || !acceptsLanes(layer, folding, lanesIn)) continue;
    const work = workCycles(layer, folding, lanesIn);
    if (work > target) continue;
    const cost = [arrayCost(layer, folding), folding.taps, folding.requantisers, work, folding.pe];
    if (best === undefined || isLess(cost, best.cost)) best = { folding, cost };
  }
  return best?.folding;
}

/** Multipliers, or channels in parallel for a layer without weights. */
function arrayCost(layer: WindowLayer, folding: Folding): number {
  return layer.kind === 'pool' ? folding.pe * folding.taps : multipliers(layer, folding);
}

function isLess(a: readonly number[], b: readonly number[]): boolean {
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i]) return (a[i] as number) < (b[i] as number);
  }
  return false;
}

function* candidates(
  layer: WindowLayer,
  target: number,
  lanesIn: number,
  lanesOut: number,
  pinned: PinnedFolding,
): Generator<Folding> {
  const extent = extents(layer);
  const tapsList = pinned.taps === undefined ? tapChoices(layer) : [pinned.taps];
  const requantiserList = pinned.requantisers === undefined ? powersUpTo(lanesOut) : [pinned.requantisers];
  for (const taps of tapsList) {
    for (const simd of simdChoices(layer, lanesIn, pinned.simd)) {
      for (const requantisers of requantiserList) {
        for (const pe of peChoices(layer, { taps, simd, requantisers }, target, lanesIn, pinned.pe)) {
          yield { pe: Math.min(pe, extent.pe), simd, taps, requantisers };
        }
      }
    }
  }
}

function powersUpTo(limit: number): readonly number[] {
  const powers: number[] = [];
  for (let power = 1; power <= limit; power *= 2) powers.push(power);
  return powers;
}

/** Distinct ceil(extent / n): a SIMD in between costs multipliers and saves no step. */
function usefulSplits(extent: number): readonly number[] {
  const splits = new Set<number>();
  for (let parts = 1; parts <= extent; ) {
    const size = Math.ceil(extent / parts);
    splits.add(size);
    // The next number of parts that gives a smaller size.
    parts = size === 1 ? extent + 1 : Math.ceil(extent / (size - 1));
  }
  return [...splits];
}

function simdChoices(layer: WindowLayer, lanesIn: number, pinned: number | undefined): readonly number[] {
  if (pinned !== undefined) return [pinned];
  if (layer.kind === 'depthwise' || layer.kind === 'pool') return [1];
  const { simd } = extents(layer);
  // SIMD and the lanes divide one another: sizes are rounded up to a multiple of the lanes, or to a divisor of them.
  const rounded = usefulSplits(simd).map((size) =>
    size >= lanesIn ? Math.ceil(size / lanesIn) * lanesIn : nextPower(size),
  );
  return [...new Set(rounded.map((size) => Math.min(size, simd)))].filter(
    (size) => size % lanesIn === 0 || lanesIn % size === 0,
  );
}

function nextPower(n: number): number {
  let power = 1;
  while (power < n) power *= 2;
  return power;
}

/** Largest power of two that divides n. */
function lowestBit(n: number): number {
  return n & -n;
}

/** PE that could be cheapest for the rest of a folding: the least that meets the target, rounded as R and lanes want. */
function peChoices(
  layer: WindowLayer,
  rest: Omit<Folding, 'pe'>,
  target: number,
  lanesIn: number,
  pinned: number | undefined,
): readonly number[] {
  if (pinned !== undefined) return [pinned];
  const extent = extents(layer);
  const one = windowShape(layer, { ...rest, pe: extent.pe, requantisers: 1 }, lanesIn);
  const { steps } = one.fold;
  const folds = Math.floor(target / (one.outH * one.outW * extent.groups * steps));
  if (folds < 1) return [];
  const wide = layer.kind === 'depthwise' || layer.kind === 'pool';
  // Results of a fold are pe times the channel multiplier: of these the requantisers want a multiple.
  const forResults = rest.requantisers / Math.min(rest.requantisers, lowestBit(extent.multiplier));
  const choices = new Set<number>();
  // A few folds fewer too: where results leave one by one, wider folds can be the ones that fit.
  for (let f = Math.min(folds, extent.pe); f >= Math.max(1, Math.min(folds, extent.pe) - 2); f--) {
    const pe = Math.ceil(extent.pe / f);
    const step = wide ? Math.max(lanesIn, forResults) : forResults;
    const rounded = wide && pe < lanesIn ? Math.max(nextPower(pe), forResults) : Math.ceil(pe / step) * step;
    choices.add(Math.min(rounded, extent.pe));
    choices.add(Math.min(Math.ceil(pe / forResults) * forResults, extent.pe));
  }
  choices.add(extent.pe);
  return [...choices];
}
