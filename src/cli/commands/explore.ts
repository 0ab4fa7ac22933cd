import type { Command } from 'commander';
import { lowerModel } from '../../compile.js';
import { DEFAULT_CLOCK_MHZ } from '../../explore/choose.js';
import { explore } from '../../explore/explore.js';
import { writeDocument } from '../../report/document.js';
import { exploreDocument, exploreText } from '../../report/explore-document.js';
import { DiagnosticCollector } from '../../support/diagnostics.js';
import type { CommandHost } from '../context.js';
import { addModelOptions, loadIntegerModel, MODEL_FILES, type ModelFlags, readModelOptions } from '../models.js';
import { readList, readPositive } from '../options.js';
import { computeWithProgress } from '../progress.js';

interface ExploreFlags extends ModelFlags {
  readonly clock?: string;
  readonly budgets?: string;
  readonly json?: boolean;
}

export function addExplore(program: Command, host: CommandHost): void {
  const command = program
    .command('explore')
    .description('the best design for each of a range of multiplier budgets')
    .argument('<model>', `integer model: ${MODEL_FILES}`)
    .option('--budgets <list>', 'multipliers with commas between them (default: powers of two and their middles)')
    .option('--clock <MHz>', `clock for all figures in frames a second (default ${DEFAULT_CLOCK_MHZ})`);
  addModelOptions(command)
    .option('--json', 'print one JSON document')
    .action((model: string, flags: ExploreFlags) => run(host, model, flags));
}

function run(host: CommandHost, path: string, flags: ExploreFlags): void {
  const problems = new DiagnosticCollector();
  const clockMHz = readPositive(problems, '--clock', flags.clock) ?? DEFAULT_CLOCK_MHZ;
  const isCount = (value: number): boolean => Number.isInteger(value) && value > 0;
  const budgets = readList(
    problems,
    '--budgets',
    flags.budgets,
    isCount,
    'whole numbers above 0 with commas between them',
  );
  const load = readModelOptions(problems, flags);
  problems.throwIfErrors();
  const { graph, network } = lowerModel(loadIntegerModel(host, path, load));
  const designs = computeWithProgress(host, (progress) =>
    explore(network, {
      clockMHz,
      ...(budgets === undefined ? {} : { budgets }),
      onBudget: (done, total) => progress.show('designs', done, total),
    }),
  );
  const document = exploreDocument(graph.name, clockMHz, designs);
  host.stdout(flags.json === true ? writeDocument(document) : exploreText(document, path, host.paint));
}
