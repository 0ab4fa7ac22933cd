import type { Graph } from '../ir/graph.js';
import type { Diagnostic } from '../support/diagnostics.js';

/** What a front end makes of a file. */
export interface Imported {
  /** At the level `imported`: mixed elements, any rank, the file's order of axes. Verified. */
  readonly graph: Graph;
  /** Warnings: what was left out or decided, a softmax at the end for one. */
  readonly notes: readonly Diagnostic[];
}
