import {
  channelsOf,
  concat,
  element,
  type Growth,
  isMap,
  multiply,
  project,
  put,
  type Spot,
  sameLayer,
  samePixels,
  sameShape,
  sum,
  TABLE_BITS,
} from './growth.js';
import type { InputSpec, LayerSpec, NetworkSpec } from './network-spec.js';
import { makeRandom, mixSeed, type Random } from './random.js';
import { dense, randomLayer } from './random-networks.js';

/** Random networks whose streams part and meet: residual adds, concats, splits, several inputs and outputs. */

/** Adds layers that start at a tensor, and gives the tensor to go on from; undefined where they do not fit. */
type Block = (growth: Growth, at: Spot) => Spot | undefined;

const MOST_DEPTH = 20;
/** Layers after which no block is begun: most networks are small, so that hundreds build in minutes. */
const ROOMS = [2, 3, 4, 4, 5, 6, 8, 16] as const;
/** A concat that leaves more channels is followed by a convolution that leaves a few. */
const MOST_CHANNELS = 16;
/** Pixels that are not made more. */
const MOST_PIXELS = 36;

/** Blocks with how often each is drawn. */
const BLOCKS: readonly (readonly [number, Block])[] = [
  [5, (growth, at) => residual(growth, at, 0)],
  [4, (growth, at) => inception(growth, at, 0)],
  [3, split],
  [2, twice],
  [2, weave],
  [1, crop],
  [1, head],
  [2, excitation],
  [1, product],
  [2, moved],
  [1, resized],
  [1, hourglass],
  [1, scaled],
  [4, single],
];
const DRAWN = BLOCKS.flatMap(([weight, block]) => Array.from({ length: weight }, () => block));

/** A random network with branches, up to twenty layers deep. The same seed gives the same network. */
export function branchingNetwork(name: string, seed: number): NetworkSpec {
  const random = makeRandom(mixSeed(seed, 12));
  const shape = random.chance(0.08)
    ? [random.integer(2, 24)]
    : [random.integer(2, 9), random.integer(2, 9), random.pick([1, 2, 3, 3, 4, 5, 6, 8])];
  const count = random.pick([1, 1, 1, 1, 1, 2, 2, 3]);
  const inputs = Array.from({ length: count }, (_, index) => randomInput(shape, index, random));
  const spots = inputs.map((input, index): Spot => {
    const { bits, signed } = input;
    return { shape: input.shape, element: { bits, signed }, id: -index, depth: 0 };
  });
  const growth: Growth = { random, layers: [], spots };
  const target = random.integer(2, MOST_DEPTH);
  const room = random.pick(ROOMS);
  let at = entrance(growth);
  for (let tries = 0; at.depth < target && growth.layers.length < room && tries < 60; tries++) {
    at = narrowed(growth, random.pick(DRAWN)(growth, at) ?? at);
  }
  if (random.chance(0.3)) classify(growth, at);
  readAll(growth, count);
  const inner = growth.layers.map(({ id }) => id);
  const [input, ...moreInputs] = inputs as [InputSpec, ...InputSpec[]];
  return {
    name,
    seed,
    input,
    ...(moreInputs.length === 0 ? {} : { moreInputs }),
    requantBits: random.pick([18, 18, 18, 8, 12, 16, 20, 24, 31]),
    ...(random.chance(0.25) && inner.length > 0 ? { outputs: [random.pick(inner)] } : {}),
    layers: growth.layers,
  };
}

/** All inputs have the rows and columns of the first. */
function randomInput(shape: readonly number[], index: number, random: Random): InputSpec {
  const own = index === 0 || random.chance(0.4) ? shape : shape.with(-1, random.integer(1, 6));
  return { ...element(random), shape: own, zeroPoint: random.pick(['zero', 'random'] as const) };
}

/** Where several inputs begin to be one network: met at once, or later by chance. */
function entrance(growth: Growth): Spot {
  const { random, spots } = growth;
  const [first = spots[0], ...others] = spots;
  const at = first as Spot;
  if (others.length === 0 || random.chance(0.3)) return at;
  const joined = random.chance(0.5)
    ? sum(
        growth,
        spots.slice().map((spot) => (sameShape(spot, at) ? spot : (project(growth, spot, channelsOf(at)) as Spot))),
      )
    : concat(growth, spots.slice());
  return joined ?? at;
}

/** What nothing has read by the end gets a layer of its own. */
function readAll(growth: Growth, inputs: number): void {
  const read = new Set(growth.layers.flatMap(({ from = [] }) => from));
  for (const spot of growth.spots.slice(0, inputs)) {
    if (!read.has(spot.id)) project(growth, spot, growth.random.integer(1, 4));
  }
}

