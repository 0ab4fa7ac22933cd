import type { Graph, GraphLevel } from '../ir/graph.js';
import { verifyGraph } from '../ir/verify.js';
import type { Diagnostic } from '../support/diagnostics.js';
import { invariant } from '../support/invariant.js';
import type { Pass } from './pass.js';

/** What a pass did. */
export interface PassRecord {
  readonly name: string;
  readonly milliseconds: number;
  readonly changed: boolean;
  /** Warnings: what the pass decided and the user should know. */
  readonly notes: readonly Diagnostic[];
}

/** Called after each pass with the verified graph: for `--dump-ir` and progress. */
export type PassHook = (record: PassRecord, graph: Graph) => void;

/** Runs the passes in order; the graph is verified after each one that changed it, as one of the given level. */
export function runPipeline(
  graph: Graph,
  pipeline: readonly Pass[],
  onPass: PassHook = () => {},
  level: GraphLevel = 'network',
): Graph {
  checkPipeline(pipeline);
  return pipeline.reduce((before, pass) => {
    const start = performance.now();
    const notes: Diagnostic[] = [];
    const after = pass.run(before, (warning) => notes.push(warning));
    const changed = after !== before;
    if (changed) verifyGraph(after, pass.name, level);
    onPass({ name: pass.name, milliseconds: performance.now() - start, changed, notes }, after);
    return after;
  }, graph);
}

/** Every pass stands once, behind those that it needs. */
function checkPipeline(pipeline: readonly Pass[]): void {
  const seen = new Set<string>();
  for (const pass of pipeline) {
    invariant(!seen.has(pass.name), `pass '${pass.name}' stands twice in a pipeline`);
    for (const need of pass.needs) invariant(seen.has(need), `pass '${pass.name}' needs '${need}' before it`);
    seen.add(pass.name);
  }
}
