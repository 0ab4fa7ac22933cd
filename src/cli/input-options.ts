import type { Command } from 'commander';
import { arrayFrames, type FrameOptions, type FrameSource } from '../execute/frame-source.js';
import type { Graph, GraphInput, Preprocessing, SourceLayout } from '../ir/graph.js';
import { DiagnosticCollector, HeddleError } from '../support/diagnostics.js';
import { readBytes } from '../support/files.js';
import { defined } from '../support/invariant.js';
import { type NpyArray, parseNpy } from '../support/npy.js';
import {
  conflictingOptions,
  framesDiffer,
  givenTwice,
  nameNeeded,
  noFileFor,
  preprocessingIncomplete,
} from './messages.js';
import { readChoice, readInteger, readList } from './options.js';

/** The options that say what the numbers of an input file mean. */
export interface InputFlags {
  readonly frames?: string;
  readonly raw?: boolean;
  readonly layout?: string;
  readonly mean?: string;
  readonly std?: string;
  readonly bgr?: boolean;
}

export interface InputSettings {
  readonly frames: number | undefined;
  readonly raw: boolean;
  readonly layout: SourceLayout | undefined;
  readonly mean: readonly number[] | undefined;
  readonly std: readonly number[] | undefined;
  readonly bgr: boolean | undefined;
}

export function addInputOptions(command: Command, canBeRaw = true): Command {
  command.option('--frames <N>', 'take the first N frames only');
  if (canBeRaw) command.option('--raw', 'integers are those of the quantised input, not pixels');
  return command
    .option('--layout <nhwc|nchw>', "order of the axes in tensor files (default: the model's own)")
    .option('--mean <list>', 'turn pixels into (pixel - mean) / std; one value, or one a channel, in pixel units')
    .option('--std <list>', 'see --mean')
    .option('--bgr', 'reverse the channels of pixels first');
}

export function readInputSettings(problems: DiagnosticCollector, flags: InputFlags): InputSettings {
  const pixels = [
    ['--mean', flags.mean],
    ['--std', flags.std],
    ['--bgr', flags.bgr],
  ] as const;
  const given = pixels.flatMap(([option, value]) => (value === undefined ? [] : [option]));
  if (flags.raw === true && given.length > 0) {
    const reason = 'raw integers are not pixels, which alone are preprocessed';
    problems.add(conflictingOptions(['--raw', ...given], reason, 'leave out one or the other'));
  }
  const finite = (): boolean => true;
  return {
    frames: readInteger(problems, '--frames', flags.frames, 1),
    raw: flags.raw === true,
    layout: readChoice(problems, '--layout', flags.layout, ['nhwc', 'nchw']),
    mean: readList(problems, '--mean', flags.mean, finite, 'numbers with commas between them'),
    std: readList(problems, '--std', flags.std, (value) => value > 0, 'numbers above 0 with commas between them'),
    bgr: flags.bgr,
  };
}

/** The preprocessing that the options ask for: what they leave out is the model's own. Undefined without any. */
export function preprocessingFor(input: GraphInput, settings: InputSettings): Preprocessing | undefined {
  const { mean, std, bgr } = settings;
  if (mean === undefined && std === undefined && bgr === undefined) return undefined;
  const own = input.preprocessing;
  const wholeMean = mean ?? own?.mean;
  const wholeStd = std ?? own?.std;
  if (wholeMean === undefined) throw new HeddleError([preprocessingIncomplete('--mean')]);
  if (wholeStd === undefined) throw new HeddleError([preprocessingIncomplete('--std')]);
  return { mean: wholeMean, std: wholeStd, bgr: bgr ?? own?.bgr ?? false };
}

export function readNpyFile(file: string): NpyArray {
  return parseNpy(readBytes(file), file);
}

/** `name=path` where the text begins with one of the names, else a path alone. */
export function splitNamed(
  text: string,
  names: readonly string[],
): { readonly name: string | undefined; readonly path: string } {
  const fitting = names.filter((name) => text.startsWith(`${name}=`)).sort((a, b) => b.length - a.length);
  const [name] = fitting;
  return name === undefined ? { name, path: text } : { name, path: text.slice(name.length + 1) };
}

/** Paths by name; a path alone is for the only one. Problems: a name missing, or twice. */
export function namedPaths(
  option: string,
  what: 'inputs' | 'outputs',
  texts: readonly string[],
  names: readonly string[],
): ReadonlyMap<string, string> {
  const problems = new DiagnosticCollector();
  const paths = new Map<string, string>();
  for (const text of texts) {
    const split = splitNamed(text, names);
    const name = split.name ?? (names.length === 1 ? names[0] : undefined);
    if (name === undefined) problems.add(nameNeeded(option, what, names));
    else if (paths.has(name)) problems.add(givenTwice(option, name));
    else paths.set(name, split.path);
  }
  problems.throwIfErrors();
  return paths;
}

/** The frames of a model's inputs, and the files that they come from. */
export interface ModelInputs {
  readonly sources: ReadonlyMap<string, FrameSource>;
  readonly files: ReadonlyMap<string, string>;
  readonly frames: number;
}

/** Reads the input files of a model. HeddleError with all problems of all files. */
export function readInputs(
  graph: Graph,
  option: string,
  texts: readonly string[],
  settings: InputSettings,
): ModelInputs {
  const names = graph.inputs.map((input) => input.tensor);
  const files = namedPaths(option, 'inputs', texts, names);
  const problems = new DiagnosticCollector();
  const sources = new Map<string, FrameSource>();
  for (const input of graph.inputs) {
    const file = files.get(input.tensor);
    if (file === undefined) problems.add(noFileFor(option, input.tensor));
    else collectProblems(problems, () => sources.set(input.tensor, readSource(graph, input, file, settings)));
  }
  problems.throwIfErrors();
  const counts = [...sources].map(([name, { count }]) => ({ name, count }));
  const frames = defined(counts[0], 'the frames of an input').count;
  if (counts.some(({ count }) => count !== frames)) throw new HeddleError([framesDiffer(counts)]);
  return { sources, files, frames };
}

function collectProblems(problems: DiagnosticCollector, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    problems.add(...error.diagnostics);
  }
}

function readSource(graph: Graph, input: GraphInput, file: string, settings: InputSettings): FrameSource {
  const preprocessing = preprocessingFor(input, settings);
  const options: FrameOptions = {
    raw: settings.raw,
    ...(settings.layout === undefined ? {} : { layout: settings.layout }),
    ...(settings.frames === undefined ? {} : { frames: settings.frames }),
    ...(preprocessing === undefined ? {} : { preprocessing }),
  };
  return arrayFrames(graph, input, readNpyFile(file), file, options);
}