/** One to three layers that keep the pixels, sometimes with branches of their own. */
function chain(growth: Growth, at: Spot, out: number, level: number): Spot {
  const { random } = growth;
  let spot = at;
  const length = random.pick([1, 1, 2, 3]);
  for (let i = 0; i < length; i++) {
    const isNested = level < 2 && random.chance(0.12);
    const inner = isNested ? random.pick([residual, inception])(growth, spot, level + 1) : undefined;
    spot = inner ?? sameLayer(growth, spot, i === length - 1 ? out : random.integer(1, 6)) ?? spot;
  }
  return channelsOf(spot) === out ? spot : (project(growth, spot, out) ?? spot);
}

/** Two to four ways to one shape, one of them often the tensor itself, summed. */
function residual(growth: Growth, at: Spot, level: number): Spot | undefined {
  const { random } = growth;
  const out = random.chance(0.7) ? channelsOf(at) : random.integer(1, 9);
  const branches = Array.from({ length: random.pick([2, 2, 2, 3, 4]) }, (_, index) =>
    index === 0 && out === channelsOf(at) && random.chance(0.7) ? at : chain(growth, at, out, level),
  );
  return sum(growth, random.shuffled(branches));
}

/** Two to four ways to the same pixels, side by side. */
function inception(growth: Growth, at: Spot, level: number): Spot | undefined {
  const { random } = growth;
  const branches = Array.from({ length: random.pick([2, 2, 3, 4]) }, (_, index) =>
    index === 0 && random.chance(0.5) ? at : chain(growth, at, random.integer(1, 7), level),
  );
  return concat(growth, random.shuffled(branches));
}

/** Groups of channels apart, each with layers of its own or none, and together again in any order. */
function split(growth: Growth, at: Spot): Spot | undefined {
  const { random } = growth;
  const channels = channelsOf(at);
  if (channels < 2) return undefined;
  const parts = partsOf(channels, random).flatMap(([first, count]) => {
    const part = put(growth, [at], (id) => sliceSpec(id, [...whole(at.shape.slice(0, -1)), [first, count]]));
    return part === undefined ? [] : [random.chance(0.5) ? part : chain(growth, part, random.integer(1, 5), 1)];
  });
  return concat(growth, random.shuffled(parts));
}

/** Two or three parts of all channels; in halves where that is drawn and can be. */
function partsOf(channels: number, random: Random): readonly AxisPart[] {
  if (channels % 2 === 0 && random.chance(0.5))
    return [
      [0, channels / 2],
      [channels / 2, channels / 2],
    ];
  const first = random.integer(1, channels - 1);
  const rest = channels - first;
  if (rest < 2 || random.chance(0.6))
    return [
      [0, first],
      [first, rest],
    ];
  const second = random.integer(1, rest - 1);
  return [
    [0, first],
    [first, second],
    [first + second, rest - second],
  ];
}

/** First index and number of elements of a part of an axis. */
type AxisPart = readonly [first: number, count: number];

function sliceSpec(id: number, parts: readonly AxisPart[]): LayerSpec {
  const begin = parts.map(([first]) => first);
  return { op: 'slice', id, begin, end: parts.map(([first, count]) => first + count) };
}

const whole = (extents: readonly number[]): readonly AxisPart[] => extents.map((extent) => [0, extent]);

/** A tensor with itself: x + x, or x beside x. */
function twice(growth: Growth, at: Spot): Spot | undefined {
  const both = Array.from({ length: growth.random.pick([2, 2, 3]) }, () => at);
  return growth.random.chance(0.5) ? sum(growth, both) : concat(growth, both);
}

/** Meets an earlier tensor of the same pixels, whatever lies between. */
function weave(growth: Growth, at: Spot): Spot | undefined {
  const { random, spots } = growth;
  const others = spots.filter((spot) => spot.id !== at.id && samePixels(spot, at));
  if (others.length === 0) return undefined;
  const other = random.pick(others);
  if (random.chance(0.4)) return concat(growth, random.shuffled([at, other]));
  const fitting = sameShape(other, at) ? other : project(growth, other, channelsOf(at));
  return fitting === undefined ? undefined : sum(growth, random.shuffled([at, fitting]));
}

/** A part of the picture. */
function crop(growth: Growth, at: Spot): Spot | undefined {
  const [height = 1, width = 1] = at.shape;
  if (!isMap(at) || height * width < 6) return undefined;
  const part = (extent: number): AxisPart => {
    const count = growth.random.integer(Math.ceil(extent / 2), extent);
    return [growth.random.integer(0, extent - count), count];
  };
  return put(growth, [at], (id) => sliceSpec(id, [part(height), part(width), [0, channelsOf(at)]]));
}

