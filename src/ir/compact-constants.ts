import type { Graph } from './graph.js';
import type { Tensor } from './tensor.js';

/**
 * The graph with those constants copied that use less than half of their buffer together: a bias that views the bytes
 * of a file would keep the whole file in memory, long after the weights in it have been brought into another order.
 */
export function compactConstants(graph: Graph): Graph {
  const used = new Map<ArrayBufferLike, number>();
  for (const { data } of graph.constants.values())
    used.set(data.buffer, (used.get(data.buffer) ?? 0) + data.byteLength);
  const isWasteful = ({ data: { buffer } }: Tensor): boolean => 2 * (used.get(buffer) ?? 0) < buffer.byteLength;
  if (![...graph.constants.values()].some(isWasteful)) return graph;
  const compact = (tensor: Tensor): Tensor =>
    isWasteful(tensor) ? { type: tensor.type, data: tensor.data.slice() } : tensor;
  return { ...graph, constants: new Map([...graph.constants].map(([name, tensor]) => [name, compact(tensor)])) };
}
