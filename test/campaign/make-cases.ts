import { lowerModel } from '../../src/compile.js';
import { DEFAULT_CLOCK_MHZ, type SizingRequest } from '../../src/explore/choose.js';
import { defaultBudget, NO_PINS, planFor, slowestInterval } from '../../src/explore/solver.js';
import type { Graph } from '../../src/ir/graph.js';
import { HeddleError } from '../../src/support/diagnostics.js';
import { invariant } from '../../src/support/invariant.js';
import { branchingNetwork } from './branching-networks.js';
import { buildNetwork, randomFrames } from './build-network.js';
import { randomPins } from './foldings.js';
import type { NetworkSpec } from './network-spec.js';
import type { Case } from './prove.js';
import { makeRandom, mixSeed, type Random } from './random.js';
import { randomNetwork } from './random-networks.js';
import { singleLayerCases } from './single-layers.js';

/** Enough that frames follow each other in networks that hold several. */
export const FRAMES = 8;

const FORMS = ['one', 'column', 'kernel'] as const;

/** The budget of multipliers somewhere between the smallest design and a few times the default. */
function randomBudget(graph: Graph, random: Random): SizingRequest {
  const { network } = lowerModel(graph);
  const least = planFor(network, slowestInterval(network), NO_PINS, 'solver')?.multipliers ?? 1;
  const most = Math.max(least, Math.min(300, 4 * defaultBudget(network)));
  return { clockMHz: DEFAULT_CLOCK_MHZ, multiplierBudget: random.integer(least, most) };
}

type Variant = (typeof FORMS)[number] | 'budget';
const VARIANTS: readonly Variant[] = [...FORMS, 'budget'];

/** A network whose taps have one form, with pins that do not divide where that is possible; or with a budget. */
function variantDesign(title: string, spec: NetworkSpec, variant: Variant): Case | undefined {
  const index = VARIANTS.indexOf(variant);
  const graph = buildNetwork({ ...spec, name: `${spec.name}_${index}` });
  if (graph === undefined) return undefined;
  const random = makeRandom(mixSeed(spec.seed, 5, index));
  const sizing =
    variant === 'budget'
      ? randomBudget(graph, random)
      : { clockMHz: DEFAULT_CLOCK_MHZ, pins: randomPins(lowerModel(graph).network, random, variant) };
  const seed = mixSeed(spec.seed, 6, index);
  return {
    title: `${title} / ${variant}`,
    graph,
    sizing,
    frames: randomFrames(graph, seed, FRAMES),
    seed,
    spec,
    remake: (simpler) => variantDesign(title, simpler, variant),
  };
}

/** The forms of taps that differ for a network of one layer, and a budget. */
function variantsOf({ layers }: NetworkSpec): readonly Variant[] {
  const layer = layers.at(-1);
  if (layer === undefined) return [];
  if (layer.op === 'dense') return ['one', 'column', 'budget'];
  if (!('kernel' in layer)) return ['one', 'budget'];
  const [kernelH, kernelW] = layer.kernel;
  const forms = new Map<number, Variant>([
    [kernelH * kernelW, 'kernel'],
    [kernelH, 'column'],
    [1, 'one'],
  ]);
  return [...[...forms.values()].reverse(), 'budget'];
}

/** Every single-layer case in several foldings. */
export function singleLayerDesigns(seed: number): readonly Case[] {
  return singleLayerCases(seed).flatMap(({ title, spec }) =>
    variantsOf(spec).map((variant) => {
      const design = variantDesign(title, spec, variant);
      invariant(design !== undefined, `case '${title}' fits its map`);
      return design;
    }),
  );
}

/** A network with random pins, a random budget, or the default. */
export function networkDesign(spec: NetworkSpec): Case | undefined {
  const graph = buildNetwork(spec);
  if (graph === undefined) return undefined;
  const random = makeRandom(mixSeed(spec.seed, 8));
  const frames = randomFrames(graph, spec.seed, FRAMES);
  const title = `${spec.name} of seed ${spec.seed}`;
  const common = { title, graph, frames, seed: spec.seed, spec, remake: networkDesign };
  if (random.chance(0.25)) return { ...common, sizing: randomBudget(graph, random) };
  const pins = randomPins(lowerModel(graph).network, random);
  return { ...common, sizing: { clockMHz: DEFAULT_CLOCK_MHZ, pins } };
}

/**
 * Refusals that a random network may well earn: a scale beyond what its bits can give, nothing but a flatten, a
 * normalisation whose table is too coarse for its output.
 */
const EARNED: ReadonlySet<string> = new Set(['scale-does-not-fit', 'nothing-to-build', 'response-too-coarse']);

type Generate = (name: string, seed: number) => NetworkSpec;

/** A random network; undefined where it is one that Heddle refuses with reason. */
function randomDesign(spec: NetworkSpec): Case | undefined {
  try {
    return networkDesign(spec);
  } catch (error) {
    const isEarned = error instanceof HeddleError && error.diagnostics.every(({ alias }) => EARNED.has(alias));
    if (isEarned) return undefined;
    throw error;
  }
}

/** Random linear networks; specs that make no network are replaced. */
export function randomDesigns(seed: number, count: number): readonly Case[] {
  return [...designsOf(randomNetwork, 'random', seed, count)];
}

/** Random networks with branches, made one by one; those of more layers than `most` are replaced, too. */
export function branchingDesigns(seed: number, count: number, most: number = Number.POSITIVE_INFINITY): Iterable<Case> {
  return designsOf(branchingNetwork, 'branching', seed, count, ({ layers }) => layers.length <= most);
}

function* designsOf(
  generate: Generate,
  prefix: string,
  seed: number,
  count: number,
  isWanted: (spec: NetworkSpec) => boolean = () => true,
): Generator<Case> {
  let made = 0;
  for (let index = 0; made < count; index++) {
    invariant(index < 10 * count, 'most random networks are refused');
    const spec = generate(`${prefix}${made}`, mixSeed(seed, 10, index));
    const design = isWanted(spec) ? randomDesign(spec) : undefined;
    if (design === undefined) continue;
    made++;
    yield design;
  }
}
