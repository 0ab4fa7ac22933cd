import { expect } from 'vitest';
import { prepareInteger } from '../../../src/execute/integer/execute-integer.js';
import type { Graph } from '../../../src/ir/graph.js';
import { AFTER_IMPORT, verifyGraph } from '../../../src/ir/verify.js';
import { INTEGER_PIPELINE } from '../../../src/passes/pipelines.js';
import { runPipeline } from '../../../src/passes/run.js';
import { makeRandom, randomTensor } from '../execute/make-graph.js';

/** What the golden model makes of a random frame, by output. */
function outputsOf(graph: Graph, seed: number): ReadonlyMap<string, unknown> {
  const random = makeRandom(seed);
  const inputs = new Map(
    graph.inputs.map(({ tensor }) => {
      const type = graph.types.get(tensor);
      if (type === undefined) throw new Error(`input '${tensor}' has no type`);
      return [tensor, randomTensor(random, type)] as const;
    }),
  );
  return new Map([...prepareInteger(graph, { kernels: 'plain' }).run(inputs)].map(([name, { data }]) => [name, data]));
}

/** Both graphs compute the same outputs of random frames. */
export function expectSame(graph: Graph, changed: Graph, seed = 1): void {
  verifyGraph(graph, AFTER_IMPORT);
  for (let frame = 0; frame < 2; frame++)
    expect(outputsOf(changed, seed + frame)).toEqual(outputsOf(graph, seed + frame));
}

/** The graph after the integer pipeline, which leaves the outputs as they are. */
export function lowered(graph: Graph, seed = 1): Graph {
  const changed = runPipeline(graph, INTEGER_PIPELINE);
  expectSame(graph, changed, seed);
  return changed;
}

export function kinds(graph: Graph): readonly string[] {
  return graph.nodes.map(({ op }) => op.kind);
}
