import { firstEmptyWindow, windowOutput } from '../../src/ir/window.js';
import type { ElementSpec, LayerSpec, MacSpec, NetworkSpec, WindowSpec } from './network-spec.js';
import { makeRandom, mixSeed, type Random } from './random.js';

/** What the next layer of a network under construction has to take. */
export interface Place {
  readonly shape: readonly number[];
  readonly element: ElementSpec;
}

/** Multiply-accumulates of a layer at most: a simulation is to take a fraction of a second. */
const MOST_MACS = 12_000;
const MOST_LAYERS = 8;

/** A random linear network, from one layer to eight. The same seed gives the same network. */
export function randomNetwork(name: string, seed: number): NetworkSpec {
  const random = makeRandom(mixSeed(seed, 9));
  const element = randomElement(random);
  const isVector = random.chance(0.1);
  const shape = isVector
    ? [random.integer(1, 40)]
    : [random.integer(1, 12), random.integer(1, 12), random.pick([1, 1, 2, 3, 3, 4, 5, 7, 8, 13])];
  const layers: LayerSpec[] = [];
  const depth = random.integer(1, MOST_LAYERS);
  let place: Place = { shape, element };
  for (let id = 1; layers.length < depth && id < 4 * MOST_LAYERS; id++) {
    const layer = randomLayer(id, place, random);
    if (layer === undefined) continue;
    layers.push(layer);
    place = placeAfter(layer, place);
  }
  const requantBits = random.pick([18, 18, 18, 8, 12, 16, 20, 24, 31]);
  const zeroPoint = random.pick(['zero', 'random'] as const);
  return { name, seed, input: { ...element, shape, zeroPoint }, requantBits, layers };
}

export function randomElement(random: Random): ElementSpec {
  const bits = random.chance(0.7) ? 8 : random.pick([1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 16]);
  return { bits, signed: random.chance(0.5) };
}

export function randomMac(random: Random): MacSpec {
  const zeroPoint = random.chance(0.35) ? 'random' : 'none';
  const clamp = random.pick([undefined, undefined, 'relu', 'narrow'] as const);
  return {
    weight: {
      bits: random.chance(0.6) ? 8 : random.integer(2, 8),
      signed: random.chance(zeroPoint === 'random' ? 0.3 : 0.9),
      perChannel: random.chance(0.6),
      zeroPoint,
      fill: random.pick(['random', 'random', 'random', 'extreme', 'sparse', 'dead']),
    },
    bias: random.chance(0.06) ? 'int64' : random.chance(0.8) ? 'int32' : 'none',
    output: randomElement(random),
    ...(clamp === undefined ? {} : { clamp }),
  };
}

/** A layer on one tensor; undefined where what was drawn does not fit it. */
export function randomLayer(id: number, place: Place, random: Random): LayerSpec | undefined {
  const { shape, element } = place;
  const isMap = shape.length === 3;
  const choice = random.next();
  // Tables take up to ten bits.
  if (choice < 0.08 && element.bits <= 10) return pointwise(id, random);
  if (choice < 0.12) return { op: 'relu', id };
  if (choice < 0.15) return { op: 'clip', id, lo: 0.4 * random.next(), hi: 1 - 0.4 * random.next() };
  if (!isMap) return dense(id, shape[0] ?? 1, random);
  if (choice < 0.25) return { op: 'flatten', id };
  if (choice < 0.3) return { op: 'global-average-pool', id };
  const window = randomWindow(shape, random);
  if (window === undefined) return undefined;
  if (choice < 0.45) return pool(id, window, random);
  return convolution(id, shape, window, random);
}

function pointwise(id: number, random: Random): LayerSpec {
  return { op: random.pick(['sigmoid', 'tanh', 'requantise'] as const), id, output: randomElement(random) };
}

export function dense(id: number, inputs: number, random: Random): LayerSpec {
  const out = random.integer(1, Math.max(1, Math.min(24, Math.floor(MOST_MACS / inputs))));
  return { op: 'dense', id, out, ...randomMac(random) };
}

function pool(id: number, window: WindowSpec, random: Random): LayerSpec | undefined {
  const clamp = random.chance(0.2) ? { clamp: 'relu' as const } : {};
  if (random.chance(0.5)) return { op: 'max-pool', id, ...window, ...clamp };
  return { op: 'average-pool', id, ...window, countIncludePad: random.chance(0.5), ...clamp };
}

function convolution(
  id: number,
  [height = 1, width = 1, channels = 1]: readonly number[],
  window: WindowSpec,
  random: Random,
): LayerSpec | undefined {
  const { groups, out } = channelsOut(channels, random);
  const [kernelH, kernelW] = window.kernel;
  const { outH, outW } = outputs(window, height, width);
  const macs = outH * outW * out * kernelH * kernelW * (channels / groups);
  return macs > MOST_MACS ? undefined : { op: 'conv', id, out, groups, ...window, ...randomMac(random) };
}

