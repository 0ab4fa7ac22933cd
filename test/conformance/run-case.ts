import type { Executor } from '../../src/execute/executor.js';
import { inputTensor, outputRaw, outputReal } from '../../src/execute/frames.js';
import { prepareImported } from '../../src/execute/imported.js';
import { prepareNetwork } from '../../src/execute/run-model.js';
import { allocate } from '../../src/execute/tensor-access.js';
import type { Imported } from '../../src/frontend/imported.js';
import { isFloat } from '../../src/frontend/onnx/dtypes.js';
import { importOnnx } from '../../src/frontend/onnx/import.js';
import { type Constant, graphShape } from '../../src/frontend/onnx/values.js';
import type { Graph } from '../../src/ir/graph.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { isInt } from '../../src/ir/tensor-type.js';
import { sameExtents } from '../../src/ir/type-equality.js';
import { networkOf } from '../../src/load.js';
import { type Diagnostic, HeddleError } from '../../src/support/diagnostics.js';
import { roundToHalf } from '../../src/support/float16.js';
import { defined } from '../../src/support/invariant.js';
import { type CaseFile, constantFileOf, filesOf } from './case-files.js';
import { outOfScope } from './scope.js';
import { type OperatorCase, readCase } from './test-data.js';

/** What became of a case. `text` is what the list holds behind the name; of `wrong` and `crashed` it is for people. */
export interface Outcome {
  readonly status: 'pass' | 'refused' | 'left out' | 'out of scope' | 'wrong' | 'crashed';
  readonly text: string;
}

/** Allowed of float results: max|a - b| relative to max|b|, after ours are rounded to float16 where the case's are. */
export const TOLERANCE = 1e-5;

export function runCase(folder: string): Outcome {
  try {
    const one = readCase(folder);
    const scope = outOfScope(one.model);
    if (scope !== undefined) return { status: 'out of scope', text: `out of scope: ${scope}` };
    const files = filesOf(one);
    if (files === undefined)
      return { status: 'out of scope', text: 'out of scope: it computes with other things than tensors of numbers' };
    const outcome = worst(files.files.map((file) => runFile(file, one.name, files.remarks)));
    return outcome.status === 'refused' ? asConstants(one, outcome) : outcome;
  } catch (error) {
    return crash(error);
  }
}

/** What is refused in a network may be computed when the network is read. */
function asConstants(one: OperatorCase, refused: Outcome): Outcome {
  const file = constantFileOf(one);
  if (file === undefined) return refused;
  const outcome = runFile(file, one.name, ['as constants']);
  if (outcome.status === 'refused') return refused;
  return outcome.status === 'pass' ? { status: 'pass', text: `${outcome.text}; otherwise ${refused.text}` } : outcome;
}

const ORDER = ['pass', 'left out', 'out of scope', 'refused', 'wrong', 'crashed'] as const;

/** Of a batch's pictures; the first of equals. */
function worst(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce((a, b) => (ORDER.indexOf(b.status) > ORDER.indexOf(a.status) ? b : a));
}

function runFile(file: CaseFile, name: string, remarks: readonly string[]): Outcome {
  const imported = attempt(() => importFile(file, name));
  if ('outcome' in imported) return imported.outcome;
  const { graph, notes } = imported.value;
  if (notes.length > 0) return leftOut(file, imported.value);
  const asImported = attempt(() => compareImported(file, graph));
  if ('outcome' in asImported) return asImported.outcome;
  if (asImported.value !== undefined) return { status: 'wrong', text: `as imported: ${asImported.value}` };
  const pass = ['pass', ...remarks].join(', ');
  const network = attempt(() => compareNetwork(file, imported.value));
  if ('outcome' in network) {
    const { status, text } = network.outcome;
    return status === 'refused' ? { status: 'pass', text: `${pass}; as a network ${text}` } : network.outcome;
  }
  if (network.value !== undefined) return { status: 'wrong', text: `as a network: ${network.value}` };
  return { status: 'pass', text: pass };
}

/** A function at the end that the user is told of: what it is computed from comes out, here the input itself. */
function leftOut({ inputs }: CaseFile, { graph, notes }: Imported): Outcome {
  const results = prepareImported(graph).run(importedInputs(graph, inputs));
  const differences = [...inputs.values()].flatMap((wanted, i) => {
    const name = defined(graph.outputs[i], `output ${i}`).tensor;
    return differenceOf(defined(results.get(name), `our '${name}'`).data as ArrayLike<number>, wanted) ?? [];
  });
  if (differences.length > 0) return { status: 'wrong', text: `with something left out: ${differences.join('; ')}` };
  return { status: 'left out', text: `left out: ${diagnosticText(notes)}` };
}

function importFile({ bytes, hasBatch }: CaseFile, name: string): Imported {
  const read = (location: string): never => {
    throw new Error(`${name} wants the file ${location}`);
  };
  return importOnnx(bytes, name, read, hasBatch ? {} : { batch: 'none' });
}

