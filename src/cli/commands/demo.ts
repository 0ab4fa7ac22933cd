import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { type Compiled, compileModel } from '../../compile.js';
import { arrayFrames, type FrameSource } from '../../execute/frame-source.js';
import { topIndices } from '../../execute/frames.js';
import { readLabels } from '../../execute/run-model.js';
import { DEFAULT_CLOCK_MHZ, type SizingRequest } from '../../explore/choose.js';
import { loadModelFile } from '../../frontend/json/files.js';
import type { Graph } from '../../ir/graph.js';
import { elementCount } from '../../ir/tensor-type.js';
import { quantizeGraph } from '../../quantize/quantize-graph.js';
import { type Answer, answersText, layersText, stepLine, totalsText } from '../../report/demo-text.js';
import { outputFiles } from '../../report/output-files.js';
import { checkOutputFolder, writeOutputFolder } from '../../report/output-folder.js';
import { count, percent } from '../../report/table.js';
import { verifyDocument } from '../../report/verify-document.js';
import { cacheDirectory } from '../../simulate/cache.js';
import { defined } from '../../support/invariant.js';
import type { NpyArray } from '../../support/npy.js';
import type { VerifyReport } from '../../verify/report.js';
import { outputEnds } from '../../verify/sim-instance.js';
import { streamValues } from '../../verify/streams.js';
import { buildBatch, framesOfInput, runBatch } from '../../verify/verify-batch.js';
import { VERSION } from '../../version.js';
import type { CommandHost } from '../context.js';
import { readNpyFile } from '../input-options.js';
import { usesUtf8 } from '../locale.js';
import { computeWithProgress, withProgress } from '../progress.js';

/** The shipped network and its digits, at the package's root. */
const MODELS = fileURLToPath(new URL('../../../models/lenet5/', import.meta.url));
const SHOWN = 20;
const DEFAULT_FOLDER = 'heddle-demo';
const SIZING: SizingRequest = { clockMHz: DEFAULT_CLOCK_MHZ, targetFps: 40_000 };
const SEED = 1;

export function addDemo(program: Command, host: CommandHost): void {
  program
    .command('demo')
    .description('take a shipped network from float weights to Verilog and run 20 handwritten digits through it')
    .option('-o, --output <folder>', 'where the Verilog goes; new, empty, or one that Heddle wrote', DEFAULT_FOLDER)
    .action((flags: { readonly output: string }) => demo(host, flags.output));
}

/** Says what each step did and how long it took, when it is done. */
type Step = (name: string, text: string) => void;

function makeStep(host: CommandHost): Step {
  let start = performance.now();
  return (name, text) => {
    const now = performance.now();
    host.stdout(stepLine((now - start) / 1000, name, text, host.paint));
    start = now;
  };
}

async function demo(host: CommandHost, folder: string): Promise<void> {
  checkOutputFolder(folder);
  const { paint } = host;
  host.stdout(
    `${paint.strong(`Heddle ${VERSION}`)}: from a trained network to an FPGA accelerator, checked bit for bit\n\n`,
  );
  const step = makeStep(host);
  const sample = loadSample(step);
  const graph = quantise(host, step, sample);
  const compiled = host.endedByInterrupt(() => compileModel(graph, { sizing: SIZING }));
  step(
    'compile',
    `to Verilog: the smallest design for ${count(SIZING.targetFps)} frames a second at ${SIZING.clockMHz} MHz`,
  );
  const report = await simulate(host, step, compiled, sample.frames(graph));
  const { files, document: written } = outputFiles(compiled, SIZING);
  writeOutputFolder(folder, files);
  const document = verifyDocument(report, compiled.emitted, SIZING, 'pixels');
  const answers = answersOf(sample, compiled, report);
  const top = join(folder, 'rtl', `${written.topModule}.v`);
  const parts = [
    answersText(answers, { utf8: usesUtf8(host.environment), paint }),
    layersText(compiled.emitted.design.engines, document),
    totalsText(document, answers, paint),
    nextText(folder, top),
  ];
  host.stdout(`\n${parts.join('\n')}`);
  host.finish(document.bitExact ? 0 : 1);
}

/** The float network, and digits with their classes: the first of them are shown, the others calibrate. */
interface Sample {
  readonly model: Graph;
  readonly digits: NpyArray;
  readonly labels: readonly number[];
  /** All digits, as the one input of a form of the model. */
  readonly frames: (graph: Graph) => FrameSource;
}