/** Ordinary, depthwise with and without a multiplier, or grouped where the channels have a divisor. */
function channelsOut(channels: number, random: Random): { readonly groups: number; readonly out: number } {
  const choice = random.next();
  if (choice < 0.2 && channels > 1) return { groups: channels, out: channels * random.pick([1, 1, 2, 3]) };
  const divisors = Array.from({ length: channels }, (_, i) => i + 1).filter((d) => d > 1 && channels % d === 0);
  if (choice < 0.4 && divisors.length > 0) {
    const groups = random.pick(divisors);
    return { groups, out: groups * random.integer(1, 4) };
  }
  return { groups: 1, out: random.integer(1, 14) };
}

function outputs(window: WindowSpec, height: number, width: number): { readonly outH: number; readonly outW: number } {
  const [kernelH, kernelW] = window.kernel;
  const [strideH, strideW] = window.stride ?? [1, 1];
  const [dilationH, dilationW] = window.dilation ?? [1, 1];
  const [top, left, bottom, right] = window.pad ?? [0, 0, 0, 0];
  return {
    outH: windowOutput(height, kernelH, strideH, dilationH, top, bottom),
    outW: windowOutput(width, kernelW, strideW, dilationW, left, right),
  };
}

/** A window that fits the map and in which every output sees a pixel; undefined when a few tries find none. */
function randomWindow([height = 1, width = 1]: readonly number[], random: Random): WindowSpec | undefined {
  for (let tries = 0; tries < 12; tries++) {
    const square = random.chance(0.7);
    const kernelH = random.pick([1, 2, 3, 3, 3, 4, 5, 7]);
    const kernelW = square ? kernelH : random.pick([1, 2, 3, 5, 7]);
    const strideH = random.pick([1, 1, 1, 2, 2, 3]);
    const dilationH = random.chance(0.8) ? 1 : random.pick([2, 3]);
    const padding = random.chance(0.5);
    const pad = (kernel: number): number => (padding ? random.integer(0, kernel - 1) : 0);
    const window: WindowSpec = {
      kernel: [kernelH, kernelW],
      stride: [strideH, square ? strideH : random.integer(1, 3)],
      dilation: [dilationH, square ? dilationH : random.integer(1, 2)],
      pad: [pad(kernelH), pad(kernelW), pad(kernelH), pad(kernelW)],
    };
    const { outH, outW } = outputs(window, height, width);
    if (outH < 1 || outW < 1 || outH * outW > 150) continue;
    if (seesPixels(window, 0, height, outH) && seesPixels(window, 1, width, outW)) return window;
  }
  return undefined;
}

/** Whether every output has a tap inside the map along an axis, which dilation can prevent. */
function seesPixels(window: WindowSpec, axis: 0 | 1, extent: number, count: number): boolean {
  const { kernel, stride = [1, 1], dilation = [1, 1], pad = [0, 0, 0, 0] } = window;
  return firstEmptyWindow(extent, kernel[axis], stride[axis], dilation[axis], pad[axis], count) === undefined;
}

/** What a layer leaves for the next one; `others`: what it reads besides, of a concat along the channels. */
export function placeAfter(layer: LayerSpec, place: Place, others: readonly Place[] = []): Place {
  const [height = 1, width = 1, channels = 1] = place.shape;
  switch (layer.op) {
    case 'conv': {
      const { outH, outW } = outputs(layer, height, width);
      return { shape: [outH, outW, layer.out], element: layer.output };
    }
    case 'dense':
      return { shape: [layer.out], element: layer.output };
    case 'max-pool':
    case 'average-pool': {
      const { outH, outW } = outputs(layer, height, width);
      return { shape: [outH, outW, channels], element: place.element };
    }
    case 'global-average-pool':
      return { shape: [1, 1, channels], element: place.element };
    case 'flatten':
      return { shape: [height * width * channels], element: place.element };
    case 'relu':
    case 'clip':
      return place;
    case 'pad': {
      const [top, left, bottom, right] = layer.pad;
      return { ...place, shape: [height + top + bottom, width + left + right, channels] };
    }
    case 'reshape':
      return { ...place, shape: layer.shape };
    case 'permute-channels':
      return place;
    case 'upsample':
      return { ...place, shape: [height * layer.factor[0], width * layer.factor[1], channels] };
    case 'depth-to-space':
      return { ...place, shape: [height * layer.block, width * layer.block, channels / layer.block ** 2] };
    case 'mul': {
      const whole = others.find(({ shape: [h = 1, w = 1] }) => h * w > height * width) ?? place;
      return { shape: whole.shape, element: layer.output };
    }
    case 'slice':
      return { ...place, shape: layer.end.map((to, axis) => to - (layer.begin[axis] ?? 0)) };
    case 'concat': {
      const all = [place, ...others].reduce((sum, { shape }) => sum + (shape.at(-1) ?? 0), 0);
      return { shape: place.shape.with(-1, all), element: layer.output ?? place.element };
    }
    case 'add':
      return { ...place, element: layer.output };
    default:
      return { ...place, element: layer.output };
  }
}
