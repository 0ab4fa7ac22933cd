import type { Command } from 'commander';
import { arrayFrames, type FrameOptions, type FrameSource } from '../execute/frame-source.js';
import { typeOf } from '../execute/tensor-access.js';
import type { Graph, GraphInput, Preprocessing, SourceLayout } from '../ir/graph.js';
import { findPictures } from '../pictures/find-pictures.js';
import { rawPictures } from '../pictures/messages.js';
import { type PictureFit, readPictures } from '../pictures/read-pictures.js';
import { DiagnosticCollector, formatDiagnostic, HeddleError } from '../support/diagnostics.js';
import { readBytes } from '../support/files.js';
import { defined } from '../support/invariant.js';
import { type NpyArray, parseNpy } from '../support/npy.js';
import type { CommandHost } from './context.js';
import {
  conflictingOptions,
  framesDiffer,
  givenTwice,
  nameNeeded,
  noFileFor,
  preprocessingIncomplete,
  uselessOption,
} from './messages.js';
import { collectProblems, readChoice, readInteger, readList } from './options.js';

/** The options that say what the numbers of an input file mean. */
export interface InputFlags {
  readonly frames?: string;
  readonly raw?: boolean;
  readonly layout?: string;
  readonly mean?: string;
  readonly std?: string;
  readonly bgr?: boolean;
  readonly resize?: string;
}

export interface InputSettings {
  readonly frames: number | undefined;
  readonly raw: boolean;
  readonly layout: SourceLayout | undefined;
  readonly mean: readonly number[] | undefined;
  readonly std: readonly number[] | undefined;
  readonly bgr: boolean | undefined;
  readonly resize: PictureFit | undefined;
}

export function addInputOptions(command: Command, canBeRaw = true): Command {
  command.option('--frames <N>', 'take the first N frames only');
  if (canBeRaw) command.option('--raw', 'integers are those of the quantised input, not pixels');
  return command
    .option('--layout <nhwc|nchw>', "order of the axes in tensor files (default: the model's own)")
    .option('--mean <list>', 'turn pixels into (pixel - mean) / std; one value, or one a channel, in pixel units')
    .option('--std <list>', 'see --mean')
    .option('--bgr', 'reverse the channels of pixels first')
    .option(
      '--resize <crop|exact>',
      'pictures: short side to 256/224 of the input, middle cut out (default); or both sides',
    );
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
    resize: readChoice(problems, '--resize', flags.resize, ['crop', 'exact']),
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

/**
 * Reads the input files of a model: tensor files, pictures, or folders of pictures. HeddleError with all problems of
 * all files; what is left alone is written to stderr.
 */
export async function readInputs(
  host: CommandHost,
  graph: Graph,
  option: string,
  texts: readonly string[],
  settings: InputSettings,
): Promise<ModelInputs> {
  const names = graph.inputs.map((input) => input.tensor);
  const files = namedPaths(option, 'inputs', texts, names);
  const problems = new DiagnosticCollector();
  const sources = new Map<string, FrameSource>();
  let pictures = 0;
  for (const input of graph.inputs) {
    const file = files.get(input.tensor);
    if (file === undefined) problems.add(noFileFor(option, input.tensor));
    else
      await collectProblems(problems, async () => {
        const found = findPictures(file, settings.frames);
        if (found !== undefined) pictures += 1;
        for (const note of found?.notes ?? []) host.stderr(`${formatDiagnostic(note)}\n`);
        sources.set(input.tensor, await readSource(graph, input, file, found?.files, settings));
      });
  }
  if (pictures === 0 && settings.resize !== undefined && !problems.hasErrors)
    problems.add(uselessOption('--resize', 'it says how pictures are resized, and none is given'));
  problems.throwIfErrors();
  const counts = [...sources].map(([name, { count }]) => ({ name, count }));
  const frames = defined(counts[0], 'the frames of an input').count;
  if (counts.some(({ count }) => count !== frames)) throw new HeddleError([framesDiffer(counts)]);
  return { sources, files, frames };
}

async function readSource(
  graph: Graph,
  input: GraphInput,
  file: string,
  pictures: readonly string[] | undefined,
  settings: InputSettings,
): Promise<FrameSource> {
  const preprocessing = preprocessingFor(input, settings);
  const options: FrameOptions = {
    raw: settings.raw,
    ...(settings.layout === undefined ? {} : { layout: settings.layout }),
    ...(settings.frames === undefined ? {} : { frames: settings.frames }),
    ...(preprocessing === undefined ? {} : { preprocessing }),
  };
  if (pictures === undefined) return arrayFrames(graph, input, readNpyFile(file), file, options);
  if (settings.raw) throw new HeddleError([rawPictures(input.tensor)]);
  const { shape } = typeOf(graph, input.tensor);
  const array = await readPictures(input.tensor, pictures, shape, settings.resize ?? 'crop');
  return arrayFrames(graph, input, array, file, { ...options, layout: 'nhwc' });
}
