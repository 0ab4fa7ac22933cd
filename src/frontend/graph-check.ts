import type { Graph } from '../ir/graph.js';
import { graphProblems } from '../ir/verify.js';
import { constantProblems } from '../ir/verify-constants.js';
import { type Diagnostic, type FilePlace, formatDiagnostic } from '../support/diagnostics.js';

/** What follows from operators that were refused, and tensors that they would have made. */
const CONSEQUENCES: ReadonlySet<string> = new Set([
  'dangling-tensor',
  'empty-network',
  'missing-output',
  'missing-type',
  'unused-input',
  'unused-tensor',
]);

/**
 * All that is wrong, each thing once: `own`, what the import found, and what the graph's own rules say to what it made.
 * `placeOf` gives the place in the file of a subject, `node 'x'`.
 */
export function graphDiagnostics(
  graph: Graph,
  own: readonly Diagnostic[],
  placeOf: (subject: string) => FilePlace,
): readonly Diagnostic[] {
  const rules = [...graphProblems(graph, 'imported'), ...constantProblems(graph)];
  const relevant = own.length === 0 ? rules : rules.filter(({ alias }) => !CONSEQUENCES.has(alias));
  const all = [...own, ...relevant.map((problem) => ({ place: placeOf(problem.subject ?? ''), ...problem }))];
  const texts = new Set<string>();
  return all.filter((problem) => {
    const text = formatDiagnostic(problem);
    return !texts.has(text) && texts.add(text);
  });
}
