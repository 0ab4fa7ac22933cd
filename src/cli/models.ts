import type { Command } from 'commander';
import { arithmeticOf } from '../execute/run-model.js';
import { quantiseFirst } from '../hw/messages.js';
import type { Graph } from '../ir/graph.js';
import { type LoadOptions, loadModel as loadModelOf } from '../load.js';
import { type DiagnosticCollector, formatDiagnostic, HeddleError } from '../support/diagnostics.js';
import type { CommandHost } from './context.js';
import { badOptionValue, givenTwice } from './messages.js';
import { collect } from './options.js';
import { computeWithProgress, type Progress } from './progress.js';

/** Models as help texts name them. */
export const MODEL_FILES = "NAME.json, NAME.onnx, NAME.tflite or zoo:NAME (see 'heddle zoo')";

/** The option that completes a model file, and what is read from it. */
export interface ModelFlags {
  readonly inputShape?: readonly string[];
}

export function addModelOptions(command: Command): Command {
  return command.option(
    '--input-shape <name=shape>',
    'ONNX: the shape of an input of which the file leaves extents open, batch included: image=1,3,224,224',
    collect,
  );
}

/** The options for loading a model. Problems are collected. */
export function readModelOptions(problems: DiagnosticCollector, flags: ModelFlags): LoadOptions {
  if (flags.inputShape === undefined) return {};
  const shapes = new Map<string, readonly number[]>();
  for (const text of flags.inputShape) {
    const [, name, list] = /^(.+)=(\d{1,9}(?:,\d{1,9})*)$/.exec(text) ?? [];
    if (name === undefined || list === undefined)
      problems.add(badOptionValue('--input-shape', text, 'NAME=SHAPE with commas between extents: image=1,3,224,224'));
    else if (shapes.has(name)) problems.add(givenTwice('--input-shape', name));
    else shapes.set(name, list.split(',').map(Number));
  }
  return { shapes };
}

/** Shows how far a network of the zoo is. */
export function showLayers(progress: Progress): (done: number, total: number) => void {
  return (done, total) => progress.show('seeding weights, layers', done, total);
}

/** The network of a path; what was decided on the way is written to stderr. */
export function loadModel(host: CommandHost, path: string, options: LoadOptions): Graph {
  const { graph, notes } = computeWithProgress(host, (progress) =>
    loadModelOf(path, { ...options, onLayer: showLayers(progress) }),
  );
  for (const note of notes) host.stderr(`${formatDiagnostic(note)}\n`);
  return graph;
}

/** The network of a path, which hardware is to be made from. */
export function loadIntegerModel(host: CommandHost, path: string, options: LoadOptions): Graph {
  const graph = loadModel(host, path, options);
  if (arithmeticOf(graph) !== 'integer') throw new HeddleError([quantiseFirst(graph.name, path)]);
  return graph;
}