function loadSample(step: Step): Sample {
  const model = loadModelFile(join(MODELS, 'lenet5.json'));
  const file = join(MODELS, 'digits.npy');
  const digits = readNpyFile(file);
  const labelsFile = join(MODELS, 'digits-labels.npy');
  const labels = readLabels(readNpyFile(labelsFile), labelsFile, digits.shape[0] ?? 0);
  const weights = [...model.constants.values()].reduce((sum, { type }) => sum + elementCount(type.shape), 0);
  step('load', `${model.name}, which reads handwritten digits: ${count(weights)} parameters in float32`);
  const frames = (graph: Graph): FrameSource =>
    arrayFrames(graph, defined(graph.inputs[0], 'the input'), digits, file, {});
  return { model, digits, labels, frames };
}

function quantise(host: CommandHost, step: Step, { model, frames }: Sample): Graph {
  const source = frames(model);
  const input = defined(model.inputs[0], 'the input').tensor;
  const calibration = {
    *[Symbol.iterator]() {
      for (let i = SHOWN; i < source.count; i++) yield new Map([[input, source.frame(i)]]);
    },
  };
  const total = source.count - SHOWN;
  const { graph, report } = computeWithProgress(host, (progress) =>
    quantizeGraph(model, calibration, {
      onStep: (stage, done, all = total) => progress.show(`quantising: ${stage}`, done, all),
    }),
  );
  const agreement = percent(report.outputs[0]?.top1Agreement, 0);
  step('quantise', `to 8-bit integers, with ${total} other digits: the same answer as in float for ${agreement}`);
  return graph;
}

async function simulate(
  host: CommandHost,
  step: Step,
  compiled: Compiled,
  { frame }: FrameSource,
): Promise<VerifyReport> {
  const digits = Array.from({ length: SHOWN }, (_, index) => frame(index));
  const frames = framesOfInput(compiled.graph, digits);
  const batch = await withProgress(host, (progress) =>
    buildBatch([{ ...compiled, frames }], {
      cacheDir: cacheDirectory(host.environment),
      quickBuild: true,
      signal: host.signal,
      onStage: (_stage, done, total) => progress.show('building the simulator', done, total),
    }),
  );
  const kept = batch.simulator.cached ? ' (kept from an earlier run)' : '';
  step('build', `a simulator of the Verilog, with Verilator and g++${kept}`);
  const [report] = await withProgress(host, (progress) =>
    runBatch(batch, {
      stall: 0,
      seed: SEED,
      signal: host.signal,
      onProgress: ({ beats, totalBeats }) => progress.show('simulating, beats', beats, totalBeats),
    }),
  );
  const result = defined(report, 'the report');
  step('run', `${SHOWN} digits back to back, ${count(result.cycles)} cycles; every word between layers compared`);
  return result;
}

/** The classes that the RTL's own output beats give, not those of the golden model. */
function answersOf(sample: Sample, compiled: Compiled, report: VerifyReport): readonly Answer[] {
  const [, height = 0, width = 0] = sample.digits.shape;
  const size = height * width;
  const [end] = outputEnds(compiled.emitted.names);
  const { port, stream } = defined(end, 'the output');
  const values = streamValues(stream, defined(report.outputs.get(port.tensor), 'the output'));
  return sample.labels.slice(0, SHOWN).map((label, i) => {
    const pixels = Array.from(sample.digits.data.subarray(i * size, (i + 1) * size), Number);
    return { picture: { height, width, pixels }, label, answer: topIndices(values[i] ?? [], 1)[0] };
  });
}

function nextText(folder: string, top: string): string {
  const model = join(folder, 'model.json');
  const digits = relative('', join(MODELS, 'digits.npy'));
  const lines = [
    `The Verilog is in ${folder}, which is safe to delete; the top module is`,
    `${top}`,
    '',
    'To go on:',
    `  npx heddle explore ${model}`,
    '      how fast this network can be, and with how many multipliers',
    `  npx heddle verify ${model} --input ${digits} --target-fps 100000`,
    '      a faster design, checked with all 200 digits',
    `  npx heddle compile ${model} --budget multipliers=64 -o lenet5-64`,
    '      the Verilog of the fastest design with 64 multipliers',
  ];
  return `${lines.join('\n')}\n`;
}
