import { type Diagnostic, formatDiagnostic, HeddleError } from '../support/diagnostics.js';
import { InternalError } from '../support/invariant.js';
import { makeSuggester } from '../support/text.js';
import type { Graph, GraphInput, GraphLevel, GraphNode } from './graph.js';
import {
  badClassOffset,
  badName,
  badPreprocessing,
  badRequantBits,
  danglingTensor,
  duplicateNode,
  emptyNetwork,
  listedTwice,
  missingOutput,
  missingType,
  producedTwice,
  shapeDiffers,
  unusedInput,
  unusedTensor,
  wrongOrder,
} from './messages.js';
import { inferOutputShapes } from './shape.js';
import type { TensorType } from './tensor-type.js';
import { sortNodes } from './topology.js';
import { sameExtents } from './type-equality.js';
import { attributeProblems } from './verify-attributes.js';
import { constantProblems, storageProblems } from './verify-constants.js';
import { costProblems, hasUsableSize, sizeProblems } from './verify-sizes.js';
import { typingProblems } from './verify-typing.js';

const LONGEST_NAME = 200;

/** `import` is the one stage whose broken graphs are the user's, whoever wrote the file; constants' values are checked too. */
export const AFTER_IMPORT = 'import';

/**
 * Checks all that later stages rely on. `when` is `import` or the name of the pass that made the graph. After an
 * import every problem is the model's and a HeddleError carries them all; after a pass it is a bug of the compiler,
 * and an InternalError names the pass.
 */
export function verifyGraph(graph: Graph, when: string, level: GraphLevel = 'network'): void {
  const structural = graphProblems(graph, level);
  if (when === AFTER_IMPORT) {
    const problems = [...structural, ...constantProblems(graph)];
    if (problems.length > 0) throw new HeddleError(problems);
  } else if (structural.length > 0) {
    throw new InternalError(`after '${when}' the graph is broken:\n${structural.map(formatDiagnostic).join('\n')}\n`);
  }
}

/**
 * All problems of a graph except those of its constants' values. Incomplete graphs are allowed: what depends on a
 * missing type, or on a node that is itself wrong, is not checked, so that one mistake gives one message.
 */
export function graphProblems(graph: Graph, level: GraphLevel = 'network'): readonly Diagnostic[] {
  const sources = sourcesOf(graph);
  const usable = new Map([...graph.types].filter(([, type]) => hasUsableSize(type)));
  const attributes = graph.nodes.map((node) => attributeProblems(node));
  const sound = graph.nodes.filter((_node, index) => attributes[index]?.length === 0);
  return [
    ...nameProblems(graph),
    ...interfaceProblems(graph),
    ...wiringProblems(graph, sources),
    ...[...sources.keys()].filter((tensor) => !graph.types.has(tensor)).map(missingType),
    ...sizeProblems(graph),
    ...storageProblems(graph),
    ...attributes.flat(),
    ...sound.flatMap((node) => nodeShapeProblems(node, usable, sources)),
    ...costProblems(sound, usable),
    ...typingProblems({ ...graph, types: usable }, sound, level),
  ];
}

function nameProblems(graph: Graph): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const counts = new Map<string, number>();
  for (const node of graph.nodes) counts.set(node.name, (counts.get(node.name) ?? 0) + 1);
  if (!isLegalName(graph.name)) problems.push(badName('model', graph.name));
  for (const [name, count] of counts) {
    if (count > 1) problems.push(duplicateNode(name, count));
    if (!isLegalName(name)) problems.push(badName('node', name));
  }
  for (const name of graph.types.keys()) if (!isLegalName(name)) problems.push(badName('tensor', name));
  return problems;
}

/** Names may hold anything printable; the emitter makes Verilog identifiers of them. */
export function isLegalName(name: string): boolean {
  return name.length > 0 && [...name].length <= LONGEST_NAME && !/[\p{Cc}\p{Cs}]/u.test(name);
}

function interfaceProblems(graph: Graph): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  if (graph.inputs.length === 0) problems.push(emptyNetwork('inputs'));
  if (graph.outputs.length === 0) problems.push(emptyNetwork('outputs'));
  if (!(Number.isInteger(graph.requantBits) && graph.requantBits >= 8 && graph.requantBits <= 31)) {
    problems.push(badRequantBits(graph.requantBits));
  }
  for (const input of graph.inputs) problems.push(...preprocessingProblems(input, graph.types.get(input.tensor)));
  for (const output of graph.outputs) {
    const classes = graph.types.get(output.tensor)?.shape.at(-1) ?? Number.POSITIVE_INFINITY;
    const offset = output.classOffset;
    if (!(Number.isInteger(offset) && offset >= 0 && offset < classes))
      problems.push(badClassOffset(output.tensor, offset));
  }
  return problems;
}

