import { prepareFloat } from '../../src/execute/float/execute-float.js';
import { prepareImported } from '../../src/execute/imported.js';
import { prepareInteger } from '../../src/execute/integer/execute-integer.js';
import { arithmeticOf, classOutput } from '../../src/execute/run-model.js';
import { importOnnx } from '../../src/frontend/onnx/import.js';
import type { Graph } from '../../src/ir/graph.js';
import type { Tensor } from '../../src/ir/tensor.js';
import { networkOf } from '../../src/load.js';
import { roundToHalf } from '../../src/support/float16.js';
import { defined } from '../../src/support/invariant.js';
import { type Agreement, makeComparison } from './compare-operators.js';
import { type Deviation, deviationsOf, mergeDeviations } from './compare-reals.js';
import { type EndToEnd, type Frame, withFrame } from './network-oracle.js';
import { withOutputs } from './onnx-builder.js';
import { innerTensors, leftOutSources } from './onnx-files.js';
import { type Optimisation, openSession, type RuntimeTensor, type Session } from './runtime.js';
import { asHalves, fromRuntime, namedTensors, numbersOf, toRuntime } from './runtime-tensors.js';

/** An ONNX file as the front end reads it against the runtime, which reads the same file. */
export interface FileOracle {
  /** As imported: the file's own operators and order of axes. */
  readonly imported: Graph;
  /** After the import's passes. */
  readonly graph: Graph;
  /** Hands out every tensor of the file. */
  readonly session: Session;
  /** The tensor that stands for an output whose function at the end is left out. */
  readonly stands: ReadonlyMap<string, string>;
  readonly isHalf: boolean;
}

export interface FileOptions {
  readonly optimisation?: Optimisation;
  /** Whether the file's real values have 16 bits. */
  readonly isHalf?: boolean;
}

/** Opens a file that needs no other one. */
export async function openFile(bytes: Uint8Array, name: string, options: FileOptions = {}): Promise<FileOracle> {
  const imported = importOnnx(bytes, name, (location) => {
    throw new Error(`${name} wants the file ${location}`);
  });
  const session = await openSession(withOutputs(bytes, innerTensors(bytes, name)), options.optimisation);
  const stands = leftOutSources(bytes, name);
  return {
    imported: imported.graph,
    graph: networkOf(imported).graph,
    session,
    stands,
    isHalf: options.isHalf ?? false,
  };
}

/** All tensors of the file for a frame of the network's inputs; real ones where the file's inputs are. */
export async function runFile(
  { graph, session, stands, isHalf }: FileOracle,
  frame: Frame,
): Promise<ReadonlyMap<string, RuntimeTensor>> {
  const inputs = graph.inputs.map(({ tensor, layout }) => {
    const value = toRuntime(defined(frame.get(tensor), `the frame of '${tensor}'`), layout);
    return [tensor, isHalf ? asHalves(value) : value] as const;
  });
  const results = await session.run(new Map(inputs));
  const ends = [...stands].map(([output, source]) => [output, defined(results.get(source), `'${source}'`)] as const);
  return new Map([...inputs, ...results, ...ends]);
}

/** Tensor by tensor, each computed from the network's input on: as imported, and after the passes. */
export async function compareFloatFile(
  oracle: FileOracle,
  frames: Iterable<Frame>,
): Promise<{ readonly imported: readonly Deviation[]; readonly network: readonly Deviation[] }> {
  const { imported, graph, isHalf } = oracle;
  const [asImported, asNetwork] = [prepareImported(imported), prepareFloat(graph)];
  const round = isHalf ? roundToHalf : undefined;
  let worst: { imported: readonly Deviation[]; network: readonly Deviation[] } = { imported: [], network: [] };
  for (const frame of frames) {
    const values = await runFile(oracle, frame);
    const own = asImported.run(importedFrame(imported, values), { keep: 'all' });
    const inFileOrder = (tensor: string): Tensor | undefined => realInOrder(values.get(tensor), own.get(tensor));
    const network = asNetwork.run(frame, { keep: 'all' });
    worst = {
      imported: mergeDeviations(worst.imported, deviationsOf(own, inFileOrder, round)),
      network: mergeDeviations(worst.network, deviationsOf(network, namedTensors(graph, values), round)),
    };
  }
  return worst;
}

/** The runtime's own inputs as the imported graph takes them. */
function importedFrame(imported: Graph, values: ReadonlyMap<string, RuntimeTensor>): Frame {
  return new Map(
    imported.inputs.map(({ tensor }) => {
      const type = defined(imported.types.get(tensor), `the type of '${tensor}'`);
      const data = Float32Array.from(numbersOf(defined(values.get(tensor), `the runtime's '${tensor}'`)));
      return [tensor, { type, data }];
    }),
  );
}

function realInOrder(value: RuntimeTensor | undefined, ours: Tensor | undefined): Tensor | undefined {
  if (value === undefined || ours === undefined || !value.dtype.startsWith('float')) return undefined;
  return { type: ours.type, data: Float32Array.from(numbersOf(value)) };
}

/** Operator by operator; a network whose inputs the file has as real values takes the integers that they are quantised to. */
export async function compareIntegerFile(
  oracle: FileOracle,
  frames: Iterable<Frame>,
): Promise<{ readonly agreements: readonly Agreement[]; readonly unseen: readonly string[] }> {
  const { graph } = oracle;
  const comparison = makeComparison(graph);
  for (const frame of frames) comparison.compare(namedTensors(graph, await runFile(oracle, frame)));
  return comparison;
}

/** The best class of both on labelled frames. `real` gives the file's input where it is not the network's. */
export async function compareFileClasses(
  oracle: FileOracle,
  frames: Iterable<Frame>,
  labels: readonly number[],
): Promise<EndToEnd> {
  const { graph } = oracle;
  const executor = arithmeticOf(graph) === 'integer' ? prepareInteger(graph) : prepareFloat(graph);
  const output = classOutput(graph);
  let result: EndToEnd = { frames: 0, ours: 0, runtime: 0, agreement: 0 };
  for (const frame of frames) {
    const values = await runFile(oracle, frame);
    const type = defined(graph.types.get(output), `the type of '${output}'`);
    const theirs = defined(fromRuntime(values.get(output), type), `the runtime's '${output}'`);
    const own = defined(executor.run(integerFrame(graph, values, frame)).get(output), `our '${output}'`);
    result = withFrame(result, own, theirs, labels[result.frames]);
  }
  return result;
}

function integerFrame(graph: Graph, values: ReadonlyMap<string, RuntimeTensor>, frame: Frame): Frame {
  const named = namedTensors(graph, values);
  return new Map([...frame.keys()].map((name) => [name, defined(named(name), `the input '${name}'`)]));
}
