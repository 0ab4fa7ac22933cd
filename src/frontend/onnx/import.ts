import { basename, dirname, extname, join } from 'node:path';
import type { GraphOutput } from '../../ir/graph.js';
import { sortNodes } from '../../ir/topology.js';
import { MOST_NODES, MOST_TENSORS } from '../../ir/verify-sizes.js';
import { type Diagnostic, HeddleError } from '../../support/diagnostics.js';
import { readBytes } from '../../support/files.js';
import { didYouMean } from '../../support/text.js';
import { graphDiagnostics } from '../graph-check.js';
import type { Imported } from '../imported.js';
import { legalName } from '../names.js';
import { decodeModel } from './decode.js';
import { inputsOf, type PinnedShapes } from './inputs.js';
import {
  constantOutput,
  irVersion,
  noGraph,
  noSuchOutput,
  opsetMissing,
  opsetVersion,
  providedTwice,
  tooManyParts,
  unreadFeature,
} from './messages.js';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from './model-proto.js';
import { ownNames } from './node-names.js';
import { domainOf, importNode, nodeName } from './operator.js';
import { DOMAINS, TAIL_OPERATORS } from './registry.js';
import { settleQuantisation } from './settle-quantisation.js';
import { tensorNames, withLegalNames } from './tensor-names.js';
import { UNKNOWN } from './values.js';
import { Workspace } from './workspace.js';

const IR_VERSIONS = { least: 3, most: 13 } as const;

export interface OnnxOptions {
  /** Whole shapes, the batch axis included, of inputs of which the file leaves some extents open; by their names. */
  readonly shapes?: PinnedShapes;
  /** `none`: the first axis of inputs is data as the others are, and may have any extent. */
  readonly batch?: 'none';
}

/** The graph of an .onnx file; data files are looked for beside it. @throws HeddleError with all problems found. */
export function loadOnnxFile(path: string, options: OnnxOptions = {}): Imported {
  const read = new Map<string, Uint8Array>();
  const readExternal = (location: string): Uint8Array => {
    const bytes = read.get(location) ?? readBytes(join(dirname(path), location));
    read.set(location, bytes);
    return bytes;
  };
  return importOnnx(readBytes(path), path, readExternal, options);
}

/**
 * The graph of an ONNX model at the level `imported`; `path` names the file in messages and the graph. `readExternal`
 * gives the bytes of a file by its path relative to the model's folder, and throws a HeddleError where it cannot.
 * @throws HeddleError: first where the file is damaged, then with all that cannot be imported.
 */
export function importOnnx(
  bytes: Uint8Array,
  path: string,
  readExternal: (location: string) => Uint8Array,
  options: OnnxOptions = {},
): Imported {
  const model = decodeModel(bytes, path);
  const { graph, opsets } = checkedModel(model, path);
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const work = new Workspace({
    files: { file: path, read: readExternal },
    size: bytes.length,
    opsets,
    names: new Set(tensorNames(graph)),
    tail: tailNodes(graph),
    read: new Set([...graph.node.flatMap(({ input }) => input), ...graph.output.map(({ name }) => name)]),
  });
  work.problems.addAll(sourceProblems(graph, path));
  const inputs = inputsOf(work, graph, options);
  const names = ownNames(graph);
  for (const node of orderedNodes(work, graph)) {
    const made = work.nodes.length;
    importNode(work, node, initializers);
    const name = names.get(node);
    if (name !== undefined) work.nameNode(name, made);
  }
  return finish(work, graph, inputs, initializers);
}

/** The main graph and the versions of the operator sets. @throws HeddleError where nothing can be said of the rest. */
function checkedModel(
  model: ModelProto,
  file: string,
): { readonly graph: GraphProto; readonly opsets: Map<string, number> } {
  const problems: Diagnostic[] = [];
  const { irVersion: version, graph } = model;
  if (graph === undefined) throw new HeddleError([noGraph(file)]);
  if (graph.node.length > MOST_NODES) throw new HeddleError([tooManyParts(file, 'nodes', MOST_NODES)]);
  if (graph.initializer.length > MOST_TENSORS)
    throw new HeddleError([tooManyParts(file, 'initializers', MOST_TENSORS)]);
  if (version < IR_VERSIONS.least || version > IR_VERSIONS.most) {
    problems.push(irVersion(file, version, IR_VERSIONS.least, IR_VERSIONS.most));
  }
  if (model.functions) {
    problems.push(unreadFeature(file, 'functions of its own', 'export it with the functions inlined (onnx.inliner)'));
  }
  if (graph.sparseInitializer) {
    problems.push(unreadFeature(file, 'sparse initializers', 'export it with dense ones'));
  }
  const opsets = readOpsets(model, file, problems);
  if (problems.length > 0) throw new HeddleError(problems);
  return { graph: withLegalNames(graph), opsets };
}

function readOpsets({ opsetImport, graph }: ModelProto, file: string, problems: Diagnostic[]): Map<string, number> {
  const opsets = new Map<string, number>();
  const used = new Set(graph?.node.map((node) => domainOf(node.domain)));
  for (const { domain: name, version } of opsetImport) {
    const domain = domainOf(name);
    const known = DOMAINS.get(domain);
    // Exporters list domains that no node is from; nodes of unknown ones are refused one by one.
    if (known === undefined || !used.has(domain)) continue;
    if (version < known.least || version > known.most) {
      problems.push(opsetVersion(file, domain, version, known.least, known.most));
    }
    if ((opsets.get(domain) ?? Number(version)) !== Number(version)) {
      problems.push(unreadFeature(file, 'two versions of one operator set', 'export it again'));
    }
    opsets.set(domain, Number(version));
  }
  if (used.has('') && !opsets.has('')) problems.push(opsetMissing(file));
  return opsets;
}

