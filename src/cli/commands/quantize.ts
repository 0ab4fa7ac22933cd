import type { Command } from 'commander';
import { saveModelFile } from '../../frontend/json/files.js';
import type { Graph } from '../../ir/graph.js';
import type { LoadOptions } from '../../load.js';
import { type QuantizeOptions, resolveOptions } from '../../quantize/options.js';
import { quantizeGraph } from '../../quantize/quantize-graph.js';
import { writeDocument } from '../../report/document.js';
import { type QuantizeSettings, quantizeDocument, quantizeText } from '../../report/quantize-document.js';
import { DiagnosticCollector } from '../../support/diagnostics.js';
import { checkTargets } from '../../support/files.js';
import type { CommandHost } from '../context.js';
import {
  addInputOptions,
  type InputFlags,
  type InputSettings,
  preprocessingFor,
  readInputSettings,
  readInputs,
} from '../input-options.js';
import { badOptionValue, givenTwice, uselessOption, wrongExtension } from '../messages.js';
import { addModelOptions, loadModel, MODEL_FILES, type ModelFlags, readModelOptions } from '../models.js';
import { collect, readChoice, readInteger, readNumber } from '../options.js';
import { computeWithProgress } from '../progress.js';

interface QuantizeFlags extends InputFlags, ModelFlags {
  readonly calibration: readonly string[];
  readonly output: string;
  readonly weightBits?: string;
  readonly activationBits?: string;
  readonly requantBits?: string;
  readonly range?: string;
  readonly percentile?: string;
  readonly equalisation: boolean;
  readonly biasCorrection: boolean;
  readonly json?: boolean;
}

export function addQuantize(program: Command, host: CommandHost): void {
  const command = program
    .command('quantize')
    .description('turn a float model into integers, with ranges from calibration frames')
    .argument('<model>', `float model: ${MODEL_FILES}`)
    .requiredOption('--calibration <file>', 'typical frames: .npy, a picture or a folder of pictures', collect)
    .requiredOption('-o, --output <file>', 'the integer model, NAME.json; NAME.safetensors is written beside it');
  addModelOptions(addInputOptions(command, false))
    .option('--weight-bits <list>', '2 to 8 (default 8), for single layers too: 6,conv1=8,fc=4')
    .option('--activation-bits <N>', '2 to 16 (default 8)')
    .option('--requant-bits <N>', 'significant bits of the multipliers, 8 to 31 (default 18)')
    .option('--range <method>', 'min-max, percentile or mse (default min-max)')
    .option('--percentile <P>', 'share of values that --range percentile covers (default 99.99)')
    .option('--no-equalisation', 'leave weak channels as they are, not multiplied up in the weights around them')
    .option('--no-bias-correction', 'round biases as they are, not so that they make up for rounded weights')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\n--mean, --std and --bgr are stored in the integer model.')
    .action((model: string, flags: QuantizeFlags) => quantize(host, model, flags));
}

async function quantize(host: CommandHost, path: string, flags: QuantizeFlags): Promise<void> {
  const { input, load, options } = readSettings(flags);
  const model = withPreprocessing(loadModel(host, path, load), input);
  checkTargets([flags.output, flags.output.replace(/\.json$/, '.safetensors')]);
  const { sources, frames } = await readInputs(host, model, '--calibration', flags.calibration, input);
  const calibration = {
    *[Symbol.iterator]() {
      for (let i = 0; i < frames; i++) yield new Map([...sources].map(([name, source]) => [name, source.frame(i)]));
    },
  };
  const { graph, report } = computeWithProgress(host, (progress) => {
    const stages = {
      equalise: 'channels, frames',
      calibrate: 'ranges, frames',
      correct: 'biases, steps',
      compare: 'comparing, frames',
    } as const;
    return quantizeGraph(model, calibration, {
      ...options,
      onStep: (stage, done, total = frames) => progress.show(stages[stage], done, total),
    });
  });
  saveModelFile(graph, flags.output);
  const document = quantizeDocument(report, settingsOf(model.name, flags.output, options));
  host.stdout(flags.json === true ? writeDocument(document) : quantizeText(document, host.paint));
}

