import type { Graph } from '../../ir/graph.js';
import { nodeSubject, tensorSubject } from '../../ir/messages.js';
import { graphProblems } from '../../ir/verify.js';
import { constantProblems } from '../../ir/verify-constants.js';
import { type Diagnostic, type FilePlace, formatDiagnostic } from '../../support/diagnostics.js';
import type { Workspace } from './workspace.js';

/** What follows from operators that were refused, and tensors that they would have made. */
const CONSEQUENCES: ReadonlySet<string> = new Set([
  'dangling-tensor',
  'empty-network',
  'missing-output',
  'missing-type',
  'unused-input',
  'unused-tensor',
]);

/** All that is wrong: what the import found, and what the graph's own rules say to what it made. Each thing once. */
export function graphDiagnostics(graph: Graph, work: Workspace): readonly Diagnostic[] {
  const own = work.problems.all;
  const rules = [...graphProblems(graph, 'imported'), ...constantProblems(graph)];
  const relevant = own.length === 0 ? rules : rules.filter(({ alias }) => !CONSEQUENCES.has(alias));
  const places = placesOf(work);
  const all = [...own, ...relevant.map((problem) => ({ place: placeOf(problem, places, work.file), ...problem }))];
  const texts = new Set<string>();
  return all.filter((problem) => {
    const text = formatDiagnostic(problem);
    return !texts.has(text) && texts.add(text);
  });
}

function placesOf({ model, file }: Workspace): ReadonlyMap<string, FilePlace> {
  const tensors = model.tensors.map(
    ({ name, index }) => [tensorSubject(name), { file, pointer: `tensor ${index}` }] as const,
  );
  const nodes = model.operators.flatMap(({ index, outputs }) =>
    outputs.map((tensor) => {
      const name = model.tensors[tensor]?.name ?? '';
      return [nodeSubject(name), { file, pointer: `operator ${index}` }] as const;
    }),
  );
  return new Map<string, FilePlace>([...tensors, ...nodes]);
}

/** Of a node or tensor that the import added, the place of the one that it was made for. */
function placeOf({ subject = '' }: Diagnostic, places: ReadonlyMap<string, FilePlace>, file: string): FilePlace {
  const added = subject.lastIndexOf('/');
  return places.get(subject) ?? places.get(`${subject.slice(0, added)}'`) ?? { file };
}
