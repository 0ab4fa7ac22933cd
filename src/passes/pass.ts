import type { Graph } from '../ir/graph.js';
import type { Diagnostic } from '../support/diagnostics.js';

/** One step from graph to graph. Passes are pure: the graph given stays as it is. */
export interface Pass {
  /** Verb-noun, and the name of its file: `fold-affine`. */
  readonly name: string;
  /** What it does, for people: one line. */
  readonly summary: string;
  /** Names of the passes that must run before it in the same pipeline. */
  readonly needs: readonly string[];
  /**
   * The new graph, or the same object where there is nothing to do. HeddleError for a model it has to refuse; what it
   * decided and the user should know goes to `note`, as a warning.
   */
  readonly run: (graph: Graph, note?: (warning: Diagnostic) => void) => Graph;
}
