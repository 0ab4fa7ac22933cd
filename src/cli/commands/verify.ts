import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { compileModel, hardwareGraph, lowerModel } from '../../compile.js';
import type { EmittedDesign } from '../../emit/file-set.js';
import { type FrameSource, randomFrames } from '../../execute/frame-source.js';
import type { SizingRequest } from '../../explore/choose.js';
import type { Graph } from '../../ir/graph.js';
import type { Tensor } from '../../ir/tensor.js';
import { writeDocument } from '../../report/document.js';
import { outputFiles } from '../../report/output-files.js';
import { checkOutputFolder, writeOutputFolder } from '../../report/output-folder.js';
import { type VerifyDocument, verifyDocument } from '../../report/verify-document.js';
import { verifyText } from '../../report/verify-text.js';
import { cacheDirectory } from '../../simulate/cache.js';
import { DiagnosticCollector } from '../../support/diagnostics.js';
import { checkTargets } from '../../support/files.js';
import { defined } from '../../support/invariant.js';
import { partFrames, partOf } from '../../verify/part.js';
import { FRAMES_FOR_INTERVAL } from '../../verify/report.js';
import { inputEnds } from '../../verify/sim-instance.js';
import { verifyDesign } from '../../verify/verify-design.js';
import type { CommandHost } from '../context.js';
import {
  addInputOptions,
  type InputFlags,
  type InputSettings,
  readInputSettings,
  readInputs,
} from '../input-options.js';
import { uselessOption } from '../messages.js';
import { addModelOptions, loadIntegerModel, MODEL_FILES, type ModelFlags, readModelOptions } from '../models.js';
import { collect, collectProblems, readInteger, readNumber } from '../options.js';
import { type Progress, withProgress } from '../progress.js';
import { runWords } from '../run-words.js';
import { addSizingOptions, readSizing, type SizingFlags } from '../sizing-options.js';

interface VerifyFlags extends SizingFlags, InputFlags, ModelFlags {
  readonly input?: readonly string[];
  readonly stall?: string;
  readonly seed?: string;
  readonly jobs?: string;
  readonly layers?: string;
  readonly trace?: string;
  readonly output?: string;
  readonly json?: boolean;
}

interface Settings {
  readonly sizing: SizingRequest;
  readonly input: InputSettings;
  readonly stall: number;
  readonly seed: number;
  readonly jobs: number;
  /** Names of the layers that alone are verified; all of them when undefined. */
  readonly layers: readonly string[] | undefined;
}

const DEFAULT_SEED = 1;

export function addVerify(program: Command, host: CommandHost): void {
  const command = program
    .command('verify')
    .description('run the generated Verilog in Verilator and compare every stream with the golden model, bit for bit')
    .argument('<model>', `integer model: ${MODEL_FILES}`)
    .option(
      '--input <file>',
      'frames: .npy, a picture or a folder of pictures (default: seeded random frames, three of them)',
      collect,
    );
  addModelOptions(addInputOptions(command))
    .option('--stall <P>', 'probability, 0 to 0.95, of an idle clock at the source and at the sink (default 0)')
    .option('--seed <S>', `seed of random frames, stalls and start values (default ${DEFAULT_SEED})`)
    .option('--jobs <N>', 'processes that share the frames, eight frames each at least (default: one a processor)')
    .option(
      '--layers <a,b,...>',
      "only these layers and what lies between them, with the golden model's tensors as their inputs",
    )
    .option('--trace <out.fst>', 'write waveforms')
    .option('-o, --output <folder>', 'write the compiled design and the reports');
  addSizingOptions(command)
    .option('--json', 'print one JSON document')
    .action((model: string, flags: VerifyFlags) => verify(host, model, flags));
}

async function verify(host: CommandHost, path: string, flags: VerifyFlags): Promise<void> {
  const { settings, whole, part, given } = await readSubject(host, path, flags);
  const { graph } = lowerModel(part);
  const { kind } = given;
  const frames = settings.layers === undefined ? given.frames : await partFrames(whole, graph, given.frames, host);
  const compiled = host.endedByInterrupt(() => compileModel(part, { sizing: settings.sizing }));
  const report = await withProgress(host, (progress) =>
    verifyDesign(
      { ...compiled, frames },
      {
        stall: settings.stall,
        seed: settings.seed,
        jobs: settings.jobs,
        cacheDir: cacheDirectory(host.environment),
        signal: host.signal,
        ...(flags.trace === undefined ? {} : { trace: { file: flags.trace } }),
        ...progressHooks(progress, compiled.emitted, frames.length),
      },
    ),
  );
  const document = verifyDocument(report, compiled.emitted, settings.sizing, kind);
  if (flags.output !== undefined) {
    const { files } = outputFiles(compiled, settings.sizing);
    writeOutputFolder(flags.output, new Map([...files, ...verifyFiles(document)]));
  }
  host.stdout(flags.json === true ? writeDocument(document) : verifyText(document, host.paint));
  host.finish(document.bitExact ? 0 : 1);
}