/** The value, or the refusal or crash in its place. */
function attempt<T>(compute: () => T): { readonly value: T } | { readonly outcome: Outcome } {
  try {
    return { value: compute() };
  } catch (error) {
    if (!(error instanceof HeddleError)) return { outcome: crash(error) };
    return { outcome: { status: 'refused', text: `refused: ${diagnosticText(error.diagnostics)}` } };
  }
}

function crash(error: unknown): Outcome {
  return { status: 'crashed', text: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function diagnosticText(diagnostics: readonly Diagnostic[]): string {
  return diagnostics.map(({ code, alias, text }) => `${code} ${alias}: ${text}`).join('; ');
}

type MakeInputs = (graph: Graph, inputs: ReadonlyMap<string, Constant>) => ReadonlyMap<string, Tensor>;
type ReadOutput = (graph: Graph, tensor: Tensor, index: number, wanted: Constant) => ArrayLike<number>;

/** What differs, undefined where nothing does. */
function compare(
  { inputs, outputs }: CaseFile,
  graph: Graph,
  executor: Executor,
  makeInputs: MakeInputs,
  readOutput: ReadOutput,
): string | undefined {
  const results = executor.run(makeInputs(graph, inputs));
  const differences = [...outputs.values()].flatMap((wanted, i) => {
    const name = defined(graph.outputs[i], `output ${i}`).tensor;
    const own = defined(results.get(name), `our '${name}'`);
    return differenceOf(readOutput(graph, own, i, wanted), wanted) ?? [];
  });
  return differences.length === 0 ? undefined : differences.join('; ');
}

function compareImported(file: CaseFile, graph: Graph): string | undefined {
  const shapes = [...file.outputs.values()].flatMap(({ name, shape }, i) => {
    const tensor = defined(graph.outputs[i], `output ${i}`).tensor;
    const own = defined(graph.types.get(tensor), `the type of '${tensor}'`).shape;
    return sameExtents(own, graphShape(shape)) ? [] : [`'${name}' has the shape [${own}], not that of [${shape}]`];
  });
  if (shapes.length > 0) return shapes.join('; ');
  return compare(file, graph, prepareImported(graph), importedInputs, importedOutput);
}

function compareNetwork(file: CaseFile, imported: Imported): string | undefined {
  const { graph } = networkOf(imported);
  return compare(file, graph, prepareNetwork(graph), networkInputs, networkOutput);
}

const importedInputs: MakeInputs = (graph, inputs) =>
  new Map(
    graph.inputs.map(({ tensor }) => {
      const type = defined(graph.types.get(tensor), `the type of '${tensor}'`);
      const { data } = defined(inputs.get(tensor), `the input '${tensor}'`);
      const own = allocate(type.element, data.length);
      own.set(Array.from(data as ArrayLike<number | bigint>, Number));
      return [tensor, { type, data: own }];
    }),
  );

const importedOutput: ReadOutput = (_, { data }) => data as ArrayLike<number>;

/** A network may take and give the integers that stand for the file's real values. */
const networkInputs: MakeInputs = (graph, inputs) =>
  new Map(
    graph.inputs.map((input) => {
      const type = defined(graph.types.get(input.tensor), `the type of '${input.tensor}'`);
      const { data, dtype } = defined(inputs.get(input.tensor), `the input '${input.tensor}'`);
      const kind = isFloat(dtype) ? 'real' : 'raw';
      return [input.tensor, inputTensor(input, type, Array.from(data as ArrayLike<number | bigint>, Number), { kind })];
    }),
  );

const networkOutput: ReadOutput = (graph, tensor, index, { dtype }) => {
  const output = defined(graph.outputs[index], `output ${index}`);
  const isReal = isFloat(dtype) && isInt(tensor.type.element);
  return (isReal ? outputReal : outputRaw)(output, tensor).data as ArrayLike<number>;
};

/** Integers are equal or they are not. */
function differenceOf(own: ArrayLike<number>, { name, dtype, data }: Constant): string | undefined {
  if (own.length !== data.length) return `'${name}' has ${own.length} elements, not ${data.length}`;
  const round = dtype === 'float16' ? roundToHalf : (value: number): number => value;
  const wanted = Array.from(data as ArrayLike<number | bigint>, Number);
  const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const allowed = isFloat(dtype) ? TOLERANCE * largest : 0;
  const bad = wanted.findIndex((value, i) => !isWithin(round(own[i] as number), value, allowed));
  return bad < 0 ? undefined : `element ${bad} of '${name}' is ${own[bad]}, not ${wanted[bad]}`;
}

function isWithin(own: number, wanted: number, allowed: number): boolean {
  return Object.is(own, wanted) || Math.abs(own - wanted) <= allowed;
}
