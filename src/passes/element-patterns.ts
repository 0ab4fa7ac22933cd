/** Tells what a movement of elements is, from the place in the source of each element of the result. */

type Shape = readonly number[];

/** Channels to blocks of pixels: the channels put in `order` are blocks depth-first. */
export interface Blocks {
  readonly block: number;
  readonly order: readonly number[];
}

/** Patches of pixels to channels: the patch's elements counted channel by channel, row by row, and put in `order`. */
export interface Patches {
  readonly height: number;
  readonly width: number;
  readonly order: readonly number[];
}

export function isInOrder(order: readonly number[]): boolean {
  return order.every((channel, i) => channel === i);
}

/** Whether `source(pixel, channel)` is the place of every element of a result of that many channels. */
function matches(places: Int32Array, channels: number, source: (pixel: number, channel: number) => number): boolean {
  return places.every((place, i) => place === source(Math.floor(i / channels), i % channels));
}

/** The channels of the result, where each pixel holds those of the same pixel. */
export function channelOrder(places: Int32Array, shape: Shape): readonly number[] | undefined {
  const channels = shape.at(-1) ?? 1;
  const order = [...places.subarray(0, channels)];
  if (order.some((channel) => channel >= channels)) return undefined;
  const isSame = matches(places, channels, (pixel, channel) => pixel * channels + (order[channel] as number));
  return isSame ? order : undefined;
}

/** What a movement from a map to one of more pixels is, if every pixel becomes a square block. */
export function blocksOf(places: Int32Array, from: Shape, to: Shape): Blocks | undefined {
  const [height = 0, width = 0, inChannels = 0] = from;
  const [outH = 0, outW = 0, channels = 0] = to;
  const block = outH / height;
  if (from.length !== 3 || to.length !== 3 || !Number.isInteger(block) || block < 2 || outW !== width * block)
    return undefined;
  const order = Array.from({ length: inChannels }, (_, i) => {
    const [place, channel] = [Math.floor(i / channels), i % channels];
    return places[(Math.floor(place / block) * outW + (place % block)) * channels + channel] as number;
  });
  const isSame = matches(places, channels, (pixel, channel) => {
    const [y, x] = [Math.floor(pixel / outW), pixel % outW];
    const first = (Math.floor(y / block) * width + Math.floor(x / block)) * inChannels;
    return first + (order[((y % block) * block + (x % block)) * channels + channel] as number);
  });
  return isSame && order.every((channel) => channel < inChannels) ? { block, order } : undefined;
}

/** What a movement from a map to one of fewer pixels is, if every patch of pixels becomes a pixel. */
export function patchesOf(places: Int32Array, from: Shape, to: Shape): Patches | undefined {
  const [inH = 0, inW = 0, channels = 0] = from;
  const [outH = 0, outW = 0, outChannels = 0] = to;
  const [height, width] = [inH / outH, inW / outW];
  if (from.length !== 3 || to.length !== 3 || !Number.isInteger(height) || !Number.isInteger(width)) return undefined;
  if (height * width < 2 || outChannels !== channels * height * width) return undefined;
  const rowLength = inW * channels;
  const isSame = matches(places, outChannels, (pixel, channel) => {
    const [y, x] = [Math.floor(pixel / outW), pixel % outW];
    return y * height * rowLength + x * width * channels + (places[channel] as number);
  });
  const order = Array.from(places.subarray(0, outChannels), (place) => {
    const [y, x] = [Math.floor(place / rowLength), Math.floor((place % rowLength) / channels)];
    return y < height && x < width ? (place % channels) * height * width + y * width + x : -1;
  });
  return isSame && !order.includes(-1) ? { height, width, order } : undefined;
}

/** The order in which the channels of blocks column-first are blocks depth-first. */
export function columnFirstOrder(block: number, channels: number): readonly number[] {
  return Array.from({ length: block * block * channels }, (_, i) => {
    const [place, channel] = [Math.floor(i / channels), i % channels];
    return channel * block * block + place;
  });
}
