import type { Command } from 'commander';
import {
  accuracyOf,
  arithmeticOf,
  bestClasses,
  classOutput,
  isClassVector,
  readLabels,
  requireClasses,
} from '../../execute/run-model.js';
import { typeOf } from '../../execute/tensor-access.js';
import { type ParallelOptions, runFramesParallel } from '../../execute/threads/run-frames.js';
import type { Graph } from '../../ir/graph.js';
import { elementName } from '../../ir/tensor-type.js';
import type { LoadOptions } from '../../load.js';
import { writeDocument } from '../../report/document.js';
import { accuracyFields, type RunDocument, type RunTensor, runText } from '../../report/run-document.js';
import { DiagnosticCollector } from '../../support/diagnostics.js';
import { checkTargets, type FileContent, writeFiles } from '../../support/files.js';
import { defined } from '../../support/invariant.js';
import { formatNpy } from '../../support/npy.js';
import type { CommandHost } from '../context.js';
import {
  addInputOptions,
  type InputFlags,
  type InputSettings,
  type ModelInputs,
  namedPaths,
  readInputSettings,
  readInputs,
  readNpyFile,
} from '../input-options.js';
import { uselessOption } from '../messages.js';
import { addModelOptions, loadModel, MODEL_FILES, type ModelFlags, readModelOptions } from '../models.js';
import { collect, readInteger } from '../options.js';
import { withProgress } from '../progress.js';
import { makeTensorFile, readTensorRequests, type TensorFile } from '../tensor-files.js';

interface RunFlags extends InputFlags, ModelFlags {
  readonly input: readonly string[];
  readonly output?: readonly string[];
  readonly tensor?: readonly string[];
  readonly rawOutput?: boolean;
  readonly labels?: string;
  readonly labelOffset?: string;
  readonly jobs?: string;
  readonly json?: boolean;
}

export function addRun(program: Command, host: CommandHost): void {
  const command = program
    .command('run')
    .description('run a model without hardware: the golden model of an integer one, the float reference of a float one')
    .argument('<model>', MODEL_FILES)
    .requiredOption(
      '--input <file>',
      'frames: .npy, a picture or a folder of pictures; NAME=FILE where the model has several inputs',
      collect,
    );
  addModelOptions(addInputOptions(command))
    .option('-o, --output <file>', 'write the output as .npy; NAME=FILE where the model has several', collect)
    .option('--tensor <name=file>', 'write any tensor as .npy, channels last', collect)
    .option('--raw-output', 'write integers as they are, not real values')
    .option('--labels <file>', 'right classes as .npy: prints top-1 and top-5 of the first output')
    .option('--label-offset <N>', "index of label 0's class in the output (default: the model's own)")
    .option('--jobs <N>', 'most threads that share the frames, where that pays (default: one a processor)')
    .option('--json', 'print one JSON document')
    .action((model: string, flags: RunFlags) => run(host, model, flags));
}

interface Settings {
  readonly input: InputSettings;
  readonly load: LoadOptions;
  readonly labelOffset: number | undefined;
  readonly jobs: number | undefined;
}

function readSettings(flags: RunFlags): Settings {
  const problems = new DiagnosticCollector();
  const input = readInputSettings(problems, flags);
  const load = readModelOptions(problems, flags);
  const labelOffset = readInteger(problems, '--label-offset', flags.labelOffset, 0, 1_000_000);
  const jobs = readInteger(problems, '--jobs', flags.jobs, 1, 1024);
  if (flags.labelOffset !== undefined && flags.labels === undefined)
    problems.add(uselessOption('--label-offset', 'it belongs to --labels, which is not given'));
  if (flags.rawOutput === true && flags.output === undefined && flags.tensor === undefined)
    problems.add(uselessOption('--raw-output', 'no tensor is written: neither --output nor --tensor is given'));
  problems.throwIfErrors();
  return { input, load, labelOffset, jobs };
}

