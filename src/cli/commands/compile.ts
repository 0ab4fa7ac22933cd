import type { Command } from 'commander';
import { compileModel } from '../../compile.js';
import type { Graph } from '../../ir/graph.js';
import { compileText } from '../../report/compile-text.js';
import { writeDocument } from '../../report/document.js';
import { makeDumps, outputFiles } from '../../report/output-files.js';
import { checkOutputFolder, writeOutputFolder } from '../../report/output-folder.js';
import { DiagnosticCollector } from '../../support/diagnostics.js';
import type { CommandHost } from '../context.js';
import { addModelOptions, loadIntegerModel, MODEL_FILES, type ModelFlags, readModelOptions } from '../models.js';
import { addSizingOptions, readSizing, type SizingFlags } from '../sizing-options.js';

interface CompileFlags extends SizingFlags, ModelFlags {
  readonly output: string;
  readonly dumpIr?: boolean;
  readonly json?: boolean;
}

export function addCompile(program: Command, host: CommandHost): void {
  const command = program
    .command('compile')
    .description('write Verilog, memory images and reports to a folder')
    .argument('<model>', `integer model: ${MODEL_FILES}`)
    .requiredOption('-o, --output <folder>', 'new, empty, or one that Heddle wrote, which is then replaced');
  addModelOptions(addSizingOptions(command))
    .option('--dump-ir', 'write the graph as text after each pass to ir/ in the folder')
    .option('--json', 'print one JSON document')
    .action((model: string, flags: CompileFlags) => compile(host, model, flags));
}

function compile(host: CommandHost, path: string, flags: CompileFlags): void {
  const problems = new DiagnosticCollector();
  const sizing = readSizing(problems, flags);
  const load = readModelOptions(problems, flags);
  problems.throwIfErrors();
  const model = loadIntegerModel(host, path, load);
  checkOutputFolder(flags.output);
  const dumps = makeDumps();
  dumps.add('import', model);
  const onPass = ({ name }: { readonly name: string }, graph: Graph): void => dumps.add(name, graph);
  const compiled = host.endedByInterrupt(() => compileModel(model, { sizing, onPass }));
  const { files, document } = outputFiles(compiled, sizing, flags.dumpIr === true ? dumps.files : new Map());
  writeOutputFolder(flags.output, files);
  host.stdout(flags.json === true ? writeDocument(document) : compileText(document, flags.output, host.paint));
}
