import type { Design, EdgeFifo } from '../hw/design.js';
import { edgeName, type Reader, streamReaders } from '../hw/netlist.js';
import { occupancies } from './predict.js';

/** FIFOs on the edges where streams part or meet. */

/** From this depth on a FIFO is made of block memory. */
const BLOCK_DEPTH = 64;

/** Edges behind a fork or in front of a join. */
export function branchEdges({ network, engines }: Pick<Design, 'network' | 'engines'>): readonly string[] {
  const edges: string[] = [];
  for (const readers of streamReaders(network).values()) {
    for (const reader of readers) {
      if (readers.length > 1 || isJoinPort(reader)) edges.push(edgeName(network, reader));
    }
  }
  return edges;

  function isJoinPort(reader: Reader): boolean {
    return reader.kind === 'engine' && (engines[reader.engine]?.layer.inputs.length ?? 0) > 1;
  }
}

/** As many beats as gather on each edge while nothing else keeps its producer from going on. */
export function branchFifos(design: Design): ReadonlyMap<string, EdgeFifo> {
  const edges = branchEdges(design);
  if (edges.length === 0) return new Map();
  const unbounded: EdgeFifo = { depth: Number.MAX_SAFE_INTEGER, memory: 'block', chosenBy: 'default' };
  const free = { ...design, fifos: new Map(edges.map((edge) => [edge, unbounded])) };
  const most = occupancies(free);
  return new Map(
    [...most].map(([edge, depth]) => [
      edge,
      { depth, memory: depth > BLOCK_DEPTH ? 'block' : 'distributed', chosenBy: 'default' },
    ]),
  );
}