/** Squeeze and excitation: each channel times a value that follows from the whole map. */
function excitation(growth: Growth, at: Spot): Spot | undefined {
  const { random } = growth;
  if (!isMap(at)) return undefined;
  const pooled = put(growth, [at], (id) => ({ op: 'global-average-pool', id }));
  const squeezed = pooled === undefined || random.chance(0.5) ? pooled : project(growth, pooled, random.integer(1, 4));
  const sums = squeezed === undefined ? undefined : project(growth, squeezed, channelsOf(at));
  if (sums === undefined || sums.element.bits > TABLE_BITS) return undefined;
  const op = random.pick(['sigmoid', 'hard-sigmoid'] as const);
  const gate = put(growth, [sums], (id) => ({ op, id, output: element(random) }));
  return gate === undefined ? undefined : multiply(growth, random.shuffled([at, gate]));
}

/** A tensor times a function of it. */
function product(growth: Growth, at: Spot): Spot | undefined {
  const other = chain(growth, at, channelsOf(at), 2);
  return multiply(growth, growth.random.shuffled([at, other]));
}

/** Channels in another order. */
function moved(growth: Growth, at: Spot): Spot | undefined {
  const channels = channelsOf(at);
  const groups = [2, 3, 4].filter((count) => channels % count === 0 && channels > count);
  const shuffle = groups.length > 0 && growth.random.chance(0.6) ? { groups: growth.random.pick(groups) } : {};
  return put(growth, [at], (id) => ({ op: 'permute-channels', id, ...shuffle }));
}

/** A larger picture: a border, pixels repeated, or channels laid out as pixels. */
function resized(growth: Growth, at: Spot): Spot | undefined {
  const { random } = growth;
  const [height = 1, width = 1, channels = 1] = at.shape;
  if (!isMap(at) || height * width > MOST_PIXELS) return undefined;
  const order = random.pick(['depth-first', 'column-first'] as const);
  if (channels % 4 === 0 && random.chance(0.6))
    return put(growth, [at], (id) => ({ op: 'depth-to-space', id, block: 2, order }));
  const factor = random.pick([
    [2, 2],
    [2, 1],
    [1, 2],
    [1, 3],
  ] as const);
  if (random.chance(0.5)) return put(growth, [at], (id) => ({ op: 'upsample', id, factor }));
  const border = (extent: number): number => random.integer(0, Math.min(2, extent - 1));
  const pad = [border(height), border(width), border(height), border(width)] as const;
  return put(growth, [at], (id) => ({ op: 'pad', id, pad }));
}

/** Down to half the picture and up again, with the way straight on beside it, as a U-Net has it. */
function hourglass(growth: Growth, at: Spot): Spot | undefined {
  const { random } = growth;
  const [height = 1, width = 1] = at.shape;
  if (!isMap(at) || height % 2 !== 0 || width % 2 !== 0) return undefined;
  const low = put(growth, [at], (id) => ({ op: 'max-pool', id, kernel: [2, 2], stride: [2, 2] }));
  if (low === undefined) return undefined;
  const deep = chain(growth, low, random.integer(1, 5), 1);
  const high = put(growth, [deep], (id) => ({ op: 'upsample', id, factor: [2, 2] }));
  return high === undefined ? undefined : concat(growth, random.shuffled([at, high]));
}

/** A slope a channel, or each channel over its neighbours. */
function scaled(growth: Growth, at: Spot): Spot | undefined {
  const { random } = growth;
  if (random.chance(0.5)) return put(growth, [at], (id) => ({ op: 'prelu', id, output: element(random) }));
  if (at.element.bits > 8 || !isMap(at)) return undefined;
  const output = { bits: 8, signed: at.element.signed };
  return put(growth, [at], (id) => ({ op: 'local-response-norm', id, size: random.pick([3, 4, 5]), output }));
}

/** A way that ends as an output of its own. */
function head(growth: Growth, at: Spot): Spot | undefined {
  const end = chain(growth, at, growth.random.integer(1, 5), 2);
  if (growth.random.chance(0.3)) classify(growth, end);
  return at;
}

/** A flatten and a dense layer. */
function classify(growth: Growth, at: Spot): void {
  const flat = isMap(at) ? put(growth, [at], (id) => ({ op: 'flatten', id })) : at;
  if (flat !== undefined) put(growth, [flat], (id) => dense(id, channelsOf(flat), growth.random));
}

/** Any layer of a network without branches but a flatten. */
function single(growth: Growth, at: Spot): Spot | undefined {
  return put(growth, [at], (id) => {
    const layer = randomLayer(id, at, growth.random);
    return layer?.op === 'flatten' ? undefined : layer;
  });
}

/** With few channels where there are many. */
function narrowed(growth: Growth, at: Spot): Spot {
  const few = growth.random.integer(2, 8);
  return channelsOf(at) <= MOST_CHANNELS ? at : (project(growth, at, few) ?? at);
}
