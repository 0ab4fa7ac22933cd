import type { Diagnostic } from '../support/diagnostics.js';
import type { GraphNode } from './graph.js';
import { cycle } from './messages.js';

/** What is sorted: nodes of the graph, or of a file. */
export type Wired = Pick<GraphNode, 'name' | 'inputs' | 'outputs'>;

/** Sorted nodes; where there are cycles, `sorted` lacks their nodes and all nodes behind them. */
export interface TopologicalOrder<N extends Wired = GraphNode> {
  readonly sorted: readonly N[];
  readonly problems: readonly Diagnostic[];
}

/** Positions in `nodes` of the nodes that each node reads from, each once. A tensor's first producer counts. */
function producersOf(nodes: readonly Wired[], provided: ReadonlySet<string>): readonly (readonly number[])[] {
  const producer = new Map<string, number>();
  nodes.forEach((node, index) => {
    for (const output of node.outputs) if (!producer.has(output) && !provided.has(output)) producer.set(output, index);
  });
  return nodes.map((node) => [...new Set(node.inputs.flatMap((name) => producer.get(name) ?? []))]);
}

/**
 * Sorts so that producers come first; among free nodes the given order stays. `provided` names the tensors that come
 * from elsewhere (inputs and constants), even where a node is said to produce them too. O((nodes + edges) log nodes).
 */
export function sortNodes<N extends Wired>(
  nodes: readonly N[],
  provided: ReadonlySet<string> = new Set(),
): TopologicalOrder<N> {
  const producers = producersOf(nodes, provided);
  const readers: number[][] = nodes.map(() => []);
  producers.forEach((list, index) => {
    for (const producer of list) readers[producer]?.push(index);
  });
  const waiting = producers.map((list) => list.length);
  const ready = new ReadyQueue(waiting.flatMap((count, index) => (count === 0 ? [index] : [])));
  const order: number[] = [];
  for (let next = ready.take(); next !== undefined; next = ready.take()) {
    order.push(next);
    for (const reader of readers[next] ?? []) {
      const left = (waiting[reader] ?? 0) - 1;
      waiting[reader] = left;
      if (left === 0) ready.put(reader);
    }
  }
  const sorted = order.flatMap((index) => nodes[index] ?? []);
  return { sorted, problems: sorted.length === nodes.length ? [] : cycles(nodes, producers, new Set(order)) };
}

/** A binary heap of node positions, smallest first. */
class ReadyQueue {
  readonly #heap: number[];
  constructor(ascending: readonly number[]) {
    this.#heap = [...ascending];
  }

  put(index: number): void {
    const heap = this.#heap;
    let at = heap.push(index) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] ?? 0) <= index) break;
      heap[at] = heap[parent] ?? 0;
      at = parent;
    }
    heap[at] = index;
  }

  take(): number | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && (heap[child + 1] ?? 0) < (heap[child] ?? 0)) child++;
      if (child >= heap.length || (heap[child] ?? 0) >= last) break;
      heap[at] = heap[child] ?? 0;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

/** One message per disjoint cycle, found by walking back along producers from each unsorted node. */
function cycles(
  nodes: readonly Wired[],
  producers: readonly (readonly number[])[],
  done: Set<number>,
): readonly Diagnostic[] {
  const seen = new Set(done);
  const problems: Diagnostic[] = [];
  for (let start = 0; start < nodes.length; start++) {
    const path: number[] = [];
    const place = new Map<number, number>();
    let at: number | undefined = start;
    while (at !== undefined && !seen.has(at) && !place.has(at)) {
      place.set(at, path.push(at) - 1);
      at = producers[at]?.find((producer) => !done.has(producer));
    }
    const from = at === undefined ? undefined : place.get(at);
    if (from !== undefined) problems.push(cycle(cycleNames(nodes, path.slice(from))));
    for (const index of path) seen.add(index);
  }
  return problems;
}

/** The names along the data's direction, from the node that stands first in the file back to it. */
function cycleNames(nodes: readonly Wired[], backwards: readonly number[]): readonly string[] {
  const forwards = [...backwards].reverse();
  const first = forwards.indexOf(Math.min(...forwards));
  const ring = [...forwards.slice(first), ...forwards.slice(0, first)];
  return [...ring, ring[0] ?? 0].map((index) => nodes[index]?.name ?? '');
}