function verifyFiles(document: VerifyDocument): readonly (readonly [string, string])[] {
  return [
    ['verify.json', writeDocument(document)],
    ['verify.txt', verifyText(document)],
  ];
}

/** What is verified, and how. */
interface Subject {
  readonly settings: Settings;
  readonly whole: Graph;
  readonly part: Graph;
  readonly given: DesignFrames;
}

/** Throws a HeddleError with all that is wrong with the options, the model, the names of layers, and the input files. */
async function readSubject(host: CommandHost, path: string, flags: VerifyFlags): Promise<Subject> {
  const problems = new DiagnosticCollector();
  const load = readModelOptions(problems, flags);
  const canLoad = !problems.hasErrors;
  const settings = readSettings(problems, flags);
  const canReadInputs = !problems.hasErrors;
  await collectProblems(problems, () => {
    if (flags.output !== undefined) checkOutputFolder(flags.output);
    if (flags.trace !== undefined) checkTargets([flags.trace]);
  });
  const whole = canLoad
    ? await collectProblems(problems, () => hardwareGraph(loadIntegerModel(host, path, load)))
    : undefined;
  const part =
    whole === undefined || settings.layers === undefined
      ? whole
      : await collectProblems(problems, () => partOf(whole, settings.layers ?? []));
  const given =
    whole === undefined || !canReadInputs
      ? undefined
      : await collectProblems(problems, () => framesOf(host, whole, flags, settings));
  problems.throwIfErrors();
  return {
    settings,
    whole: defined(whole, 'the network'),
    part: defined(part, 'the part of it'),
    given: defined(given, 'its frames'),
  };
}

function readSettings(problems: DiagnosticCollector, flags: VerifyFlags): Settings {
  const isLegal = (stall: number): boolean => stall >= 0 && stall <= 0.95;
  const settings: Settings = {
    sizing: readSizing(problems, flags),
    input: readInputSettings(problems, flags),
    stall: readNumber(problems, '--stall', flags.stall, isLegal, 'a number of 0 to 0.95') ?? 0,
    seed: readInteger(problems, '--seed', flags.seed, 0, 2 ** 31 - 1) ?? DEFAULT_SEED,
    jobs: readInteger(problems, '--jobs', flags.jobs, 1, 1024) ?? availableParallelism(),
    layers: flags.layers?.split(','),
  };
  if (flags.input === undefined) {
    const meant: readonly (readonly [string, unknown])[] = [
      ['--raw', flags.raw],
      ['--layout', flags.layout],
      ['--mean', flags.mean],
      ['--std', flags.std],
      ['--bgr', flags.bgr],
      ['--resize', flags.resize],
    ];
    for (const [option, value] of meant)
      if (value !== undefined) problems.add(uselessOption(option, 'it says how --input is read, which is not given'));
  }
  return settings;
}

/** Frames of a design, and where those of its first input come from. */
interface DesignFrames {
  readonly kind: FrameSource['kind'];
  readonly frames: readonly ReadonlyMap<string, Tensor>[];
}

async function framesOf(
  host: CommandHost,
  graph: Graph,
  flags: VerifyFlags,
  settings: Settings,
): Promise<DesignFrames> {
  const sources = await frameSources(host, graph, flags, settings);
  const [first] = sources.values();
  const { count, kind } = defined(first, 'the frames of an input');
  const frames = Array.from(
    { length: count },
    (_, index) => new Map([...sources].map(([tensor, source]) => [tensor, source.frame(index)])),
  );
  return { kind, frames };
}

async function frameSources(
  host: CommandHost,
  graph: Graph,
  flags: VerifyFlags,
  settings: Settings,
): Promise<ReadonlyMap<string, FrameSource>> {
  if (flags.input !== undefined) return (await readInputs(host, graph, '--input', flags.input, settings.input)).sources;
  const count = settings.input.frames ?? FRAMES_FOR_INTERVAL;
  return new Map(graph.inputs.map((input, i) => [input.tensor, randomFrames(graph, input, count, settings.seed + i)]));
}

type Hooks = Pick<Parameters<typeof verifyDesign>[1], 'onStage' | 'onProgress'>;

function progressHooks(progress: Progress, { names }: EmittedDesign, frames: number): Hooks {
  const stages = { golden: 'golden model, frames', build: 'building the simulator', run: 'simulating, beats' } as const;
  const { type } = defined(inputEnds(names)[0], 'an input').stream;
  let start = performance.now();
  return {
    onStage: (stage, done, total) => {
      if (stage === 'run') start = performance.now();
      progress.show(stages[stage], done, total);
    },
    onProgress: (run) => {
      const seconds = (performance.now() - start) / 1000;
      progress.show(stages.run, run.beats, run.totalBeats, runWords(run, seconds, type, frames));
    },
  };
}