async function run(host: CommandHost, path: string, flags: RunFlags): Promise<void> {
  const settings = readSettings(flags);
  const graph = loadModel(host, path, settings.load);
  const inputs = await readInputs(host, graph, '--input', flags.input, settings.input);
  const files = tensorFiles(graph, flags, settings.input, inputs.frames);
  const offset = settings.labelOffset ?? defined(graph.outputs[0], 'the first output').classOffset;
  const labels = labelsOf(graph, flags, inputs, offset);
  checkTargets(files.map(({ path: file }) => file));
  const start = performance.now();
  const best = await runAll(host, graph, inputs, files, settings.jobs);
  const seconds = (performance.now() - start) / 1000;
  writeFiles(files.map((file): FileContent => ({ path: file.path, bytes: formatNpy(file.array) })));
  const accuracy = labels === undefined ? undefined : accuracyOf(defined(best, 'the classes'), labels, offset);
  const outputs = new Set(graph.outputs.map((output) => output.tensor));
  const document: RunDocument = {
    model: graph.name,
    arithmetic: arithmeticOf(graph),
    frames: inputs.frames,
    inputs: [...inputs.sources].map(([tensor, source]) => ({
      tensor,
      file: defined(inputs.files.get(tensor), 'the file of an input'),
      kind: source.kind,
    })),
    outputs: [...outputs].map((tensor) => runTensor(graph, tensor, files)),
    tensors: files.filter(({ tensor }) => !outputs.has(tensor)).map(({ tensor }) => runTensor(graph, tensor, files)),
    classes: best?.map((classes) => classes[0] ?? 0),
    ...accuracyFields(accuracy, offset),
    seconds,
  };
  host.stdout(flags.json === true ? writeDocument(document) : runText(document, host.paint));
}

function runTensor(graph: Graph, tensor: string, files: readonly TensorFile[]): RunTensor {
  const { shape, element } = typeOf(graph, tensor);
  const file = files.find((candidate) => candidate.tensor === tensor)?.path;
  return { tensor, shape, type: elementName(element), file };
}

function tensorFiles(graph: Graph, flags: RunFlags, input: InputSettings, frames: number): readonly TensorFile[] {
  const outputs = graph.outputs.map((output) => output.tensor);
  const wanted = [
    ...namedPaths('--output', 'outputs', flags.output ?? [], outputs),
    ...readTensorRequests(graph, flags.tensor ?? []),
  ];
  const format = { raw: flags.rawOutput === true, layout: input.layout };
  return wanted.map(([tensor, path]) => makeTensorFile(graph, tensor, path, frames, format));
}

function labelsOf(graph: Graph, flags: RunFlags, inputs: ModelInputs, offset: number): readonly number[] | undefined {
  if (flags.labels === undefined) return undefined;
  const output = classOutput(graph);
  const array = readNpyFile(flags.labels);
  const isCut = flags.frames !== undefined && array.shape.length === 1 && (array.shape[0] ?? 0) > inputs.frames;
  const used = isCut
    ? { ...array, shape: [inputs.frames], data: array.data.subarray(0, inputs.frames) as typeof array.data }
    : array;
  const labels = readLabels(used, flags.labels, inputs.frames);
  requireClasses(graph, output, labels, offset, flags.labels);
  return labels;
}

/** Runs all frames into the files; the best classes of each where the first output is a vector. */
async function runAll(
  host: CommandHost,
  graph: Graph,
  inputs: ModelInputs,
  files: readonly TensorFile[],
  jobs: number | undefined,
): Promise<readonly (readonly number[])[] | undefined> {
  const first = defined(graph.outputs[0], 'the first output').tensor;
  const isVector = isClassVector(typeOf(graph, first).shape);
  const best: (readonly number[])[] = [];
  const options: ParallelOptions = {
    keep: files.map(({ tensor }) => tensor),
    signal: host.signal,
    hold: host.endedByInterrupt,
    ...(jobs === undefined ? {} : { jobs }),
  };
  await withProgress(host, async (progress) => {
    let done = 0;
    for await (const tensors of runFramesParallel(graph, inputs.sources, inputs.frames, options)) {
      for (const file of files) file.put(done, defined(tensors.get(file.tensor), `tensor '${file.tensor}'`));
      if (isVector) best.push(bestClasses(defined(tensors.get(first), 'the first output')));
      progress.show('frames', ++done, inputs.frames);
    }
  });
  return isVector ? best : undefined;
}