/** Nodes of whose results nobody reads more than the order, from the last one backwards. */
function tailNodes({ node: nodes }: GraphProto): ReadonlySet<NodeProto> {
  const readers = new Map<string, NodeProto[]>();
  for (const node of nodes) {
    for (const tensor of node.input) {
      const list = readers.get(tensor);
      if (list === undefined) readers.set(tensor, [node]);
      else list.push(node);
    }
  }
  const tail = new Set<NodeProto>();
  for (const node of sortNodes(nodes.map(wired)).sorted.toReversed()) {
    const isRead = node.file.output.some((tensor) => readers.get(tensor)?.some((reader) => !tail.has(reader)) === true);
    if (TAIL_OPERATORS.has(node.file.opType) && !isRead) tail.add(node.file);
  }
  return tail;
}

interface WiredNode {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly file: NodeProto;
}

function wired(node: NodeProto): WiredNode {
  const present = (name: string): boolean => name !== '';
  return { name: nodeName(node), inputs: node.input.filter(present), outputs: node.output.filter(present), file: node };
}

/** Each tensor has one source; an initializer that is listed as an input too is a constant. */
function sourceProblems(graph: GraphProto, file: string): readonly Diagnostic[] {
  const sources = new Map<string, string[]>();
  const add = (tensor: string, source: string): void => {
    const list = sources.get(tensor);
    if (list === undefined) sources.set(tensor, [source]);
    else list.push(source);
  };
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  for (const { name } of graph.initializer) add(name, 'an initializer');
  for (const { name } of graph.input) if (!initializers.has(name)) add(name, 'an input');
  for (const node of graph.node) {
    for (const name of node.output) if (name !== '') add(name, `node '${nodeName(node)}'`);
  }
  return [...sources]
    .filter(([, list]) => list.length > 1)
    .map(([tensor, list]) => providedTwice(file, tensor, makersText(list)));
}

const MOST_MAKERS = 4;

function makersText(list: readonly string[]): string {
  const more = list.length - MOST_MAKERS;
  return more <= 0 ? list.join(' and ') : `${list.slice(0, MOST_MAKERS).join(', ')} and ${more} more`;
}

/** The nodes that outputs depend on, producers first. What hangs on a ring of nodes is unknown. */
function orderedNodes(work: Workspace, graph: GraphProto): readonly NodeProto[] {
  const provided = new Set([...graph.initializer, ...graph.input].map(({ name }) => name));
  const { sorted, problems } = sortNodes(graph.node.map(wired), provided);
  work.problems.addAll(problems.map((problem) => ({ ...problem, place: { file: work.files.file } })));
  const isSorted = new Set(sorted.map(({ file }) => file));
  for (const node of graph.node) {
    if (!isSorted.has(node)) for (const name of node.output) work.values.set(name, UNKNOWN);
  }
  const needed = new Set(graph.output.map(({ name }) => name));
  const kept: NodeProto[] = [];
  for (const { outputs, inputs, file } of sorted.toReversed()) {
    if (!outputs.some((name) => needed.has(name))) continue;
    for (const name of inputs) needed.add(name);
    kept.push(file);
  }
  return kept.reverse();
}

function finish(
  work: Workspace,
  { output }: GraphProto,
  inputs: ReturnType<typeof inputsOf>,
  initializers: ReadonlyMap<string, TensorProto>,
): Imported {
  const { file } = work.files;
  settleQuantisation(work);
  const tensors = outputTensors(
    work,
    output.map(({ name }) => name),
    initializers,
  );
  const renamed = new Map<string, string>();
  const outputs = tensors.map(([name, tensor]): GraphOutput => {
    if (name !== tensor) {
      if (work.makerOf(tensor) !== undefined && !renamed.has(tensor) && !tensors.some(([other]) => other === tensor))
        renamed.set(tensor, name);
      else work.node(name, { kind: 'reshape', shape: work.typeOf(tensor).shape }, [tensor], work.typeOf(tensor));
    }
    return { tensor: name, layout: 'nhwc', classOffset: 0 };
  });
  const graph = work.build(legalName(basename(file, extname(file)), 'model'), inputs, outputs, renamed);
  const problems = graphDiagnostics(graph, work.problems.all, () => ({ file }));
  if (problems.length > 0) throw new HeddleError(problems);
  return { graph, notes: work.notes };
}

/** The outputs that are there, as pairs of the file's name and the graph's tensor. */
function outputTensors(
  work: Workspace,
  names: readonly string[],
  initializers: ReadonlyMap<string, TensorProto>,
): readonly (readonly [string, string])[] {
  const { file } = work.files;
  return names.flatMap((name) => {
    const value = work.values.get(name);
    if (value === undefined && !initializers.has(name)) {
      work.problems.add(noSuchOutput(file, name, didYouMean(name, work.values.keys())));
    } else if (value === undefined || value.kind === 'constant' || value.kind === 'quantised') {
      work.problems.add(constantOutput(file, name));
    }
    return value?.kind === 'flowing' ? [[name, value.tensor] as const] : [];
  });
}
