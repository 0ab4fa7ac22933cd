/** Orders of channels: channel c of what is ordered is channel order[c] of what it is made of. */

export type Order = readonly number[];

/** The order `first`, then `second`. */
export function composeOrders(first: Order, second: Order): Order {
  return second.map((channel) => first[channel] as number);
}

export function inverseOrder(order: Order): Order {
  const inverse = new Array<number>(order.length);
  order.forEach((from, channel) => {
    inverse[from] = channel;
  });
  return inverse;
}

/** The same order in each of `count` runs of channels. */
export function repeatedOrder(order: Order, count: number): Order {
  return Array.from({ length: count * order.length }, (_, i) => {
    const channel = i % order.length;
    return i - channel + (order[channel] as number);
  });
}

/** The order that is the same in each run of `length`; undefined where there is none. */
export function orderOfRuns(order: Order, length: number): Order | undefined {
  const first = order.slice(0, length);
  if (order.length % length !== 0 || first.some((channel) => channel >= length)) return undefined;
  const repeated = repeatedOrder(first, order.length / length);
  return order.every((channel, i) => channel === repeated[i]) ? first : undefined;
}

/** The order of whole blocks of `size` channels; undefined where one is torn apart. Within a block any order is taken. */
export function orderOfBlocks(order: Order, size: number): Order | undefined {
  const blockOf = (channel: number): number => Math.floor((order[channel] as number) / size);
  const isWhole = order.every((_, channel) => blockOf(channel) === blockOf(channel - (channel % size)));
  return isWhole ? Array.from({ length: order.length / size }, (_, block) => blockOf(block * size)) : undefined;
}

/** An order of blocks as one of their channels. */
export function blockwise(blocks: Order, size: number): Order {
  return blocks.flatMap((block) => Array.from({ length: size }, (_, i) => block * size + i));
}
