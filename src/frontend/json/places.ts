import { nodeSubject, tensorSubject } from '../../ir/messages.js';
import type { Diagnostic, FilePlace } from '../../support/diagnostics.js';
import type { JsonPath, JsonText } from '../../support/json-text.js';
import type { ModelJson } from './model-json.js';

/** Places in the model file for messages that know only their node or tensor. */
export interface Places {
  readonly at: (path: JsonPath) => FilePlace;
  readonly locate: (diagnostic: Diagnostic) => Diagnostic;
}

/** Messages that are about an entry of `outputs`, although their subject is a tensor. */
const OUTPUT_ALIASES: ReadonlySet<string> = new Set(['missing-output', 'bad-class-offset', 'output-listed-twice']);

export function makePlaces(model: ModelJson, text: JsonText): Places {
  const subjects = subjectPaths(model);
  const lastNodes = new Map(model.nodes.map(({ name }, index) => [nodeSubject(name), ['nodes', index]]));
  const outputs = new Map(model.outputs.map(({ tensor }, index) => [tensorSubject(tensor), ['outputs', index]]));
  return {
    at: text.placeOf,
    locate: (diagnostic) => {
      const subject = diagnostic.subject ?? '';
      const paths =
        diagnostic.alias === 'duplicate-node' ? lastNodes : OUTPUT_ALIASES.has(diagnostic.alias) ? outputs : subjects;
      const path = paths.get(subject);
      return { ...diagnostic, place: text.placeOf(path ?? []) };
    },
  };
}

/** A tensor is where its type is declared, else where a node makes it; of nodes with one name, the first. */
function subjectPaths(model: ModelJson): ReadonlyMap<string, JsonPath> {
  const paths = new Map<string, JsonPath>();
  model.nodes.forEach((node, index) => {
    const subject = nodeSubject(node.name);
    if (!paths.has(subject)) paths.set(subject, ['nodes', index]);
    node.outputs.forEach((tensor, at) => {
      paths.set(tensorSubject(tensor), ['nodes', index, 'outputs', at]);
    });
  });
  for (const name of Object.keys(model.tensors)) paths.set(tensorSubject(name), ['tensors', name]);
  model.inputs.forEach((input, index) => {
    paths.set(tensorSubject(input.tensor), ['inputs', index]);
  });
  return paths;
}
