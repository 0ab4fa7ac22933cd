import type { Pins } from '../../src/explore/solver.js';
import { extents, type Folding, tapChoices } from '../../src/hw/folding.js';
import {
  isJoinLayer,
  isWindowLayer,
  type Layer,
  type LayerGraph,
  mostLanes,
  type WindowLayer,
} from '../../src/hw/layer.js';
import { foldingBreaches } from '../../src/hw/legality.js';
import { makeRandom, mixSeed, type Random } from './random.js';

/** Multipliers of a layer's array, and lanes, at most: larger ones cost build time and prove nothing more. */
const MOST_MULTIPLIERS = 72;
const MOST_LANES = 16;

function powersUpTo(limit: number): readonly number[] {
  const powers: number[] = [];
  for (let power = 1; power <= limit; power *= 2) powers.push(power);
  return powers;
}

function lanesFor(channels: number, random: Random): number {
  return random.pick(powersUpTo(Math.min(MOST_LANES, 2 * channels - 1)));
}

/** A part of an extent, preferably one that does not divide it. */
function partOf(extent: number, random: Random): number {
  const all = Array.from({ length: extent }, (_, i) => i + 1);
  const odd = all.filter((part) => extent % part !== 0);
  return odd.length > 0 && random.chance(0.7) ? random.pick(odd) : random.pick(all);
}

/** A random legal folding of a layer, all fields pinned; `taps` is taken as it is where given. */
export function randomFolding(
  layer: WindowLayer,
  random: Random,
  taps?: number,
): Folding & { readonly lanesOut: number } {
  const extent = extents(layer);
  const own = taps ?? random.pick(tapChoices(layer));
  const lanesOut = lanesFor(layer.output.channels, random);
  let pe = partOf(extent.pe, random);
  let simd = partOf(extent.simd, random);
  while (pe * simd * own * extent.multiplier > MOST_MULTIPLIERS && pe * simd > 1) {
    if (pe > simd) pe = Math.ceil(pe / 2);
    else simd = Math.ceil(simd / 2);
  }
  const folding = (requantisers: number): Folding => ({ pe, simd, taps: own, requantisers });
  const legal = powersUpTo(lanesOut).filter((r) => foldingBreaches(layer, folding(r), lanesOut).length === 0);
  return { ...folding(random.pick(legal)), lanesOut };
}

/**
 * Random legal pins for every layer that has a folding, and the lanes of those that join streams; `taps` chooses the form
 * of each layer's taps. Those of a layer follow from its name, so that leaving other layers out does not change them.
 */
export function randomPins(network: LayerGraph, random: Random, taps?: 'one' | 'column' | 'kernel'): Pins {
  const seed = random.integer(0, 2 ** 31);
  const fewest = Math.min(...network.inputs.map(({ map }) => map.channels));
  const inputLanes = lanesFor(fewest, random);
  const own = ({ name }: Layer): Random =>
    makeRandom(mixSeed(seed, ...[...name].map((letter) => letter.codePointAt(0) ?? 0)));
  const layers = network.layers.filter(isWindowLayer).map((layer) => {
    const choices = tapChoices(layer);
    const wanted = { one: choices[0], column: choices[1] ?? choices[0], kernel: choices.at(-1) };
    return [layer.name, randomFolding(layer, own(layer), taps === undefined ? undefined : wanted[taps])] as const;
  });
  const joins = network.layers.filter(isJoinLayer).map((layer) => {
    return [layer.name, { lanesOut: lanesFor(mostLanes(layer), own(layer)) }] as const;
  });
  return {
    layers: new Map<string, (typeof layers)[number][1] | (typeof joins)[number][1]>([...layers, ...joins]),
    inputLanes,
  };
}
