import type { ElementSpec, LayerSpec } from './network-spec.js';
import type { Random } from './random.js';
import { type Place, placeAfter, randomElement, randomMac } from './random-networks.js';

/** Layers as pieces of networks with branches: each is added to a network under construction. */

/** A tensor of the network under construction. */
export interface Spot extends Place {
  readonly id: number;
  /** Layers on the longest way to it. */
  readonly depth: number;
}

export interface Growth {
  readonly random: Random;
  readonly layers: LayerSpec[];
  readonly spots: Spot[];
}

/** Tables take up to ten bits. */
export const TABLE_BITS = 10;

/** Seldom one that no table takes. */
export function element(random: Random): ElementSpec {
  const drawn = randomElement(random);
  return drawn.bits > TABLE_BITS && random.chance(0.8) ? { ...drawn, bits: 8 } : drawn;
}

/** Adds one layer; `make` is given its id. */
export function put(
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

const FUNCTIONS = [
  ...(['sigmoid', 'tanh', 'requantise', 'leaky-relu', 'elu', 'hard-sigmoid', 'hard-swish', 'swish'] as const),
];

export const channelsOf = ({ shape }: Place): number => shape.at(-1) ?? 1;
export const isMap = ({ shape }: Place): boolean => shape.length === 3;
export const sameShape = (a: Place, b: Place): boolean => a.shape.join('x') === b.shape.join('x');
export const samePixels = (a: Place, b: Place): boolean =>
  a.shape.slice(0, -1).join('x') === b.shape.slice(0, -1).join('x');

export function sum(growth: Growth, sources: readonly Spot[]): Spot | undefined {
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
export function concat(growth: Growth, sources: readonly Spot[]): Spot | undefined {
  const { random } = growth;
  const output = random.chance(0.4) ? { output: element(random) } : {};
  return put(growth, sources, (id) => ({ op: 'concat', id, ...output }));
}

/** A 1x1 convolution, or a dense layer. */
export function project(growth: Growth, at: Spot, out: number): Spot | undefined {
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
export function sameLayer(growth: Growth, at: Spot, out: number): Spot | undefined {
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
  const op = random.pick(FUNCTIONS);
  return put(growth, [at], (id) => ({ op, id, output: element(random) }));
}

export function multiply(growth: Growth, sources: readonly Spot[]): Spot | undefined {
  const { random } = growth;
  const clamp = random.chance(0.3) ? { clamp: 'relu' as const } : {};
  return put(growth, sources, (id) => ({ op: 'mul', id, output: element(random), ...clamp }));
}