function preprocessingProblems(input: GraphInput, type: TensorType | undefined): readonly Diagnostic[] {
  if (input.preprocessing === undefined) return [];
  const { mean, std } = input.preprocessing;
  const channels = type?.shape.at(-1);
  const fits = (values: readonly number[]): boolean =>
    values.length === 1 || channels === undefined || values.length === channels;
  const problems: Diagnostic[] = [];
  for (const [name, values] of [['mean', mean] as const, ['std', std] as const]) {
    if (!fits(values)) {
      problems.push(
        badPreprocessing(
          input.tensor,
          `its ${name} has ${values.length} values, but the input has ${channels} channels`,
        ),
      );
    }
  }
  if (!mean.every(Number.isFinite))
    problems.push(badPreprocessing(input.tensor, 'its mean holds a value that is not finite'));
  if (!std.every((value) => Number.isFinite(value) && value > 0)) {
    problems.push(badPreprocessing(input.tensor, 'its std holds a value that is not positive and finite'));
  }
  return problems;
}

/** What provides each tensor, in words: `an input`, `a constant`, `node 'x'`. */
type Sources = ReadonlyMap<string, readonly string[]>;

function sourcesOf(graph: Graph): Sources {
  const sources = new Map<string, string[]>();
  const add = (tensor: string, source: string): void => {
    const known = sources.get(tensor);
    if (known === undefined) sources.set(tensor, [source]);
    else known.push(source);
  };
  for (const input of graph.inputs) add(input.tensor, 'an input');
  for (const name of graph.constants.keys()) add(name, 'a constant');
  for (const node of graph.nodes) for (const output of node.outputs) add(output, `node '${node.name}'`);
  return sources;
}

function wiringProblems(graph: Graph, sources: Sources): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const suggest = makeSuggester();
  for (const [tensor, makers] of sources) if (makers.length > 1) problems.push(producedTwice(tensor, makers));
  for (const node of graph.nodes) {
    for (const tensor of new Set(node.inputs)) {
      if (sources.has(tensor)) continue;
      const suggestion = suggest(tensor, () => sources.keys());
      problems.push(danglingTensor(node.name, tensor, suggestion));
    }
  }
  const unused = [...graph.types.keys()].filter((tensor) => !sources.has(tensor)).map(unusedTensor);
  const read = new Set([
    ...graph.nodes.flatMap((node) => node.inputs),
    ...graph.outputs.map((output) => output.tensor),
  ]);
  const unread = graph.inputs.filter(({ tensor }) => !read.has(tensor)).map(({ tensor }) => unusedInput(tensor));
  return [...problems, ...outputProblems(graph, sources), ...orderProblems(graph), ...unused, ...unread];
}

function outputProblems(graph: Graph, sources: Sources): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const seen = new Set<string>();
  const suggest = makeSuggester();
  const flowing = new Set(graph.nodes.flatMap((node) => node.outputs));
  for (const { tensor } of graph.outputs) {
    if (seen.has(tensor)) problems.push(listedTwice(tensor));
    seen.add(tensor);
    const isInput = sources.has(tensor) && !graph.constants.has(tensor);
    if (!flowing.has(tensor) && !isInput)
      problems.push(
        missingOutput(
          tensor,
          suggest(tensor, () => flowing),
        ),
      );
  }
  return problems;
}

function orderProblems(graph: Graph): readonly Diagnostic[] {
  const provided = new Set([...graph.inputs.map((input) => input.tensor), ...graph.constants.keys()]);
  const { problems } = sortNodes(graph.nodes, provided);
  if (problems.length > 0) return problems;
  const producer = new Map(
    graph.nodes.flatMap((node) =>
      node.outputs.filter((output) => !provided.has(output)).map((output) => [output, node.name] as const),
    ),
  );
  const done = new Set<string>();
  return graph.nodes.flatMap((node) => {
    const early = node.inputs.filter((tensor) => producer.has(tensor) && !done.has(tensor));
    for (const output of node.outputs) done.add(output);
    return early.map((tensor) => wrongOrder(node.name, tensor, producer.get(tensor) ?? ''));
  });
}

/** A tensor of several sources has no shape that could be compared. */
function nodeShapeProblems(
  node: GraphNode,
  types: ReadonlyMap<string, TensorType>,
  sources: Sources,
): readonly Diagnostic[] {
  const inputs = node.inputs.flatMap((name) => types.get(name) ?? []);
  if (inputs.length < node.inputs.length) return [];
  const inferred = inferOutputShapes(node, inputs);
  if ('problems' in inferred) return inferred.problems;
  return node.outputs.flatMap((output, index) => {
    const declared = types.get(output)?.shape;
    const shape = inferred.shapes[index] ?? [];
    const isUnique = sources.get(output)?.length === 1;
    return declared === undefined || !isUnique || sameExtents(declared, shape)
      ? []
      : [shapeDiffers(output, declared, node.name, shape)];
  });
}