interface Settings {
  readonly input: InputSettings;
  readonly load: LoadOptions;
  readonly options: QuantizeOptions;
}

function readSettings(flags: QuantizeFlags): Settings {
  const problems = new DiagnosticCollector();
  const input = readInputSettings(problems, flags);
  const load = readModelOptions(problems, flags);
  const isShare = (value: number): boolean => value > 50 && value <= 100;
  const weights = readWeightBits(problems, flags.weightBits);
  const activationBits = readInteger(problems, '--activation-bits', flags.activationBits, 2, 16);
  const requantBits = readInteger(problems, '--requant-bits', flags.requantBits, 8, 31);
  const rangeMethod = readChoice(problems, '--range', flags.range, ['min-max', 'percentile', 'mse']);
  const percentile = readNumber(problems, '--percentile', flags.percentile, isShare, 'above 50 and at most 100');
  if (flags.percentile !== undefined && rangeMethod !== 'percentile')
    problems.add(uselessOption('--percentile', 'it belongs to --range percentile, which is not given'));
  if (!flags.output.endsWith('.json')) problems.add(wrongExtension('--output', flags.output, '.json'));
  problems.throwIfErrors();
  const options: QuantizeOptions = {
    ...weights,
    equalisation: flags.equalisation,
    biasCorrection: flags.biasCorrection,
    ...(activationBits === undefined ? {} : { activationBits }),
    ...(requantBits === undefined ? {} : { requantBits }),
    ...(rangeMethod === undefined ? {} : { rangeMethod }),
    ...(percentile === undefined ? {} : { percentile }),
  };
  return { input, load, options };
}

/** `N`, `layer=N`, or several with commas between them. The name of a layer may hold commas and equals signs itself. */
function readWeightBits(
  problems: DiagnosticCollector,
  text: string | undefined,
): Pick<QuantizeOptions, 'weightBits' | 'layerWeightBits'> {
  if (text === undefined) return {};
  const option = '--weight-bits';
  const parts = [...text.matchAll(/(?:([^,].*?)=)??(\d+)(?:,|$)/gy)];
  const isWhole = parts.reduce((length, [part]) => length + part.length, 0) === text.length && !text.endsWith(',');
  const isLegal = (bits: string | undefined): boolean => Number(bits) >= 2 && Number(bits) <= 8;
  if (!isWhole || !parts.every(([, , bits]) => isLegal(bits))) {
    problems.add(badOptionValue(option, text, 'N, or layer=N, or several with commas between them; N is 2 to 8'));
    return {};
  }
  const layers = new Map<string, number>();
  let weightBits: number | undefined;
  for (const [, layer, bits] of parts) {
    const isTwice = layer === undefined ? weightBits !== undefined : layers.has(layer);
    if (isTwice) problems.add(givenTwice(option, layer ?? 'N for all layers'));
    if (layer === undefined) weightBits = Number(bits);
    else layers.set(layer, Number(bits));
  }
  return { layerWeightBits: layers, ...(weightBits === undefined ? {} : { weightBits }) };
}

/** The model with the preprocessing of the options, which so goes into the integer model. */
function withPreprocessing(model: Graph, settings: InputSettings): Graph {
  const inputs = model.inputs.map((input) => {
    const preprocessing = preprocessingFor(input, settings);
    return preprocessing === undefined ? input : { ...input, preprocessing };
  });
  return { ...model, inputs };
}

function settingsOf(model: string, output: string, options: QuantizeOptions): QuantizeSettings {
  const resolved = resolveOptions(options);
  const { weightBits, activationBits, requantBits, rangeMethod, percentile, equalisation, biasCorrection } = resolved;
  return {
    model,
    output,
    weightBits,
    layerWeightBits: Object.fromEntries(resolved.layerWeightBits),
    activationBits,
    requantBits,
    equalisation,
    biasCorrection,
    rangeMethod,
    percentile: rangeMethod === 'percentile' ? percentile : undefined,
  };
}
