import type { ElementSpec, InputSpec, LayerSpec, NetworkSpec } from './network-spec.js';
import { makeRandom, mixSeed, type Random } from './random.js';
import { dense, type Place, placeAfter, pointwise, randomElement, randomLayer, randomMac } from './random-networks.js';

/** Random networks whose streams part and meet: residual adds, concats, splits, several inputs and outputs. */

/** A tensor of the network under construction. */
interface Spot extends Place {
  readonly id: number;
  /** Layers on the longest way to it. */
  readonly depth: number;
}

interface Growth {
  readonly random: Random;
  readonly layers: LayerSpec[];
  readonly spots: Spot[];
}

/** Adds layers that start at a tensor, and gives the tensor to go on from; undefined where they do not fit. */
type Block = (growth: Growth, at: Spot) => Spot | undefined;

const MOST_DEPTH = 20;
/** Layers after which no block is begun: most networks are small, so that hundreds build in minutes. */
const ROOMS = [3, 4, 5, 6, 8, 12, 20] as const;
/** A concat that leaves more channels is followed by a convolution that leaves a few. */
const MOST_CHANNELS = 16;
/** Tables take up to ten bits. */
const TABLE_BITS = 10;

/** Blocks with how often each is drawn. */
const BLOCKS: readonly (readonly [number, Block])[] = [
  [5, (growth, at) => residual(growth, at, 0)],
  [4, (growth, at) => inception(growth, at, 0)],
  [3, split],
  [2, twice],
  [2, weave],
  [1, crop],
  [1, head],
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

/** Seldom one that no table takes. */
function element(random: Random): ElementSpec {
  const drawn = randomElement(random);
  return drawn.bits > TABLE_BITS && random.chance(0.8) ? { ...drawn, bits: 8 } : drawn;
}

/** Adds one layer; `make` is given its id. */
function put(
  { layers, spots }: Growth,
  sources: readonly Spot[],
  make: (id: number) => LayerSpec | undefined,
): Spot | undefined {
  const id = layers.length + 1;
  const layer = make(id);
  const [first, ...others] = sources;
  if (layer === undefined || first === undefined) return undefined;
  layers.push({ ...layer, from: sources.map((source) => source.id) });
  const depth = 1 + Math.max(...sources.map((source) => source.depth));
  const spot = { ...placeAfter(layer, first, others), id, depth };
  spots.push(spot);
  return spot;
}

const channelsOf = ({ shape }: Place): number => shape.at(-1) ?? 1;
const isMap = ({ shape }: Place): boolean => shape.length === 3;
const sameShape = (a: Place, b: Place): boolean => a.shape.join('x') === b.shape.join('x');
const samePixels = (a: Place, b: Place): boolean => a.shape.slice(0, -1).join('x') === b.shape.slice(0, -1).join('x');

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

function sum(growth: Growth, sources: readonly Spot[]): Spot | undefined {
  const { random } = growth;
  return put(growth, sources, (id) => ({
    op: 'add',
    id,
    output: element(random),
    ...(random.chance(0.15) ? { constant: random.pick(['one', 'channel', 'map'] as const) } : {}),
    ...(random.chance(0.5) ? { clamp: 'relu' as const } : {}),
  }));
}

/** With the numbers of the first source, or with numbers of its own. */
function concat(growth: Growth, sources: readonly Spot[]): Spot | undefined {
  const { random } = growth;
  const output = random.chance(0.4) ? { output: element(random) } : {};
  return put(growth, sources, (id) => ({ op: 'concat', id, ...output }));
}

/** A 1x1 convolution, or a dense layer. */
function project(growth: Growth, at: Spot, out: number): Spot | undefined {
  return put(growth, [at], (id) => convolution(id, at, out, [1, 1], growth.random));
}

function convolution(id: number, at: Spot, out: number, kernel: readonly [number, number], random: Random): LayerSpec {
  const mac = { ...randomMac(random), output: element(random), stretch: random.pick([1, 1, 0.5, 3]) };
  if (!isMap(at)) return { op: 'dense', id, out, ...mac };
  const [height, width] = kernel;
  const [top, left] = [Math.floor((height - 1) / 2), Math.floor((width - 1) / 2)];
  return { op: 'conv', id, out, groups: 1, kernel, pad: [top, left, height - 1 - top, width - 1 - left], ...mac };
}

/** A layer that leaves the pixels as they are, and the channels too where it is not to leave another number of them. */
function sameLayer(growth: Growth, at: Spot, out: number): Spot | undefined {
  const { random } = growth;
  const kernel = random.pick([
    [1, 1],
    [3, 3],
    [3, 3],
    [2, 2],
    [5, 5],
    [1, 3],
    [4, 1],
  ] as const);
  const choice = random.next();
  if (out !== channelsOf(at) || !isMap(at) || choice < 0.45)
    return put(growth, [at], (id) => convolution(id, at, out, kernel, random));
  if (choice < 0.65) return put(growth, [at], (id) => ({ ...convolution(id, at, out, kernel, random), groups: out }));
  if (choice < 0.8 || at.element.bits > TABLE_BITS) {
    const op = random.pick([{ op: 'max-pool' }, { op: 'average-pool', countIncludePad: random.chance(0.5) }] as const);
    return put(growth, [at], (id) => ({ id, ...op, kernel: [3, 3], pad: [1, 1, 1, 1] }));
  }
  return put(growth, [at], (id) => pointwise(id, random));
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
  return sum(growth, shuffled(branches, random));
}

/** Two to four ways to the same pixels, side by side. */
function inception(growth: Growth, at: Spot, level: number): Spot | undefined {
  const { random } = growth;
  const branches = Array.from({ length: random.pick([2, 2, 3, 4]) }, (_, index) =>
    index === 0 && random.chance(0.5) ? at : chain(growth, at, random.integer(1, 7), level),
  );
  return concat(growth, shuffled(branches, random));
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
  return concat(growth, shuffled(parts, random));
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
  if (random.chance(0.4)) return concat(growth, shuffled([at, other], random));
  const fitting = sameShape(other, at) ? other : project(growth, other, channelsOf(at));
  return fitting === undefined ? undefined : sum(growth, shuffled([at, fitting], random));
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

function shuffled<T>(items: readonly T[], random: Random): readonly T[] {
  const left = [...items];
  return items.flatMap(() => left.splice(random.integer(0, left.length - 1), 1));
}
