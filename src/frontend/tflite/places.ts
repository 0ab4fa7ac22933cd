import { nodeSubject, tensorSubject } from '../../ir/messages.js';
import type { FilePlace } from '../../support/diagnostics.js';
import type { Workspace } from './workspace.js';

/** Where in the file the nodes and tensors of the graph come from, by the subjects of messages about them. */
export function filePlaces({ model, file }: Workspace): (subject: string) => FilePlace {
  const tensors = model.tensors.map(
    ({ name, index }) => [tensorSubject(name), { file, pointer: `tensor ${index}` }] as const,
  );
  const nodes = model.operators.flatMap(({ index, outputs }) =>
    outputs.map((tensor) => {
      const name = model.tensors[tensor]?.name ?? '';
      return [nodeSubject(name), { file, pointer: `operator ${index}` }] as const;
    }),
  );
  const places = new Map<string, FilePlace>([...tensors, ...nodes]);
  // Of what the import added, the place of what it was made for.
  return (subject) => places.get(subject) ?? places.get(`${subject.slice(0, subject.lastIndexOf('/'))}'`) ?? { file };
}
