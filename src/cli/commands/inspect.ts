import type { Command } from 'commander';
import { lowerModel } from '../../compile.js';
import { arithmeticOf } from '../../execute/run-model.js';
import { quantiseFirst } from '../../hw/messages.js';
import type { Graph } from '../../ir/graph.js';
import { importModelFile, networkOf } from '../../load.js';
import { writeDocument } from '../../report/document.js';
import { type Blocker, type Inspected, inspectDocument, inspectText } from '../../report/inspect-document.js';
import { DiagnosticCollector, HeddleError } from '../../support/diagnostics.js';
import type { CommandHost } from '../context.js';
import { addModelOptions, MODEL_FILES, type ModelFlags, readModelOptions, showLayers } from '../models.js';
import { computeWithProgress, type Progress } from '../progress.js';

interface InspectFlags extends ModelFlags {
  readonly json?: boolean;
}

export function addInspect(program: Command, host: CommandHost): void {
  const command = program
    .command('inspect')
    .description('print a model as Heddle sees it: shapes, work, parameters, quantisation, and what blocks it')
    .argument('<model>', MODEL_FILES);
  addModelOptions(command)
    .option('--json', 'print one JSON document')
    .action((path: string, flags: InspectFlags) => {
      const document = inspectDocument(computeWithProgress(host, (progress) => inspect(path, flags, progress)));
      host.stdout(flags.json === true ? writeDocument(document) : inspectText(document, host.paint));
    });
}

function inspect(file: string, flags: InspectFlags, progress: Progress): Inspected {
  const problems = new DiagnosticCollector();
  const load = readModelOptions(problems, flags);
  problems.throwIfErrors();
  const imported = importModelFile(file, { ...load, onLayer: showLayers(progress) });
  const network = attempt('network', () => networkOf(imported));
  if ('blockers' in network) return { file, ...imported, blockers: network.blockers };
  const { graph, notes } = network.value;
  return { file, graph, notes, blockers: hardwareBlockers(graph, file) };
}

function hardwareBlockers(graph: Graph, file: string): readonly Blocker[] {
  if (arithmeticOf(graph) !== 'integer') return [{ stage: 'hardware', problem: quantiseFirst(graph.name, file) }];
  const lowered = attempt('hardware', () => lowerModel(graph));
  return 'blockers' in lowered ? lowered.blockers : [];
}

function attempt<T>(
  stage: Blocker['stage'],
  work: () => T,
): { readonly value: T } | { readonly blockers: readonly Blocker[] } {
  try {
    return { value: work() };
  } catch (error) {
    if (!(error instanceof HeddleError)) throw error;
    return { blockers: error.diagnostics.map((problem) => ({ stage, problem })) };
  }
}
